"""Connections to hosts that a person typed: resolved once, checked, and connected to at that very address.

So a name cannot answer one address to the check and another to the connection. Refused are loopback, private, link
local, shared (100.64/10), reserved and multicast addresses, also when hidden in IPv6 (mapped, NAT64, 6to4, Teredo),
unless the house allows their network.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")


class Unreachable(Exception):
    """The name does not resolve, or nobody answers there."""


class Forbidden(Exception):
    """The name leads into a network that is not public."""


def connect(host: str, port: int, *, timeout: float, allowed: Sequence[str] = ()) -> socket.socket:
    """A TCP connection to a public address of the host (or to one in `allowed` networks)."""
    last: OSError | None = None
    for address in resolve(host, port, allowed=allowed):
        try:
            return socket.create_connection((str(address), port), timeout)
        except OSError as error:
            last = error
    raise Unreachable(str(last)) from last


def resolve(host: str, port: int, *, allowed: Sequence[str] = ()) -> list[Address]:
    """The addresses of a host, all of which may be connected to. Raises `Unreachable`, `Forbidden`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(str(error)) from error
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(each[4][0]).split("%")[0]) for each in found))
    networks = [ipaddress.ip_network(each.strip(), strict=False) for each in allowed if each.strip()]
    for address in addresses:
        if not is_public(address) and not any(_within(address, network) for network in networks):
            raise Forbidden(host)
    return addresses


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, whatever it hides inside."""
    hidden = _hidden(address)
    return address.is_global and not address.is_multicast and all(is_public(each) for each in hidden)


def _hidden(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 one stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo:
        found += address.teredo
    if address in NAT64 or address in NAT64_LOCAL:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]


def _within(address: Address, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return address.version == network.version and address in network
