"""Other people's files through the real road: each ends in an outcome with a sentence, and none in an exception."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from aldia.documents import packing
from aldia.documents.models import FiscalDocument, IngestBatch, IngestItem
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.seals import verify_pending
from aldia.documents.originals import read_original
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company

pytestmark = pytest.mark.corpus
NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
STORY = "EKU9003173C9"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=STORY)
    with company_scope(company.id):
        yield company


def take_in(paths: list[Path], *, collect_all: bool = True) -> IngestBatch:
    stored = packing.pack(((path.name, path.open("rb")) for path in paths), name="muestras")
    batch = create_batch(file=stored, name="muestras", actor=None, collect_all=collect_all)
    return run_batch(batch_id=batch.pk, now=lambda: NOW, today=date(2026, 5, 20))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "INDEX.tsv")


@pytest.mark.parametrize("part", ["mx/cfdi", "mx/dirty", "mx/other", "mx/sat_ws", "mx/scenario", "mx/cep", "einvoice"])
def test_every_file_has_its_outcome(company: Company, corpus: Path, part: str) -> None:
    paths = files(corpus / part)
    batch = take_in(paths)
    items = list(IngestItem.objects.filter(batch=batch))
    assert batch.state == "done"
    assert sum(batch.counts.values()) == len(items) == batch.total
    assert len(items) >= len(paths)
    assert all(item.message and item.outcome for item in items)
    assert not [item for item in items if item.outcome == "error" and not item.code]
    for row in FiscalDocument.objects.select_related("original"):
        assert len(read_original(row)) == row.size


def test_the_story_is_read_whole_and_its_seals_hold(company: Company, corpus: Path) -> None:
    batch = take_in([path for path in files(corpus / "mx/scenario") if path.suffix == ".xml"])
    assert set(batch.counts) == {"opened", "stored"}
    assert sum(batch.counts.values()) == 21
    assert verify_pending() == 21
    pytest.importorskip("satcfdi")
    reports = FiscalDocument.objects.values_list("seal_report", flat=True)
    assert Counter(report["seal"] for report in reports) == {"ok": 21}


def test_packages_of_the_authority(company: Company, corpus: Path) -> None:
    folder = corpus / "mx/sat_ws/sat-ws-descarga-masiva/tests/_files/zip"
    batch = take_in(sorted(folder.glob("*.zip")))
    found = dict(IngestItem.objects.filter(batch=batch).values_list("name", "code"))
    assert found["metadata-terceros.zip/FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF_tercero.txt"] == "third_parties"
    assert found["cfdi.zip/empty-file"] == "empty"
    assert found["metadata.zip/__MACOSX/._45C5C344-DA01-497A-9271-5AA3852EE6AE_01.txt"] == "system_file"
    assert found["cfdi.zip/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.xml"] == "not_ours"
