"""Money that was on the books before the bank showed it: recognised, never counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aldia.domain.matching import Commission, KnownMoney, Outcome, Record, Settings, decide_batch, earn
from tests.domain.matching.books import (
    EVERYTHING,
    NORTE,
    PROVEN_ONLY,
    SETTINGS,
    SUR,
    TODAY,
    books,
    decided,
    deposit,
    document,
    vetoed,
)

DAY = timedelta(days=1)
A = document("d101", 1_160_037)
NOTED = KnownMoney("k1", NORTE, "MXN", 500_011, TODAY - DAY, "manual")
CARDS = [
    KnownMoney("c1", NORTE, "MXN", 100_033, TODAY - 2 * DAY, "provider 1", fee=3_100, group="po_1"),
    KnownMoney("c2", SUR, "MXN", 250_071, TODAY - DAY, "provider 1", fee=7_700, group="po_1"),
    KnownMoney("c3", SUR, "MXN", 80_000, TODAY - DAY, "provider 1", fee=2_500, group="po_2"),
]
NET = 100_033 - 3_100 + 250_071 - 7_700


def knowing(*money: KnownMoney, documents=(A,)):
    index = books(*documents)
    for each in money:
        index.add_known(each)
    return index


def known(decision):
    return dict(decision.hypothesis.known)


def balanced(decision, amount):
    best = decision.hypothesis
    return (
        sum(each.amount for each in best.allocations) + sum(known(decision).values()) + best.left - best.fee == amount
    )


def test_the_deposit_of_a_payment_on_the_books_pays_nothing_again():
    decision = decided(knowing(NOTED), deposit(500_011))
    assert (decision.outcome, decision.hypothesis.family, known(decision)) == (Outcome.AUTO, "known", {"k1": 500_011})
    assert decision.hypothesis.allocations == ()
    assert balanced(decision, 500_011)


def test_the_same_key_needs_no_payer_and_no_record():
    money = replace(NOTED, trace="TRACEm1")
    decision = decided(knowing(money), deposit(500_011, of=""), trust=PROVEN_ONLY)
    assert (decision.outcome, known(decision)) == (Outcome.AUTO, {"k1": 500_011})
    assert "clave de rastreo" in " ".join(reason.message for reason in decision.reasons)


def test_a_payout_that_its_provider_named_is_recognised_with_its_fee():
    decision = decided(knowing(*CARDS), deposit(NET, of=""), trust=PROVEN_ONLY)
    best = decision.hypothesis
    assert (decision.outcome, best.family, best.fee) == (Outcome.AUTO, "payout", 10_800)
    assert known(decision) == {"c1": 100_033, "c2": 250_071}
    assert balanced(decision, NET)
    assert (best.customer, decision.touched) == ("", {NORTE, SUR})


def test_a_refund_lowers_the_payout():
    refund = KnownMoney("r1", SUR, "MXN", -30_000, TODAY - DAY, "provider 1", group="po_1")
    decision = decided(knowing(*CARDS, refund), deposit(NET - 30_000, of=""))
    assert (decision.outcome, balanced(decision, NET - 30_000)) == (Outcome.AUTO, True)
    assert known(decision)["r1"] == -30_000


TERMINAL = [
    replace(card, key=f"t{n}", source="terminal 1", fee=0, group="", received_on=TODAY - days * DAY)
    for n, (card, days) in enumerate(zip(CARDS, (3, 2, 2), strict=True))
]
ALONE = {
    "of a provider": (CARDS[2], 80_000 - 2_500, "group"),
    "of a terminal": (replace(TERMINAL[0], fee=3_000), TERMINAL[0].amount - 3_000, "day"),
}


@pytest.mark.parametrize("case", ALONE)
def test_a_payout_of_one_payment_less_its_fee_is_a_payout(case):
    money, amount, support = ALONE[case]
    decision = decided(knowing(money), deposit(amount, of=""))
    assert (decision.outcome, decision.hypothesis.support) == (Outcome.AUTO, support)
    assert "ya estaba registrado" in " ".join(reason.message for reason in decision.reasons)
    assert decided(knowing(money), deposit(amount)).hypothesis.support != "day"


DAYS = {
    "one day": (TERMINAL[1].amount + TERMINAL[2].amount, {"t1", "t2"}),
    "days on end": (sum(each.amount for each in TERMINAL), {"t0", "t1", "t2"}),
}


@pytest.mark.parametrize("case", DAYS)
def test_what_a_terminal_took_comes_less_its_commission(case):
    gross, keys = DAYS[case]
    fee = gross * 29 // 1_000
    amount = gross - fee - fee * 16 // 100
    settings = Settings(commissions=(Commission("terminal", 29_000, 0, 160_000),))
    decision = decided(knowing(*TERMINAL), deposit(amount, of=""), settings=settings)
    assert (decision.outcome, set(known(decision)), balanced(decision, amount)) == (Outcome.AUTO, keys, True)


def test_days_of_a_terminal_apply_only_once_the_record_has_shown_it():
    amount = TERMINAL[1].amount + TERMINAL[2].amount
    cold = decided(knowing(*TERMINAL), deposit(amount, of=""), trust=PROVEN_ONLY)
    assert (cold.outcome, vetoed(cold)) == (Outcome.PROPOSE, ())
    warm = earn({cold.hypothesis.class_key: Record(4_000, 0)})
    assert decided(knowing(*TERMINAL), deposit(amount, of=""), trust=warm).outcome is Outcome.AUTO


ASKED = {
    "nobody knows who pays": (knowing(NOTED), deposit(500_011, of=""), "payer_unknown"),
    "two payments alike": (knowing(NOTED, replace(NOTED, key="k2")), deposit(500_011), "two_solutions"),
    "a document owes as much": (
        knowing(NOTED, documents=(document("d7", 500_011),)), deposit(500_011), "two_solutions",
    ),
    "a document that owes as much is cited": (
        knowing(NOTED, documents=(document("d7", 500_011),)), deposit(500_011, concept="FACTURA A-7"), "on_books",
    ),
    "an open document is cited": (knowing(NOTED), deposit(500_011, concept="FACTURA A-101"), ""),
    "two payouts alike": (
        knowing(*CARDS, *(replace(each, key=f"x{each.key}", group="po_9") for each in CARDS[:2])),
        deposit(NET, of=""),
        "two_solutions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED)
def test_what_may_be_other_money_is_a_question(case):
    index, movement, veto = ASKED[case]
    decision = decided(index, movement)
    assert decision.outcome is Outcome.PROPOSE
    assert not veto or veto in vetoed(decision)


NOT_IT = {
    "another amount": (NOTED, deposit(500_012)),
    "of another customer": (NOTED, deposit(500_011, of=SUR)),
    "weeks before": (replace(NOTED, received_on=TODAY - 30 * DAY), deposit(500_011)),
    "a week after": (replace(NOTED, received_on=TODAY + 7 * DAY), deposit(500_011)),
    "in another currency": (replace(NOTED, currency="USD"), deposit(500_011)),
}


@pytest.mark.parametrize("case", NOT_IT)
def test_money_that_cannot_be_this_deposit_is_not_proposed(case):
    money, movement = NOT_IT[case]
    decision = decided(knowing(money), movement)
    assert all(not each.known for each in (decision.hypothesis, *decision.alternatives))


def test_one_payment_on_the_books_is_not_two_deposits():
    index = knowing(NOTED)
    movements = [deposit(500_011, key="m1"), deposit(500_011, key="m2")]
    same_day = decide_batch(movements, index, settings=SETTINGS, trust=EVERYTHING)
    assert [each.outcome for each in same_day] == [Outcome.PROPOSE] * 2
    later = [movements[0], replace(movements[1], booked_on=TODAY + DAY)]
    first, second = decide_batch(later, index, settings=SETTINGS, trust=EVERYTHING)
    assert (first.outcome, known(first)) == (Outcome.AUTO, {"k1": 500_011})
    assert second.hypothesis.known == ()
