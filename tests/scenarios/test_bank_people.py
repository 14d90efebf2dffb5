"""What people's answers at the bank lead to: payers learned and forgotten, advances, reminders that stay away."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.banking.models import Match, PayerAlias
from aldia.banking.operations.advancing import apply_advances
from aldia.banking.operations.learning import revoke
from aldia.banking.operations.preferences import agree_oldest_first
from aldia.banking.operations.undoing import undo_match
from aldia.banking.queries.advances import waiting
from aldia.domain.money import Money
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import Credit
from aldia.reminders.models import When
from aldia.reminders.operations.rule_words import StepWords
from tests.support.bank import Bank, assert_books_hold, owed
from tests.support.stage import Stage

GROUP, CLABE = "GRUPO PINO ALTO SA DE CV", "021180040012345670"


def day(number: int, month: int = 3) -> date:
    return date(2026, month, number)


@pytest.fixture
def bank(stage: Stage) -> Bank:
    return Bank.of(stage)


def test_an_advance_pays_its_invoice_when_it_arrives(stage: Stage, bank: Bank) -> None:
    guera = stage.customer("Abarrotes La Güera")
    line = bank.transfer(guera, 8_000_00, day(3), "ANTICIPO PEDIDO")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    assert bank.movement(line).outcome == "advance"
    bank.accept(line)
    assert bank.state(line) == "reconciled"
    (credit,) = Credit.objects.filter(kind="payment")
    assert credit.remaining == 8_000_00
    other = stage.owes(guera, 9_500_00, day(30))  # not this one: another amount, and nothing names it
    assert apply_advances(today=stage.today, actor=None) == 0
    assert [each.credit.pk for each in waiting()] == [credit.pk]
    stage.today = day(6)
    invoice = stage.owes(guera, 8_000_00, day(30))
    assert apply_advances(today=stage.today, actor=None) == 1
    assert apply_advances(today=stage.today, actor=None) == 0
    assert owed(invoice, other) == [0, 9_500_00]
    assert_books_hold()
    undo_match(match_id=bank.match(line).pk, reason="Era de otro", actor=stage.owner, now=bank.now)
    assert owed(invoice, other) == [8_000_00, 9_500_00]
    assert_books_hold()


def test_a_payer_is_learned_by_two_answers_and_forgotten_by_one(stage: Stage, bank: Bank) -> None:
    """A group pays for its subsidiary. Revoked, what rested on it is asked again; what people said themselves stays."""
    sub = stage.customer("Molinos del Centro")
    agree_oldest_first(customer_id=sub.pk, oldest_first=True, today=bank.now.date(), actor=stage.owner)
    rows = [stage.owes(sub, 3_000_00 + 100_00 * n, day(10 + n)) for n in range(3)]
    lines = [bank.transfer(GROUP, row.balance, day(3 + 2 * n), "TRASPASO", clabe=CLABE) for n, row in enumerate(rows)]
    for n in range(2):
        stage.today = day(4 + 2 * n)
        bank.comes(day(2), day(3 + 2 * n))
        assert bank.state(lines[n]) == "pending"
        bank.by_hand(lines[n], sub, (rows[n], rows[n].balance))
    alias = PayerAlias.objects.get(kind="account", value=CLABE)
    assert (alias.confirmed, alias.customer_id) == (2, sub.pk)
    stage.today = day(8)
    bank.comes(day(2), day(7))
    third = bank.movement(lines[2])
    assert third.payer_id == sub.pk  # now it is known who pays
    if third.state == "pending":
        bank.accept(lines[2])
    assert owed(*rows) == [0, 0, 0]
    reopened = revoke(alias_id=alias.pk, actor=stage.owner, now=bank.now)
    by_itself = Match.objects.filter(movement=third, how__in=("auto", "policy"))
    assert set(reopened) == set(by_itself.values_list("pk", flat=True))
    assert [bank.state(line) for line in lines[:2]] == ["reconciled", "reconciled"]
    assert PayerAlias.objects.get(pk=alias.pk).revoked_at is not None
    again = stage.owes(sub, 3_333_00, day(20))
    late = bank.transfer(GROUP + " X", 3_333_00, day(9), "TRASPASO", clabe=CLABE)
    stage.today = day(10)
    bank.comes(day(8), day(9))
    assert (bank.state(late), owed(again)) == ("pending", [3_333_00])
    assert_books_hold()


def test_who_paid_is_not_reminded_and_who_was_returned_is(stage: Stage, bank: Bank) -> None:
    """Two customers owe the same day. One pays on the eve by transfer; the bank takes it back two days later."""
    guera = stage.customer("Abarrotes La Güera", "lupita@laguera.example")
    sol = stage.customer("Panificadora El Sol", "paco@elsol.example")
    stage.follow(stage.rule(StepWords(When.AFTER, 1), StepWords(When.AFTER, 6)), guera, sol)
    paid, unpaid = stage.owes(guera, 5_000_00, day(9)), stage.owes(sol, 7_000_00, day(9))
    stage.walk(day(8))
    line = bank.transfer(guera, 5_000_00, day(6), f"PAGO FACTURA {paid.number}")
    stage.today = day(9)
    bank.comes(day(5), day(8))
    assert owed(paid, unpaid) == [0, 7_000_00]
    stage.walk(day(11))
    assert stage.days("lupita@laguera.example") == []
    assert stage.days("paco@elsol.example") == ["03-10"]
    bank.gives_back(line, day(11))
    bank.comes(day(6), day(11))
    assert owed(paid) == [5_000_00]
    stage.walk(day(17))
    assert stage.days("lupita@laguera.example") == ["03-12", "03-17"]  # the 16th is a holiday
    assert stage.days("paco@elsol.example") == ["03-10", "03-17"]
    assert_books_hold()


def test_what_the_customer_reported_is_what_the_bank_shows(stage: Stage, bank: Bank) -> None:
    """The report waits; the deposit comes; the report is settled with it. Undone, the report waits again."""
    guera = stage.customer("Abarrotes La Güera")
    one, two = stage.owes(guera, 2_000_00, day(10)), stage.owes(guera, 2_000_00, day(11))
    report = report_payment(
        customer_id=guera.pk, amount=Money(2_000_00, "MXN"), paid_on=day(3), receivable_ids=[two.pk], key=uuid.uuid4(),
        today=day(3), actor=stage.owner, method="03", reference="SPEI 1", note="",
    )  # fmt: skip
    line = bank.transfer(guera, 2_000_00, day(3), "PAGO")
    stage.today = day(4)
    bank.comes(day(2), day(3))
    if bank.state(line) == "pending":
        bank.accept(line)
    assert owed(one, two) == [2_000_00, 0]
    report.refresh_from_db()
    assert report.state != "waiting"
    assert Credit.objects.filter(kind="payment", reversed_on=None).count() == 1
    undo_match(match_id=bank.match(line).pk, reason="No era", actor=stage.owner, now=bank.now)
    report.refresh_from_db()
    assert (report.state, owed(one, two)) == ("waiting", [2_000_00, 2_000_00])
    assert_books_hold()


def test_money_noted_by_hand_is_not_entered_twice(stage: Stage, bank: Bank) -> None:
    guera = stage.customer("Abarrotes La Güera")
    row = stage.owes(guera, 6_400_00, day(10))
    stage.pays(row, 6_400_00)  # somebody wrote it down from a screenshot
    line = bank.transfer(guera, 6_400_00, stage.today + timedelta(days=1), "PAGO FACTURA")
    stage.today = day(5)
    bank.comes(day(2), day(4))
    bank.accept(line)
    assert bank.state(line) == "reconciled"
    assert Credit.objects.filter(kind="payment").count() == 1
    assert owed(row) == [0]
    assert_books_hold()
