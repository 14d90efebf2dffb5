"""Pages of evidence files and of the audit trail."""
