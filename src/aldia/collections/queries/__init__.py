"""Reads about promises and disputes."""
