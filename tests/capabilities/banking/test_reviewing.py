"""The blind review of what applied by itself, and the payer that is forgotten: through the engine and the books."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, PayerAlias
from aldia.banking.operations.accepting import by_hand
from aldia.banking.operations.deciding import reconcile
from aldia.banking.operations.learning import restore, revoke
from aldia.banking.operations.reviewing import ReviewError, answer
from aldia.banking.operations.undoing import undo_match
from aldia.banking.plans import Line, Plan
from aldia.customers.operations.versions import NotThere
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from tests.support.bank_window import Window, at, fresh

CLABE = "002180009876543216"


@pytest.fixture
def window(window: Window) -> Window:
    window._made = 1_000  # folios as companies have them
    return window


def cited(window: Window, amount: int, **fields: str) -> tuple[BankMovement, str]:
    """A deposit that cites its document; reconciled by the engine."""
    row = window.owes(amount)
    values = {"concept": f"PAGO {row.number}", "text": f"SPEI RECIBIDO PAGO {row.number}", **fields}
    movement = window.moved(amount, **values)
    reconcile(now=at())
    return fresh(movement), row.number


def by_itself(window: Window, amount: int = 1_234_56) -> Match:
    movement, _number = cited(window, amount, payer_tax_id=window.customer.tax_id)
    match = Match.objects.get(movement=movement, undone_at=None)
    assert match.how == "auto"
    Match.objects.filter(pk=match.pk).update(review="waiting")
    return fresh(match)


def test_a_right_one_stands_and_counts(window: Window) -> None:
    match = by_itself(window)
    for _twice in range(2):
        done = answer(match_id=match.pk, is_right=True, actor=window.owner, now=at())
    assert (done.review, done.undone_at, done.reviewed_by) == ("right", None, window.owner)
    judged = Judgement.objects.get()
    assert (judged.is_right, judged.how, judged.was_applied) == (True, "review", True)
    assert ClassRecord.objects.get().right == 1
    assert AuditEvent.objects.filter(verb="banking.match_reviewed").count() == 1


def test_a_wrong_one_is_undone_and_counts_against_its_class_once(window: Window) -> None:
    match = by_itself(window)
    done = answer(match_id=match.pk, is_right=False, actor=window.owner, now=at())
    assert (done.review, done.undone_at is not None) == ("wrong", True)
    assert fresh(match.movement).state == "pending"
    record = ClassRecord.objects.get(class_key=match.class_key)
    assert (record.right, record.wrong) == (0, 1)
    assert Judgement.objects.get().how == "review"
    reconcile(now=at())
    assert fresh(match.movement).state == "pending"


def test_what_waits_for_no_review_takes_no_answer(window: Window) -> None:
    match = by_itself(window)
    Match.objects.filter(pk=match.pk).update(review="")
    with pytest.raises(ReviewError):
        answer(match_id=match.pk, is_right=True, actor=window.owner, now=at())
    Match.objects.filter(pk=match.pk).update(review="waiting")
    undo_match(match_id=match.pk, reason="No era", actor=window.owner, now=at())
    with pytest.raises(ReviewError):
        answer(match_id=match.pk, is_right=False, actor=window.owner, now=at())
    with pytest.raises(NotThere):
        answer(match_id=uuid7(), is_right=False, actor=window.owner, now=at())


# A payer, from its first deposit to the day it is forgotten


def taught(window: Window, times: int = 2) -> PayerAlias:
    """A person says, of deposits that name nobody known, whose they are."""
    for each in range(times):
        row = window.owes(5_000_00 + each * 100)
        movement = window.moved(row.total, payer_account=CLABE, payer_name="TESORERIA CENTRAL DEL GRUPO")
        reconcile(now=at())
        plan = Plan(customer_id=window.customer.pk, lines=(Line(row.pk, row.total),))
        by_hand(movement_id=movement.pk, plan=plan, key=f"h{each}", actor=window.owner, now=at())
    return PayerAlias.objects.get(kind="account")


def test_a_learned_payer_makes_matches_that_rest_on_it_and_forgetting_it_reopens_them(window: Window) -> None:
    alias = taught(window)
    assert (alias.confirmed, alias.value) == (2, CLABE)
    movement, number = cited(window, 777_00, payer_account=CLABE)
    match = Match.objects.get(movement=movement)
    assert (match.how, match.rests_on_id, fresh(alias).confirmed) == ("auto", alias.pk, 2)
    reopened = revoke(alias_id=alias.pk, actor=window.owner, now=at())
    assert reopened == [match.pk]
    assert fresh(movement).state == "pending"
    assert "se olvidó" in fresh(match).undo_reason.lower()
    assert revoke(alias_id=alias.pk, actor=window.owner, now=at()) == []
    assert Match.objects.filter(how="manual", undone_at=None).count() == 2, "what a person said stays"
    reconcile(now=at())
    again = fresh(movement)
    assert (again.state, again.payer_id) == ("pending", None)
    assert number in str(again.concept)


def test_after_restoring_it_the_payer_is_known_again(window: Window) -> None:
    alias = taught(window)
    revoke(alias_id=alias.pk, actor=window.owner, now=at())
    restore(alias_id=alias.pk, actor=window.owner, now=at())
    movement, _number = cited(window, 777_00, payer_account=CLABE)
    assert Match.objects.get(movement=movement).rests_on_id == alias.pk


def test_undoing_what_taught_takes_the_lesson_back(window: Window) -> None:
    alias = taught(window)
    first = Match.objects.filter(how="manual").order_by("applied_at", "id").first()
    assert first is not None
    undo_match(match_id=first.pk, reason="No era", actor=window.owner, now=at())
    assert fresh(alias).confirmed == 1
    movement, _number = cited(window, 777_00, payer_account=CLABE)
    assert fresh(movement).payer_id is None


def test_a_review_confirms_what_the_match_rested_on(window: Window) -> None:
    alias = taught(window)
    movement, _number = cited(window, 777_00, payer_account=CLABE)
    match = Match.objects.get(movement=movement)
    Match.objects.filter(pk=match.pk).update(review="waiting")
    answer(match_id=match.pk, is_right=True, actor=window.owner, now=at() + timedelta(days=1))
    assert fresh(alias).confirmed == 3
