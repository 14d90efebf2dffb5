"""The demo's archive, taken in like any other: the subledger comes to what the generator's own ledger says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from aldia.demo.bad_files import bad_files
from aldia.demo.books import Ledger
from aldia.demo.cast import make_cast
from aldia.demo.generator import DEMO_SEED, generate, write_zip
from aldia.documents.models import Outcome
from aldia.documents.operations.batches import create_batch
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.verify import run_checks
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company

TODAY = date(2026, 11, 21)
SIZE, CUSTOMERS = 400, 40


@pytest.mark.django_db
def test_balances_are_those_of_the_story(tmp_path: Path) -> None:
    cast, ledger = make_cast(seed=DEMO_SEED, today=TODAY, customers=CUSTOMERS), Ledger()
    files = generate(seed=DEMO_SEED, today=TODAY, customers=CUSTOMERS, documents=SIZE, sealed=False, ledger=ledger)
    good = write_zip(tmp_path / "demo.zip", files, level=1)
    bad = write_zip(tmp_path / "malos.zip", bad_files(cast))
    company = make_company(cast.company.name, cast.company.rfc)
    with company_scope(company.id):
        counts = import_archive(tmp_path / "demo.zip")
        assert sum(counts.values()) >= good - 1
        assert counts.get(Outcome.ERROR, 0) == 0
        assert_agrees(ledger)
        refused = import_archive(tmp_path / "malos.zip")
        assert sum(refused.values()) >= bad
        assert refused.get(Outcome.OPENED, 0) == 0
        assert_agrees(ledger)
        assert [check for check in run_checks() if check.violations] == []


def import_archive(path: Path) -> dict[str, int]:
    with path.open("rb") as stream:
        stored = store(path.name, stream, content_type="application/zip")
    batch = create_batch(file=stored, name=path.name, actor=None, collect_all=True)
    return run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=TODAY).counts


def assert_agrees(ledger: Ledger) -> None:
    """PUE of past months are presumed paid; the replaced and the cancelled owe nothing; advances are used up."""
    booked = {row.key: row for row in Receivable.objects.all()}
    owed = {sale.uuid: sale.balance for sale in ledger.open_sales(TODAY)}
    assert {key: row.balance for key, row in booked.items() if row.balance} == owed
    assert set(booked) >= set(ledger.sales)
    # the remainder of an order bills only what its advance did not: that advance is a receivable, paid by itself
    assert set(booked) - set(ledger.sales) <= set(ledger.advances)
    for sale in ledger.sales.values():
        assert (booked[sale.uuid].total, booked[sale.uuid].due_on) == (sale.total, sale.due_on), sale.uuid
        assert (booked[sale.uuid].voided_on is None) == (sale.state == "live")
    advances = {c.document.key: c.remaining for c in Credit.objects.filter(kind="advance", reversed_on=None)}
    assert advances == ledger.advances
