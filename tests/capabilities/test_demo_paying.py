"""What customers of the demo do with their links comes to every state of a payment, and the books hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from aldia.demo.paying import draft_rules, open_till, pay, portal_address
from aldia.domain.money import Money
from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink
from aldia.payments.operations.passes import find_pass
from aldia.receivables.models import LateFeeRule, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.verify import run_checks
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.mark.django_db
def test_every_end_that_a_payment_can_come_to() -> None:
    company = make_company(slug="tres-rios")
    owner = make_user("duena@tresrios.example", company)
    with company_scope(company.pk):
        customers = [make_customer(company, f"Cliente {n:02d}", f"CLI010203{n:03d}") for n in range(30)]
        for n, customer in enumerate(customers):
            open_charge(
                customer_id=customer.pk, kind="charge_note", total=Money(3_000_00 + n, "MXN"),
                issued_on=NOW.date() - timedelta(days=10), due_on=NOW.date() + timedelta(days=20), concept="",
                key=uuid7(), actor=owner,
            )  # fmt: skip
        till = open_till(customers, owner, now=NOW)
        pay(till, owner, now=NOW)
        draft_rules(owner)
        states = set(PaymentAttempt.objects.values_list("state", flat=True))
        assert states >= {"pending", "failed", "expired", "succeeded", "disputed"}
        assert Counter(PaymentAttempt.objects.exclude(review="").values_list("review", flat=True)) == {
            "paid_twice": 1, "duplicate": 1,
        }  # fmt: skip
        assert PaymentAttempt.objects.filter(refunded__gt=0, posted__gt=0).count() == 1
        assert CollectionAccount.objects.exclude(value="").count() == 30
        assert PaymentLink.objects.filter(revoked_at__isnull=False).count() == 1
        assert PaymentLink.objects.filter(expires_at__lt=NOW).count() == 1
        assert Receivable.objects.filter(kind="payment_order").count() == 1
        assert LateFeeRule.objects.filter(starts_on__isnull=True).count() == 1
        assert [check.name for check in run_checks() if check.violations] == []
    address = portal_address(company, now=NOW)
    assert portal_address(company, now=NOW) == address
    with company_scope(company.pk):
        assert find_pass(address.rstrip("/").rpartition("/")[2], NOW) is not None
