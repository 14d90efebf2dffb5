"""Serving this machine only: plain http on localhost, where certificates make no sense."""

from __future__ import annotations

import ipaddress
import os
import socket

from aldia.cli.errors import CouldNotRun


def serve_locally(host: str) -> None:
    """Behave as ALDIA_DEV=1 when bound to a loopback address, unless the house has said which hosts it answers.

    Must come before the settings are read: they decide about secure cookies and redirects to https.
    """
    if is_loopback(host) and "ALDIA_HOSTS" not in os.environ:
        os.environ.setdefault("ALDIA_DEV", "1")


def say_address(host: str, port: int) -> None:
    """Let links in messages lead to this machine's own port, unless the house has said its address."""
    shown = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
    if is_loopback(host) and not {"ALDIA_HOSTS", "ALDIA_ORIGINS"} & os.environ.keys():
        os.environ.setdefault("ALDIA_URL", f"http://{shown}:{port}")


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_taken_port(host: str, port: int) -> None:
    """Say at once, in a sentence, that another program listens there; afterwards it would be a loop of failures."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CouldNotRun(
                f"No se puede escuchar en {host}:{port} ({error.strerror}). "
                f"Cierra lo que lo ocupa o elige otro puerto con --port {port + 1}."
            ) from error
