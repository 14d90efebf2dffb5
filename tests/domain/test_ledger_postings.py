from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain import ledger
from aldia.domain.ledger import CREDIT_SOURCES, RECEIVABLE_SOURCES, ROLES, Posting, Postings, Unbalanced, net
from aldia.domain.money import Money

CURRENCY = st.sampled_from(["MXN", "USD", "CLP"])
AMOUNT = st.builds(Money, st.integers(1, 10**15), CURRENCY)


@st.composite
def allocations(draw: st.DrawFn) -> Postings:
    amount, credit_amount = draw(AMOUNT), draw(st.builds(Money, st.integers(0, 10**15), CURRENCY))
    return ledger.allocate(amount, amount if amount.currency == credit_amount.currency else credit_amount)


EVENTS = st.one_of(
    st.builds(ledger.open_receivable, st.sampled_from(sorted(RECEIVABLE_SOURCES)), AMOUNT),
    st.builds(ledger.void_receivable, st.sampled_from(sorted(RECEIVABLE_SOURCES)), AMOUNT),
    st.builds(ledger.record_credit, st.sampled_from(sorted(CREDIT_SOURCES)), AMOUNT),
    st.builds(ledger.reverse_credit, st.sampled_from(sorted(CREDIT_SOURCES)), AMOUNT),
    allocations(),
)


@given(EVENTS)
def test_every_event_sums_to_zero_in_each_currency(event: Postings) -> None:
    sums: Counter[str] = Counter()
    for posting in event:
        sums[posting.currency] += posting.amount
        assert posting.role in ROLES
        assert posting.amount
    assert not any(sums.values())


@given(st.lists(EVENTS, max_size=8))
def test_an_event_and_its_reverse_leave_no_trace_whatever_is_between(events: list[Postings]) -> None:
    done = tuple(posting for event in events for posting in event)
    undone = tuple(posting for event in events for posting in ledger.reverse(event))
    assert net(done + undone) == {}
    assert ledger.reverse(ledger.reverse(done)) == done


@pytest.mark.parametrize(
    ("event", "postings"),
    [
        (ledger.open_receivable("invoice", Money(11600, "MXN")), {"receivable": 11600, "income": -11600}),
        (ledger.open_receivable("debit_note", Money(5, "MXN")), {"receivable": 5, "income": -5}),
        (ledger.open_receivable("charge_note", Money(5, "MXN")), {"receivable": 5, "income": -5}),
        (ledger.open_receivable("payment_order", Money(5, "MXN")), {"receivable": 5, "income": -5}),
        (ledger.open_receivable("late_fee", Money(5, "MXN")), {"receivable": 5, "income": -5}),
        (ledger.open_receivable("opening", Money(5, "MXN")), {"receivable": 5, "opening": -5}),
        (ledger.void_receivable("invoice", Money(5, "MXN")), {"income": 5, "receivable": -5}),
        (ledger.void_receivable("opening", Money(5, "MXN")), {"opening": 5, "receivable": -5}),
        (ledger.record_credit("payment", Money(5, "MXN")), {"clearing": 5, "customer_credit": -5}),
        (ledger.record_credit("advance", Money(5, "MXN")), {"clearing": 5, "customer_credit": -5}),
        (ledger.record_credit("credit_note", Money(5, "MXN")), {"sales_returns": 5, "customer_credit": -5}),
        (ledger.record_credit("discount", Money(5, "MXN")), {"discounts": 5, "customer_credit": -5}),
        (ledger.record_credit("write_off", Money(5, "MXN")), {"write_off": 5, "customer_credit": -5}),
        (ledger.record_credit("withholding", Money(5, "MXN")), {"withholding": 5, "customer_credit": -5}),
        (ledger.record_credit("adjustment", Money(5, "MXN")), {"adjustment": 5, "customer_credit": -5}),
        (ledger.record_credit("presumed", Money(5, "MXN")), {"presumed": 5, "customer_credit": -5}),
        (ledger.reverse_credit("payment", Money(5, "MXN")), {"customer_credit": 5, "clearing": -5}),
        (ledger.allocate(Money(5, "MXN"), Money(5, "MXN")), {"customer_credit": 5, "receivable": -5}),
    ],
)
def test_debits_and_credits(event: Postings, postings: dict[str, int]) -> None:
    assert {(role, "MXN"): amount for role, amount in postings.items()} == net(event)
    assert event[0].amount > 0  # debit first, as a journal is read


def test_two_currencies_meet_in_fx() -> None:
    event = ledger.allocate(Money(10000, "USD"), Money(183000, "MXN"))
    assert net(event) == {
        ("customer_credit", "MXN"): 183000,
        ("fx", "MXN"): -183000,
        ("fx", "USD"): 10000,
        ("receivable", "USD"): -10000,
    }


def test_what_is_worth_less_than_half_a_unit_of_the_credit_takes_nothing_of_it() -> None:
    event = ledger.allocate(Money(4, "CLP"), Money(0, "USD"))
    assert event == (Posting("fx", 4, "CLP"), Posting("receivable", -4, "CLP"))


def test_a_story_ends_where_it_must() -> None:
    """An invoice of 116.00, a note of 16.00 and a payment of 120.00: 20.00 stays in favour; then the cheque bounces."""
    mxn = [Money(n, "MXN") for n in (11600, 1600, 12000, 10000)]
    invoice, note, payment, applied = mxn
    story = (
        ledger.open_receivable("invoice", invoice)
        + ledger.record_credit("credit_note", note)
        + ledger.allocate(note, note)
        + ledger.record_credit("payment", payment)
        + ledger.allocate(applied, applied)
    )
    assert net(story) == {
        ("income", "MXN"): -11600,
        ("sales_returns", "MXN"): 1600,
        ("clearing", "MXN"): 12000,
        ("customer_credit", "MXN"): -2000,
    }
    bounced = ledger.reverse(ledger.allocate(applied, applied)) + ledger.reverse_credit("payment", payment)
    assert net(story + bounced)["receivable", "MXN"] == 10000
    assert ("clearing", "MXN") not in net(story + bounced)


def test_what_is_no_event_is_refused() -> None:
    zero, five, six = (Money(n, "MXN") for n in (0, 5, 6))
    with pytest.raises(ValueError, match="positive"):
        ledger.open_receivable("invoice", zero)
    with pytest.raises(ValueError, match="positive"):
        ledger.record_credit("payment", -five)
    with pytest.raises(ValueError, match="positive"):
        ledger.allocate(zero, Money(5, "USD"))
    with pytest.raises(ValueError, match="positive"):
        ledger.allocate(five, Money(-5, "USD"))
    with pytest.raises(ValueError, match="two amounts"):
        ledger.allocate(five, six)
    with pytest.raises(KeyError):
        ledger.open_receivable("payroll", five)
    with pytest.raises(KeyError):
        ledger.record_credit("gift", five)


def test_unbalanced_postings_are_never_reversed_silently() -> None:
    with pytest.raises(Unbalanced):
        ledger.reverse((Posting("bank", 1, "MXN"), Posting("income", -1, "USD")))
