"""Feeds of bank movements, behind `aldia.domain.ports.banks`."""
