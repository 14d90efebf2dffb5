"""What the pages of the forecast share: the run in force, whose invoices one sees, and stretches in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.forecasts import words
from aldia.forecasts.models import InvoiceForecast, ModelRun
from aldia.forecasts.stretches import HALF_MONTH, MONTH, WEEK
from aldia.receivables.queries.sight import Sight
from aldia.web.formatting import months

HORIZONS = (
    (WEEK, gettext_lazy("Por semana"), gettext_lazy("Semana")),
    (HALF_MONTH, gettext_lazy("Por quincena"), gettext_lazy("Quincena")),
    (MONTH, gettext_lazy("Por mes"), gettext_lazy("Mes")),
)
STALE_DAYS = 2


def invoices_of(run: ModelRun, sight: Sight) -> QuerySet[InvoiceForecast]:
    """What a run says of what is still open, of the customers in sight."""
    rows = InvoiceForecast.objects.filter(run=run, receivable__balance__gt=0)
    return sight.narrow(rows, "receivable__customer")


def stretch_words(horizon: str, first: date, last: date) -> str:
    """ "23–29 nov", "nov": short enough for the axis of a chart."""
    names = months()
    if horizon == MONTH:
        return f"{names[last.month - 1]} {last.year % 100}"
    if first.month == last.month:
        return f"{first.day}–{last.day} {names[last.month - 1]}" if first != last else day_words(first)
    return f"{first.day} {names[first.month - 1]}–{last.day} {names[last.month - 1]}"


def day_words(day: date) -> str:
    """ "23 nov"."""
    return f"{day.day} {months()[day.month - 1]}"


def about_run(run: ModelRun, today: date) -> dict[str, Any]:
    """The run in words: how it was made, and what is to be known before one trusts it."""
    learnt = run.calibration
    return {
        "run": run,
        "tier": words.SHORT_TIERS[run.tier],
        "method": words.TIERS[run.tier],
        "why": words.WHY.get(run.why, ""),
        "stepped_back": run.why in words.STEPPED_BACK,
        "is_old": (today - run.as_of).days > STALE_DAYS,
        "is_provisional": learnt.get("weeks", 0) < 20,
        "calibrated": _CALIBRATED.get(learnt.get("source", ""), ""),
    }


_CALIBRATED = {
    "made": gettext_lazy("Los márgenes están ajustados con lo que pasó después de tus pronósticos anteriores."),
    "backtest": gettext_lazy("Los márgenes están ajustados repitiendo el pronóstico sobre tu propia historia."),
    "none": gettext_lazy("Todavía no hay con qué comprobar los márgenes: son provisionales."),
}


def expected_words(row: InvoiceForecast) -> str:
    """The expected day, or why there is none."""
    if row.expected_on is not None:
        return ""
    if not row.quantiles:
        return _("Lleva más de 200 días vencida: ya no se le pone fecha")
    return _("Lo más probable es que no se pague en los 200 días después de vencer")
