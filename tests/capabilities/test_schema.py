"""A new database is made at once from the models; an old one came there by migrations: both are the same database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, empty_house

AT_ONCE = "from aldia.tenancy import schema\nassert schema.create()\nassert not schema.create()\n"
STEP_BY_STEP = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.migrate(executor.loader.graph.leaf_nodes())
"""
DESCRIBE = """
import json
from django.db import connection
from tests.support.described import described
print(json.dumps(described(connection)))
"""
# what the comparison has to see
SABOTAGE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('DROP INDEX receivable_due')
    cursor.execute('ALTER TABLE customers_customer RENAME COLUMN notes TO remarks')
"""


@pytest.fixture
def houses(tmp_path: Path, db: None) -> Iterator[tuple[House, House]]:
    both = empty_house(tmp_path / "at-once"), empty_house(tmp_path / "step-by-step")
    yield both
    for house in both:
        demolish(house)


def description(house: House) -> set[str]:
    return set(json.loads(house.run(DESCRIBE)))


def test_both_ways_end_in_the_same_database(houses: tuple[House, House]) -> None:
    at_once, step_by_step = houses
    at_once.run(AT_ONCE)
    step_by_step.run(STEP_BY_STEP, seconds=600)
    made, grown = description(at_once), description(step_by_step)
    assert len(made) > 1000
    assert sorted(made - grown) == []
    assert sorted(grown - made) == []
    at_once.run(SABOTAGE)
    assert len(grown - description(at_once)) >= 2, "the control: what is gone is seen"
