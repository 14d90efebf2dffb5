"""Disputes, told day by day with a real mail server: only the contested part rests, somebody answers, in time or not.

The stage begins on Monday 2 March 2026; Monday 16 is a bank holiday.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from aldia.collections.models import Dispute
from aldia.collections.operations.disputes import change_dispute, open_dispute, reopen_dispute, resolve_dispute
from aldia.collections.operations.from_portal import dispute_from_portal
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer, Portfolio
from aldia.payments.models import PortalPass
from aldia.receivables.models import Receivable
from aldia.reminders.models import MessageDebt, When
from aldia.reminders.operations.claims import tell_claims
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Membership, Role, User
from tests.cast import make_user
from tests.support.stage import Stage

LUPITA, LUIS, OWNER = "lupita@laguera.example", "luis@tresrios.example", "marisol@tresrios.example"
WEEKLY = (StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=9))


def day(number: int) -> date:
    return date(2026, 3, number)


def dispute(stage: Stage, row: Receivable, amount: int | None = None, **fields: Any) -> Dispute:
    values: dict[str, Any] = {"reason": "amount", "actor": stage.owner, "key": uuid.uuid4(), "today": stage.today}
    return open_dispute(receivable_id=row.pk, amount=amount, **{**values, **fields})


def chased(stage: Stage, customer: Customer) -> list[dict[str, int]]:
    """What each message to a customer asked for, by document."""
    return [
        {
            row.receivable.number: row.balance
            for row in MessageDebt.objects.filter(message=each).select_related("receivable")
        }
        for each in stage.messages(customer=customer)
        if each.state == "done"
    ]


def morning(stage: Stage) -> None:
    """A quarter past eight: people hear of what is theirs; nine: reminders leave."""
    tell_claims(turn=Round.at(stage.company, stage.at("08:15")))
    stage.tick("09:00")


def walk(stage: Stage, last: date) -> None:
    while stage.today <= last:
        morning(stage)
        stage.today = date.fromordinal(stage.today.toordinal() + 1)


def collector(stage: Stage, *customers: Customer) -> User:
    luis = make_user(LUIS, stage.company, Role.COLLECTOR)
    portfolio = Portfolio.objects.create(company=stage.company, name="Norte", collector=luis)
    Customer.objects.filter(pk__in=[each.pk for each in customers]).update(portfolio=portfolio)
    return luis


def test_only_the_contested_part_rests_until_it_is_resolved(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    whole, part, free = (stage.owes(guera, 1_000_00, day(2)) for _ in range(3))
    first = dispute(stage, whole)
    dispute(stage, part, 400_00)
    walk(stage, day(3))
    assert chased(stage, guera) == [{part.number: 600_00, free.number: 1_000_00}]
    resolve_dispute(
        dispute_id=first.pk, resolution="No procede", outcome="dismissed", today=stage.today, actor=stage.owner
    )
    walk(stage, day(10))
    assert chased(stage, guera)[-1] == {whole.number: 1_000_00, part.number: 600_00, free.number: 1_000_00}
    reopen_dispute(dispute_id=first.pk, actor=stage.owner)
    walk(stage, day(17))
    assert chased(stage, guera)[-1] == {part.number: 600_00, free.number: 1_000_00}


def test_a_part_payment_of_what_is_not_contested(stage: Stage) -> None:
    """400 of 1,000 are contested and 600 paid: nothing is asked for; resolved for us, the 400 are."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    made = dispute(stage, row, 400_00)
    stage.pays(row, 600_00)
    walk(stage, day(13))
    assert chased(stage, guera) == []
    resolve_dispute(dispute_id=made.pk, resolution="x", outcome="dismissed", today=stage.today, actor=stage.owner)
    walk(stage, day(20))
    assert chased(stage, guera)[0] == {row.number: 400_00}


def test_it_comes_from_the_portal_goes_to_the_collector_and_is_told_until_somebody_answers(stage: Stage) -> None:
    """Tuesday 3: contested at the portal. The house hears at once, the collector next morning. Due on the 10th."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    luis = collector(stage, guera)
    stage.follow(stage.rule(*WEEKLY), guera)
    row = stage.owes(guera, 1_000_00, day(2))
    walk(stage, day(2))
    way_in = PortalPass.objects.create(
        company=stage.company, customer=guera, token_hash="x", expires_at=stage.at("23:00")
    )
    made = dispute_from_portal(
        portal_pass=way_in, receivable=row, amount=None, reason="quality", note="Llegó rota", key=uuid.uuid4(),
        today=stage.today, now=stage.at("07:00"),
    )  # fmt: skip
    assert (made.owner, made.answer_by, made.created_by) == (luis, day(10), None)
    stage.send("07:05")
    assert [to for _day, to, _subject in stage.log] == [OWNER]
    walk(stage, day(20))
    told = [(f"{on:%d}", to) for on, to, _subject in stage.log if to == LUIS]
    assert told == [("03", LUIS), ("10", LUIS), ("11", LUIS)]  # it is his; today; nobody answered: each once
    texts = [stage.text(mail) for mail in stage.mails if mail["To"] and LUIS in str(mail["To"])]
    for text, words in zip(
        texts, ("te toca responder antes del 10 mar", "hoy vence el plazo", "venció el 10 mar"), strict=True
    ):
        assert words in " ".join(text.split()), words
    assert chased(stage, guera) == []


def test_a_new_owner_hears_of_it_and_one_who_left_does_not(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    row = stage.owes(guera, 1_000_00, day(2))
    luis = make_user(LUIS, stage.company, Role.COLLECTOR)
    made = dispute(stage, row)
    walk(stage, day(3))
    assert stage.log == []  # who opened it knows
    change_dispute(dispute_id=made.pk, owner_id=luis.pk, answer_by=day(12), today=stage.today, actor=stage.owner)
    walk(stage, day(4))
    assert [to for _day, to, _subject in stage.log] == [LUIS]
    Membership.objects.filter(user=luis).update(suspended_at=stage.at("20:00"))
    walk(stage, day(12))
    assert [(f"{on:%d}", to) for on, to, _subject in stage.log] == [("04", LUIS), ("12", OWNER)]


def test_one_mail_a_person_and_day_for_all_that_broke(stage: Stage) -> None:
    """Two promises for Friday 6 come to nothing and one to a part: on Monday the collector gets one mail."""
    names = ("Abarrotes La Güera", "Comercial El Sol", "Refacciones Paco")
    cast = [stage.customer(name) for name in names]
    collector(stage, *cast)
    rows = [stage.owes(customer, 1_000_00, day(2)) for customer in cast]
    for row in rows:
        record_promise(
            receivable_ids=[row.pk], amount=None, due_on=day(6), key=uuid.uuid4(), today=stage.today, actor=stage.owner
        )
    stage.pays(rows[2], 300_00)
    walk(stage, day(20))
    assert [(f"{on:%d}", to) for on, to, _subject in stage.log] == [("09", LUIS)]
    text = " ".join(stage.text(stage.mails[0]).split())
    assert "Abarrotes La Güera: no cumplió su promesa de $1,000.00 para el 6 mar" in text
    assert "Comercial El Sol: no cumplió" in text
    assert "Refacciones Paco: cumplió en parte su promesa para el 6 mar: llegaron $300.00 de $1,000.00" in " ".join(
        text.replace(" 2026", "").split()
    )


def test_who_wants_no_notices_gets_none(stage: Stage) -> None:
    stage.settings(transit_days=0, max_per_week=7, notices=False)
    row = stage.owes(stage.customer("Abarrotes La Güera"), 1_000_00, day(2))
    dispute(stage, row, answer_by=day(4))
    walk(stage, day(10))
    assert stage.log == []
