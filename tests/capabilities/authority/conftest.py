"""The office that is connected with a SAT on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sat_office import Office, open_office


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    with open_office() as office:
        yield office
