"""Pages of the bank: accounts and statements, the inbox, matching, what was learned."""
