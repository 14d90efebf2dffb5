"""Excel of the months: every indicator with the figures that went in, and the rolls between ranges of age."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from aldia.domain.aging import Ranges
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.reporting import words
from aldia.reporting.queries.history import Month
from aldia.reporting.queries.indicators import described, drills_of
from aldia.reporting.sheets import unit_name
from aldia.tenancy.models import Company


def history_sheets(found: list[Month], *, currency: str, company: Company, ranges: Ranges) -> list[Sheet]:
    """Two sheets, oldest month first."""
    above = [_("Indicadores por mes"), company.legal_name, currency]
    return [_values(found, currency, above), _rolls(found, currency, above, ranges)]


def _values(found: list[Month], currency: str, above: list[str]) -> Sheet:
    about = [described(key, None) for key in found[-1].values]
    parts = drills_of(currency, found[-1].first, found[-1].last)
    columns = [
        Column(_("Desde"), "day", 12),
        Column(_("Hasta"), "day", 12),
        *(Column(f"{each.label} ({unit_name(each.unit)})", "text", 18) for each in about),
        *(Column(str(label), "money", 18) for label, _rows in parts.values()),
    ]
    rows: list[list[Cell]] = []
    for month in found:
        values: list[Any] = [described(key, value).value for key, value in month.values.items()]
        amounts = [Money(getattr(month.amounts, key), currency) for key in parts]
        rows.append([month.first, month.last, *values, *amounts])
    return Sheet(_("Indicadores"), columns, rows, above)


def _rolls(found: list[Month], currency: str, above: list[str], ranges: Ranges) -> Sheet:
    labels = words.range_labels(ranges)
    columns = [
        Column(_("Del cierre de"), "day", 14),
        Column(_("Al cierre de"), "day", 14),
        Column(_("Rango"), width=14),
        Column(_("Se debía"), "money", 18),
        Column(_("Se liquidó"), "money", 18),
        *(Column(_("Después: %(range)s") % {"range": label}, "money", 18) for label in labels),
    ]
    rows: list[list[Cell]] = []
    for before, month in zip([None, *found], found, strict=False):
        for roll in month.rolls:
            start = before.last if before else None
            still = [Money(each, currency) for each in roll.still]
            cells: list[Cell] = [start, month.last, labels[roll.bucket], Money(roll.then, currency)]
            rows.append([*cells, Money(roll.settled, currency), *still])
    return Sheet(_("Rodamiento"), columns, rows, above)
