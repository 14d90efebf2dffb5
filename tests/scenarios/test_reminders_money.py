"""Receipts, thanks, notices and messages by hand: what a payment brings, and what a person writes."""

from __future__ import annotations

import uuid
from datetime import date
from email.message import EmailMessage
from zipfile import ZipFile

import pytest

from aldia.messaging.models import Message
from aldia.receivables.operations.payments import reverse_credit
from aldia.reminders.attachments import PDF, ZIP, Piece, packed
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.notices import notify_payment
from aldia.reminders.operations.one_off import OneOffError, Order, preview_one_off, send_one_off
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.rounds import Round
from tests.support.stage import Stage

LUPITA, PACO, BOSS = "lupita@laguera.example", "paco@laguera.example", "direccion@laguera.example"
AFTER, PAID = StepWords(When.AFTER, 1), StepWords(When.PAID, tone="friendly")


def files(mail: EmailMessage) -> list[str]:
    return [str(part.get_filename()) for part in mail.iter_attachments()]


def test_each_payment_has_one_receipt_with_its_paper(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.settings(receipts=True, transit_days=0)
    stage.tick("09:00")  # from here on
    row = stage.owes(guera, 1_000_00, date(2026, 3, 20))
    stage.pays(row, 400_00)
    stage.tick("20:00")  # receipts keep no hours
    stage.tick("20:15")
    stage.pays(row, 600_00)
    stage.walk(date(2026, 3, 4))
    assert stage.days() == ["03-02", "03-02"]
    first, second = stage.mails
    assert "$400.00" in stage.text(first)
    assert "$600.00" in stage.text(first)  # what is left
    assert [name[:18] for name in files(first)] == ["recibo-2026-03-02-"]
    assert {each.guarantee for each in stage.messages()} == {"at_least"}
    assert first["Message-ID"] != second["Message-ID"]


def test_a_payment_before_receipts_were_wanted_has_none(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    row = stage.owes(guera, 1_000_00, date(2026, 3, 20))
    credit = stage.pays(row, 400_00)
    type(credit).objects.filter(pk=credit.pk).update(created_at=stage.at("08:00"))
    stage.tick("09:00")
    stage.settings(receipts=True)
    stage.walk(date(2026, 3, 3))
    assert stage.log == []


def test_thanks_and_receipt_are_one_message(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.settings(receipts=True, transit_days=0)
    stage.follow(stage.rule(AFTER, PAID), guera)
    stage.tick("09:00")
    row = stage.owes(guera, 100_00, date(2026, 3, 20))
    credit = stage.pays(row, 100_00)
    stage.walk(date(2026, 3, 5))
    assert len(stage.log) == 1
    (message,) = stage.messages()
    assert message.key == f"receipt:{credit.pk}"
    assert ReminderCandidate.objects.get(credit=credit).message_id == message.pk


def test_thanks_of_a_day_go_together_and_give_way_to_a_reminder(stage: Stage) -> None:
    guera, sol = stage.customer("Abarrotes La Güera", LUPITA), stage.customer("El Sol", PACO)
    stage.follow(stage.rule(AFTER, PAID), guera, sol)
    one, two = stage.owes(guera, 100_00, date(2026, 3, 20)), stage.owes(guera, 200_00, date(2026, 3, 21))
    other, late = stage.owes(sol, 100_00, date(2026, 3, 20)), stage.owes(sol, 300_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    for row in (one, two, other):
        stage.pays(row, row.total)
    stage.walk(date(2026, 3, 6))
    assert stage.days(LUPITA) == ["03-03"]
    assert "$300.00" in stage.text(stage.mails[0] if "lupita" in str(stage.mails[0]["To"]) else stage.mails[1])
    assert stage.days(PACO) == ["03-03", "03-04"]  # reminded on the 3rd of what is late, thanked on the 4th
    assert [each.purpose for each in stage.messages(customer=sol)] == ["after", "paid"]
    assert late.number in stage.messages(customer=sol)[0].subject


def test_a_payment_that_is_undone_before_its_receipt_leaves(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.settings(receipts=True)
    stage.tick("09:00")
    credit = stage.pays(stage.owes(guera, 100_00, date(2026, 3, 20)), 100_00)
    stage.tick("09:15", send=False)
    reverse_credit(credit_id=credit.pk, on=stage.today, reason="Rebotó", actor=stage.owner)
    stage.send("09:16")
    assert stage.log == []


def test_nobody_is_thanked_who_opted_out(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    stage.contact(guera, LUPITA, no_email=True)
    stage.settings(receipts=True)
    stage.follow(stage.rule(AFTER, PAID), guera)
    stage.tick("09:00")
    stage.pays(stage.owes(guera, 100_00, date(2026, 3, 20)), 100_00)
    stage.walk(date(2026, 3, 4))
    assert stage.log == []


def test_a_notice_of_a_payment_reaches_the_company_once(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    credit = stage.pays(stage.owes(guera, 100_00, date(2026, 3, 20)), 100_00)
    turn = Round.at(stage.company, stage.at("10:00"))
    for _again in range(2):
        notify_payment(credit_id=credit.pk, sentence="Pago desde el portal", turn=turn)
    stage.send("10:00")
    assert [(to, "$100.00" in stage.text(mail)) for (_d, to, _s), mail in zip(stage.log, stage.mails, strict=True)] == [
        (stage.owner.email, True)
    ]
    stage.settings(notices=False)
    assert notify_payment(credit_id=credit.pk, sentence="x", turn=Round.at(stage.company, stage.at("10:00"))) is None


def order(stage: Stage, customer: object, **words: object) -> Order:
    values = {
        "subject": "Su cuenta, {{ cliente }}",
        "body": "Hola, {{ contacto }}:\n\nDebe {{ total }}.\n\n{{ tabla }}",
    }
    return Order(customer_id=customer.pk, channel="email", **{**values, **words})  # type: ignore[arg-type, attr-defined]


def test_a_message_by_hand_goes_as_it_was_shown(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    row = stage.owes(guera, 100_00, date(2026, 3, 20))
    stage.owes(guera, 900_00, date(2026, 3, 20))
    lupita = guera.contacts.get()
    asked = order(
        stage, guera, contact_ids=(lupita.pk,), extra=(BOSS, PACO, LUPITA), copy_me=True, receivable_ids=(row.pk,)
    )
    shown = preview_one_off(order=asked, actor=stage.owner, as_of=stage.at("21:00"))
    key = uuid.uuid4()
    for _twice in range(2):
        send_one_off(order=asked, key=key, actor=stage.owner, as_of=stage.at("21:00"))
    stage.send("21:00")  # a person may write at any hour
    assert sorted(to for _day, to, _subject in stage.log) == sorted([LUPITA, BOSS, PACO, stage.owner.email])
    (mail, *_rest) = stage.mails
    assert str(mail["Subject"]) == shown.rendered.subject == "Su cuenta, Abarrotes La Güera"
    assert stage.text(mail).split() == shown.rendered.text.split()
    assert "$100.00" in stage.text(mail)
    assert stage.owner.email in str(mail["Reply-To"])


def test_a_message_by_hand_is_no_reminder_but_nothing_else_leaves_that_day(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    send_one_off(order=order(stage, guera), key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("08:00"))
    stage.walk(date(2026, 3, 5))
    assert [(each.purpose, each.on_day.day) for each in stage.messages()] == [("direct", 3), ("after", 4)]


def test_it_warns_of_what_would_have_held_a_reminder_up(stage: Stage) -> None:
    from aldia.receivables.operations.charges import pause

    guera = stage.customer("Abarrotes La Güera", LUPITA)
    row = stage.owes(guera, 100_00, date(2026, 3, 20))
    pause(receivable_ids=[row.pk], until=None, reason="x", today=stage.today, actor=stage.owner)
    shown = preview_one_off(order=order(stage, guera), actor=stage.owner, as_of=stage.at("10:00"))
    assert [(each.why, each.documents) for each in shown.warnings] == [("paused", 1)]
    assert "$100.00" in shown.rendered.text  # a person may speak of it all the same


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"extra": ("esto no es",)}, "extra"),
        ({"extra": tuple(f"a{n}@x.example" for n in range(21))}, "extra"),
        ({"body": "{{ secreto }}"}, "body"),
        ({"channel": "sms"}, "channel"),
        ({"receivable_ids": (uuid.uuid4(),)}, "receivables"),
    ],
)
def test_what_cannot_go_says_which_field(stage: Stage, words: dict[str, object], field: str) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.owes(guera, 100_00, date(2026, 3, 20))
    values = {"customer_id": guera.pk, "channel": "email", "subject": "x", "body": "y", **words}
    with pytest.raises(OneOffError) as error:
        send_one_off(order=Order(**values), key=uuid.uuid4(), actor=stage.owner, as_of=stage.at("10:00"))  # type: ignore[arg-type]
    assert error.value.field == field
    assert not Message.objects.exists()


def test_nobody_to_write_to_and_somebody_who_asked_not_to(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    with pytest.raises(OneOffError, match="Elige a quién"):
        preview_one_off(order=order(stage, guera), actor=stage.owner, as_of=stage.at("10:00"))
    contact = stage.contact(guera, LUPITA, no_email=True)
    with pytest.raises(OneOffError, match="pidió no recibir"):
        preview_one_off(
            order=order(stage, guera, contact_ids=(contact.pk,)), actor=stage.owner, as_of=stage.at("10:00")
        )


def test_files_become_one_zip_above_the_limit_and_stay_out_when_too_heavy() -> None:
    import io
    import os

    small = [Piece("a.pdf", PDF, b"x" * 600), Piece("b.pdf", PDF, b"y" * 600)]
    assert packed(small, 2) == small
    (bundle,) = packed(small, 1)
    assert (bundle.name, bundle.content_type) == ("documentos.zip", ZIP)
    assert ZipFile(io.BytesIO(bundle.data)).namelist() == ["a.pdf", "b.pdf"]
    heavy = [Piece("estado-de-cuenta-x.pdf", PDF, b"z"), Piece("c.pdf", PDF, os.urandom(21 * 1024**2))]
    assert [each.name for each in packed(heavy, 5000)] == ["estado-de-cuenta-x.pdf"]


def test_the_statement_goes_along_where_the_rule_says_so(stage: Stage) -> None:
    from aldia.reminders.operations.running import run_company

    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER, attach_statement=True), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    run_company(as_of=stage.at("09:00"), statement_pdf=lambda customer_id, today: f"%PDF-{customer_id}".encode())
    stage.send("09:00")
    assert files(stage.mails[0]) == ["estado-de-cuenta-2026-03-03.pdf"]
