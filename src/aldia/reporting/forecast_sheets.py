"""The forecast as sheets: money by week, and when each open document is expected."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from aldia.domain.money import Money
from aldia.forecasts.models import ModelRun
from aldia.forecasts.queries import current
from aldia.forecasts.stretches import WEEK
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.receivables.queries.sight import Sight
from aldia.reporting import words
from aldia.reporting.queries.cash_flow import Asked, invoices
from aldia.tenancy.models import Company

PERMILLE = 1000


def forecast_sheets(*, sight: Sight, asked: Asked, company: Company) -> list[Sheet]:
    """What is expected by week (of the whole company only) and by document; one empty sheet without a forecast."""
    run = current.latest_run()
    above = [_("Pronóstico de cobranza"), company.legal_name, _about(run, asked.currency)]
    if run is None:
        return [Sheet(_("Documentos"), [Column(_("Folio"))], [], above)]
    sheets = [_documents(run, sight, asked, above)]
    if sight.collector is None and not asked.portfolio:
        sheets.insert(0, _weeks(run, asked.currency, above))
    return sheets


def _about(run: ModelRun | None, currency: str) -> str:
    if run is None:
        return _("Todavía no hay pronóstico.")
    return f"{_('Según el pronóstico del %(day)s.') % {'day': words.day(run.as_of)}} {currency}"


def _weeks(run: ModelRun, currency: str, above: list[str]) -> Sheet:
    columns = [
        Column(_("Desde"), "day", 13),
        Column(_("Hasta"), "day", 13),
        Column(_("Esperado"), "money", 17),
        Column(_("Bajo (8 de cada 10)"), "money", 19),
        Column(_("Alto (8 de cada 10)"), "money", 19),
    ]
    rows: list[list[Cell]] = [
        [each.first, each.last, *(Money(minor, currency) for minor in (each.expected, each.low_80, each.high_80))]
        for each in current.cash(run, currency, WEEK)
    ]
    return Sheet(_("Por semana"), columns, rows, above)


def _documents(run: ModelRun, sight: Sight, asked: Asked, above: list[str]) -> Sheet:
    columns = [
        Column(_("Folio"), width=16),
        Column(_("Cliente"), width=42),
        Column(_("Vence"), "day", 12),
        Column(_("Saldo"), "money", 16),
        Column(_("Se espera"), "day", 12),
        Column(_("No antes de"), "day", 12),
        Column(_("No después de"), "day", 13),
        Column(_("Probabilidad de pagar tarde"), "percent", 16),
    ]
    rows = invoices(run, sight, asked).annotate(open=F("receivable__balance"))
    rows = rows.select_related("receivable__customer").order_by(F("expected_on").asc(nulls_last=True), "id")
    return Sheet(_("Por documento"), columns, _cells(rows), above)


def _cells(rows: Any) -> Iterator[list[Cell]]:
    for row in rows.iterator(chunk_size=2000):
        receivable = row.receivable
        yield [
            receivable.number,
            receivable.customer.legal_name,
            row.due_on,
            Money(row.open, row.currency),
            row.expected_on,
            row.low_on,
            row.high_on,
            Decimal(row.late_permille) / PERMILLE,
        ]
