"""The story of the sample scenario, imported through the real road, against balances worked out by hand.

The rules and the sums, document by document (pesos unless said otherwise):

F-1   2,319.99 PPD; note NC-8 of 232.00 (01) leaves 2,087.99; complements 700.00 and 1,387.99           ->     0.00
F-2   3,201.10 PPD; return NC-9 of 580.00 (03) leaves 2,621.10; complement P-17 pays 2,621.10           ->     0.00
F-3   9,533.33 PPD (withholdings already off its total); complement P-17 pays 4,000.00                  -> 5,533.33
F-4     116.00 USD PPD; P-18 pays it with 2,138.12 MXN                                                  ->     0.00
F-7   1,000.00 USD PPD, foreign customer (XEXX); P-19 pays 1,000.00 USD                                  ->     0.00
F-5     580.00 PUE of September, replaced by F-14 (04): no longer collected                             ->   voided
F-14    580.00 PPD of October; P-20 pays it with 31.70 USD                                              ->     0.00
F-6   global to the public in general (XAXX): never collected
F-10  advance of 5,800.00 (PUE): credit in favour, used by F-11, which names it (07); NC-12 documents that
F-11  23,200.00 PUE of September less 5,800.00 of the advance; 17,400.00 presumed paid on 30 September
F-13     58.00 debit note of F-1 (02), PUE of October: presumed paid on 31 October
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from aldia.documents.models import Outcome
from aldia.documents.operations.batches import create_batch
from aldia.documents.packing import pack
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.verify import run_checks
from aldia.tenancy.scope import company_scope
from tests.cast import make_company

pytestmark = pytest.mark.corpus
TODAY = date(2026, 11, 21)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("collect_all", [True, False])
@pytest.mark.django_db
def test_each_balance_is_what_the_rules_say(corpus: Path, tmp_path: Path, seed: int, collect_all: bool) -> None:
    files = sorted((corpus / "mx" / "scenario" / "generated").glob("*.xml"))
    assert len(files) == 21
    Random(seed).shuffle(files)
    company = make_company("ESCUELA KEMPER URGATE", "EKU9003173C9")
    with company_scope(company.id):
        for half in (files[:10], files[10:]):
            import_files(half, collect_all=collect_all)
        if not collect_all:
            switch_everybody_on()
        assert_the_story()
        assert [check for check in run_checks() if check.violations] == []


def import_files(files: list[Path], *, collect_all: bool) -> None:
    stored = pack([(path.name, path.open("rb")) for path in files], name="historia.zip")
    batch = create_batch(file=stored, name="historia", actor=None, collect_all=collect_all)
    batch = run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=TODAY)
    assert batch.counts.get(Outcome.ERROR, 0) == 0


def switch_everybody_on() -> None:
    from aldia.customers.models import Customer
    from aldia.receivables.operations.switching import switch_on

    assert not Receivable.objects.exists()
    switch_on(customer_ids=list(Customer.objects.values_list("id", flat=True)), today=TODAY, actor=None)


def assert_the_story() -> None:
    rows = {row.number: row for row in Receivable.objects.select_related("customer")}
    balances = {number: (row.balance, row.currency, row.void_code) for number, row in rows.items()}
    assert balances == {
        "F-1": (0, "MXN", ""),
        "F-2": (0, "MXN", ""),
        "F-3": (5533_33, "MXN", ""),
        "F-4": (0, "USD", ""),
        "F-5": (0, "MXN", "replaced"),
        "F-7": (0, "USD", ""),
        "F-11": (0, "MXN", ""),
        "F-13": (0, "MXN", ""),
        "F-14": (0, "MXN", ""),
    }
    assert rows["F-7"].customer.legal_name == "ACME CORP"
    assert rows["F-7"].customer.foreign_id == "123456789"
    assert rows["F-13"].raises == rows["F-1"]
    assert rows["F-1"].due_on == date(2026, 10, 1)  # «30 DIAS»
    presumed = {c.document.number: (c.amount, c.received_on) for c in live_credits("presumed")}
    assert presumed == {"F-11": (17400_00, date(2026, 9, 30)), "F-13": (58_00, date(2026, 10, 31))}
    assert [(c.amount, c.remaining) for c in live_credits("advance")] == [(5800_00, 0)]
    paid = {(c.document.number, c.amount, c.currency, c.remaining) for c in live_credits("payment")}
    assert paid == {
        ("P-15", 700_00, "MXN", 0),
        ("P-16", 1387_99, "MXN", 0),
        ("P-17", 6621_10, "MXN", 0),
        ("P-18", 2138_12, "MXN", 0),
        ("P-19", 1000_00, "USD", 0),
        ("P-20", 31_70, "USD", 0),
    }
    notes = {(c.document.number, c.amount, c.remaining) for c in live_credits("credit_note")}
    assert notes == {("NC-8", 232_00, 0), ("NC-9", 580_00, 0)}
    assert Allocation.objects.filter(reversal_of=None, reversal=None).count() == 12


def live_credits(kind: str) -> list[Credit]:
    return list(Credit.objects.filter(kind=kind, reversed_on=None).select_related("document"))
