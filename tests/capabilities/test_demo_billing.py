"""What the demo issues: complements of its payments, a stamped invoice that is owed, series that repeat and ask."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aldia.customers.models import Customer
from aldia.demo.billing import bill
from aldia.demo.cast import make_cast
from aldia.demo.generator import DEMO_SEED, demo_credentials, generate, write_zip
from aldia.documents.models import SealState
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.seals import add_certificate, trust_certificate, verify_pending
from aldia.domain.money import Money
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.verify import run_checks
from aldia.recurring.models import Occurrence, Schedule
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company, make_user

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.mark.django_db
def test_what_it_issues_enters_its_books(tmp_path: Path, settings: object) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    cast = make_cast(seed=DEMO_SEED, today=TODAY, customers=30)
    credentials = demo_credentials(tmp_path / "keys", cast)
    write_zip(
        tmp_path / "demo.zip",
        generate(seed=DEMO_SEED, today=TODAY, customers=30, documents=300, credentials=credentials),
        level=1,
    )
    company = make_company(cast.company.name, cast.company.rfc)
    owner = make_user("duena@tresrios.example", company)
    with company_scope(company.pk):
        for authority in credentials.authorities():
            trust_certificate(data=authority)
        add_certificate(data=credentials.seals[cast.company.rfc].cer, actor=owner)
        with (tmp_path / "demo.zip").open("rb") as stream:
            stored = store("demo.zip", stream, content_type="application/zip")
        batch = create_batch(file=stored, name="demo.zip", actor=owner, collect_all=True)
        run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
        pay_some(owner)
        bill(cast, list(Customer.objects.filter(collecting=True)), credentials, owner, now=NOW, today=TODAY)
        states = Counter(Issue.objects.values_list("kind", "state"))
        assert states[IssueKind.COMPLEMENT, IssueState.STAMPED] == 2
        assert states[IssueKind.COMPLEMENT, IssueState.DRAFT] == 4
        assert states[IssueKind.INVOICE, IssueState.STAMPED] == states[IssueKind.INVOICE, IssueState.DRAFT] == 1
        assert states[IssueKind.CREDIT_NOTE, IssueState.DRAFT] == 1
        stamped = Issue.objects.get(kind=IssueKind.INVOICE, state=IssueState.STAMPED)
        assert Receivable.objects.get(document=stamped.document).balance == stamped.total
        verify_pending(limit=1000)
        stamped.document.refresh_from_db()
        assert stamped.document.seal_state == SealState.OK
        assert Schedule.objects.count() == 3
        assert set(Occurrence.objects.values_list("state", flat=True)) == {"asking"}
        assert [check.name for check in run_checks() if check.violations] == []


def pay_some(owner: object) -> None:
    """Six PPD invoices are paid by transfer."""
    owing = Receivable.objects.filter(method="PPD", balance__gt=0, currency="MXN").order_by("-issued_on", "id")
    for row in owing[:6]:
        record_payment(
            customer_id=row.customer_id, amount=Money(row.balance, "MXN"), received_on=TODAY - timedelta(days=2),
            key=f"demo:{row.pk}", actor=owner, today=TODAY, policy="", named={row.pk: row.balance},
            method="transfer", is_distinct=True,
        )  # fmt: skip
