"""Until when a document may be cancelled, and who has to accept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from aldia.domain.fiscal.cancellation_rules import Cancellable, answer_due, last_day, needs_acceptance

INVOICE = Cancellable("I", date(2026, 9, 1), "ALG010203AB2", "MXN", 116_000)


@pytest.mark.parametrize(
    ("issuer", "until"), [("DTR980623K40", date(2027, 3, 31)), ("PEPJ8001019QA", date(2027, 4, 30))]
)
def test_until_the_month_of_the_annual_return(issuer: str, until: date) -> None:
    assert last_day(date(2026, 1, 1), issuer) == last_day(date(2026, 12, 31), issuer) == until


@pytest.mark.parametrize(
    ("document", "today", "needed"),
    [
        (INVOICE, date(2026, 9, 10), True),
        (INVOICE, date(2026, 9, 2), False),  # the next business day
        (INVOICE, date(2026, 9, 3), True),
        (replace(INVOICE, issued_on=date(2026, 9, 4)), date(2026, 9, 7), False),  # Friday, Monday
        (replace(INVOICE, issued_on=date(2026, 9, 15)), date(2026, 9, 17), False),  # the 16th is no business day
        (replace(INVOICE, total=100_000), date(2026, 9, 10), False),
        (replace(INVOICE, total=100_001), date(2026, 9, 10), True),
        (replace(INVOICE, total=100_000, currency="USD"), date(2026, 9, 10), True),
        (replace(INVOICE, type_code="P", total=0), date(2026, 9, 10), True),
        (replace(INVOICE, type_code="E"), date(2026, 9, 10), False),
        (replace(INVOICE, receiver="XAXX010101000"), date(2026, 9, 10), False),
        (replace(INVOICE, receiver="XEXX010101000"), date(2026, 9, 10), False),
        (replace(INVOICE, is_global=True), date(2026, 9, 10), False),
    ],
)
def test_who_has_to_accept(document: Cancellable, today: date, needed: bool) -> None:
    assert needs_acceptance(document, today) is needed


def test_three_business_days_to_answer() -> None:
    assert answer_due(date(2026, 9, 10)) == date(2026, 9, 15)
    assert answer_due(date(2026, 9, 11)) == date(2026, 9, 17)
