"""Writes about payments on their way in. Each is one transaction with one event in the audit chain."""
