"""Which addresses a name that a person typed may lead to (SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from aldia.integrations import network

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0",
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.5", "240.0.0.1", "255.255.255.255", "224.0.0.1", "::1", "::",
    "fe80::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "2002:7f00:1::", "2002:a00:1::1", "64:ff9b:1::7f00:1", "2001:db8::1", "ff02::1",
    "2001:0:7f00:1:0:0:80ff:fffe",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not network.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert network.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "::1"])
def test_spellings_of_this_machine(host: str) -> None:
    with pytest.raises((network.Forbidden, network.Unreachable)):
        network.resolve(host, 25)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers two addresses is refused as a whole: nobody knows which one is connected to."""
    answers(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(network.Forbidden):
        network.resolve("mixto.ejemplo.mx", 25)
    assert len(network.resolve("mixto.ejemplo.mx", 25, allowed=["10.0.0.0/8"])) == 2


def test_it_connects_to_the_address_it_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes between the check and the connection (DNS rebinding) is asked once only."""
    asked: list[str] = []
    answers(monkeypatch, "127.0.0.1", asked=asked)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        network.connect("cambia.ejemplo.mx", port, timeout=1, allowed=["127.0.0.0/8"]).close()
    assert asked == ["cambia.ejemplo.mx"]


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str, asked: list[str] | None = None) -> None:
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> list[Any]:
        if not str(host).endswith(".mx"):
            return real(host, port, *rest, **more)
        if asked is not None:
            asked.append(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
