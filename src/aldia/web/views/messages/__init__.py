"""Pages of templates, messages, the mailbox and messages that a person writes."""
