"""Providers of payments: one file an adapter (see `domain.ports.payments` for what one must be)."""
