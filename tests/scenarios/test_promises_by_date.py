"""Promises, told day by day with a real mail server: what is promised rests, the rest does not; the eve, the day.

The stage begins on Monday 2 March 2026; Monday 16 is a bank holiday.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from aldia.collections.models import Promise, WorklistItem
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise, withdraw_promise
from aldia.collections.queries.promises import Patience, judged
from aldia.domain.money import Money
from aldia.jobs.collecting import worklist_of
from aldia.messaging.models import Message
from aldia.receivables.models import Receivable
from aldia.reminders.models import MessageDebt, When
from aldia.reminders.operations.pauses import pause_customers
from aldia.reminders.operations.promised import reminder_of
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.operations.settings import update_settings
from aldia.reminders.settings import reminder_settings
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"
WEEKLY = (StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=9))


def day(number: int) -> date:
    return date(2026, 3, number)


def promise(stage: Stage, *rows: Receivable, amount: int | None = None, due_on: date, **fields: Any) -> Promise:
    money = None if amount is None else Money(amount, rows[0].currency)
    return record_promise(
        receivable_ids=[row.pk for row in rows], amount=money, due_on=due_on, key=uuid.uuid4(), today=stage.today,
        actor=stage.owner, **fields,
    )  # fmt: skip


def state(made: Promise, stage: Stage) -> str:
    return judged([made], as_of=stage.today, patience=Patience("MX", 0))[0].state


def asked(message: Message) -> dict[str, int]:
    """What a message asks for, by document."""
    rows = MessageDebt.objects.filter(message=message).select_related("receivable")
    return {row.receivable.number: row.balance for row in rows}


def test_only_what_is_promised_rests(stage: Stage) -> None:
    """Of three overdue notes one is promised, and 300 of another: the third and the other 700 are asked for."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    whole, part, free = (stage.owes(guera, 1_000_00, day(2)) for _ in range(3))
    promise(stage, whole, due_on=day(27))
    made = promise(stage, part, amount=300_00, due_on=day(27))
    stage.walk(day(3))
    assert [asked(each) for each in stage.messages()] == [{part.number: 700_00, free.number: 1_000_00}]
    withdraw_promise(promise_id=made.pk, reason="Ya no puede", today=stage.today, actor=stage.owner)
    stage.walk(day(10))
    assert asked(stage.messages()[-1]) == {part.number: 1_000_00, free.number: 1_000_00}
    assert stage.days() == ["03-03", "03-10"]


def test_the_eve_is_reminded_of_and_the_money_keeps_it(stage: Stage) -> None:
    """Promised on Monday for Friday: on Thursday one polite mail, on Friday the money, and no reminder since."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    made = promise(stage, row, due_on=day(6))
    stage.walk(day(5))
    assert stage.days() == ["03-05"]
    (mail,) = stage.mails
    assert str(mail["Subject"]) == "Su pago del 6 de marzo de 2026: $1,000.00"
    assert "quedó de pagar *$1,000.00* el *6 de marzo de 2026*" in stage.text(mail)
    found = reminder_of(made.pk)
    assert found is not None
    assert (found.on_day, asked(found)) == (day(5), {row.number: 1_000_00})
    assert state(made, stage) == "open"
    stage.pays(row, 1_000_00)
    assert state(made, stage) == "kept"
    stage.walk(day(20))
    assert stage.days() == ["03-05"]


def test_a_broken_promise_is_chased_from_the_next_day(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    made = promise(stage, row, due_on=day(6))
    stage.walk(day(6))
    assert (stage.days(), state(made, stage)) == (["03-05"], "broken")  # the walk ended on Saturday
    stage.walk(day(9))
    assert stage.days() == ["03-05", "03-09"]
    assert asked(stage.messages()[-1]) == {row.number: 1_000_00}
    stage.pays(row, 400_00)
    assert state(made, stage) == "broken"  # it came, but late


def test_part_of_it_came_in_time(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    made = promise(stage, row, due_on=day(11))
    stage.walk(day(4))
    stage.pays(row, 400_00)
    stage.walk(day(11))
    assert stage.days() == ["03-10"]
    assert "$600.00" in str(stage.mails[0]["Subject"])  # only what is left of it
    assert state(made, stage) == "partly"
    stage.walk(day(12))
    assert asked(stage.messages()[-1]) == {row.number: 600_00}


def test_the_eve_of_a_day_after_a_long_weekend_is_friday(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    promise(stage, stage.owes(guera, 1_000_00, day(2)), due_on=day(17))
    stage.walk(day(17))
    assert stage.days() == ["03-13"]


def test_a_company_may_leave_promises_alone(stage: Stage) -> None:
    """The first eve is silent, as it was asked; the second, after somebody changed their mind, is not."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    settings = update_settings(version=reminder_settings().version, changes={"promises": False}, actor=stage.owner)
    promise(stage, row, due_on=day(5))
    stage.walk(day(5))
    assert stage.messages() == []
    promise(stage, row, due_on=day(10))
    update_settings(version=settings.version, changes={"promises": True}, actor=stage.owner)
    stage.walk(day(9))
    assert [str(mail["Subject"]) for mail in stage.mails] == ["Su pago del 10 de marzo de 2026: $1,000.00"]


def test_two_promises_of_a_day_are_one_mail_which_counts_as_the_reminder_of_the_day(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    first, second, other = (stage.owes(guera, 1_000_00, day(2)) for _ in range(3))
    promise(stage, first, due_on=day(4))
    promise(stage, second, amount=250_00, due_on=day(4))
    stage.walk(day(3))
    (mail,) = stage.mails
    assert str(mail["Subject"]) == "Su pago del 4 de marzo de 2026: $1,250.00"
    assert asked(stage.messages()[0]) == {first.number: 1_000_00, second.number: 250_00}
    stage.walk(day(4))  # what was due on the third goes the day after
    assert stage.days() == ["03-03", "03-04"]
    assert asked(stage.messages()[-1]) == {second.number: 750_00, other.number: 1_000_00}


def test_who_is_not_reminded_of_a_promise(stage: Stage) -> None:
    """Nobody whose reminders nobody switched on; nobody paused, off, or without an address; none made that day."""
    rule = stage.rule(*WEEKLY)
    names = ("Sin regla", "En pausa", "Apagado", "Sin correo", "Dijo que pagó", "Hoy mismo", "Sí")
    cast = {
        name: stage.customer(name, "" if name == "Sin correo" else f"c{n}@x.example") for n, name in enumerate(names)
    }
    stage.follow(rule, *(customer for name, customer in cast.items() if name != "Sin regla"))
    rows = {name: stage.owes(customer, 100_00, day(2)) for name, customer in cast.items()}
    for name, row in rows.items():
        if name != "Hoy mismo":
            promise(stage, row, due_on=day(4))
    pause_customers(customer_ids=[cast["En pausa"].pk], until=None, reason="x", today=stage.today, actor=stage.owner)
    cast["Apagado"].collecting = False
    cast["Apagado"].save(update_fields=["collecting"])
    stage.pays(rows["Dijo que pagó"], 100_00)
    stage.today = day(3)
    promise(stage, rows["Hoy mismo"], due_on=day(4))
    stage.tick()
    assert [to for _day, to, _subject in stage.log] == ["c6@x.example"]
    stage.tick("09:15")
    assert len(stage.log) == 1


def test_between_writing_and_sending_it_may_stop_to_be_so(stage: Stage) -> None:
    """Withdrawn, paid, moved: what was written is stopped; what still stands is written anew."""
    rule = stage.rule(*WEEKLY)
    cast = {name: stage.customer(name, f"{name}@x.example") for name in ("withdrawn", "paid", "partly", "same")}
    stage.follow(rule, *cast.values())
    rows = {name: stage.owes(customer, 100_00, day(2)) for name, customer in cast.items()}
    made = {name: promise(stage, row, due_on=day(4)) for name, row in rows.items()}
    stage.today = day(3)
    stage.tick(send=False)
    withdraw_promise(promise_id=made["withdrawn"].pk, reason="x", today=stage.today, actor=stage.owner)
    stage.pays(rows["paid"], 100_00)
    stage.pays(rows["partly"], 30_00)
    stage.send("09:05")
    assert [to for _day, to, _subject in stage.log] == ["same@x.example"]
    stage.tick("09:15")
    log = {to: subject for _day, to, subject in stage.log}
    assert log["partly@x.example"] == "Su pago del 4 de marzo de 2026: $70.00"
    assert "paid@x.example" not in log
    assert [subject for to, subject in log.items() if to == "withdrawn@x.example" and "Su pago" in subject] == []
    stage.tick("09:30")
    assert len([to for _day, to, subject in stage.log if "Su pago" in subject]) == 2


def test_a_promise_and_a_dispute_of_one_document_each_hold_their_part(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    promise(stage, row, amount=500_00, due_on=day(31))
    open_dispute(
        receivable_id=row.pk, amount=200_00, reason="amount", key=uuid.uuid4(), today=stage.today, actor=stage.owner
    )
    stage.walk(day(3))
    assert asked(stage.messages()[0]) == {row.number: 300_00}


def test_a_promised_customer_leaves_the_list_of_the_day_and_comes_back_when_it_breaks(stage: Stage) -> None:
    """All that one owes is promised, half of what the other does: the other stays on the list with its half."""
    guera, sol = stage.customer("Abarrotes La Güera"), stage.customer("Comercial El Sol")
    whole, half = stage.owes(guera, 1_000_00, day(2)), stage.owes(sol, 1_000_00, day(2))
    stage.today = day(9)
    promise(stage, whole, due_on=day(11))
    promise(stage, half, amount=500_00, due_on=day(11))

    def listed(on: int) -> dict[str, list[str]]:
        worklist_of(stage.company, day(on))
        rows = WorklistItem.objects.filter(on=day(on)).select_related("customer")
        return {row.customer.legal_name: [fact["key"] for fact in row.why] for row in rows}

    assert set(listed(10)) == set(listed(11)) == {"Comercial El Sol"}
    found = listed(12)
    assert set(found) == {"Abarrotes La Güera", "Comercial El Sol"}
    assert [why[0] for why in found.values()] == ["broken", "broken"]
    stage.today = day(12)
    stage.pays(whole, 1_000_00)
    assert set(listed(13)) == {"Comercial El Sol"}


def test_a_promise_that_broke_cannot_be_withdrawn_out_of_the_record(stage: Stage) -> None:
    row = stage.owes(stage.customer("Abarrotes La Güera"), 1_000_00, day(2))
    broken, stopped = promise(stage, row, amount=400_00, due_on=day(6)), promise(stage, row, amount=1_00, due_on=day(6))
    stage.today = day(6)
    withdraw_promise(promise_id=stopped.pk, reason="Ya no puede", today=stage.today, actor=stage.owner)
    stage.today = day(9)
    withdraw_promise(promise_id=broken.pk, reason="Ya no cuenta", today=stage.today, actor=stage.owner)
    found = judged(Promise.objects.order_by("amount"), as_of=stage.today, patience=Patience("MX", 0))
    assert [each.state for each in found] == ["withdrawn", "broken"]
