"""Whatever documents a cluster holds: nothing is lost or created, nothing is over-applied, order does not matter."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.fiscal.effects import derive, shares_of
from aldia.domain.fiscal.facts import (
    DocumentFact,
    Effects,
    HandAllocation,
    OpeningFact,
    PaidLine,
    PaymentFact,
)

TODAY = date(2026, 11, 21)
KEYS = [f"K{n}" for n in range(7)]
amounts = st.integers(1, 1000)
days = st.integers(0, 90).map(lambda n: TODAY - timedelta(days=n))
maybe_cancelled = st.one_of(st.none(), st.none(), st.none(), days)
relations = st.lists(st.tuples(st.sampled_from(["01", "02", "03", "04", "07"]), st.sampled_from(KEYS)), max_size=2)


@st.composite
def documents(draw: st.DrawFn) -> list[DocumentFact]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=len(KEYS)))
    return [draw(document(key)) for key in keys]


@st.composite
def document(draw: st.DrawFn, key: str) -> DocumentFact:
    kind = draw(st.sampled_from(["invoice", "invoice", "debit_note", "advance", "credit_note", "payment_complement"]))
    issued_on = draw(days)
    lines = st.builds(PaidLine, st.sampled_from(KEYS), st.just("MXN"), amounts, st.just(Decimal(1)))
    payments = ()
    if kind == "payment_complement":
        paid = draw(st.lists(lines, min_size=1, max_size=3))
        extra = draw(st.integers(-50, 50))
        payments = (PaymentFact(1, issued_on, "MXN", max(1, sum(x.paid for x in paid) + extra), tuple(paid)),)
    return DocumentFact(
        key=key,
        kind=kind,
        customer=draw(st.sampled_from(["A", "A", "A", "B"])),
        issued_on=issued_on,
        currency="XXX" if payments else "MXN",
        total=0 if payments else draw(amounts),
        method=draw(st.sampled_from(["PPD", "PUE"])),
        cancelled_on=draw(maybe_cancelled),
        relations=tuple(draw(relations)),
        payments=payments,
        is_advance_remainder=draw(st.booleans()),
    )


def answer(effects: Effects) -> tuple[object, ...]:
    """The effects in a form that compares equal whatever the order they were found in."""
    return (
        sorted(effects.receivables.items()),
        sorted((key, repr(credit)) for key, credit in effects.credits.items()),
    )


@settings(max_examples=400, deadline=None)
@given(papers=documents(), seed=st.integers(0, 9), presume=st.booleans())
def test_order_does_not_matter(papers: list[DocumentFact], seed: int, presume: bool) -> None:
    shuffled = Random(seed).sample(papers, len(papers))
    one, two = (derive(documents=each, presume_pue=presume, today=TODAY) for each in (papers, shuffled))
    assert repr(answer(one)) == repr(answer(two))


@settings(max_examples=400, deadline=None)
@given(papers=documents(), presume=st.booleans())
def test_nothing_is_over_applied(papers: list[DocumentFact], presume: bool) -> None:
    effects = derive(documents=papers, presume_pue=presume, today=TODAY)
    taken: dict[str, int] = {}
    for credit in effects.credits.values():
        assert credit.free() >= 0
        assert credit.amount > 0
        assert 0 <= credit.held <= credit.amount
        for line in credit.allocations:
            assert line.amount > 0
            wanted = effects.receivables[line.receivable]
            assert wanted.void_on is None, "nothing pays what is not collected"
            assert wanted.customer == credit.customer
            assert line.on >= wanted.issued_on
            taken[line.receivable] = taken.get(line.receivable, 0) + line.amount
    assert all(paid <= effects.receivables[key].total for key, paid in taken.items())


@settings(max_examples=200, deadline=None)
@given(papers=documents())
def test_money_that_papers_declare_enters_whole(papers: list[DocumentFact]) -> None:
    """With nothing recorded by hand, each live complement's receipt and each live advance is a credit of its amount."""
    effects = derive(documents=papers, presume_pue=False, today=TODAY)
    replaced = {key for paper in papers if paper.cancelled_on is None for key in paper.names("04")}
    for paper in papers:
        if paper.cancelled_on is not None or paper.key in replaced:
            continue
        if paper.kind == "payment_complement":
            assert effects.credits[f"{paper.key}#1"].amount == paper.payments[0].amount
        elif paper.kind == "advance":
            assert effects.credits[paper.key].amount == paper.total


@settings(max_examples=200, deadline=None)
@given(paid=st.lists(amounts, min_size=1, max_size=6), extra=st.integers(-500, 500))
def test_shares_of_a_receipt_never_pass_it(paid: list[int], extra: int) -> None:
    amount = max(1, sum(paid) + extra)
    lines = tuple(PaidLine(f"K{n}", "MXN", each, Decimal(1)) for n, each in enumerate(paid))
    shares = shares_of(PaymentFact(1, TODAY, "MXN", amount, lines))
    assert sum(shares) == min(amount, sum(paid))
    assert all(0 <= share <= each for share, each in zip(shares, paid, strict=True))


@pytest.mark.parametrize(
    ("amount", "paid", "equivalence", "share"),
    [
        (2138_12, 116_00, "0.0542532692", 2138_12),  # dollars paid in pesos: the rounding is absorbed
        (31_70, 580_00, "18.2965299685", 31_70),  # pesos paid in dollars
        (100_00, 580_00, "18.2965299685", 31_70),  # more came than the line takes: the rest stays in favour
    ],
)
def test_shares_across_currencies(amount: int, paid: int, equivalence: str, share: int) -> None:
    receipt, owed = ("MXN", "USD") if equivalence.startswith("0") else ("USD", "MXN")
    line = PaidLine("K", owed, paid, Decimal(equivalence))
    assert shares_of(PaymentFact(1, TODAY, receipt, amount, (line,))) == [share]


def test_an_opening_balance_already_counts_what_came_before_it() -> None:
    opening = OpeningFact("K0", "A", "MXN", 1000, date(2026, 10, 1))
    before, after = (
        DocumentFact(
            key=key,
            kind="payment_complement",
            customer="A",
            issued_on=on,
            currency="XXX",
            total=0,
            payments=(PaymentFact(1, on, "MXN", 300, (PaidLine("K0", "MXN", 300, Decimal(1)),)),),
        )
        for key, on in (("K1", date(2026, 9, 1)), ("K2", date(2026, 10, 2)))
    )
    effects = derive(documents=[before, after], openings=[opening], presume_pue=True, today=TODAY)
    assert list(effects.credits) == ["K2#1"]


def test_one_hand_payment_covers_one_line_only() -> None:
    invoice = DocumentFact("K0", "invoice", "A", date(2026, 9, 1), "MXN", 1000)
    receipts = [
        DocumentFact(
            key=f"K{n}",
            kind="payment_complement",
            customer="A",
            issued_on=on,
            currency="XXX",
            total=0,
            payments=(PaymentFact(1, on, "MXN", 500, (PaidLine("K0", "MXN", 500, Decimal(1)),)),),
        )
        for n, on in ((1, date(2026, 10, 1)), (2, date(2026, 11, 1)))
    ]
    hand = HandAllocation("h", "credit", "K0", 500, date(2026, 10, 31))
    effects = derive(documents=[invoice, *receipts], hand=[hand], presume_pue=False, today=TODAY)
    assert len(effects.credits) == 1
    assert sum(line.amount for credit in effects.credits.values() for line in credit.allocations) == 500
