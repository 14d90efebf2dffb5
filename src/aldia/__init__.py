"""Aldía: collects what companies are owed."""

__version__ = "0.1.0"
