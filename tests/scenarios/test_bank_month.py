"""A month at the bank: files that overlap, what applies by itself, what people answer, a mistake, a return."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, MatchHow
from aldia.banking.operations.adjusting import adjust, save_reason
from aldia.banking.operations.applying import MatchError
from aldia.banking.operations.undoing import undo_match
from aldia.receivables.models import Credit
from tests.support.bank import Bank, assert_books_hold, owed
from tests.support.stage import Stage

MARCH = date(2026, 3, 1)


def day(number: int) -> date:
    return MARCH.replace(day=number)


@pytest.fixture
def bank(stage: Stage) -> Bank:
    return Bank.of(stage)


def test_files_that_overlap_give_each_movement_once(stage: Stage, bank: Bank) -> None:
    guera = stage.customer("Abarrotes La Güera")
    rows = [stage.owes(guera, 1_160_00 + n, day(10)) for n in range(4)]
    for n, row in enumerate(rows):
        bank.transfer(guera, row.balance, day(3 + 2 * n), f"PAGO {row.number}")
    twins = [bank.moves(250_00, day(5), "DEPOSITO EN EFECTIVO") for _each in range(2)]
    stage.today = day(10)
    first, second, again = bank.file(day(2), day(6)), bank.file(day(4), day(10)), bank.file(day(2), day(10))
    assert (first.new, second.new, again.new) == (4, 2, 0)
    assert (second.known, again.known) == (3, 6)
    assert BankMovement.objects.filter(amount=twins[0].amount).count() == 2
    assert BankMovement.objects.count() == len(bank.told)
    assert bank.reconcile().applied == 4
    assert owed(*rows) == [0, 0, 0, 0]
    assert_books_hold()


def test_what_is_cited_applies_and_what_is_not_is_asked(stage: Stage, bank: Bank) -> None:
    guera, sol = stage.customer("Abarrotes La Güera"), stage.customer("Panificadora El Sol")
    cited, other = stage.owes(guera, 11_600_00, day(10)), stage.owes(guera, 4_640_00, day(12))
    bare = stage.owes(sol, 2_320_00, day(10))
    sure = bank.transfer(guera, 11_600_00, day(3), f"FACTURA {cited.number}")
    asked = bank.transfer(sol, 2_320_00, day(3), "TRANSFERENCIA")
    stranger = bank.transfer("ALGUIEN SIN RELACION SA DE CV", 777_00, day(3), "VARIOS")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    assert (bank.state(sure), bank.match(sure).how) == ("reconciled", MatchHow.AUTO)
    assert (bank.state(asked), bank.movement(asked).outcome) == ("pending", "propose")
    assert (bank.state(stranger), bank.movement(stranger).outcome) == ("pending", "exception")
    assert owed(cited, other, bare) == [0, 4_640_00, 2_320_00]
    bank.accept(asked)
    assert owed(bare) == [0]
    assert bank.match(asked).how == MatchHow.ACCEPTED
    assert Judgement.objects.get(movement=bank.movement(asked)).is_right
    assert bank.reconcile(full=True).changed == 0
    assert_books_hold()


def test_a_wrong_match_is_taken_back_and_counts(stage: Stage, bank: Bank) -> None:
    """The customer wrote last month's folio: the engine believed it, the bookkeeper knows better."""
    guera = stage.customer("Abarrotes La Güera")
    old, meant = stage.owes(guera, 5_800_00, day(5)), stage.owes(guera, 5_800_00, day(25))
    line = bank.transfer(guera, 5_800_00, day(3), f"PAGO FACT {old.number}")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    wrong = bank.match(line)
    assert owed(old, meant) == [0, 5_800_00]
    credit = wrong.credit
    undo_match(match_id=wrong.pk, reason="Era la del 25", actor=stage.owner, now=bank.now)
    undo_match(match_id=wrong.pk, reason="Era la del 25", actor=stage.owner, now=bank.now)
    assert owed(old, meant) == [5_800_00, 5_800_00]
    assert bank.state(line) == "pending"
    assert credit is not None
    assert Credit.objects.get(pk=credit.pk).reversed_on is not None
    bank.reconcile()
    assert bank.state(line) == "pending"  # what a person took back is not applied again
    bank.by_hand(line, guera, (meant, 5_800_00))
    assert owed(old, meant) == [5_800_00, 0]
    assert ClassRecord.objects.get(class_key=wrong.class_key).wrong == 1
    assert Match.objects.filter(movement=bank.movement(line)).count() == 2
    assert_books_hold()


def test_a_returned_transfer_is_owed_again_by_itself(stage: Stage, bank: Bank) -> None:
    guera = stage.customer("Abarrotes La Güera")
    row = stage.owes(guera, 3_480_00, day(6))
    paid = bank.transfer(guera, 3_480_00, day(3), f"PAGO {row.number}")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    assert owed(row) == [0]
    back = bank.gives_back(paid, day(5))
    stage.today = day(6)
    done = bank.comes(day(3), day(5))
    assert done.returned == 1
    assert owed(row) == [3_480_00]
    assert (bank.state(paid), bank.state(back)) == ("reversed", "reversed")
    assert_books_hold()


def test_one_deposit_of_several_parts(stage: Stage, bank: Bank) -> None:
    """A part by hand, the rest stays open: the movement is partial until all of it is explained."""
    guera = stage.customer("Abarrotes La Güera")
    one, two = stage.owes(guera, 1_000_00, day(6)), stage.owes(guera, 2_000_00, day(7))
    line = bank.transfer(guera, 2_350_00, day(3), "VARIOS")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    bank.by_hand(line, guera, (one, 1_000_00))
    assert bank.state(line) == "partial"
    bank.by_hand(line, guera, (two, 1_350_00))
    assert (bank.state(line), owed(one, two)) == ("reconciled", [0, 650_00])
    with pytest.raises(MatchError):
        bank.by_hand(line, guera, (two, 1_00))
    assert_books_hold()


def test_commissions_go_to_their_account(stage: Stage, bank: Bank) -> None:
    fee = bank.moves(-5_80, day(3), "COMISION SPEI")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    (movement,) = BankMovement.objects.all()
    assert (movement.state, movement.outcome) == ("pending", "not_receivable")
    reason = save_reason(name="Comisiones bancarias", code="701.10", direction="out", actor=stage.owner)
    for _twice in range(2):
        adjust(movement_id=movement.pk, reason_id=reason.pk, key="fee", actor=stage.owner, now=bank.now)
    movement.refresh_from_db()
    assert (movement.state, movement.explained) == ("reconciled", fee.amount)
    assert Match.objects.count() == 1
    assert_books_hold()


def test_two_equal_documents_are_a_question(stage: Stage, bank: Bank) -> None:
    guera = stage.customer("Abarrotes La Güera")
    rents = [stage.owes(guera, 4_640_00, day(5 + n)) for n in range(2)]
    line = bank.transfer(guera, 4_640_00, day(3), "RENTA")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    movement = bank.movement(line)
    assert (movement.state, movement.outcome) == ("pending", "propose")
    assert owed(*rents) == [4_640_00, 4_640_00]
    bank.by_hand(line, guera, (rents[0], 4_640_00))
    assert owed(*rents) == [0, 4_640_00]
    key = uuid.uuid4().hex
    assert not Match.objects.filter(key=key).exists()
