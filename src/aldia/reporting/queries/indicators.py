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

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from aldia.domain import indicators
from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months, month_end
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import CURRENCY, Wanted, aging
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
    sales = parts["sales"].amount - parts["returns"].amount
    closing, current = parts["closing"].amount, parts["current"].amount
    days = (last - first).days + 1
    values = [
        _value("dso", indicators.dso_days(closing, sales, days)),
        _value("countback", _countback(sight, currency, closing, last, today)),
        _value("best_dso", indicators.best_possible_dso_days(current, sales, days)),
        _value("add", indicators.average_days_delinquent(closing, current, sales, days)),
        _value("cei", indicators.cei_percent(parts["opening"].amount, sales, closing, current)),
        _value("rotation", indicators.collected_percent(parts["collected"].amount, sales)),
        _value("turnover", indicators.turnover_times(sales, parts["opening"].amount, closing), places=2),
    ]
    return Indicators(currency, first, last, parts, values)


def _parts(sight: Sight, currency: str, first: date, last: date, today: date) -> dict[str, Part]:
    before = first - timedelta(days=1)
    wanted = {
        "opening": (_("Saldo al inicio"), Drill(drill.OWED, currency, as_of=before)),
        "sales": (_("Ventas a crédito"), Drill(drill.SALES, currency, first=first, last=last, as_of=last)),
        "returns": (_("Notas de crédito"), Drill(drill.RETURNS, currency, first=first, last=last)),
        "collected": (_("Cobrado"), Drill(drill.COLLECTED, currency, first=first, last=last)),
        "closing": (_("Saldo al cierre"), Drill(drill.OWED, currency, as_of=last)),
        "current": (_("Saldo al cierre sin vencer"), Drill(drill.OWED, currency, as_of=last, due_from=last)),
    }
    opening = _owed(sight, currency, before, today)
    closing = _owed(sight, currency, last, today)
    known = {"opening": sum(opening), "closing": sum(closing), "current": closing[0]}
    return {
        key: Part(label, known[key] if key in known else drill.figure(rows, sight=sight, today=today), rows)
        for key, (label, rows) in wanted.items()
    }


def _owed(sight: Sight, currency: str, as_of: date, today: date) -> tuple[int, ...]:
    """Not yet due, and overdue."""
    found = aging(
        sight=sight, as_of=as_of, today=today, home=currency, ranges=Ranges((30,)), by=CURRENCY, wanted=Wanted(currency)
    )
    current, *late = found.total(currency).buckets
    return current, sum(late)


def _countback(sight: Sight, currency: str, closing: int, last: date, today: date) -> Fraction | None:
    """Over the calendar months before the end of the period, the last one as far as it went."""
    since = add_months(last.replace(day=1), 1 - COUNTBACK_MONTHS)
    sold = _by_month(Drill(drill.SALES, currency, first=since, last=last, as_of=last), "issued_on", sight, today)
    back = _by_month(Drill(drill.RETURNS, currency, first=since, last=last), "received_on", sight, today)
    periods = (indicators.Period(sold.get(first, 0) - back.get(first, 0), days) for first, days in months_back(last))
    return indicators.countback_dso_days(closing, periods)


def _by_month(rows: Drill, column: str, sight: Sight, today: date) -> dict[date, int]:
    """Summed by day in SQL and by month here: SQLite would call Python for the month of every row."""
    found = drill.rows_behind(rows, sight=sight, today=today).select_related(None).order_by()
    sums: dict[date, int] = {}
    for day, figure in found.values_list(column).annotate(sum=Sum("figure")):
        month = day.replace(day=1)
        sums[month] = sums.get(month, 0) + int(figure)
    return sums


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


def _value(key: str, value: Fraction | None, places: int = 1) -> Indicator:
    label, unit, formula, meaning, why = _ABOUT[key]
    shown = None if value is None else indicators.shown(value, places)
    return Indicator(key, label, shown, unit, formula, meaning, why if value is None else "")
