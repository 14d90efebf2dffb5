"""Each provider's world behind a real socket of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integrations.payments.cases import CASES
from tests.integrations.payments.peers import World, serving


@pytest.fixture
def world(name: str) -> Iterator[World]:
    with serving(CASES[name].world()) as running:
        yield running
