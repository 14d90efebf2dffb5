"""Any report as a paper: the sheets of its Excel set as tables, so that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.integrations.typesetting import set_pdf
from aldia.reporting import words
from aldia.tenancy.models import Company

MAX_ROWS = 2_000  # of all its tables: more are for Excel
_NUMERIC = frozenset({"money", "whole", "percent"})


class TooLong(ValueError):
    """More rows than anybody reads on paper."""

    def __init__(self) -> None:
        super().__init__(_("Son demasiadas hojas para un PDF: va en Excel."))


def kept(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The same sheets with rows that can be read more than once."""
    return [Sheet(each.name, each.columns, list(each.rows), each.above, each.footer) for each in sheets]


def sheets_pdf(sheets: Sequence[Sheet], *, company: Company, today: date) -> bytes:
    """Kept sheets as a PDF; the first lines of the first one are its title. Raises `TooLong`, `CannotSet`."""
    if sum(len(list(each.rows)) for each in sheets) > MAX_ROWS:
        raise TooLong
    title, subtitle, notes = heading(sheets)
    data: dict[str, Any] = {
        "title": title,
        "subtitle": subtitle,
        "notes": [],
        "company": {"name": company.legal_name, "tax_id": company.tax_id},
        "footer": _("%(company)s · hecho el %(day)s con Aldía") % {"company": company, "day": words.day(today)},
        "words": {"page": _("Página"), "empty": _("No hay nada que mostrar.")},
        "tables": [_table(each, company) for each in sheets],
        "told": list(notes),
    }
    return set_pdf("table", data)


def heading(sheets: Sequence[Sheet]) -> tuple[str, str, list[str]]:
    """Title, subtitle and further lines of a report: those above its first sheet, without the company's name."""
    above = list(sheets[0].above) if sheets else []
    title, rest = (above[0], above[1:]) if above else (_("Reporte"), [])
    named = rest[1:] if rest else []
    return title, named[0] if named else "", named[1:]


def _table(sheet: Sheet, company: Company) -> dict[str, Any]:
    shown = [place for place, column in enumerate(sheet.columns) if not column.hidden]
    columns = [sheet.columns[place] for place in shown]
    rows = [line(row, sheet.columns, shown, company) for row in sheet.rows]
    count = ngettext("%(count)s renglón", "%(count)s renglones", len(rows)) % {"count": f"{len(rows):,}"}
    return {
        "name": sheet.name,
        "note": count,
        "heads": [column.heading for column in columns],
        "widths": [max(8, min(column.width, 44)) for column in columns],
        "numeric": [place for place, column in enumerate(columns) if column.kind in _NUMERIC],
        "rows": rows,
        "totals": [line(row, sheet.columns, shown, company) for row in sheet.footer],
    }


def line(row: Sequence[Cell], columns: Sequence[Column], shown: Sequence[int], company: Company) -> list[str]:
    """A row as text."""
    return [cell_text(row[place], columns[place], company) for place in shown]


def cell_text(cell: Cell, column: Column, company: Company) -> str:
    """A cell as it is written on paper and on the page."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return _("Sí") if cell else _("No")
    if isinstance(cell, Money):
        return words.figure(cell.minor, cell.currency, company)
    if isinstance(cell, datetime):
        return f"{words.day(cell.date())} {cell:%H:%M}"
    if isinstance(cell, date):
        return words.day(cell)
    if isinstance(cell, Decimal | int):
        if column.kind == "percent":
            return f"{words.decimal((Decimal(cell) * 100).quantize(Decimal('0.1')), company)} %"
        return words.decimal(Decimal(cell), company)
    return cell
