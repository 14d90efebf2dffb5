"""Writes about what customers say: promises and disputes. Each is one transaction with one event in the audit chain."""
