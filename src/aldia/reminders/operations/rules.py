"""Rules: made, edited, switched on and off, and who follows which.

Whatever changes what is planned by waits for the planner's lock, so that a round never mixes two versions of a rule.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import NotThere, Stale, plain
from aldia.domain.reminders import State, Why
from aldia.messaging.models import Tone
from aldia.reminders.models import (
    ReminderCandidate,
    ReminderRule,
    ReminderStep,
    RuleAssignment,
    StepTemplate,
    When,
)
from aldia.reminders.operations.following import assign_rule, unassign_rule
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.rule_words import RuleError, RuleWords, StepWords, checked
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

__all__ = [
    "NotThere",
    "RuleError",
    "RuleWords",
    "Stale",
    "StepWords",
    "activate_rule",
    "archive_rule",
    "assign_rule",
    "create_rule",
    "deactivate_rule",
    "duplicate_rule",
    "ensure_default_rule",
    "unarchive_rule",
    "unassign_rule",
    "update_rule",
    "words_of",
]

OWN = (
    "name",
    "grouping",
    "min_balance",
    "min_currency",
    "only_overdue",
    "attach_pdf",
    "attach_xml",
    "attach_statement",
)
OF_STEP = ("when", "days", "times", "until_days", "every_channel", "tone", "needs_approval", "is_on")


def ensure_default_rule() -> ReminderRule:
    """The rule that whoever has none of their own follows: before, after, paid; made inactive where it is missing."""
    found = ReminderRule.objects.filter(is_default=True).first()
    if found is not None:
        return found
    with transaction():
        lock_planning()
        found = ReminderRule.objects.filter(is_default=True).first()
        if found is None:
            steps = (
                StepWords(When.BEFORE, 3, tone=Tone.FRIENDLY),
                StepWords(When.AFTER, 1, tone=Tone.NEUTRAL),
                StepWords(When.PAID, tone=Tone.FRIENDLY),
            )
            found = _create(RuleWords(_free_name(_("General")), steps), is_default=True)
            _audit(None, "reminders.rule_created", found, {"name": found.name, "default": True})
    return found


def create_rule(*, words: RuleWords, actor: User | None) -> ReminderRule:
    """Add a rule, inactive. Raises `RuleError` with the field at fault."""
    words = checked(words)
    with transaction():
        rule = _create(words)
        _audit(actor, "reminders.rule_created", rule, {"name": rule.name, "steps": len(words.steps)})
    return rule


def _create(words: RuleWords, *, is_default: bool = False) -> ReminderRule:
    values = {name: getattr(words, name) for name in OWN}
    rule = ReminderRule(company_id=current_company_id(), columns=list(words.columns), is_default=is_default, **values)
    _save_name(rule)
    for step in words.steps:
        _add_step(rule, step)
    return rule


def _save_name(rule: ReminderRule) -> None:
    """Save the row; its name must be free."""
    try:
        with transaction():
            rule.save()
    except IntegrityError as error:
        raise RuleError(_("Ya hay una regla con ese nombre."), "name") from error


def _free_name(name: str) -> str:
    taken = set(ReminderRule.objects.values_list("name", flat=True))
    names = (name, *(f"{clip(name, 94)} {number}" for number in range(2, 1000)))
    return next(each for each in names if each not in taken)


def update_rule(*, rule_id: uuid.UUID, version: int, words: RuleWords, actor: User | None) -> ReminderRule:
    """Save an edited rule with its steps; a step that is not named any more is removed, its history stays.

    Raises `RuleError` (with its field), `NotThere`, and `Stale` when somebody saved it first.
    """
    words = checked(words)
    with transaction():
        lock_planning()
        rule = _take(rule_id, version)
        if rule.activated_on and not any(step.is_on for step in words.steps):
            raise RuleError(_("Una regla activa necesita al menos un aviso. Para que no envíe nada, apágala."))
        values = {name: getattr(words, name) for name in OWN} | {"columns": list(words.columns)}
        changes = {
            name: [plain(getattr(rule, name)), plain(value)]
            for name, value in values.items()
            if getattr(rule, name) != value
        }
        for name, value in values.items():
            setattr(rule, name, value)
        rule.version += 1
        _save_name(rule)
        changes |= _save_steps(rule, words)
        _audit(actor, "reminders.rule_edited", rule, {"name": rule.name, "changes": changes})
    return rule


def _save_steps(rule: ReminderRule, words: RuleWords) -> dict[str, list[object]]:
    """Write the steps; return what changed of them."""
    there = {step.pk: step for step in ReminderStep.objects.filter(rule=rule, removed_at__isnull=True)}
    kept: set[uuid.UUID] = set()
    changes: dict[str, list[object]] = {}
    for wanted in words.steps:
        step = there.get(wanted.step_id) if wanted.step_id else None
        if step is None or step.when != wanted.when:
            changes[f"+{wanted.when} {wanted.days}"] = [None, wanted.is_on]
            _add_step(rule, wanted)
            continue
        kept.add(step.pk)
        values = {name: getattr(wanted, name) for name in OF_STEP} | {"channels": list(wanted.channels)}
        differing = {name: value for name, value in values.items() if getattr(step, name) != value}
        if differing:
            before = {name: getattr(step, name) for name in differing}
            changes[str(step)] = [str(before), str(differing)]
            ReminderStep.objects.filter(pk=step.pk).update(**differing)
        _save_templates(step, wanted)
    gone = [step for step in there.values() if step.pk not in kept]
    ReminderStep.objects.filter(pk__in=[step.pk for step in gone]).update(removed_at=Now())
    return changes | {f"-{step}": [True, None] for step in gone}


def _add_step(rule: ReminderRule, wanted: StepWords) -> None:
    values = {name: getattr(wanted, name) for name in OF_STEP}
    step = ReminderStep.objects.create(company_id=rule.company_id, rule=rule, channels=list(wanted.channels), **values)
    _save_templates(step, wanted)


def _save_templates(step: ReminderStep, wanted: StepWords) -> None:
    rows = {(row.channel, row.language): row for row in StepTemplate.objects.filter(step=step)}
    if {key: row.template_id for key, row in rows.items()} == dict(wanted.templates):
        return
    StepTemplate.objects.filter(step=step).delete()
    for (channel, language), template_id in wanted.templates.items():
        StepTemplate.objects.create(
            company_id=step.company_id, step=step, channel=channel, language=language, template_id=template_id
        )


def duplicate_rule(*, rule_id: uuid.UUID, actor: User | None) -> ReminderRule:
    """A rule with the same steps under another name, inactive, followed by nobody."""
    with transaction():
        source = _rule(rule_id)
        words = replace(words_of(source), name=_free_name(_("%(name)s (copia)") % {"name": clip(source.name, 80)}))
        steps = tuple(replace(step, step_id=None) for step in words.steps)
        rule = _create(replace(words, steps=steps))
        _audit(actor, "reminders.rule_created", rule, {"name": rule.name, "copy_of": source.name})
    return rule


def words_of(rule: ReminderRule) -> RuleWords:
    """What a rule says now."""
    steps = []
    for step in ReminderStep.objects.filter(rule=rule, removed_at__isnull=True).order_by("id"):
        templates = {(each.channel, each.language): each.template_id for each in StepTemplate.objects.filter(step=step)}
        values = {name: getattr(step, name) for name in OF_STEP}
        steps.append(StepWords(channels=tuple(step.channels), step_id=step.pk, templates=templates, **values))
    values = {name: getattr(rule, name) for name in OWN}
    return RuleWords(steps=tuple(steps), columns=tuple(rule.columns), **values)


def activate_rule(*, rule_id: uuid.UUID, version: int, today: date, actor: User | None) -> ReminderRule:
    """Let a rule send from today on. What came due before is not made up for, but for the latest of each receivable."""
    with transaction():
        lock_planning()
        rule = _take(rule_id, version)
        if not ReminderStep.objects.filter(rule=rule, removed_at__isnull=True, is_on=True).exists():
            raise RuleError(_("Marca al menos un aviso: así como está, la regla no enviaría nada."))
        if rule.activated_on is None:
            rule.activated_on, rule.version = today, rule.version + 1
            rule.save(update_fields=["activated_on", "version"])
            _audit(actor, "reminders.rule_activated", rule, {"name": rule.name, "on": today})
    return rule


def deactivate_rule(*, rule_id: uuid.UUID, version: int, actor: User | None) -> ReminderRule:
    """Switch a whole rule off at once: what waits to be sent by it stays where it is until the rule is on again."""
    with transaction():
        lock_planning()
        rule = _take(rule_id, version)
        if rule.activated_on is not None:
            rule.activated_on, rule.version = None, rule.version + 1
            rule.save(update_fields=["activated_on", "version"])
            waiting = ReminderCandidate.objects.filter(step__rule=rule, state=State.PLANNED)
            held = waiting.update(why=Why.RULE_OFF)
            _audit(actor, "reminders.rule_deactivated", rule, {"name": rule.name, "held": held})
    return rule


def archive_rule(*, rule_id: uuid.UUID, version: int, actor: User | None) -> ReminderRule:
    """Put a rule away. Not the default one, not one that is on, not one that somebody follows."""
    with transaction():
        lock_planning()
        rule = _take(rule_id, version)
        if rule.is_default:
            raise RuleError(_("La regla general no se archiva: la siguen los clientes sin regla propia."))
        if rule.activated_on is not None:
            raise RuleError(_("Apaga la regla antes de archivarla."))
        if count := RuleAssignment.objects.filter(rule=rule).count():
            raise RuleError(_("Todavía la siguen %(n)d: asígnales otra antes de archivarla.") % {"n": count})
        ReminderRule.objects.filter(pk=rule.pk).update(archived_at=Now(), version=rule.version + 1)
        _audit(actor, "reminders.rule_archived", rule, {"name": rule.name})
    return _rule(rule_id, archived=True)


def unarchive_rule(*, rule_id: uuid.UUID, actor: User | None) -> ReminderRule:
    """Bring a rule back, inactive."""
    with transaction():
        rule = _rule(rule_id, archived=True)
        if rule.archived_at is not None:
            rule.archived_at, rule.version = None, rule.version + 1
            rule.save(update_fields=["archived_at", "version"])
            _audit(actor, "reminders.rule_unarchived", rule, {"name": rule.name})
    return rule


def _rule(rule_id: uuid.UUID, *, archived: bool = False) -> ReminderRule:
    rows = ReminderRule.objects.select_for_update().filter(pk=rule_id)
    rule = (rows if archived else rows.filter(archived_at__isnull=True)).first()
    if rule is None:
        raise NotThere
    return rule


def _take(rule_id: uuid.UUID, version: int) -> ReminderRule:
    rule = _rule(rule_id)
    if rule.version != version:
        raise Stale
    return rule


def _audit(actor: User | None, verb: str, rule: ReminderRule, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="reminder_rule", object_id=rule.pk, detail=detail)
