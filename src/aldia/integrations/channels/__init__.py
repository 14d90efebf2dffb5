"""Channels: one file an adapter (see `domain.ports.channels` for what one must be)."""
