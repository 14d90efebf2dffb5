"""Mail servers that misbehave, and what is said before anything leaves: each step at most once, and what nobody knows
is listed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from aldia.messaging.models import Delivery, Message
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.activation import preview_activation
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.operations.rules import activate_rule
from aldia.reminders.operations.running import run_company
from aldia.reminders.queries.history import history_of_customer, history_of_receivable
from aldia.reminders.queries.upcoming import upcoming
from aldia.tenancy.models import AuditEvent
from tests.support.stage import USUAL, Stage

LUPITA, PACO = "lupita@laguera.example", "paco@laguera.example"
AFTER = StepWords(When.AFTER, 1)


def _late(stage: Stage) -> object:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER), guera)
    row = stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 3)
    return row


@pytest.mark.parametrize("drop_at", ["data", "taken"])
def test_a_connection_lost_while_handing_over_is_unknown_and_never_repeated(stage: Stage, drop_at: str) -> None:
    """The server dropped before or after keeping the mail: nobody can tell from here, so nobody is written to again."""
    _late(stage)
    stage.mailer.drop_at = drop_at
    stage.tick("09:00")
    stage.mailer.drop_at = ""
    stage.walk(date(2026, 3, 12))
    assert len(stage.mailer.taken) == (drop_at == "taken")
    (delivery,) = Delivery.objects.all()
    assert delivery.state == "unknown"


@pytest.mark.parametrize(
    "trouble", [{"at_rcpt": "451 4.7.1 later"}, {"at_data": "451 4.3.0 later"}, {"drop_at": "mail"}]
)
def test_refused_for_now_it_leaves_later_that_day_once(stage: Stage, trouble: dict[str, str]) -> None:
    _late(stage)
    good = {name: getattr(stage.mailer, name) for name in trouble}
    for name, value in trouble.items():
        setattr(stage.mailer, name, value)
    stage.tick("09:00")
    assert stage.log == []
    for name, value in good.items():
        setattr(stage.mailer, name, value)
    stage.tick("09:15")
    stage.walk(date(2026, 3, 6))
    assert stage.days() == ["03-03"]


def test_a_mail_server_that_is_down_all_day_delays_by_a_day_and_loses_nothing(stage: Stage) -> None:
    _late(stage)
    stage.mailer.at_data = "451 4.3.0 later"
    stage.walk(date(2026, 3, 3), *(f"{hour:02}:{minute:02}" for hour in range(9, 18) for minute in (0, 15, 30, 45)))
    stage.mailer.at_data = "250 OK"
    stage.walk(date(2026, 3, 9))
    assert stage.days() == ["03-04"]


def test_a_refused_address_bounces_and_is_not_written_to_again(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(AFTER, StepWords(When.REPEAT, 2, times=5)), guera)
    stage.owes(guera, 100_00, date(2026, 3, 2))
    stage.mailer.at_rcpt = "550 5.1.1 no such user"
    stage.walk(date(2026, 3, 3))
    stage.mailer.at_rcpt = "250 OK"
    stage.walk(date(2026, 3, 10))
    assert stage.log == []
    assert [each.state for each in Delivery.objects.all()] == ["bounced"]
    assert stage.states()["planned", "bounced"] == 1
    stage.contact(guera, PACO)  # a new person: the reminder that waited goes
    stage.walk(date(2026, 3, 12))
    assert stage.days() == ["03-11"]


def test_a_dry_run_says_the_same_and_writes_nothing(stage: Stage) -> None:
    _late(stage)
    before = (AuditEvent.objects.count(), Message.objects.count(), ReminderCandidate.objects.count())
    dry = run_company(as_of=stage.at("09:00"), dry_run=True)
    assert (AuditEvent.objects.count(), Message.objects.count(), ReminderCandidate.objects.count()) == before
    real = run_company(as_of=stage.at("09:00"))
    assert (
        (dry.planned, len(dry.messages), dry.skipped) == (real.planned, len(real.messages), real.skipped) == (1, 1, {})
    )


def test_a_preview_of_an_activation_is_what_the_tick_then_sends(stage: Stage) -> None:
    guera, sol = stage.customer("Abarrotes La Güera", LUPITA), stage.customer("El Sol", PACO)
    mute = stage.customer("Sin correo")
    other = stage.rule(AFTER, name="Otra")
    rule = stage.rule(*USUAL, name="Nueva", active=False)
    stage.follow(rule, guera, sol, mute)
    stage.follow(other, stage.customer("Ajeno", "ajeno@x.example"))
    for customer in (guera, sol, mute):
        stage.owes(customer, 100_00, date(2026, 2, 20))
        stage.owes(customer, 50_00, date(2026, 3, 6), currency="USD")
    stage.today = date(2026, 3, 7)  # a Saturday: the first day is Monday
    shown = preview_activation(rule_ids=[rule.pk], as_of=stage.at("11:00"))
    assert not ReminderCandidate.objects.exists()
    assert not Message.objects.exists()
    assert (shown.on, shown.messages, shown.customers) == (date(2026, 3, 9), 2, 2)
    assert [(each.currency, each.minor) for each in shown.totals] == [("MXN", 200_00), ("USD", 100_00)]
    assert shown.skipped == {"no_contact": 2}
    assert {each.customer_id for each in shown.silent} == {mute.pk}
    activate_rule(rule_id=rule.pk, version=rule.version, today=stage.today, actor=stage.owner)
    stage.walk(date(2026, 3, 9))
    sent = {(str(mail["To"]), str(mail["Subject"])) for mail in stage.mails}
    foreseen = {(each.draft.recipients[0].address, each.rendered.subject) for each in shown.shown if each.rendered}
    assert {(to.split("<")[-1].rstrip(">"), subject) for to, subject in sent} == foreseen
    by_customer = {each.customer_id: each for each in stage.messages()}
    assert all(each.rendered and by_customer[each.draft.customer.pk].html == each.rendered.html for each in shown.shown)


def test_the_calendar_foretells_the_days_on_which_mail_leaves(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(), guera)
    stage.owes(guera, 100_00, date(2026, 3, 11))
    rows = list(upcoming(company=stage.company, as_of=stage.at("08:00"), days=40))
    stage.walk(stage.today + timedelta(days=40))
    assert sorted(f"{each.on:%m-%d}" for each in rows if each.on) == stage.days()


def test_the_history_shows_what_was_sent_and_why_the_rest_was_not(stage: Stage) -> None:
    row = _late(stage)
    stage.tick("09:00", send=False)
    stage.pays(row, 40_00)  # type: ignore[arg-type]
    stage.send("09:05")
    stage.tick("09:15")
    for entries in (history_of_receivable(row.pk), history_of_customer(row.customer_id)):  # type: ignore[attr-defined]
        assert [(each.state, each.why, [said.asked.minor for said in each.debts]) for each in entries] == [
            ("done", "", [60_00]),
            ("cancelled", "changed", [100_00]),
        ]
        assert entries[0].addresses[0].address == LUPITA
