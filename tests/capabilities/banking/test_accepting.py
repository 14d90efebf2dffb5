"""People accept, choose otherwise or say it by hand: it applies once, it is judged, and it teaches."""

from __future__ import annotations

import uuid

import pytest

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, PayerAlias
from aldia.banking.operations.accepting import NothingProposed, accept, accept_many, by_hand
from aldia.banking.operations.applying import OnTheBooks, Stale
from aldia.banking.operations.deciding import reconcile
from aldia.banking.plans import Line, Plan
from aldia.banking.queries.decisions import last_of
from aldia.domain.money import Money
from aldia.payments.models import ReportState
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import Credit, Receivable
from tests.cast import make_customer
from tests.support.bank_window import TODAY, Window, at, books, fresh


@pytest.fixture
def window(window: Window) -> Window:
    window._made = 1_000  # folios as companies have them
    return window


def asked(window: Window, amount: int = 1_234_56, **fields: str) -> tuple[BankMovement, Receivable]:
    """A deposit of a known payer that cites nothing: a question with a proposal that nothing speaks against."""
    row = window.owes(amount)
    values = {"payer_tax_id": window.customer.tax_id, "concept": "PAGO", **fields}
    movement = window.moved(amount, **values)
    reconcile(now=at())
    assert fresh(movement).outcome == "propose"
    return fresh(movement), row


def yes(window: Window, movement: BankMovement, **fields: object) -> Match:
    values = {"key": "k1", "actor": window.owner, "now": at(), **fields}
    return accept(movement_id=movement.pk, **values)  # type: ignore[arg-type]


def test_what_is_accepted_applies_is_judged_right_and_is_once(window: Window) -> None:
    movement, row = asked(window)
    match = yes(window, movement, version=movement.version)
    assert (fresh(row).balance, fresh(movement).state, match.how) == (0, "reconciled", "accepted")
    judged = Judgement.objects.get()
    assert (judged.is_right, judged.how, judged.class_key) == (True, "accepted", match.class_key)
    before = books()
    assert yes(window, movement, version=movement.version).pk == match.pk
    assert books() == before
    assert ClassRecord.objects.get().right == 1


def test_another_choice_judges_the_first_wrong(window: Window) -> None:
    movement, _row = asked(window)
    told = last_of([movement.pk])[movement.pk]
    assert len(told.choices) > 1
    match = yes(window, movement, choice=1)
    judged = Judgement.objects.get()
    assert (judged.is_right, judged.how) == (False, "changed")
    assert match.class_key == told.choices[1].class_key


def test_a_choice_that_is_not_there_is_a_sentence(window: Window) -> None:
    movement, _row = asked(window)
    for choice in (-1, 99):
        with pytest.raises(NothingProposed, match="ya no está"):
            yes(window, movement, choice=choice)
    bare = window.moved(5_00)
    with pytest.raises(NothingProposed, match="Todavía no hay"):
        yes(window, bare)
    with pytest.raises(NothingProposed, match="ya no existe"):
        accept(movement_id=uuid.uuid4(), key="x", actor=window.owner, now=at())


def test_a_proposal_that_changed_since_it_was_seen_is_not_applied_unseen(window: Window) -> None:
    movement, _row = asked(window)
    window.owes(1_234_56)  # an identical sibling came meanwhile
    reconcile(now=at())
    with pytest.raises(Stale):
        yes(window, movement, version=movement.version)
    assert Match.objects.count() == 0


def test_many_are_accepted_each_by_itself(window: Window) -> None:
    first, one = asked(window, 1_111_11)
    second, _two = asked(window, 2_222_22)
    third, three = asked(window, 3_333_33)
    window.paid(2_222_22)  # the same money may be on the books already
    found = accept_many(movement_ids=[first.pk, second.pk, third.pk, first.pk], actor=window.owner, now=at())
    assert [each.movement_id for each in found] == [first.pk, second.pk, third.pk]
    assert [each.match is not None for each in found] == [True, False, True]
    assert "Ya está registrado" in found[1].sentence
    assert (fresh(one).balance, fresh(three).balance) == (0, 0)
    again = accept_many(movement_ids=[first.pk], actor=window.owner, now=at())
    assert again[0].match == found[0].match


def test_a_payment_that_looks_alike_asks_and_the_answer_is_taken(window: Window) -> None:
    movement, row = asked(window)
    window.paid(1_234_56)
    with pytest.raises(OnTheBooks):
        yes(window, movement)
    yes(window, movement, is_distinct=True)
    assert (fresh(row).balance, Credit.objects.filter(kind="payment").count()) == (0, 2)


def test_what_the_customer_reported_is_answered_by_accepting_it(window: Window) -> None:
    rows = [window.owes(700_00), window.owes(550_00)]
    report = report_payment(
        customer_id=window.customer.pk, amount=Money(1_250_00, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[row.pk for row in rows], key=uuid.uuid4(),
    )  # fmt: skip
    movement = window.moved(1_250_00, concept="PAGO")
    reconcile(now=at())
    match = yes(window, movement)
    assert (match.report_id, fresh(report).state, fresh(report).credit_id) == (
        report.pk, ReportState.ACCEPTED, match.credit_id,
    )  # fmt: skip
    assert [fresh(row).balance for row in rows] == [0, 0]


def test_the_same_by_hand_is_right_and_something_else_is_wrong(window: Window) -> None:
    movement, row = asked(window)
    plan = Plan(window.customer.pk, (Line(row.pk, 1_234_56),))
    match = by_hand(movement_id=movement.pk, plan=plan, key="h", actor=window.owner, now=at())
    assert (match.how, Judgement.objects.get().is_right) == ("manual", True)
    second, _row = asked(window, 2_222_22)
    plan = Plan(window.customer.pk, left=2_222_22)
    by_hand(movement_id=second.pk, plan=plan, key="h2", actor=window.owner, now=at())
    assert Judgement.objects.get(movement=second).is_right is False


def test_a_part_of_what_was_proposed_is_no_judgement_yet(window: Window) -> None:
    rows = [window.owes(700_00), window.owes(534_56)]
    movement = window.moved(1_234_56, payer_tax_id=window.customer.tax_id, concept="PAGO")
    reconcile(now=at())
    plan = Plan(window.customer.pk, (Line(rows[0].pk, 700_00),))
    by_hand(movement_id=movement.pk, plan=plan, key="h", actor=window.owner, now=at())
    assert (Judgement.objects.count(), fresh(movement).state) == (0, "partial")


def test_by_hand_teaches_who_pays_for_whom_and_the_next_one_is_known(window: Window) -> None:
    other = make_customer(window.company, "Molinos del Bajío", "MBA010203AB9")
    account = "002180012345678906"
    for amount in (500_00, 600_00):
        row = window.owes(amount, other)
        movement = window.moved(amount, payer_account=account, payer_name="TESORERIA GRUPO X", concept="PAGO")
        reconcile(now=at())
        plan = Plan(other.pk, (Line(row.pk, amount),))
        by_hand(movement_id=movement.pk, plan=plan, key=f"h{amount}", actor=window.owner, now=at())
    assert PayerAlias.objects.get(kind="account").confirmed == 2
    row = window.owes(700_00, other)
    movement = window.moved(700_00, payer_account=account, concept=f"PAGO {row.number}")
    done = reconcile(now=at())
    assert (done.applied, Match.objects.get(movement=movement).rests_on.kind) == (1, "account")
