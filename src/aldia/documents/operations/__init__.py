"""Writes on documents: batches, what they store, what the authority or a person says of a document."""
