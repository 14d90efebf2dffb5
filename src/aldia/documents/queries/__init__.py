"""Reads of what is on file, on or off: lists, one document with everything that touches it, imports and their items."""
