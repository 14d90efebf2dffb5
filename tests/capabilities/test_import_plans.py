"""An import asks for what its chunk concerns, never for all of the company: its rate does not fall as the books grow.

SQLite has no statistics here, so its plan for a few rows is its plan for millions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aldia.demo.cast import make_cast
from aldia.demo.generator import generate, write_zip
from aldia.documents.models import FiscalDocument
from aldia.documents.operations.batches import create_batch
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the size of its tables")
TODAY, NOW = date(2026, 11, 20), datetime(2026, 11, 20, 18, tzinfo=UTC)
SHAPE: dict[str, Any] = {"seed": 7, "today": TODAY, "customers": 20}
# but for what is a handful in any company
GROWING = re.compile(
    r"^(documents|receivables)_(?!ledgeraccount$|collectionsettings$|discountrule$)"
)  # but those of a handful
WHOLE = re.compile(r"^(?:SCAN (?P<all>\w+)|SEARCH (?P<part>\w+) USING .*INDEX \w+ \(company_id=\?\))$")


def bring(path: Path, files: Iterable[Any]) -> None:
    write_zip(path, files, level=1)
    with path.open("rb") as stream:
        file = store(path.name, stream, content_type="application/zip")
    batch = create_batch(file=file, name=path.name, actor=None, collect_all=True)
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)


def whole_readings(queries: list[dict[str, Any]], mark: str = "") -> set[str]:
    """The growing tables of which all rows of a company are read. `mark`: SQLite keeps the plans of words it knows."""
    found = set()
    for sql in {each["sql"] for each in queries if each["sql"].startswith("SELECT")}:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}{mark}")
            plans = [WHOLE.match(str(row[-1])) for row in cursor.fetchall()]
        found |= {match["all"] or match["part"] for match in plans if match}
    return {table for table in found if GROWING.match(table)}


def test_a_chunk_reads_only_what_it_concerns(db: None, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    company = make_company("Distribuidora Tres Ríos", make_cast(**SHAPE).company.rfc)
    files = iter(generate(**SHAPE, documents=300, sealed=False))
    with company_scope(company.pk):
        bring(tmp_path / "first.zip", islice(files, 150))
        with CaptureQueriesContext(connection) as asked:
            bring(tmp_path / "second.zip", files)
        assert FiscalDocument.objects.count() >= 300
    assert whole_readings(asked.captured_queries) == set()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX document_by_key")  # the control: what it was before there was one
    assert whole_readings(asked.captured_queries, " ") == {"documents_fiscaldocument"}
