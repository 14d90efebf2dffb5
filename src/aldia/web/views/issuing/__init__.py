"""Pages of issuing: from a draft to the stamped document, and back when it has to be cancelled."""
