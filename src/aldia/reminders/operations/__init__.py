"""Writes across the tables of reminders."""
