"""The periods that reports offer, and the one that was asked for."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.reporting.queries.figures import periods
from aldia.web.views.reports_common import Asked

PERIODS = (
    ("month", gettext_lazy("Este mes")),
    ("last_month", gettext_lazy("Mes pasado")),
    ("quarter", gettext_lazy("Últimos 3 meses")),
    ("year", gettext_lazy("Últimos 12 meses")),
)


def period_name(asked: Asked) -> str:
    """The period of the tabs; "" when days were typed."""
    if asked.text("first") or asked.text("last"):
        return ""
    return asked.choice("period", [name for name, _label in PERIODS], "quarter")


def span_of(asked: Asked) -> tuple[date, date]:
    """First and last day, until today; what cannot be is named in the errors, and the last quarter is shown."""
    spans = periods(asked.today)
    first, last = spans.get(period_name(asked), spans["quarter"])
    first, last = asked.day("first", _("Desde")) or first, asked.day("last", _("Hasta")) or last
    last = min(last, asked.today)
    if first > last:
        asked.errors.append(_("El periodo empieza después de terminar."))
        first, last = spans["quarter"]
    return first, last
