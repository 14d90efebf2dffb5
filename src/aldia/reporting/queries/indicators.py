"""How well the company collects in a period: each indicator with its formula and the figures that went in.

The arithmetic is `domain.indicators`; here the figures are taken from the subledger, one currency at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from aldia.domain import indicators
from aldia.domain.calendars import month_end
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import owed_by_due
from aldia.reporting.queries.drill import Drill

COUNTBACK_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Part:
    """A figure of a formula, in minor units, and the rows behind it."""

    label: Any
    amount: int
    drill: Drill


@dataclass(frozen=True, slots=True)
class Indicator:
    """`value` is None where it is not defined, `why` says so. `unit`: days, percent or times."""

    key: str
    label: Any
    value: Decimal | None
    unit: str
    formula: Any
    meaning: Any
    why: Any = ""


@dataclass(frozen=True, slots=True)
class Indicators:
    """Of one currency and period, both ends included."""

    currency: str
    first: date
    last: date
    parts: dict[str, Part]
    values: list[Indicator]

    def value(self, key: str) -> Indicator:
        return next(each for each in self.values if each.key == key)


def indicators_of(*, sight: Sight, currency: str, first: date, last: date, today: date) -> Indicators:
    """All indicators of a period that ends today or before."""
    parts = _parts(sight, currency, first, last, today)
    amounts = indicators.Amounts(**{key: part.amount for key, part in parts.items()}, days=(last - first).days + 1)
    found = indicators.all_of(amounts, _periods(sight, currency, last, today))
    return Indicators(currency, first, last, parts, [described(key, value) for key, value in found.items()])


def _parts(sight: Sight, currency: str, first: date, last: date, today: date) -> dict[str, Part]:
    opening = owed_by_due(sight=sight, currency=currency, as_of=first - timedelta(days=1), today=today)
    closing = owed_by_due(sight=sight, currency=currency, as_of=last, today=today)
    known = {
        "opening": sum(opening.values()),
        "closing": sum(closing.values()),
        "current": sum(amount for due_on, amount in closing.items() if due_on >= last),
    }
    return {
        key: Part(label, known[key] if key in known else drill.figure(rows, sight=sight, today=today), rows)
        for key, (label, rows) in drills_of(currency, first, last).items()
    }


def drills_of(currency: str, first: date, last: date) -> dict[str, tuple[Any, Drill]]:
    """The figures of a period by their key: what each is called and the rows behind it."""
    return {
        "opening": (_("Saldo al inicio"), Drill(drill.OWED, currency, as_of=first - timedelta(days=1))),
        "sales": (_("Ventas a crédito"), Drill(drill.SALES, currency, first=first, last=last, as_of=last)),
        "returns": (_("Notas de crédito"), Drill(drill.RETURNS, currency, first=first, last=last)),
        "collected": (_("Cobrado"), Drill(drill.COLLECTED, currency, first=first, last=last)),
        "closing": (_("Saldo al cierre"), Drill(drill.OWED, currency, as_of=last)),
        "current": (_("Saldo al cierre sin vencer"), Drill(drill.OWED, currency, as_of=last, due_from=last)),
    }


def as_kept(found: Indicators) -> dict[str, Any]:
    """As JSON, to be kept (`operations.keeping`)."""
    return {
        "parts": {key: part.amount for key, part in found.parts.items()},
        "values": {each.key: None if each.value is None else str(each.value) for each in found.values},
    }


def from_kept(figures: dict[str, Any], currency: str, first: date, last: date) -> Indicators:
    """What `as_kept` wrote."""
    drills = drills_of(currency, first, last)
    parts = {key: Part(label, figures["parts"][key], rows) for key, (label, rows) in drills.items()}
    known = figures["values"]
    values = [  # in our order: PostgreSQL keeps JSON in one of its own
        _worded(key, None if known[key] is None else Decimal(known[key])) for key in _ABOUT if key in known
    ]
    return Indicators(currency, first, last, parts, values)


def _periods(sight: Sight, currency: str, last: date, today: date) -> Iterator[indicators.Period]:
    """Net sales of the calendar months before the end of the period, the last one as far as it went.

    Month by month as they are asked for: counting back usually ends after two or three.
    """
    for first, days in months_back(last):
        end = first + timedelta(days=days - 1)
        sold = Drill(drill.SALES, currency, first=first, last=end, as_of=last)
        back = Drill(drill.RETURNS, currency, first=first, last=end)
        net = drill.figure(sold, sight=sight, today=today) - drill.figure(back, sight=sight, today=today)
        yield indicators.Period(net, days)


def months_back(last: date) -> Iterator[tuple[date, int]]:
    """First day of each month from that of `last` back, and how many of its days count."""
    first, days = last.replace(day=1), last.day
    for _month in range(COUNTBACK_MONTHS):
        yield first, days
        end = first - timedelta(days=1)
        first, days = end.replace(day=1), end.day


def month_of(day: date) -> tuple[date, date]:
    """First and last day of its month."""
    return day.replace(day=1), month_end(day)


_NO_SALES = _("No hubo ventas a crédito en el periodo.")
_ABOUT: dict[str, tuple[Any, str, Any, Any, Any]] = {
    "dso": (
        _("DSO"),
        "days",
        _("Saldo al cierre ÷ (ventas a crédito − notas de crédito) × días del periodo"),
        _("Cuántos días de venta te deben. Sube también cuando vendes menos, aunque te paguen igual."),
        _NO_SALES,
    ),
    "countback": (
        _("DSO por agotamiento"),
        "days",
        _("Días de venta, del más reciente hacia atrás, que suman el saldo al cierre"),
        _("Como el DSO, pero sin que lo muevan las temporadas de venta."),
        _("El saldo es mayor que las ventas de los últimos 24 meses."),
    ),
    "best_dso": (
        _("Mejor DSO posible"),
        "days",
        _("Saldo al cierre sin vencer ÷ (ventas a crédito − notas de crédito) × días del periodo"),
        _("El DSO que tendrías si nadie se atrasara."),
        _NO_SALES,
    ),
    "add": (
        _("Días de atraso (ADD)"),
        "days",
        _("DSO − mejor DSO posible"),
        _("Los días que agregan quienes pagan tarde."),
        _NO_SALES,
    ),
    "cei": (
        _("Efectividad de cobranza (CEI)"),
        "percent",
        _(
            "(Saldo al inicio + ventas netas − saldo al cierre)"
            " ÷ (saldo al inicio + ventas netas − saldo al cierre sin vencer) × 100"
        ),
        _("De lo que se podía cobrar en el periodo, cuánto dejó de deberse."),
        _("No había nada por cobrar en el periodo."),
    ),
    "rotation": (
        _("Rotación"),
        "percent",
        _("Cobrado en el periodo ÷ (ventas a crédito − notas de crédito) × 100"),
        _("Pasa de 100 cuando se cobran deudas de antes."),
        _NO_SALES,
    ),
    "turnover": (
        _("Rotación de cartera"),
        "times",
        _("Ventas netas a crédito ÷ promedio del saldo al inicio y al cierre"),
        _("Cuántas veces se cobró la cartera completa en el periodo."),
        _("No había saldo al inicio ni al cierre."),
    ),
}


PLACES = {"turnover": 2}


def described(key: str, value: Fraction | None) -> Indicator:
    """An indicator with its words, rounded for people."""
    return _worded(key, None if value is None else indicators.shown(value, PLACES.get(key, 1)))


def _worded(key: str, shown: Decimal | None) -> Indicator:
    label, unit, formula, meaning, why = _ABOUT[key]
    return Indicator(key, label, shown, unit, formula, meaning, why if shown is None else "")
