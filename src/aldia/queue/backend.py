"""The database backend of the Tasks API."""
