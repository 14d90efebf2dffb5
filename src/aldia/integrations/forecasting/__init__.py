"""Learners for the forecast that are other people's work."""
