"""Reads of templates and messages for the pages."""
