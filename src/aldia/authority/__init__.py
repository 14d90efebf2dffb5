"""What the company and its tax authority tell each other: connection, mass download, status of documents, lists."""
