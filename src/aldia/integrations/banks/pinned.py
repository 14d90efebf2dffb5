"""Requests to an address that a person typed: resolved once, checked, and sent to that very machine.

The name cannot answer one address to the check and another to the connection; the certificate is still that of the
name. Plain HTTP only into networks that whoever runs the house allowed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aldia.domain.ports.payments import ProviderFailure
from aldia.integrations.network import Forbidden, Unreachable, resolve
from aldia.integrations.payments.http import Peer


@dataclass(frozen=True, slots=True)
class Place:
    """A checked address: where to send, and under which name."""

    base: str
    host: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


def place_of(address: str, allowed: Sequence[str]) -> Place:
    """The machine behind an address. Raises `ProviderFailure`."""
    try:
        parts = urlsplit(address.rstrip("/"))
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        usable = parts.scheme in ("https", "http") and host and not parts.username and not parts.query
    except ValueError:
        usable = False
    if not usable:
        raise ProviderFailure(
            "address", "La dirección debe ser https:// y un nombre, sin claves en ella.", permanent=True
        )
    networks = [each for each in allowed if each.strip()]
    try:
        found = resolve(host, port, allowed=networks)
    except Unreachable:
        raise ProviderFailure("connection", f"Nadie contesta en {host}.", permanent=False) from None
    except Forbidden:
        text = f"{host} está en una red privada, y esta instalación no permite llamar ahí."
        raise ProviderFailure("address", text, permanent=True) from None
    machine = found[0]
    if parts.scheme == "http" and not any(machine in ipaddress.ip_network(each, strict=False) for each in networks):
        raise ProviderFailure("address", "La dirección debe empezar con https://.", permanent=True)
    shown = f"[{machine}]" if machine.version == 6 else str(machine)
    extensions = {"sni_hostname": host} if parts.scheme == "https" else {}
    return Place(f"{parts.scheme}://{shown}:{port}{parts.path}", parts.netloc, extensions)


@dataclass(frozen=True, slots=True)
class Pinned(Peer):
    """A peer at a place that a person named; `allowed` are the private networks that it may be in."""

    allowed: Sequence[str] = ()

    def ask(self, method: str, path: str, **request: Any) -> Any:
        place = place_of(self.base, self.allowed)
        there = Peer(place.base, {**self.headers, "Host": place.host}, self.hidden)
        return there.ask(method, path, extensions=dict(place.extensions), **request)
