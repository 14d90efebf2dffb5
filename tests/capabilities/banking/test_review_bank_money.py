"""A hostile accountant at the bank's window: the same money never counts twice, and nothing applies unasked."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from aldia.banking.models import BankMovement, Match
from aldia.banking.operations.accepting import by_hand
from aldia.banking.operations.advancing import apply_advances
from aldia.banking.operations.applying import MatchError, OnTheBooks
from aldia.banking.operations.deciding import Reconciled, reconcile
from aldia.banking.operations.feed_changes import acknowledge
from aldia.banking.operations.preferences import own_matching_settings, update_matching_settings
from aldia.banking.operations.shelving import unarchive
from aldia.banking.operations.undoing import undo_match
from aldia.banking.plans import Line, Plan
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.operations.reported import accept_report, report_payment
from aldia.receivables.models import Receivable
from aldia.receivables.operations.payments import SuspectedDuplicate
from tests.cast import make_customer
from tests.support.bank_window import TODAY, Window, at, books, fresh, whole


@pytest.fixture
def window(window: Window) -> Window:
    window._made = 1_000  # folios as companies have them
    return window


def go(full: bool = False) -> Reconciled:
    return reconcile(now=at(), full=full)


def cited(window: Window, row: Receivable, **fields: Any) -> BankMovement:
    """A transfer that cites a document, by a payer whose tax id the bank shows."""
    customer = Customer.objects.get(pk=row.customer_id)
    values = {
        "concept": f"PAGO {row.number}", "payer_tax_id": customer.tax_id, "trace_key": uuid.uuid4().hex[:20].upper(),
    }  # fmt: skip
    return window.moved(fields.pop("amount", row.balance), **{**values, **fields})


def said(window: Window, amount: int, *rows: Receivable, paid_on: date = TODAY) -> ReportedPayment:
    return report_payment(
        customer_id=window.customer.pk, amount=Money(amount, "MXN"), paid_on=paid_on, actor=None, today=TODAY,
        receivable_ids=[row.pk for row in rows], key=uuid.uuid4(),
    )  # fmt: skip


# -- the same money by hand and at the bank ----------------------------------------------------------------------------


def test_a_deposit_that_two_payments_by_hand_add_up_to_is_asked(window: Window) -> None:
    """Recorded one by one, deposited together: as new money it would be there twice."""
    credits = [window.paid(600_00), window.paid(400_00)]
    rows, movement = [window.owes(600_00), window.owes(400_00)], window.moved(1_000_00)
    before = books()
    with pytest.raises(OnTheBooks) as refused:
        window.match(movement, *(whole(row) for row in rows))
    assert {each.credit_id for each in refused.value.suspects} == {each.pk for each in credits}
    assert books() == before
    window.match(movement, *(whole(row) for row in rows), is_distinct=True)


def test_a_payment_by_hand_of_one_line_of_the_deposit_is_asked(window: Window) -> None:
    window.paid(400_00)
    rows, movement = [window.owes(600_00), window.owes(400_00)], window.moved(1_000_00)
    with pytest.raises(OnTheBooks):
        window.match(movement, *(whole(row) for row in rows))


def test_the_rest_of_a_payment_that_arrived_in_part_is_asked(window: Window) -> None:
    """A payment of 1,500 of which 500 arrived: the next 1,000 are its rest, not new money."""
    credit = window.paid(1_500_00)
    window.match(window.moved(500_00), known=((credit.pk, 500_00),))
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    with pytest.raises(OnTheBooks):
        window.match(movement, whole(row))
    window.match(movement, known=((credit.pk, 1_000_00),))


@pytest.mark.parametrize("days", [9, -3])
def test_a_cheque_noted_days_before_it_was_paid_in_is_asked(window: Window, days: int) -> None:
    """The engine looks for it as far back: so does what a person does by hand."""
    window.paid(1_000_00, on=TODAY - timedelta(days=max(days, 0)))
    row, movement = window.owes(1_000_00), window.moved(1_000_00, on=TODAY - timedelta(days=max(-days, 0)))
    with pytest.raises(OnTheBooks):
        window.match(movement, whole(row))


def test_the_tracking_key_finds_the_payment_of_another_customer(window: Window) -> None:
    """Noted for the wrong customer, it is still the same transfer."""
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    window.paid(1_000_00, customer=other, reference="2026112140072ABC001")
    row, movement = window.owes(1_000_00), window.moved(1_000_00, trace_key="2026112140072ABC001")
    with pytest.raises(OnTheBooks):
        window.match(movement, whole(row))


def test_one_transfer_that_two_accounts_show_is_asked(window: Window) -> None:
    """The same account kept twice, by a file and by a feed: one tracking key is one transfer."""
    rows = [window.owes(1_000_00) for _ in range(2)]
    first, again = [window.moved(1_000_00, trace_key="2026112140072ABC001") for _ in range(2)]
    window.match(first, Line(rows[0].pk, 400_00))
    window.match(first, Line(rows[0].pk, 600_00))  # a second part of the same movement is no suspect
    window.match(window.moved(1_000_00, trace_key="2026112140072ABC002"), left=1_000_00)
    with pytest.raises(OnTheBooks):
        window.match(again, whole(rows[1]))
    window.match(again, whole(rows[1]), is_distinct=True)


@pytest.mark.parametrize("by", ["report", "hand"])
def test_a_deposit_explained_in_two_parts_is_not_recorded_again_whole(window: Window, by: str) -> None:
    rows, movement = [window.owes(600_00), window.owes(400_00)], window.moved(1_000_00)
    report = said(window, 1_000_00)
    for row in rows:
        window.match(movement, whole(row))
    acts = {
        "report": lambda: accept_report(report_id=report.pk, today=TODAY, actor=None),
        "hand": lambda: window.paid(1_000_00, is_distinct=False),
    }
    with pytest.raises(SuspectedDuplicate):
        acts[by]()


def test_what_the_customer_said_is_answered_by_what_a_person_matches_by_hand(window: Window) -> None:
    """Left waiting, it could be accepted later as another payment; taken back, it waits again."""
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    report = said(window, 1_000_00, row)
    match = by_hand(
        movement_id=movement.pk, plan=Plan(window.customer.pk, (whole(row),)), key="k", actor=window.owner, now=at()
    )
    assert (fresh(report).state, fresh(report).credit_id) == (ReportState.ACCEPTED, match.credit_id)
    undo_match(match_id=match.pk, reason="No era", actor=window.owner, now=at())
    assert (fresh(report).state, fresh(report).credit_id) == (ReportState.WAITING, None)


# -- what the bank takes back ------------------------------------------------------------------------------------------


REMOVED = {"kind": "removed", "at": "2026-11-21T18:00:00+00:00", "now": None}


def test_money_that_the_bank_took_out_of_its_list_does_not_apply_by_itself(window: Window) -> None:
    row = window.owes(1_000_00)
    movement = cited(window, row, feed_change=REMOVED)
    assert go().applied == 0
    assert (fresh(row).balance, fresh(movement).state) == (1_000_00, "pending")
    with pytest.raises(MatchError, match="banco"):
        window.match(movement, whole(row))
    assert go(full=True).changed == 0


def test_what_the_bank_took_out_is_archived_once_somebody_looked(window: Window) -> None:
    row = window.owes(1_000_00)
    movement = cited(window, row, feed_change=REMOVED)
    acknowledge(movement_id=movement.pk, actor=window.owner)
    assert (go(full=True).applied, fresh(row).balance, fresh(movement).state) == (0, 1_000_00, "archived")
    unarchive(movement_ids=[movement.pk], actor=window.owner)
    assert fresh(movement).state == "pending"


@pytest.mark.parametrize("order", ["deposit", "return", "together"])
def test_a_return_takes_its_deposit_back_whichever_file_came_first(window: Window, order: str) -> None:
    row = window.owes(1_000_00)

    def deposit() -> BankMovement:
        return cited(window, row, amount=1_000_00, trace_key="2026112140072ABC001")

    def back() -> BankMovement:
        return window.moved(
            -1_000_00, text="DEVOLUCION SPEI", kind="return", trace_key="2026112140072ABC001",
            concept=f"DEVOLUCION PAGO {row.number}",
        )  # fmt: skip

    for make in (deposit, back) if order == "deposit" else (back, deposit):
        make()
        if order != "together":
            go()
    go()
    assert fresh(row).balance == 1_000_00
    assert set(BankMovement.objects.values_list("state", flat=True)) == {"reversed"}


# -- what may apply by itself ------------------------------------------------------------------------------------------


def test_in_shadow_an_advance_waits_for_a_person_too(window: Window) -> None:
    match = window.match(window.moved(1_000_00), left=1_000_00)
    Match.objects.filter(pk=match.pk).update(created_at=at(TODAY - timedelta(days=1)))
    row = window.owes(1_000_00)
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "shadow"}, actor=None)
    assert (apply_advances(today=TODAY), fresh(row).balance) == (0, 1_000_00)
    update_matching_settings(version=own_matching_settings().version, changes={"mode": "auto"}, actor=None)
    assert (apply_advances(today=TODAY), fresh(row).balance) == (1, 0)


def test_the_caps_are_in_the_companys_currency(window: Window) -> None:
    """Forty thousand dollars are not under a cap of fifty thousand pesos."""
    row = window.owes(40_000_00, currency="USD")
    movement = cited(window, row, currency="USD")
    assert go().applied == 0
    assert (fresh(row).balance, fresh(movement).outcome) == (40_000_00, "propose")
