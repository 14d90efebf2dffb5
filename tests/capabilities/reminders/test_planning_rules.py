"""Rules as people make them: what is refused, what a second editor is told, what the default one is."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.domain.reminders import Why
from aldia.messaging.models import Template
from aldia.reminders.models import ReminderRule, ReminderSettings, ReminderStep, StepTemplate, When
from aldia.reminders.operations import rules
from aldia.reminders.operations.rules import RuleError, RuleWords, Stale, StepWords
from aldia.reminders.operations.settings import SettingsError, update_settings
from aldia.reminders.queries.upcoming import if_activated, upcoming
from aldia.reminders.settings import reminder_settings, sending_of
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from tests.capabilities.reminders.conftest import charge, file, general, noon, round_of
from tests.cast import make_company, make_customer

DAY = date(2026, 3, 12)


def test_each_company_has_a_general_rule_that_sends_nothing_yet(company: Company) -> None:
    rule = rules.ensure_default_rule()
    assert (rule.is_default, rule.activated_on) == (True, None)
    assert [step.when for step in rules.words_of(rule).steps] == [When.BEFORE, When.AFTER, When.PAID]
    assert rules.ensure_default_rule() == rule
    assert ReminderRule.objects.count() == 1


def test_a_general_rule_beside_one_of_that_name(company: Company) -> None:
    rules.create_rule(words=RuleWords("General", (StepWords(When.ON_DAY),)), actor=None)
    assert rules.ensure_default_rule().name == "General 2"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "  "}, "name"),
    ({"name": "Ocupada"}, "name"),
    ({"grouping": "week"}, "grouping"),
    ({"min_balance": -1, "min_currency": "MXN"}, "min_balance"),
    ({"min_balance": 5, "min_currency": "XXX9"}, "min_balance"),
    ({"steps": (StepWords("never"),)}, "steps"),
    ({"steps": (StepWords(When.BEFORE, 0),)}, "steps"),
    ({"steps": (StepWords(When.AFTER, 366),)}, "steps"),
    ({"steps": (StepWords(When.REPEAT, 7, times=0),)}, "steps"),
    ({"steps": (StepWords(When.REPEAT, 7, until_days=0),)}, "steps"),
    ({"steps": (StepWords(When.ON_DAY, channels=()),)}, "steps"),
    ({"steps": (StepWords(When.ON_DAY, channels=("pigeon",)),)}, "steps"),
    ({"steps": (StepWords(When.ON_DAY, tone="furious"),)}, "steps"),
    ({"steps": (StepWords(When.ON_DAY), StepWords(When.ON_DAY))}, "steps"),
    ({"steps": (StepWords(When.PAID), StepWords(When.PAID))}, "steps"),
    ({"steps": (StepWords(When.AFTER, 3), StepWords(When.AFTER, 3))}, "steps"),
    ({"steps": (StepWords(When.REPEAT, 3), StepWords(When.REPEAT, 9))}, "steps"),
    ({"steps": (StepWords(When.ON_DAY, templates={("email", "es"): uuid.uuid4()}),)}, "steps"),
    ({"steps": tuple(StepWords(When.BEFORE, n) for n in range(1, 62))}, ""),
]


@pytest.mark.parametrize(("change", "field"), REFUSED)
def test_what_a_rule_cannot_be(company: Company, change: dict[str, Any], field: str) -> None:
    rules.create_rule(words=RuleWords("Ocupada", (StepWords(When.ON_DAY),)), actor=None)
    words = {"name": "Otra", "steps": (StepWords(When.ON_DAY),), **change}
    with pytest.raises(RuleError) as refusal:
        rules.create_rule(words=RuleWords(**words), actor=None)
    assert refusal.value.field == field
    assert ReminderRule.objects.count() == 1


def test_steps_that_are_off_may_be_on_the_same_day(company: Company) -> None:
    words = RuleWords("Otra", (StepWords(When.AFTER, 3), StepWords(When.AFTER, 3, is_on=False)))
    assert ReminderStep.objects.filter(rule=rules.create_rule(words=words, actor=None)).count() == 2


def test_a_rule_is_edited_in_place_and_its_removed_steps_stay_on_file(company: Company, customer: Customer) -> None:
    general()
    charge(customer)
    round_of(DAY)
    rule = rules.ensure_default_rule()
    there = ReminderStep.objects.filter(rule=rule, removed_at__isnull=True)
    after = there.get(when=When.AFTER)
    template = Template.objects.create(company=company, name="Mía", purpose="after", channel="email", body="Hola")
    words = RuleWords(
        "Suave",
        (
            StepWords(When.AFTER, 5, step_id=after.pk, templates={("email", "es"): template.pk}),
            StepWords(When.REPEAT, 15, times=2),
        ),
    )
    edited = rules.update_rule(rule_id=rule.pk, version=rule.version, words=words, actor=None)
    assert (edited.name, edited.version) == ("Suave", rule.version + 1)
    after.refresh_from_db()
    assert (after.days, after.removed_at) == (5, None)
    assert StepTemplate.objects.get().template == template
    assert set(there.values_list("when", "days")) == {(When.AFTER, 5), (When.REPEAT, 15)}
    with pytest.raises(Stale):
        rules.update_rule(rule_id=rule.pk, version=rule.version, words=words, actor=None)
    round_of(DAY)
    assert file() == {"after5 0": "planned moved"}


def test_an_active_rule_keeps_a_step(company: Company) -> None:
    rule = general()
    with pytest.raises(RuleError):
        rules.update_rule(rule_id=rule.pk, version=rule.version, words=RuleWords(rule.name, ()), actor=None)
    empty = rules.create_rule(words=RuleWords("Vacía", (StepWords(When.ON_DAY, is_on=False),)), actor=None)
    with pytest.raises(RuleError):
        rules.activate_rule(rule_id=empty.pk, version=empty.version, today=DAY, actor=None)


def test_rules_that_are_followed_or_on_are_not_put_away(company: Company, customer: Customer) -> None:
    default = general()
    rule = rules.create_rule(words=RuleWords("Grandes", (StepWords(When.ON_DAY),)), actor=None)
    rules.assign_rule(rule_id=rule.pk, today=DAY, actor=None, customer_ids=[customer.pk])
    for each in (default, rule):
        with pytest.raises(RuleError):
            rules.archive_rule(rule_id=each.pk, version=each.version, actor=None)
    rules.unassign_rule(actor=None, customer_ids=[customer.pk])
    archived = rules.archive_rule(rule_id=rule.pk, version=rule.version, actor=None)
    assert archived.archived_at is not None
    with pytest.raises(RuleError):
        rules.assign_rule(rule_id=rule.pk, today=DAY, actor=None, customer_ids=[customer.pk])
    assert rules.unarchive_rule(rule_id=rule.pk, actor=None).archived_at is None


def test_a_copy_of_a_rule_is_inactive_and_followed_by_nobody(company: Company) -> None:
    rule = general()
    copy, again = (rules.duplicate_rule(rule_id=rule.pk, actor=None) for _turn in range(2))
    assert (copy.name, again.name) == ("General (copia)", "General (copia) 2")
    assert (copy.activated_on, copy.is_default) == (None, False)
    assert [step.when for step in rules.words_of(copy).steps] == [step.when for step in rules.words_of(rule).steps]


def test_another_companys_rule_is_not_there(company: Company, customer: Customer) -> None:
    other = make_company("Otra", "OTR010203AB1")
    with company_scope(other.pk):
        theirs, stranger = general(), make_customer(other, "Ajeno")
    with pytest.raises(rules.NotThere):
        rules.deactivate_rule(rule_id=theirs.pk, version=theirs.version, actor=None)
    with pytest.raises(RuleError):
        rules.assign_rule(rule_id=theirs.pk, today=DAY, actor=None, customer_ids=[customer.pk])
    assert rules.assign_rule(rule_id=None, today=DAY, actor=None, customer_ids=[stranger.pk]) == 0
    with company_scope(other.pk):
        assert ReminderRule.objects.get().activated_on is not None


def test_what_people_do_to_rules_leaves_a_trace(company: Company, customer: Customer) -> None:
    rule = general()
    rules.assign_rule(rule_id=rule.pk, today=DAY, actor=None, customer_ids=[customer.pk])
    rules.deactivate_rule(rule_id=rule.pk, version=rule.version, actor=None)
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == [
        "reminders.rule_created",
        "reminders.rule_edited",
        "reminders.rule_activated",
        "reminders.rule_assigned",
        "reminders.rule_deactivated",
    ]


def test_settings_are_read_with_defaults_and_kept(company: Company) -> None:
    assert (reminder_settings().send_from, reminder_settings().version) == (time(9), 1)
    assert sending_of(company).country == "MX"
    row = update_settings(version=1, changes={"send_from": time(8), "transit_days": 2}, actor=None)
    assert (row.version, sending_of(company).transit_days) == (2, 2)
    with pytest.raises(Stale):
        update_settings(version=1, changes={"transit_days": 3}, actor=None)
    wrong = ({"send_until": time(7)}, {"max_per_week": 0}, {"notice_email": "no"}, {"weekdays": "x"}, {"id": 1})
    for change in wrong:
        with pytest.raises(SettingsError):
            update_settings(version=2, changes=change, actor=None)
    assert ReminderSettings.objects.get().version == 2


def test_the_preview_of_an_activation_is_what_then_happens(company: Company, customer: Customer) -> None:
    rule = general(on=None)
    due, other = charge(customer), make_customer(company, "Sin contacto", "AAA010101AA1")
    charge(other)
    charge(customer, due=date(2026, 6, 1))
    rows = upcoming(company=company, as_of=noon(DAY), days=0, book=if_activated(rule.pk, DAY))
    seen = sorted(rows, key=lambda each: each.on is None)
    assert [(each.customer_id, each.on, each.why) for each in seen] == [
        (customer.pk, DAY, Why.NOTHING),
        (other.pk, None, Why.NO_CONTACT),
    ]
    assert (seen[0].receivable_id, seen[0].asked, seen[0].when) == (due.pk, 1000_00, "after")
    assert file() == {}
    rules.activate_rule(rule_id=rule.pk, version=rule.version, today=DAY, actor=None)
    assert round_of(DAY).to_send == 1


def test_what_will_be_sent_is_foreseen(company: Company, customer: Customer) -> None:
    general()
    charge(customer)
    late = datetime(2026, 3, 12, 23, 59, tzinfo=UTC)  # 17:59, still within the hours
    for as_of, first in ((noon(DAY), DAY), (late, DAY), (datetime(2026, 3, 13, 0, 0, tzinfo=UTC), date(2026, 3, 13))):
        found = sorted(each.on for each in upcoming(company=company, as_of=as_of, days=14) if each.on)
        assert found == [first, date(2026, 3, 19), date(2026, 3, 26)]
