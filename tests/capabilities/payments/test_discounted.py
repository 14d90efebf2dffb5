"""Early discounts where customers pay: what a link asks with one, who keeps it, and what takes it away again."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from aldia.domain.ports.payments import PaymentState
from aldia.payments.models import PaymentAttempt
from aldia.payments.operations.attempts import AttemptError, refund
from aldia.payments.operations.links import NewLink, create_link
from aldia.payments.queries.links import LinkView, link_view
from aldia.receivables.models import Allocation, Credit, DiscountRule, Receivable
from aldia.receivables.operations.charge_rules import DiscountDetails, Whom, save_discount, switch_on
from aldia.receivables.operations.payments import live_allocations
from aldia.receivables.papers import paper_of
from aldia.receivables.queries.discounts import given_on
from aldia.tenancy.brand import current_brand
from tests.support.paying import Till, broken

S = PaymentState
DAYS = 35  # since the documents were issued, 30 days ago: five more days from the day of the till


@pytest.fixture(autouse=True)
def rule(till: Till) -> DiscountRule:
    return promise(till)


def promise(till: Till, percent: int = 2, *, pro_rata: bool = False) -> DiscountRule:
    details = DiscountDetails(((DAYS, Decimal(percent)),), pro_rata=pro_rata)
    row = save_discount(whom=Whom("Pronto pago"), details=details, actor=None)
    began = till.today - timedelta(days=60)
    return switch_on(model=DiscountRule, rule_id=row.pk, starts_on=began, today=began, actor=None)


def asks(till: Till, *rows: Receivable, **more: Any) -> NewLink:
    values: dict[str, Any] = {
        "customer_id": till.customer.pk, "receivable_ids": [row.pk for row in rows], "policy": "partial",
        "currency": "MXN", "now": till.now, "expires_at": till.now + timedelta(days=30), "actor": None, **more,
    }  # fmt: skip
    return create_link(**values)


def seen(till: Till, made: NewLink) -> LinkView:
    return link_view(made.link, till.now)


def figures(view: LinkView) -> tuple[int, int, int, int]:
    return view.total, view.asks, view.least, view.most


def given(*rows: Receivable) -> list[int]:
    found = given_on([row.pk for row in rows])
    return [found.get(row.pk, 0) for row in rows]


def discounts() -> list[int]:
    """The discounts that stand."""
    rows = Credit.objects.filter(kind="discount", reversed_on__isnull=True).order_by("amount")
    return list(rows.values_list("amount", flat=True))


def owed_on(row: Receivable, day: date) -> tuple[int, list[int]]:
    """What was owed of it at the end of a day, and the discounts that stood then."""
    applied = sum(Allocation.objects.filter(receivable=row, on__lte=day).values_list("amount", flat=True))
    stood = Credit.objects.filter(kind="discount", received_on__lte=day).exclude(reversed_on__lte=day)
    return row.total - applied, list(stood.values_list("amount", flat=True))


def sent_back(till: Till, attempt: PaymentAttempt, amount: int) -> PaymentAttempt:
    return refund(attempt_id=attempt.pk, amount=amount, key=uuid.uuid4(), actor=till.owner, now=till.now)


# What a link asks


@pytest.mark.parametrize(
    ("policy", "amount", "wanted"),
    [
        ("partial", None, (1_500_00, 1_470_00, 1_00, 1_500_00)),
        ("full", None, (1_500_00, 1_470_00, 1_470_00, 1_500_00)),
        ("fixed", 900_00, (1_500_00, 900_00, 900_00, 900_00)),
    ],
    ids=["partial", "full", "fixed"],
)
def test_a_link_asks_less_while_the_discount_lasts(
    till: Till, policy: str, amount: int | None, wanted: tuple[int, int, int, int]
) -> None:
    first, second = till.owes(1_000_00), till.owes(500_00, 3)
    made = asks(till, first, second, policy=policy, amount=amount)
    view = seen(till, made)
    assert figures(view) == wanted
    if policy != "fixed":
        assert (view.discount, view.until) == (30_00, till.today + timedelta(days=5))
        assert [view.price_of(row) for row in view.documents] == [980_00, 490_00]
    till.passes(days=5)
    assert figures(seen(till, made)) == wanted
    till.passes(days=1)
    view = seen(till, made)
    assert (view.asks, view.discount, view.until) == (900_00 if amount else 1_500_00, 0, None)


def test_the_last_day_is_the_companys_day(till: Till) -> None:
    made = asks(till, till.owes(1_000_00))
    night = till.now + timedelta(days=5, hours=11)  # 23:00 in Mexico City, the next day in UTC
    assert link_view(made.link, night).asks == 980_00
    assert link_view(made.link, night + timedelta(hours=2)).asks == 1_000_00


# Who pays in time


@pytest.mark.parametrize(
    ("policy", "paid", "chosen"),
    [
        ("full", 1_470_00, True), ("full", 1_470_00, False), ("partial", 1_470_00, True), ("partial", 1_470_00, False),
        ("fixed", 1_470_00, False),
    ],
    ids=["full-chosen", "full", "partial-chosen", "partial", "fixed"],
)  # fmt: skip
def test_the_net_settles_everything_and_each_discount_is_given_once(
    till: Till, policy: str, paid: int, chosen: bool
) -> None:
    rows = [till.owes(1_000_00), till.owes(500_00, 3)]
    made = asks(till, *rows, policy=policy, amount=paid if policy == "fixed" else None)
    picked = {row: seen(till, made).price_of(row) for row in rows} if chosen else None
    attempt = till.pays(paid, picked, link_id=made.link.pk)
    for _turn in range(2):
        attempt = till.becomes(attempt, S.SUCCEEDED, received=paid)
    assert (attempt.review, attempt.posted, till.owed(*rows)) == ("", paid, [0, 0])
    assert (given(*rows), discounts()) == ([20_00, 10_00], [10_00, 20_00])
    assert seen(till, made).state.value == "paid"
    assert broken() == []


def test_who_pays_it_all_pays_it_all(till: Till) -> None:
    row = till.owes(1_000_00)
    made = asks(till, row, policy="full")
    for wrong in (979_99, 1_000_01):
        with pytest.raises(AttemptError, match="no se puede pagar ese importe"):
            till.begins(wrong, link_id=made.link.pk)
    till.pays(1_000_00, link_id=made.link.pk)
    assert (till.owed(row), discounts(), till.credits()) == ([0], [], [(1_000_00, 0)])
    assert broken() == []


def test_the_receipt_says_why_less_was_paid(till: Till) -> None:
    row = till.owes(1_000_00)
    attempt = till.pays(980_00, link_id=asks(till, row).link.pk)
    credit = Credit.objects.select_related("customer").get(pk=attempt.credit_id)
    paper = paper_of(credit, live_allocations(credit), till.company, current_brand())
    assert paper["rows"][0][2:] == ["$1,000.00", "$980.00", "$0.00"]
    assert {"label": "Descuento por pronto pago", "value": "$20.00", "strong": False} in paper["totals"]


# When the money comes counts, not when we hear of it


@pytest.mark.parametrize(("paid_after", "owed"), [(5, [0]), (6, [20_00])], ids=["in-time", "late"])
def test_cash_at_a_store_counts_on_the_day_it_was_paid(till: Till, paid_after: int, owed: list[int]) -> None:
    row = till.owes(1_000_00)
    till.passes(days=4)
    made = asks(till, row, policy="full")
    attempt = till.begins(980_00, {row: 980_00}, method="store", link_id=made.link.pk)
    paid_at = till.now + timedelta(days=paid_after - 4)
    till.passes(days=4)  # we hear of it days later
    attempt = till.becomes(attempt, S.SUCCEEDED, received=980_00, paid_at=paid_at)
    assert (attempt.review, till.owed(row), given(row)) == ("", owed, [20_00 - owed[0]])
    view = seen(till, made)
    assert (view.state.value, view.asks) == (("live", 20_00) if owed[0] else ("paid", 0))
    assert broken() == []


def test_without_a_choice_too(till: Till) -> None:
    first, second = till.owes(1_000_00), till.owes(500_00, 3)
    made = asks(till, first, second)
    early, late = (till.begins(735_00, method="store", link_id=made.link.pk) for _turn in range(2))
    paid_at = till.now
    till.passes(days=8)
    till.becomes(early, S.SUCCEEDED, received=735_00, paid_at=paid_at)
    assert till.owed(first, second) == [265_00, 500_00]
    till.becomes(late, S.SUCCEEDED, received=735_00, paid_at=till.now)
    assert (till.owed(first, second), discounts()) == ([0, 30_00], [])
    assert broken() == []


# Money that goes back, and comes again


def test_a_refund_of_the_whole_takes_the_discount_along(till: Till) -> None:
    row = till.owes(1_000_00)
    made = asks(till, row)
    attempt = till.pays(980_00, {row: 980_00}, link_id=made.link.pk)
    till.passes(days=2)
    sent_back(till, attempt, 980_00)
    assert (till.owed(row), discounts(), till.credits()) == ([1_000_00], [], [])
    assert figures(seen(till, made))[:2] == (1_000_00, 980_00)  # still in time
    till.passes(days=9)
    assert figures(seen(till, made))[:2] == (1_000_00, 1_000_00)
    assert broken() == []


def test_a_refund_of_a_part_takes_the_discount_of_what_is_owed_again(till: Till) -> None:
    first, second = till.owes(1_000_00), till.owes(500_00, 3)
    made = asks(till, first, second)
    attempt = till.pays(1_470_00, {first: 980_00, second: 490_00}, link_id=made.link.pk)
    till.passes(days=20)  # long after the last day
    sent_back(till, attempt, 90_00)
    assert (till.owed(first, second), given(first, second)) == ([0, 100_00], [20_00, 0])
    assert broken() == []


def test_a_refund_out_of_the_favour_leaves_the_discount(till: Till) -> None:
    row = till.owes(1_000_00)
    attempt = till.pays(980_00, {row: 980_00}, link_id=asks(till, row).link.pk)
    attempt = till.becomes(attempt, S.SUCCEEDED, received=1_080_00)  # the bank counts again: more came
    till.passes(days=20)
    sent_back(till, attempt, 100_00)
    assert (till.owed(row), given(row)) == ([0], [20_00])
    assert broken() == []


def test_in_proportion_what_stays_keeps_its_share(till: Till, rule: DiscountRule) -> None:
    DiscountRule.objects.filter(pk=rule.pk).update(pro_rata=True)
    row = till.owes(1_000_00)
    attempt = till.pays(980_00, {row: 980_00}, link_id=asks(till, row).link.pk)
    till.passes(days=20)
    sent_back(till, attempt, 490_00)
    assert (till.owed(row), given(row)) == ([500_00], [10_00])
    assert broken() == []


def test_a_dispute_takes_it_and_winning_brings_it_back(till: Till) -> None:
    row = till.owes(1_000_00)
    made = asks(till, row)
    attempt = till.pays(980_00, {row: 980_00}, link_id=made.link.pk)
    paid_on = till.today
    till.passes(days=10)
    attempt = till.becomes(attempt, S.DISPUTED, disputed=980_00)
    assert (till.owed(row), discounts()) == ([1_000_00], [])
    till.passes(days=20)
    attempt = till.becomes(attempt, S.SUCCEEDED, disputed=0)
    assert (attempt.review, till.owed(row), given(row), discounts()) == ("", [0], [20_00], [20_00])
    # what each past day says is what was true then
    assert [owed_on(row, paid_on + timedelta(days=after)) for after in (0, 9, 10, 29, 30)] == [
        (0, [20_00]), (0, [20_00]), (1_000_00, []), (1_000_00, []), (0, [20_00]),
    ]  # fmt: skip
    assert broken() == []


def test_part_of_a_dispute_won(till: Till) -> None:
    row = till.owes(1_000_00)
    attempt = till.pays(980_00, {row: 980_00}, link_id=asks(till, row).link.pk)
    till.passes(days=10)
    attempt = till.becomes(attempt, S.DISPUTED, disputed=300_00)
    assert (till.owed(row), discounts()) == ([320_00], [])
    attempt = till.becomes(attempt, S.DISPUTED, disputed=100_00)
    assert (till.owed(row), discounts()) == ([120_00], [])
    attempt = till.becomes(attempt, S.SUCCEEDED, disputed=0)
    assert (till.owed(row), discounts()) == ([0], [20_00])
    assert broken() == []


def test_money_that_came_on_top_late_earns_nothing(till: Till) -> None:
    row = till.owes(1_000_00)
    attempt = till.pays(500_00, {row: 500_00}, link_id=asks(till, row).link.pk)
    till.passes(days=10)
    till.becomes(attempt, S.SUCCEEDED, received=980_00)
    assert (till.owed(row), discounts()) == ([20_00], [])
    assert broken() == []
