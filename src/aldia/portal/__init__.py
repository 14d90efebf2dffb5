"""Pages for the customers of a company, who have no account of ours: payment links and their statement of account."""
