"""Each provider's world behind a real socket of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aldia.integrations import http
from tests.integrations.payments.cases import CASES
from tests.integrations.payments.peers import World, serving


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.5)


@pytest.fixture
def world(name: str) -> Iterator[World]:
    with serving(CASES[name].world()) as running:
        yield running
