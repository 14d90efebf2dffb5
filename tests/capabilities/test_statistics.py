"""What the database is told of the size of its tables: after a large import, and every night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from aldia.demo.cast import make_cast
from aldia.demo.generator import generate, write_zip
from aldia.documents.operations.batches import create_batch
from aldia.jobs.house import keep_statistics
from aldia.queue.timetable import HOUSE
from aldia.receivables.operations import intake
from aldia.tenancy.bulk import refresh_while_growing
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company, make_customer

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts by itself")
TODAY, NOW = date(2026, 11, 20), datetime(2026, 11, 20, 18, tzinfo=UTC)
SHAPE: dict[str, Any] = {"seed": 7, "today": TODAY, "customers": 12}


def counted(table: str) -> int:
    """How many rows of a table the database believes that a company has; 0 where it was never told."""
    with connection.cursor() as cursor:
        if not (cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone()):
            return 0
        rows = cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = %s", [table]).fetchall()
    return max((int(stat.split()[0]) for (stat,) in rows), default=0)


@pytest.fixture(autouse=True)
def _forgotten(db: None) -> Iterator[None]:
    """What was learnt here is not for the tests that use the connection next."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")
        cursor.execute("ANALYZE sqlite_master")


def bring(folder: Path) -> None:
    company = make_company("Distribuidora Tres Ríos", make_cast(**SHAPE).company.rfc)
    path = folder / "some.zip"
    write_zip(path, generate(**SHAPE, documents=20, sealed=False), level=1)
    with company_scope(company.pk), path.open("rb") as stream:
        file = store(path.name, stream, content_type="application/zip")
        batch = create_batch(file=file, name=path.name, actor=None)
        intake.run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)


@pytest.mark.parametrize(("large", "known"), [(20, True), (10_000, False)])
def test_a_large_import_tells_it(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, large: int, known: bool
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(intake, "LARGE", large)
    bring(tmp_path)
    assert (counted("documents_fiscaldocument") >= 20) is known


@pytest.mark.parametrize(
    ("act", "known"),
    [(lambda: keep_statistics.call(), 2), (lambda: refresh_while_growing(intake.FILLED), 0)],
    ids=["every night", "while growing"],
)
def test_the_night_tells_it_and_an_import_half_way_does_not(act: Callable[[], Any], known: int) -> None:
    company = make_company()
    with company_scope(company.pk):
        make_customer(company)
        make_customer(company, "Otra", "OTR010203AB2")
    act()
    assert counted("customers_customer") == known


def test_every_night() -> None:
    (rule,) = [each for each in HOUSE if each.path == keep_statistics.module_path]
    assert rule.local_time is not None
