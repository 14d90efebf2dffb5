"""The bank takes a deposit back: what it had paid is owed again, by itself, and both movements say so."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.banking.models import BankMovement, Match
from aldia.banking.operations.applying import AlreadyExplained, MatchError, Stale
from aldia.banking.operations.returning import apply_return
from aldia.banking.operations.shelving import archive
from aldia.banking.operations.undoing import undo_match
from aldia.banking.plans import Line
from aldia.domain.money import Money
from aldia.payments.models import ReportState
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.presuming import presume_due
from aldia.tenancy.models import AuditEvent
from tests.cast import Papers
from tests.support.bank_window import TODAY, Window, accounts, at, books, fresh, whole


def bounce(window: Window, deposit: BankMovement, back: BankMovement, **fields: object) -> Match:
    values = {"how": "return", "key": uuid.uuid4().hex, "actor": None, "now": at(), **fields}
    return apply_return(movement_id=back.pk, undoes_id=deposit.pk, **values)  # type: ignore[arg-type]


def without(found: dict[str, object], *parts: str) -> dict[str, object]:
    return {name: value for name, value in found.items() if name not in parts}


def test_a_return_takes_back_what_the_deposit_paid(window: Window) -> None:
    row = window.owes(1_000_00)
    said = report_payment(
        customer_id=window.customer.pk, amount=Money(900_00, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[row.pk], key=uuid.uuid4(),
    )  # fmt: skip
    deposit, back = window.moved(900_00, trace_key="T1"), window.moved(-900_00, trace_key="T1")
    before = books()
    window.match(deposit, Line(row.pk, 900_00, 100_00, "withholding"), report_id=said.pk, class_key="c", how="auto")
    match = bounce(window, deposit, back)
    assert without(books(), "movements") == without(before, "movements")
    deposit, back = fresh(deposit), fresh(back)
    assert (deposit.state, deposit.explained, deposit.reversal_id) == ("reversed", 0, back.pk)
    assert (back.state, back.explained, back.reverses_id) == ("reversed", -900_00, deposit.pk)
    assert (match.how, match.amount, fresh(said).state) == ("return", -900_00, ReportState.WAITING)
    undone = Match.objects.get(movement=deposit)
    assert undone.undo_reason == "El banco devolvió el depósito el 21/11/2026"
    assert AuditEvent.objects.get(verb="banking.returned").detail["undone"] == [str(undone.pk)]


def test_a_deposit_that_nobody_explained_is_marked_all_the_same(window: Window) -> None:
    deposit, back = window.moved(900_00), window.moved(-900_00)
    archive(movement_ids=[deposit.pk], reason="no sé", actor=None, now=at())
    bounce(window, deposit, back)
    assert (fresh(deposit).state, fresh(back).state, accounts()) == ("reversed", "reversed", {})


def test_what_a_person_had_recorded_of_it_by_hand_is_owed_again(window: Window) -> None:
    row = window.owes(1_000_00)
    credit = window.paid(1_000_00, named={row.pk: 1_000_00})
    deposit, back = window.moved(1_000_00), window.moved(-1_000_00)
    window.match(deposit, known=((credit.pk, 1_000_00),))
    bounce(window, deposit, back)
    assert (fresh(row).balance, fresh(credit).reversed_on) == (1_000_00, TODAY)
    assert accounts() == {("receivable", "MXN"): 1_000_00, ("income", "MXN"): -1_000_00}


def test_what_a_complement_says_stands_until_the_complement_is_cancelled(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5))
    rep = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key], today=TODAY, actor=None)
    credit, deposit, back = Credit.objects.get(), window.moved(1_000_00), window.moved(-1_000_00)
    window.match(deposit, known=((credit.pk, 1_000_00),))
    bounce(window, deposit, back)
    assert (fresh(credit).reversed_on, accounts()["clearing", "MXN"]) == (None, 1_000_00)


def test_what_bounced_is_not_presumed_paid(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5), method="PUE")
    apply_documents(keys=[invoice.key], today=date(2026, 10, 6), actor=None)
    row = Receivable.objects.get()
    on = date(2026, 10, 20)
    deposit, back = window.moved(1_000_00, on), window.moved(-1_000_00, on + timedelta(days=1))
    window.match(deposit, whole(row), now=at(on))
    match = bounce(window, deposit, back)
    presume_due(today=TODAY)
    assert (fresh(row).balance, fresh(row).no_presumption) == (1_000_00, True)
    undo_match(match_id=match.pk, reason="no era devolución", actor=window.owner, now=at())
    assert (fresh(row).balance, fresh(row).no_presumption) == (0, False)
    assert Credit.objects.get(reversed_on__isnull=True).source == "bank"


def test_a_return_that_was_none_gives_the_deposit_its_explanation_back(window: Window) -> None:
    rows, deposit = [window.owes(600_00), window.owes(400_00)], window.moved(950_00)
    back = window.moved(-950_00)
    window.match(deposit, whole(rows[0]))
    window.match(deposit, Line(rows[1].pk, 350_00, 50_00, "fee"))
    matched = books()
    match = bounce(window, deposit, back, actor=window.owner)
    undo_match(match_id=match.pk, reason="Era otra cosa", actor=window.owner, now=at())
    assert fresh(deposit).state == "reconciled"
    assert (fresh(back).state, fresh(back).explained, fresh(back).reverses_id) == ("pending", 0, None)
    after = books()
    assert after["receivables"] == matched["receivables"]
    assert after["accounts"] == matched["accounts"]


def test_what_no_longer_fits_waits_when_the_return_is_undone(window: Window) -> None:
    row, deposit, back = window.owes(600_00), window.moved(600_00), window.moved(-600_00)
    window.match(deposit, whole(row))
    match = bounce(window, deposit, back)
    window.paid(500_00, named={row.pk: 500_00})
    undo_match(match_id=match.pk, reason="", actor=None, now=at())
    assert (fresh(deposit).state, fresh(deposit).explained, fresh(row).balance) == ("pending", 0, 100_00)


def test_the_same_key_returns_once(window: Window) -> None:
    row, deposit, back = window.owes(600_00), window.moved(600_00), window.moved(-600_00)
    window.match(deposit, whole(row))
    first = bounce(window, deposit, back, key="r")
    after = books()
    assert bounce(window, deposit, back, key="r").pk == first.pk
    assert books() == after


def test_what_is_returned_is_explained_no_more(window: Window) -> None:
    row, deposit, back = window.owes(600_00), window.moved(600_00), window.moved(-600_00)
    bounce(window, deposit, back)
    with pytest.raises(AlreadyExplained, match="está devuelto"):
        window.match(deposit, whole(row))
    with pytest.raises(AlreadyExplained, match="ya está devuelto"):
        bounce(window, deposit, window.moved(-600_00))
    with pytest.raises(AlreadyExplained):
        bounce(window, window.moved(600_00), back)


def test_pairs_that_are_none_are_refused(window: Window) -> None:
    deposit = window.moved(600_00)
    early = window.moved(-600_00, TODAY - timedelta(days=1))
    for back in (window.moved(-599_99), window.moved(600_00), early, window.moved(-600_00, doubt="twin"), deposit):
        with pytest.raises(MatchError):
            bounce(window, deposit, back)
    with pytest.raises(Stale):
        bounce(window, deposit, window.moved(-600_00), version=7)
    with pytest.raises(MatchError, match="no existe"):
        apply_return(
            movement_id=uuid.uuid4(), undoes_id=deposit.pk, how="return", key="x", actor=None, now=at()
        )  # fmt: skip
    assert not Match.objects.exists()


def test_a_bounced_payment_is_no_fault_of_its_class(window: Window) -> None:
    from aldia.banking.models import Judgement

    row, deposit, back = window.owes(600_00), window.moved(600_00), window.moved(-600_00)
    window.match(deposit, whole(row), how="auto", class_key="one|cited|known|sure", actor=None)
    bounce(window, deposit, back)
    assert not Judgement.objects.filter(is_right=False).exists()
