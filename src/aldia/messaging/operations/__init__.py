"""Writes across the tables of messaging."""
