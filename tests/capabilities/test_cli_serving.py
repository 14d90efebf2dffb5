"""Where `aldia serve` and `aldia demo` listen."""

from __future__ import annotations

import socket

import pytest

from aldia.cli.errors import CouldNotRun
from aldia.cli.local import refuse_taken_port


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CouldNotRun, match=f"127.0.0.1:{port}.*--port {port + 1}"):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_a_sentence() -> None:
    with pytest.raises(CouldNotRun, match=r"192\.0\.2\.1:8000"):
        refuse_taken_port("192.0.2.1", 8000)
