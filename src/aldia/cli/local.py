"""Serving this machine only: plain http on localhost, where certificates make no sense."""

from __future__ import annotations

import ipaddress
import os


def serve_locally(host: str) -> None:
    """Behave as ALDIA_DEV=1 when bound to a loopback address, unless the house has said which hosts it answers.

    Must come before the settings are read: they decide about secure cookies and redirects to https.
    """
    if is_loopback(host) and "ALDIA_HOSTS" not in os.environ:
        os.environ.setdefault("ALDIA_DEV", "1")


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
