"""What a rule says, as a form hands it over, and what is refused of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import Refused
from aldia.domain.money import CURRENCIES
from aldia.messaging.models import Channel, Template, Tone
from aldia.reminders.models import Grouping, When

MAX_STEPS = 60
MAX_DAYS = 365
MAX_TIMES = 100
MAX_UNTIL = 1825


class RuleError(Refused):
    """A rule cannot be as asked; `field` names what of it ("" if it is no field's)."""


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step. `step_id`: the row that it edits. `templates`: (channel, language) -> the template whose words it uses,
    where it does not use those of its purpose and tone."""

    when: str
    days: int = 0
    times: int | None = None
    until_days: int | None = None
    channels: tuple[str, ...] = (Channel.EMAIL.value,)
    every_channel: bool = False
    tone: str = Tone.NEUTRAL.value
    needs_approval: bool = False
    is_on: bool = True
    step_id: uuid.UUID | None = None
    templates: Mapping[tuple[str, str], uuid.UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What people may edit of a rule. `min_balance` in minor units of `min_currency`."""

    name: str
    steps: tuple[StepWords, ...] = ()
    grouping: str = Grouping.CUSTOMER.value
    min_balance: int = 0
    min_currency: str = ""
    only_overdue: bool = False
    columns: tuple[str, ...] = ()
    attach_pdf: bool = True
    attach_xml: bool = True
    attach_statement: bool = False


def checked(words: RuleWords) -> RuleWords:
    """The rule in the form in which it is kept. Raises `RuleError` with the field at fault."""
    name = clip(words.name, 100)
    if not name:
        raise RuleError(_("Ponle un nombre a la regla."), "name")
    if words.grouping not in Grouping.values:
        raise RuleError(_("Elige si va un mensaje por cliente o uno por documento."), "grouping")
    if words.min_balance < 0 or (words.min_balance and words.min_currency not in CURRENCIES):
        raise RuleError(_("El saldo mínimo no es un importe que se pueda usar."), "min_balance")
    if len(words.steps) > MAX_STEPS:
        raise RuleError(_("Una regla admite hasta 60 avisos."))
    steps = tuple(_step(step) for step in words.steps)
    _check_together([step for step in steps if step.is_on])
    _check_templates(steps)
    currency = words.min_currency if words.min_balance else ""
    return replace(words, name=name, steps=steps, min_currency=currency)


def _step(step: StepWords) -> StepWords:
    if step.when not in When.values:
        raise RuleError(_("Ese momento de aviso no existe."), "steps")
    needs_days = step.when in (When.BEFORE, When.AFTER, When.REPEAT)
    if needs_days and not 1 <= step.days <= MAX_DAYS:
        raise RuleError(_("Los días de un aviso van de 1 a 365."), "steps")
    repeats = step.when == When.REPEAT
    if repeats and step.times is not None and not 1 <= step.times <= MAX_TIMES:
        raise RuleError(_("Un aviso se repite de 1 a 100 veces."), "steps")
    if repeats and step.until_days is not None and not 1 <= step.until_days <= MAX_UNTIL:
        raise RuleError(_("Se puede insistir hasta 1,825 días después de vencer."), "steps")
    channels = tuple(dict.fromkeys(each for each in step.channels if each in Channel.values))
    if not channels:
        raise RuleError(_("Elige por dónde se avisa."), "steps")
    if step.tone not in Tone.values:
        raise RuleError(_("Ese tono no existe."), "steps")
    return replace(
        step,
        days=step.days if needs_days else 0,
        times=step.times if repeats else None,
        until_days=step.until_days if repeats else None,
        channels=channels,
    )


def _check_together(steps: Sequence[StepWords]) -> None:
    """What does not go together among the steps that are on."""
    for once, why in (
        (When.ON_DAY, _("Basta un aviso para el día que vence.")),
        (When.PAID, _("Basta un agradecimiento por pago.")),
    ):
        if sum(step.when == once for step in steps) > 1:
            raise RuleError(why, "steps")
    moments = [(step.when, step.days) for step in steps]
    if len(set(moments)) < len(moments):
        raise RuleError(_("Dos avisos caen el mismo día: deja uno."), "steps")
    repeats = sorted((step for step in steps if step.when == When.REPEAT), key=lambda step: step.days)
    if any(step.times is None and step.until_days is None for step in repeats[:-1]):
        raise RuleError(_("Si insistes a dos ritmos, di cuántas veces al primero."), "steps")


def _check_templates(steps: Sequence[StepWords]) -> None:
    wanted = {template_id for step in steps for template_id in step.templates.values()}
    if wanted and Template.objects.filter(pk__in=wanted, archived_at__isnull=True).count() < len(wanted):
        raise RuleError(_("Una de las plantillas elegidas ya no existe."), "steps")
