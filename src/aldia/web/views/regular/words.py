"""Schedules of reports in words: when they go, of what, to whom, and what became of each sending."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from aldia.customers.models import Customer, Portfolio
from aldia.customers.queries import as_uuid
from aldia.messaging.models import DeliveryState
from aldia.reporting import options
from aldia.reporting.models import Frequency, ReportSchedule, ReportSending
from aldia.reporting.queries.schedules import LOST
from aldia.tenancy.models import User
from aldia.web.forms_regular import BY, FORMATS, MONTHS, PERIODS, STEPS, WEEKDAYS

ARRIVED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED)


def when(row: ReportSchedule) -> str:
    """ "Cada lunes a las 08:00"."""
    clock = f"{row.at:%H:%M}"
    if row.frequency == Frequency.WEEKLY:
        day = str(dict(WEEKDAYS)[row.day]).lower()
        return _("Cada %(day)s a las %(clock)s") % {"day": day, "clock": clock}
    if row.frequency == Frequency.MONTHLY:
        if row.day == 31:
            return _("El último día de cada mes a las %(clock)s") % {"clock": clock}
        return _("El día %(day)s de cada mes a las %(clock)s") % {"day": row.day, "clock": clock}
    return _("Cada día hábil a las %(clock)s") % {"clock": clock}


def format_name(row: ReportSchedule) -> str:
    return str(dict(FORMATS).get(row.format, row.format))


def chosen(row: ReportSchedule) -> list[tuple[str, str]]:
    """The options that were chosen, as (label, value)."""
    found = []
    for name, value in row.options.items():
        label, words = _option(name, value)
        found.append((label, words))
    return found


def _option(name: str, value: str) -> tuple[str, str]:
    if name == options.PORTFOLIO:
        return _("Cartera"), _("Sin cartera") if value == "none" else _name(Portfolio, value)
    if name == options.CUSTOMER:
        return _("Cliente"), _name(Customer, value)
    labels: dict[str, tuple[str, Iterable[tuple[str, Any]]]] = {
        options.BY: (_("Agrupado por"), BY),
        options.PERIOD: (_("Periodo"), PERIODS),
        options.STEP: (_("Por"), STEPS),
        options.WHICH: (_("De qué mes"), MONTHS),
        options.BILLING: (_("Facturación recurrente"), [("1", _("sumada"))]),
        options.CURRENCY: (_("Moneda"), []),
    }
    label, words = labels.get(name, (name, []))
    return label, str(dict(words).get(value, value))


def _name(model: Any, value: str) -> str:
    found = model.objects.filter(pk=as_uuid(value)).first()
    return str(found) if found else _("ya no existe")


def names_of(rows: Iterable[ReportSchedule]) -> dict[str, str]:
    """The members that the schedules name, by id."""
    ids = {each["user"] for row in rows for each in row.recipients if "user" in each}
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=ids)}


def people(row: ReportSchedule, names: dict[str, str]) -> list[str]:
    """Whom it goes to: names of members, addresses of others."""
    gone = _("alguien que ya no está")
    return [each.get("email") or names.get(each.get("user", ""), gone) for each in row.recipients]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sending. `tone`: ok, warn or bad."""

    text: str
    tone: str
    lost: list[str]

    @property
    def colour(self) -> str:
        return {"ok": "green", "bad": "red"}.get(self.tone, "yellow")


def outcome(row: ReportSending | None) -> Outcome | None:
    """In words; None where there was no sending."""
    if row is None:
        return None
    if row.message is None:
        return Outcome(_("No salió"), "bad", [row.trouble] if row.trouble else [])
    every = list(row.message.deliveries.all())
    lost = [f"{each.address}: {each.error or each.error_code}" for each in every if each.state in LOST]
    arrived = sum(each.state in ARRIVED for each in every)
    if lost:
        return Outcome(_("No llegó a todos"), "bad", [*lost, *([row.trouble] if row.trouble else [])])
    if arrived == len(every):
        return Outcome(_("Enviado"), "warn" if row.trouble else "ok", [row.trouble] if row.trouble else [])
    return Outcome(_("En camino"), "warn", [row.trouble] if row.trouble else [])
