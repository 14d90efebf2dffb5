"""What happens between planning, writing and sending: nobody is written to about what is no longer so."""

from __future__ import annotations

import uuid
from datetime import date

from aldia.collections.models import DisputeReason
from aldia.collections.operations.disputes import open_dispute, resolve_dispute
from aldia.collections.operations.promises import record_promise
from aldia.domain.money import Money
from aldia.messaging.models import MessageState
from aldia.messaging.operations.suppressions import suppress
from aldia.payments.operations.reported import reject_report, report_payment
from aldia.receivables.operations.charges import void_receivable
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import When
from aldia.reminders.operations.approving import approve_messages, reject_messages
from aldia.reminders.operations.pauses import pause_customers
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.operations.rules import deactivate_rule
from tests.support.stage import Stage

LUPITA, PACO = "lupita@laguera.example", "paco@laguera.example"
AFTER = StepWords(When.AFTER, 1)


def _ready(stage: Stage, *totals: int, **words: object) -> list[object]:
    """A customer whose reminder is written at nine on 3 March and has not left yet."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    rule = stage.rule(AFTER, StepWords(When.REPEAT, 7, times=9), **words)
    stage.follow(rule, guera)
    rows = [stage.owes(guera, total, date(2026, 3, 2)) for total in totals]
    stage.today = date(2026, 3, 3)
    stage.tick("09:00", send=False)
    return [guera, rule, *rows]


def test_paid_between_writing_and_sending(stage: Stage) -> None:
    _guera, _rule, row = _ready(stage, 100_00)
    stage.pays(row, 100_00)
    assert stage.send("09:05") == {"cancelled": 1}
    stage.walk(date(2026, 3, 20))
    assert stage.log == []
    assert [(each.state, each.cancel_reason) for each in stage.messages()] == [("cancelled", "paid")]
    assert stage.states() == {("skipped", "paid"): 1}


def test_one_of_two_paid_in_between_is_written_anew_and_never_both(stage: Stage) -> None:
    _guera, _rule, paid, _open = _ready(stage, 100_00, 200_00)
    stage.pays(paid, 100_00)
    stage.send("09:05")
    stage.tick("09:15")
    assert stage.days() == ["03-03"]
    first, second = stage.messages()
    assert (first.state, first.cancel_reason, second.state) == ("cancelled", "changed", "done")
    assert first.key != second.key
    assert [each.balance for each in second.debts.all()] == [200_00]
    assert "$200.00" in stage.text(stage.mails[0])
    assert "300.00" not in stage.text(stage.mails[0])


def test_a_partial_payment_changes_what_is_asked(stage: Stage) -> None:
    _guera, _rule, row = _ready(stage, 1_160_00)
    stage.pays(row, 500_00)
    stage.send("09:05")
    stage.tick("09:15")
    (mail,) = stage.mails
    assert "Total: $660.00" in stage.text(mail)
    assert [message.facts["totals"][0]["minor"] for message in stage.messages()] == [1_160_00, 660_00]


def test_what_stops_a_message_that_is_already_written(stage: Stage) -> None:
    """Promise, dispute, report, void, pause, credit in favour, switched off, rule off: each keeps it from leaving."""
    rule = stage.rule(AFTER)
    names = ("promise", "disputed", "reported", "voided", "customer_paused", "covered", "off", "bounced", "opted_out")
    cast = {name: stage.customer(name, f"{name}@x.example") for name in names}
    stage.follow(rule, *cast.values())
    rows = {name: stage.owes(customer, 100_00, date(2026, 3, 2)) for name, customer in cast.items()}
    stage.today = date(2026, 3, 3)
    stage.tick("09:00", send=False)
    money, today, owner = Money(100_00, "MXN"), stage.today, stage.owner
    record_promise(
        receivable_ids=[rows["promise"].pk],
        amount=None,
        due_on=date(2026, 3, 6),
        key=uuid.uuid4(),
        today=today,
        actor=owner,
    )
    open_dispute(
        receivable_id=rows["disputed"].pk, amount=None, reason=DisputeReason.QUALITY, key=uuid.uuid4(), today=today,
        actor=owner,
    )  # fmt: skip
    report_payment(
        customer_id=cast["reported"].pk, amount=money, paid_on=today, receivable_ids=[rows["reported"].pk],
        key=uuid.uuid4(), today=today, actor=None,
    )  # fmt: skip
    void_receivable(receivable_id=rows["voided"].pk, on=today, reason="Error", actor=owner)
    pause_customers(customer_ids=[cast["customer_paused"].pk], until=None, reason="x", today=today, actor=owner)
    record_payment(
        customer_id=cast["covered"].pk, amount=money, received_on=today, key="k", actor=owner, today=today, policy=""
    )
    cast["off"].collecting = False
    cast["off"].save(update_fields=["collecting"])
    suppress(channel="email", address="bounced@x.example", why="bounce")
    cast["opted_out"].contacts.update(no_email=True)
    stage.send("09:05")
    assert stage.mailer.taken == []
    found = {each.customer.legal_name: (each.state, each.cancel_reason) for each in stage.messages()}
    assert {state for state, _reason in found.values()} == {"cancelled"}
    assert {name: reason for name, (_state, reason) in found.items() if reason != name} == {}


def test_a_rule_switched_off_keeps_what_it_wrote(stage: Stage) -> None:
    _guera, rule, _row = _ready(stage, 100_00)
    deactivate_rule(rule_id=rule.pk, version=rule.version, actor=stage.owner)
    stage.send("09:05")
    stage.walk(date(2026, 3, 6))
    assert stage.log == []
    assert stage.messages()[0].cancel_reason == "rule_off"


def test_what_could_not_leave_by_six_leaves_the_next_morning_with_new_words(stage: Stage) -> None:
    _ready(stage, 100_00)
    stage.send("18:00")  # the queue was slow
    assert stage.log == []
    stage.today = date(2026, 3, 4)
    stage.tick("09:00")
    assert stage.days() == ["03-04"]
    first, second = stage.messages()
    assert (first.cancel_reason, second.on_day) == ("quiet_hours", date(2026, 3, 4))


def test_a_kept_message_of_yesterday_does_not_leave_with_old_words(stage: Stage) -> None:
    _ready(stage, 100_00)
    stage.today = date(2026, 3, 4)
    stage.send("10:00")
    stage.tick("10:15")
    assert stage.days() == ["03-04"]
    assert stage.messages()[0].cancel_reason == "changed"


def test_a_promise_holds_and_a_broken_one_resumes(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER, StepWords(When.REPEAT, 7, times=9)), guera)
    row = stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.walk(date(2026, 3, 3))
    record_promise(
        receivable_ids=[row.pk], amount=None, due_on=date(2026, 3, 11), key=uuid.uuid4(), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    stage.walk(date(2026, 3, 18))
    # what fell due on the 10th waited for the promise to break; that day it was only reminded of its own word
    assert stage.days() == ["03-03", "03-10", "03-12", "03-17"]


def test_only_what_is_not_disputed_is_asked_for(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER, StepWords(When.REPEAT, 7, times=9)), guera)
    row = stage.owes(guera, 1_000_00, date(2026, 3, 2))
    dispute = open_dispute(
        receivable_id=row.pk, amount=400_00, reason=DisputeReason.AMOUNT, key=uuid.uuid4(), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    stage.walk(date(2026, 3, 3))
    resolve_dispute(dispute_id=dispute.pk, resolution="Se aclaró", today=stage.today, actor=stage.owner)
    stage.walk(date(2026, 3, 11))
    assert [each.balance for message in stage.messages() for each in message.debts.all()] == [600_00, 1_000_00]
    assert ["$600.00" in stage.text(mail) for mail in stage.mails] == [True, False]


def test_a_reported_payment_holds_until_it_is_rejected(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER), guera)
    row = stage.owes(guera, 100_00, date(2026, 3, 2))
    report = report_payment(
        customer_id=guera.pk, amount=Money(100_00, "MXN"), paid_on=stage.today, receivable_ids=[row.pk],
        key=uuid.uuid4(), today=stage.today, actor=None,
    )  # fmt: skip
    stage.walk(date(2026, 3, 5))
    assert stage.log == []
    reject_report(report_id=report.pk, reason="No llegó", today=stage.today, actor=stage.owner)
    stage.walk(date(2026, 3, 6))
    assert stage.days() == ["03-06"]


def test_one_of_two_people_opts_out_in_between(stage: Stage) -> None:
    guera, _rule, _row = _ready(stage, 100_00)
    stage.contact(guera, PACO)
    stage.today = date(2026, 3, 10)
    stage.tick("09:00", send=False)
    guera.contacts.filter(email=LUPITA).update(no_email=True)
    stage.send("09:05")
    assert [(day, to) for day, to, _subject in stage.log] == [(date(2026, 3, 10), PACO)]
    stage.walk(date(2026, 3, 12))
    assert stage.days() == ["03-10"]


def test_approval_by_a_person(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1, needs_approval=True)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.walk(date(2026, 3, 4))
    assert stage.log == []
    # what waited overnight was written anew with the figures of the day
    stage.tick("09:00")
    *old, waiting = stage.messages()
    assert {each.state for each in old} == {MessageState.CANCELLED}
    assert (waiting.state, waiting.on_day) == (MessageState.AWAITING, date(2026, 3, 5))
    late = approve_messages(message_ids=[old[0].pk], actor=stage.owner, as_of=stage.at("10:00"))
    assert late.late == [old[0].pk]
    done = approve_messages(message_ids=[waiting.pk], actor=stage.owner, as_of=stage.at("10:00"))
    assert done.done == [waiting.pk]
    stage.tick("10:15")
    stage.walk(date(2026, 3, 12))
    assert stage.days() == ["03-05"]


def test_approved_at_night_it_leaves_in_the_morning(stage: Stage) -> None:
    _guera, _rule, _row = _ready(stage, 100_00)
    stage.send()
    stage.log.clear()
    sol = stage.customer("Comercial El Sol", PACO)
    stage.follow(stage.rule(StepWords(When.AFTER, 1, needs_approval=True), name="Con permiso"), sol)
    stage.owes(sol, 100_00, date(2026, 3, 2))
    stage.tick("17:45")
    (waiting,) = stage.messages(state=MessageState.AWAITING)
    approve_messages(message_ids=[waiting.pk], actor=stage.owner, as_of=stage.at("22:00"))
    stage.tick("22:15")
    assert stage.log == []
    stage.walk(date(2026, 3, 6))
    assert stage.days(PACO) == ["03-04"]
    assert len(stage.messages(customer=sol)) == 1


def test_changed_before_approval_it_is_shown_again(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1, needs_approval=True)), guera)
    row = stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    stage.tick()
    stage.pays(row, 40_00)
    (waiting,) = stage.messages()
    decided = approve_messages(message_ids=[waiting.pk], actor=stage.owner, as_of=stage.at("10:00"))
    assert decided.changed == [waiting.pk]
    stage.tick("10:15")
    fresh = stage.messages()[-1]
    assert (fresh.state, [each.balance for each in fresh.debts.all()]) == (MessageState.AWAITING, [60_00])


def test_rejected_it_never_leaves_and_says_why(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1, needs_approval=True)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    stage.tick()
    (waiting,) = stage.messages()
    reject_messages(message_ids=[waiting.pk], reason="Ya hablé con ella", actor=stage.owner, as_of=stage.at("10:00"))
    stage.walk(date(2026, 3, 12))
    assert stage.log == []
    assert stage.states() == {("skipped", "rejected"): 1}
