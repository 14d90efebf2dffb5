"""The demo's bank: files in real layouts that prove themselves, a past that is explained, a queue of every kind."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from aldia.banking.models import BankMovement, ClassRecord, Match, MatchHow, PayerAlias, StatementImport
from aldia.banking.operations.deciding import reconcile
from aldia.demo.bank_files import Book, Line, banorte_sheet, bbva_text, dollars_ofx, ordered
from aldia.demo.banking import bank
from aldia.demo.cast import make_cast
from aldia.demo.generator import DEMO_SEED
from aldia.demo.paying import open_till, pay
from aldia.domain.money import Money
from aldia.domain.statements.model import Hints
from aldia.integrations.statements import read_file
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.verify import run_checks
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
TODAY = NOW.date()


@pytest.mark.django_db
def test_the_past_is_explained_and_the_queue_has_every_kind() -> None:
    company = make_company(slug="tres-rios")
    owner = make_user("duena@tresrios.example", company)
    with company_scope(company.pk):
        customers = [make_customer(company, f"Cliente Número {n:02d}", f"CLI010203{n:03d}") for n in range(40)]
        folio = 1_000
        for n, customer in enumerate(customers):
            for turn in range(3):
                folio += 1
                currency = "USD" if n >= 37 else "MXN"
                open_charge(
                    customer_id=customer.pk, kind="charge_note",
                    total=Money(3_000_00 + n * 1_713_17 + turn * 517_03, currency),
                    issued_on=TODAY - timedelta(days=40 - turn), due_on=TODAY - timedelta(days=20 - turn), concept="",
                    key=uuid7(), actor=owner, number=f"F-{folio}",
                )  # fmt: skip
        pay(open_till(customers[:18], owner, now=NOW), owner, now=NOW)
        record_payment(
            customer_id=customers[30].pk, amount=Money(777_00, "MXN"), received_on=TODAY - timedelta(days=3),
            key="by hand", actor=owner, today=TODAY, policy="", named={}, is_distinct=True,
        )  # fmt: skip
        bank(make_cast(seed=DEMO_SEED, today=TODAY), owner, today=TODAY, now=NOW)
        proofs = Counter(row.proof["state"] for row in StatementImport.objects.all())
        assert proofs == {"full": 4, "none": 1}
        assert not StatementImport.objects.exclude(doubtful=0).exists()
        hows = set(Match.objects.values_list("how", flat=True))
        assert hows >= {MatchHow.AUTO, MatchHow.MANUAL, MatchHow.RETURN}
        left = BankMovement.objects.filter(state="pending")
        outcomes = Counter(left.values_list("outcome", flat=True))
        assert set(outcomes) >= {"propose", "advance", "exception", "not_receivable"}
        assert 35 <= left.count() <= 90
        families = {key.split("|")[0] for key in left.values_list("class_key", flat=True)}
        assert families >= {"exact", "set", "explained", "advance", "amount_only", "payout"}
        assert PayerAlias.objects.filter(kind="name", confirmed=2).count() == 2
        assert set(BankMovement.objects.filter(state="reversed").values_list("amount", flat=True))
        assert not ClassRecord.objects.filter(wrong__gt=0).exists()
        assert [(check.name, check.violations) for check in run_checks() if check.violations] == []
        assert reconcile(now=NOW, full=True).changed == 0


def test_layouts_are_those_of_banks_and_prove_themselves() -> None:
    lines = ordered(
        [
            Line(date(2026, 11, 4), 1_160_00, name="ALFA SA DE CV", clabe="014320655001234569", concept="PAGO F-1",
                 reference="0000012", trace="2026110440014000000000001"),
            Line(date(2026, 11, 3), -5_80, "COMISION SPEI"),
            Line(date(2026, 11, 4), -900_000_00, "DISPERSION DE NOMINA"),
        ]
    )  # fmt: skip
    book = Book("0123456789", 1_000_00, lines)
    for layout, bank_key in ((bbva_text, "mx_bbva"), (banorte_sheet, "mx_banorte")):
        (statement,) = read_file(layout(book), hints=Hints("MX", "MXN")).statements
        assert [movement.amount for movement in statement.movements] == [-5_80, 1_160_00, -900_000_00]
        assert (statement.bank, statement.proof.state) == (bank_key, "full")
    (statement,) = read_file(dollars_ofx(book)).statements
    assert [movement.amount for movement in statement.movements] == [-5_80, 1_160_00, -900_000_00]
    assert (statement.currency, statement.declared.closing) == ("USD", 1_000_00 - 5_80 + 1_160_00 - 900_000_00)
    rich = read_file(banorte_sheet(book), hints=Hints("MX", "MXN")).movements[1]
    assert (rich.payer_name, rich.payer_account) == ("ALFA SA DE CV", "014320655001234569")
    assert rich.trace_key == "2026110440014000000000001"
