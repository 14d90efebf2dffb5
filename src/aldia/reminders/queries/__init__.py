"""Reads for the pages of reminders."""
