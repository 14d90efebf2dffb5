"""What the bank does to the accounts: money seen, fees kept, what has no document, and all of it as one entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain import ledger
from aldia.domain.ledger import Posting
from aldia.domain.money import Money

MXN = Money(100_00, "MXN")


def test_money_seen_at_the_bank_leaves_what_waits_for_it() -> None:
    assert ledger.deposit(MXN) == (Posting("bank", 100_00, "MXN"), Posting("clearing", -100_00, "MXN"))


@pytest.mark.parametrize(
    ("came_in", "bank"), [pytest.param(True, 100_00, id="came"), pytest.param(False, -100_00, id="left")]
)
def test_an_adjustment_goes_to_its_account(came_in: bool, bank: int) -> None:
    sums = ledger.net(ledger.adjust_bank("adjust:1", MXN, came_in=came_in))
    assert sums == {("bank", "MXN"): bank, ("adjust:1", "MXN"): -bank}


def test_what_settles_a_fee_ends_on_the_account_of_fees() -> None:
    moved = ledger.reassign(ledger.ADJUSTMENT, ledger.FEES, MXN)
    entered = ledger.record_credit("adjustment", MXN)
    assert ledger.net(entered + moved) == {("fees", "MXN"): 100_00, ("customer_credit", "MXN"): -100_00}


def test_a_payment_recorded_and_seen_passes_through_clearing() -> None:
    sums = ledger.net(ledger.record_credit("payment", MXN) + ledger.deposit(MXN))
    assert sums == {("bank", "MXN"): 100_00, ("customer_credit", "MXN"): -100_00}


def test_a_payout_less_its_fee_empties_clearing() -> None:
    came, fee = Money(97_00, "MXN"), Money(3_00, "MXN")
    entry = ledger.merge(ledger.deposit(came), ledger.charge_fee(fee))
    assert entry == (
        Posting("bank", 97_00, "MXN"), Posting("fees", 3_00, "MXN"), Posting("clearing", -100_00, "MXN")
    )  # fmt: skip


def test_events_that_undo_each_other_leave_nothing() -> None:
    assert ledger.merge(ledger.deposit(MXN), ledger.reverse(ledger.deposit(MXN))) == ()


amounts = st.integers(1, 10**12)
currencies = st.sampled_from(["MXN", "USD", "CLP"])


@given(st.lists(st.tuples(st.sampled_from(["deposit", "in", "out", "fee", "move"]), amounts, currencies), max_size=8))
def test_merging_changes_no_account_and_balances(events: list[tuple[str, int, str]]) -> None:
    made = {
        "deposit": ledger.deposit,
        "in": lambda money: ledger.adjust_bank("adjust:1", money, came_in=True),
        "out": lambda money: ledger.adjust_bank("adjust:1", money, came_in=False),
        "fee": ledger.charge_fee,
        "move": lambda money: ledger.reassign("adjustment", "fx", money),
    }
    postings = [made[name](Money(amount, currency)) for name, amount, currency in events]
    merged = ledger.merge(*postings)
    assert ledger.net(merged) == ledger.net(tuple(each for event in postings for each in event))
    assert len({(each.role, each.currency) for each in merged}) == len(merged)
    assert all(each.amount for each in merged)
    assert [each.amount < 0 for each in merged] == sorted(each.amount < 0 for each in merged)
