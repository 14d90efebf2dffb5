"""Whoever pays by a provider is told once that it arrived, with a paper, and once of each amount that went back."""

from __future__ import annotations

import pytest

from aldia.domain.ports.payments import PaymentState
from aldia.jobs import reminders as jobs
from aldia.messaging.models import Message
from aldia.payments import providers
from aldia.payments.models import PaymentAttempt, ProviderAccount
from aldia.payments.operations.looking import refresh
from aldia.receivables.models import Credit
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.rule_words import StepWords
from tests.support.paying import Bank, Pretend, Till
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"


@pytest.fixture
def till(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Till:
    bank = Bank()
    monkeypatch.setattr(providers, "build", lambda _account: Pretend(bank))
    monkeypatch.setattr(jobs, "database_now", lambda: stage.at("12:00"))
    account = ProviderAccount.objects.create(
        company=stage.company, provider="pretend", name="De mentira", methods=["card"], is_live=True, hook_token="g"
    )
    return Till(stage.company, stage.owner, account, stage.customer("La Güera", LUPITA), bank, stage.today)


def pays(till: Till, amount: int) -> PaymentAttempt:
    row = till.owes(1_160_00, due_in=20)
    attempt = till.begins(amount, {row: amount})
    till.bank.say(attempt.provider_id, PaymentState.SUCCEEDED, received=amount, paid_on=till.today)
    refresh(attempt_id=attempt.pk, now=till.now)
    return PaymentAttempt.objects.get(pk=attempt.pk)


def told(stage: Stage, to: str = LUPITA) -> list[str]:
    jobs.thank_payers.call()
    jobs.thank_payers.call()
    stage.send("12:00")
    return [str(mail["Subject"]) for _sender, whom, mail in stage.mailer.taken if whom == [to]]


def test_a_payment_by_provider_has_its_receipt_though_others_have_none(stage: Stage, till: Till) -> None:
    pays(till, 1_160_00)
    stage.pays(stage.owes(till.customer, 50_00, stage.today), 50_00)
    assert told(stage) == ["Recibo de su pago por $1,160.00"]
    (mail,) = [mail for _sender, whom, mail in stage.mailer.taken if whom == [LUPITA]]
    assert [str(part.get_filename())[:18] for part in mail.iter_attachments()] == ["recibo-2026-03-02-"]
    stage.tick("12:15")
    assert len(told(stage)) == 1
    assert told(stage, stage.owner.email) == ["Pago recibido de La Güera: $1,160.00"]


def test_what_goes_back_is_told_once_for_each_amount_and_is_no_new_payment(stage: Stage, till: Till) -> None:
    stage.follow(stage.rule(StepWords(When.AFTER, 1), StepWords(When.PAID)), till.customer)
    attempt = pays(till, 1_160_00)
    assert told(stage) == ["Recibo de su pago por $1,160.00"]
    for refunded in (160_00, 660_00):
        till.bank.say(attempt.provider_id, PaymentState.REFUNDED, refunded=refunded)
        refresh(attempt_id=attempt.pk, now=till.now)
        told(stage)
    assert told(stage)[1:] == ["Le devolvimos $160.00", "Le devolvimos $500.00"]
    stage.walk(stage.today.replace(day=6))
    assert len(stage.days(LUPITA)) == 3
    assert Credit.objects.filter(reversed_on__isnull=True).get().amount == 500_00
    assert ReminderCandidate.objects.filter(credit__isnull=False, state="planned").count() == 0


def test_a_payment_undone_before_anybody_was_told_has_a_refund_and_no_receipt(stage: Stage, till: Till) -> None:
    attempt = pays(till, 1_160_00)
    till.bank.say(attempt.provider_id, PaymentState.REFUNDED, refunded=1_160_00)
    refresh(attempt_id=attempt.pk, now=till.now)
    assert told(stage) == ["Le devolvimos $1,160.00"]


def test_whoever_has_no_address_is_left_and_told_when_it_has_one(stage: Stage, till: Till) -> None:
    till.customer = stage.customer("Sin correo")
    attempt = pays(till, 100_00)
    till.bank.say(attempt.provider_id, PaymentState.REFUNDED, refunded=40_00)
    refresh(attempt_id=attempt.pk, now=till.now)
    assert told(stage, "nuevo@sin.example") == []
    stage.contact(till.customer, "nuevo@sin.example")
    assert told(stage, "nuevo@sin.example") == ["Le devolvimos $40.00"]


def test_an_english_customer_reads_it_in_english(stage: Stage, till: Till) -> None:
    till.customer = stage.customer("Northwind", "ann@northwind.example", language="en")
    attempt = pays(till, 100_00)
    till.bank.say(attempt.provider_id, PaymentState.REFUNDED, refunded=40_00)
    refresh(attempt_id=attempt.pk, now=till.now)
    told(stage)
    message = Message.objects.get(key__startswith="refund:")
    assert message.subject == "We have refunded $40.00"
    assert "We have refunded *$40.00*" in message.text
    assert message.facts["refunds"][0]["total"] == 40_00
