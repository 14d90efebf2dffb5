"""Schedules: written, changed, paused, resumed, ended, and what they cost from a day on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.recurrence import Rule, to_json
from aldia.domain.recurrence_words import check_words
from aldia.domain.sentences import Refusal
from aldia.recurring import calendar
from aldia.recurring.content import amount_of, content_on, document_of, texts_of
from aldia.recurring.models import (
    Occurrence,
    OccurrenceState,
    PriceChange,
    Schedule,
    ScheduleKind,
    ScheduleState,
)
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

OLDEST = timedelta(days=366)
MOST_SKIPPED = 400  # dates of one pause that leave a row each
MOST_DATES = 1_000
LEAST_PERCENT, MOST_PERCENT = -90_00, 1_000_00


class ScheduleError(ValueError):
    """It cannot be so; the sentence is for the person. `field`: what to mend, "" for the whole."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Stale(ScheduleError):
    """Somebody changed the schedule meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Alguien cambió esta serie mientras la veías. Recarga y vuelve a intentarlo."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a person says of a schedule. `content`: see `recurring.content`; `most`: documents, at the most."""

    name: str
    kind: str
    customer_id: uuid.UUID
    rule: Rule
    content: Mapping[str, Any]
    currency: str
    starts_on: date
    ends_on: date | None = None
    most: int | None = None
    due_days: int | None = None
    is_automatic: bool = True
    sends: bool = True


def save(
    *, details: Details, today: date, actor: User | None, schedule_id: uuid.UUID | None = None, version: int = 0
) -> Schedule:
    """Write a schedule, or change one that is there (`version`: the one that the person saw). Raises `ScheduleError`.

    What was issued stays as it is: a change of content counts for the dates from `today` on.
    """
    _check(details, today, is_new=schedule_id is None)
    with transaction():
        if schedule_id is None:
            row = Schedule(company_id=current_company_id(), created_by=actor)
            row.content = dict(details.content)
        else:
            row = _locked(schedule_id, version)
            _check_same(row, details)
            _change_content(row, details, today, actor)
        _take_over(row, details)
        if next(calendar.to_come(row), None) is None:
            raise ScheduleError(_("Con esas fechas no queda ninguna emisión."), "ends_on")
        if row.state != ScheduleState.PAUSED:
            row.state = ScheduleState.ACTIVE
        _keep(row, is_new=schedule_id is None)
        verb = "recurring.created" if schedule_id is None else "recurring.changed"
        _record(actor, verb, row, {"name": row.name, "kind": row.kind, "rule": row.rule, "starts_on": row.starts_on})
        return row


def draft(*, details: Details, today: date, schedule: Schedule | None = None) -> tuple[Schedule, list[PriceChange]]:
    """A schedule as it would be kept, with its prices; nothing is written. Raises `ScheduleError`."""
    _check(details, today, is_new=schedule is None)
    if schedule is None:
        row = Schedule(company_id=current_company_id(), content=dict(details.content))
        changes: list[PriceChange] = []
    else:
        row = Schedule(pk=schedule.pk, company_id=schedule.company_id, content=schedule.content, kind=schedule.kind)
        changes = list(schedule.prices.order_by("from_on"))
        if dict(details.content) != content_on(row, today, changes):
            new = PriceChange(schedule=row, from_on=today, content=dict(details.content))
            changes = sorted([*(each for each in changes if each.from_on != today), new], key=lambda each: each.from_on)
    _take_over(row, details)
    return row, changes


def _check(details: Details, today: date, *, is_new: bool) -> None:
    if not details.name.strip():
        raise ScheduleError(_("Ponle un nombre a la serie."), "name")
    if details.kind not in ScheduleKind.values:
        raise ScheduleError(_("Elige qué se emite: facturas o notas de cobro."), "kind")
    if is_new and details.starts_on < today - OLDEST:
        raise ScheduleError(_("La primera fecha no puede ser de hace más de un año."), "starts_on")
    if details.ends_on is not None and details.ends_on < details.starts_on:
        raise ScheduleError(_("No puede terminar antes de empezar."), "ends_on")
    if details.most is not None and not 1 <= details.most <= MOST_DATES:
        raise ScheduleError(_("Puede emitir de 1 a 1,000 documentos."), "most")
    customer = Customer.objects.filter(pk=details.customer_id).first()
    if customer is None or customer.generic:
        raise ScheduleError(_("A ese cliente no se le puede cobrar."), "customer")
    if details.kind == ScheduleKind.INVOICE and Company.objects.get(pk=current_company_id()).country != "MX":
        raise ScheduleError(_("Las facturas se emiten solo en México: haz notas de cobro."), "kind")
    check_content(details.kind, details.content)


def check_content(kind: str, content: Mapping[str, Any]) -> None:
    """Raise `ScheduleError` for a content that could never be issued."""
    try:
        amount = amount_of(kind, content)
        texts = texts_of(kind, content)
        for text in texts:
            check_words(text)
    except (BadContent, KeyError, TypeError) as error:
        raise ScheduleError(_("Falta decir qué se cobra."), "content") from error
    except Refusal as error:
        raise ScheduleError(_(error.template) % error.params if error.params else str(error), "content") from error
    if not texts[0].strip() or (kind == ScheduleKind.INVOICE and not document_of(content).lines):
        raise ScheduleError(_("Escribe qué se cobra."), "content")
    if amount <= 0:
        raise ScheduleError(_("El importe debe ser mayor que cero."), "content")


def _check_same(row: Schedule, details: Details) -> None:
    """What was issued was issued to somebody, from some day on: neither changes afterwards."""
    if not Occurrence.objects.filter(schedule=row).exists():
        return
    fixed = (row.kind, row.customer_id, row.currency, row.starts_on)
    if fixed != (details.kind, details.customer_id, details.currency, details.starts_on):
        raise ScheduleError(
            _("Ya emitió: el cliente, el tipo, la moneda y la primera fecha no cambian. Termínala y haz otra serie.")
        )


def _change_content(row: Schedule, details: Details, today: date, actor: User | None) -> None:
    """New content: of the schedule itself while nothing was issued, else a change of price from today on."""
    new = dict(details.content)
    if new == content_on(row, today):
        return
    if not row.prices.exists() and not Occurrence.objects.filter(schedule=row).exists():
        row.content = new
        return
    values = {"content": new, "percent": None, "reason": _("Cambió la serie"), "created_by": actor}
    _put_price(row, today, values)


def _take_over(row: Schedule, details: Details) -> None:
    row.name, row.kind, row.customer_id = details.name.strip()[:150], details.kind, details.customer_id
    row.rule, row.currency = to_json(details.rule), details.currency
    row.starts_on, row.ends_on, row.most = details.starts_on, details.ends_on, details.most
    row.due_days, row.sends = details.due_days, details.sends
    # the rate of a foreign currency is that of the day: a person writes it
    foreign = details.kind == ScheduleKind.INVOICE and details.currency != "MXN"
    row.is_automatic = details.is_automatic and not foreign


def pause(*, schedule_id: uuid.UUID, now: datetime, actor: User | None) -> Schedule:
    """Issue nothing until somebody resumes; the dates that pass meanwhile are left out."""
    with transaction():
        row = _locked(schedule_id)
        if row.state != ScheduleState.ACTIVE:
            raise ScheduleError(_("Solo se pausa una serie activa."))
        row.state, row.paused_at = ScheduleState.PAUSED, now
        _keep(row)
        _record(actor, "recurring.paused", row, {})
        return row


def resume(*, schedule_id: uuid.UUID, today: date, actor: User | None) -> Schedule:
    """Go on from today. Each date that passed in the pause stays on the list as left out: it may still be issued."""
    with transaction():
        row = _locked(schedule_id)
        if row.state != ScheduleState.PAUSED:
            raise ScheduleError(_("Esta serie no está en pausa."))
        passed = [due for due in islice(_passed(row), MOST_SKIPPED) if due.issue_on < today]
        Occurrence.objects.bulk_create(
            Occurrence(
                company_id=row.company_id, schedule=row, on=due.on, issue_on=due.issue_on,
                state=OccurrenceState.SKIPPED, message=_("La serie estaba en pausa."), decided_by=actor,
            )
            for due in passed
        )  # fmt: skip
        row.state, row.paused_at = ScheduleState.ACTIVE, None
        _keep(row)
        _record(actor, "recurring.resumed", row, {"skipped": [due.on for due in passed]})
        return row


def _passed(row: Schedule) -> Any:
    """Dates to come, as if nothing limited their number: those left out do not count."""
    unlimited = Schedule(pk=row.pk, company_id=row.company_id, rule=row.rule, starts_on=row.starts_on)
    unlimited.ends_on = row.ends_on
    return calendar.to_come(unlimited)


def end(*, schedule_id: uuid.UUID, today: date, actor: User | None) -> Schedule:
    """No date comes any more. What waits for a person still waits."""
    with transaction():
        row = _locked(schedule_id)
        if row.state != ScheduleState.ENDED:
            row.state, row.next_on, row.paused_at = ScheduleState.ENDED, None, None
            row.ends_on = max(row.starts_on, min(row.ends_on or today, today))
            row.version += 1
            row.save()
            _record(actor, "recurring.ended", row, {})
        return row


def change_price(
    *, schedule_id: uuid.UUID, from_on: date, today: date, actor: User | None, percent: int | None = None,
    content: Mapping[str, Any] | None = None, reason: str = "",
) -> PriceChange:  # fmt: skip
    """From a day on it costs something else: `percent` (hundredths) on every price, or a content of its own.

    A second change for the same day takes the place of the first. Raises `ScheduleError`.
    """
    if (percent is None) == (content is None):
        raise ScheduleError(_("Da un porcentaje o un precio nuevo."), "percent")
    if percent is not None and (percent == 0 or not LEAST_PERCENT <= percent <= MOST_PERCENT):
        raise ScheduleError(_("El porcentaje va de -90 a 1,000 y no puede ser cero."), "percent")
    if from_on < today:
        raise ScheduleError(_("Un precio cambia desde hoy o después: lo emitido no cambia."), "from_on")
    with transaction():
        row = _locked(schedule_id)
        if content is not None:
            check_content(row.kind, content)
        values = {"percent": percent, "content": dict(content) if content is not None else None, "created_by": actor}
        change = _put_price(row, from_on, {**values, "reason": reason.strip()[:300]})
        if amount_of(row.kind, content_on(row, from_on)) <= 0:
            raise ScheduleError(_("El importe debe ser mayor que cero."), "percent")
        _record(actor, "recurring.price_changed", row, {"from_on": from_on, "percent": percent, "reason": reason})
        return change


def drop_price(*, price_change_id: uuid.UUID, today: date, actor: User | None) -> Schedule:
    """Take back a change of price that has not begun."""
    with transaction():
        change = PriceChange.objects.filter(pk=price_change_id).first()
        if change is None:
            raise ScheduleError(_("Ese cambio de precio ya no existe."))
        row = _locked(change.schedule_id)
        if change.from_on < today:
            raise ScheduleError(_("Ese precio ya está en uso: pon otro desde hoy."))
        change.delete()
        _record(actor, "recurring.price_dropped", row, {"from_on": change.from_on})
        return row


def _put_price(row: Schedule, from_on: date, values: Mapping[str, Any]) -> PriceChange:
    found, _is_new = PriceChange.objects.update_or_create(
        company_id=row.company_id, schedule=row, from_on=from_on, defaults=dict(values)
    )
    return found


def _locked(schedule_id: uuid.UUID, version: int | None = None) -> Schedule:
    row = Schedule.objects.select_for_update().filter(pk=schedule_id).first()
    if row is None:
        raise ScheduleError(_("Esa serie no existe."))
    if version is not None and row.version != version:
        raise Stale()
    return row


def _keep(row: Schedule, *, is_new: bool = False) -> None:
    """Save a schedule with what follows from its dates."""
    row.next_on = calendar.next_day(row)
    if row.next_on is None and row.state == ScheduleState.ACTIVE:
        row.state = ScheduleState.ENDED
    row.version += 0 if is_new else 1
    row.save(force_insert=is_new)


def _record(actor: User | None, verb: str, row: Schedule, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="schedule", object_id=row.pk, detail=detail)
