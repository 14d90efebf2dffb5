"""The pages of the connection with SAT: how it stands, its history, what is missing, one document's status."""
