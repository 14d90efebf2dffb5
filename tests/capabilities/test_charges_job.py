"""The nightly job charges in the company's own day, and spares what is disputed."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from aldia.collections.models import Dispute
from aldia.domain.money import Money
from aldia.jobs import charges
from aldia.queue.timetable import COMPANY
from aldia.receivables.models import ChargeRun, LateFee, LateFeeRule
from aldia.receivables.operations.charge_rules import LateDetails, Whom, save_late_rule, switch_on
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer


@pytest.mark.django_db
def test_the_job_charges_when_the_month_is_over_where_the_company_is(monkeypatch: Any) -> None:
    company = make_company()
    with company_scope(company.pk):
        customer = make_customer(company)
        rows = [
            open_charge(
                customer_id=customer.pk, kind="charge_note", total=Money(10_000_00, "MXN"),
                issued_on=date(2026, 9, 1), due_on=date(2026, 9, 30), concept="", key=uuid.uuid4(), actor=None,
            )
            for _each in range(2)
        ]  # fmt: skip
        Dispute.objects.create(
            company=company, receivable=rows[0], amount=10_000_00, reason="price", opened_on=date(2026, 10, 5)
        )
        rule = save_late_rule(whom=Whom("Moratorios"), details=LateDetails(rate=Decimal(3)), actor=None)
        start = date(2026, 10, 1)
        switch_on(model=LateFeeRule, rule_id=rule.pk, starts_on=start, today=start, actor=None)
        # 1 November in UTC is still 31 October in Mexico City
        monkeypatch.setattr(charges, "database_now", lambda: datetime(2026, 11, 1, 5, 59, tzinfo=UTC))
        assert charges.charge_late_fees.call() == {"runs": 0, "fees": 0, "ended": 0}
        monkeypatch.setattr(charges, "database_now", lambda: datetime(2026, 11, 1, 6, 1, tzinfo=UTC))
        assert charges.charge_late_fees.call() == {"runs": 1, "fees": 1, "ended": 0}
        assert charges.charge_late_fees.call() == {"runs": 0, "fees": 0, "ended": 0}
        assert LateFee.objects.get().receivable_id == rows[1].pk
        assert ChargeRun.objects.get().spared == 1


def test_the_job_is_on_the_timetable() -> None:
    assert "aldia.jobs.charges.charge_late_fees" in {rule.path for rule in COMPANY}
