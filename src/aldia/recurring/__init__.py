"""Invoices and charge notes that repeat: schedules and what became of each date."""
