"""The reports that there are, and what each is made of: its page, its sheets, its paper, and what may be chosen of it.

A report is made for a `Sight`: nobody gets by e-mail what they could not open.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import XLSX_TYPE, Sheet, write_xlsx
from aldia.integrations.typesetting import PDF_TYPE
from aldia.reporting import builders, words
from aldia.reporting.builders import Ask, CannotMake
from aldia.reporting.options import BILLING, BY, CURRENCY, CUSTOMER, PERIOD, PORTFOLIO, STEP, WHICH
from aldia.reporting.sheet_papers import TooLong, kept, sheets_pdf
from aldia.tenancy import permissions
from aldia.tenancy.models import Company

__all__ = ["FORMATS", "PDF", "REPORTS", "TYPES", "XLSX", "Ask", "CannotMake", "Made", "Report", "make", "report_of"]
XLSX, PDF = "xlsx", "pdf"
FORMATS = (XLSX, PDF, "both")
TYPES = {XLSX: XLSX_TYPE, PDF: PDF_TYPE}


@dataclass(frozen=True, slots=True)
class Report:
    """`page`: name of its address, `path` inside the company. `pdf`: a paper of its own, else its sheets are set."""

    key: str
    title: Any
    about: Any
    icon: str
    page: str
    path: str
    options: tuple[str, ...]
    sheets: Callable[[Ask], list[Sheet]]
    pdf: Callable[[Ask, list[Sheet]], bytes] | None = None
    permission: str = permissions.VIEW
    has_all_currencies: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A report as a file."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it was made: its sheets (rows kept), its files, and what must be said of them."""

    sheets: list[Sheet]
    files: list[File]
    said: list[str]


def make(report: Report, ask: Ask, *, ending: str, stem: str) -> Made:
    """Make a report as `ending` ("xlsx", "pdf" or "both"). What is too long for paper goes as Excel, and says so.

    Raises `CannotMake`.
    """
    found = kept(report.sheets(ask))
    files, said = [], []
    if ending != XLSX:
        try:
            data = report.pdf(ask, found) if report.pdf else sheets_pdf(found, company=ask.company, today=ask.today)
            files.append(File(f"{stem}.pdf", PDF_TYPE, data))
        except TooLong as error:
            said.append(str(error))
    if ending != PDF or not files:
        files.append(File(f"{stem}.xlsx", XLSX_TYPE, workbook(found)))
    return Made(found, files, said)


def workbook(found: list[Sheet]) -> bytes:
    stream = io.BytesIO()
    write_xlsx(stream, found)
    return stream.getvalue()


def totals_said(found: list[Sheet], company: Company, most: int = 12) -> list[str]:
    """The last rows of the sheets as sentences: their label, and their last two amounts with the heading of each."""
    lines = []
    for sheet in found:
        for row in sheet.footer:
            amounts = [
                f"{column.heading}: {words.amount(cell.minor, cell.currency, company)}"
                for cell, column in zip(row, sheet.columns, strict=True)
                if isinstance(cell, Money)
            ]
            label = str(row[0] or sheet.name)
            lines.append(f"{label}: {' · '.join(amounts[-2:])}" if amounts else label)
    return lines[:most]


REPORTS = {
    each.key: each
    for each in (
        Report(
            "overdue", gettext_lazy("Saldos vencidos"), gettext_lazy("Cada documento vencido, el más antiguo primero"),
            "alert-triangle", "report_overdue", "reportes/vencidos/", (CURRENCY, PORTFOLIO), builders.overdue_sheets,
            has_all_currencies=True,
        ),
        Report(
            "aging", gettext_lazy("Antigüedad de saldos"), gettext_lazy("Cuánto se debe y desde cuándo"),
            "chart-bar", "report_aging", "reportes/antiguedad/", (BY, CURRENCY, PORTFOLIO),
            builders.aging_sheets, builders.aging_paper,
            has_all_currencies=True,
        ),
        Report(
            "statement", gettext_lazy("Estado de cuenta"), gettext_lazy("Lo que debe y pagó un cliente"),
            "report-money", "report_statement", "reportes/estado-de-cuenta/", (CUSTOMER, PERIOD),
            builders.statement_sheets, builders.statement_paper,
        ),
        Report(
            "indicators", gettext_lazy("Indicadores"), gettext_lazy("DSO, CEI y los demás, con su fórmula"),
            "chart-line", "report_indicators", "reportes/indicadores/", (PERIOD, CURRENCY), builders.indicators_sheets,
        ),
        Report(
            "team", gettext_lazy("Equipo"), gettext_lazy("Lo que hizo y cobró cada persona en el mes"),
            "users-group", "team", "cobranza/equipo/", (WHICH, CURRENCY), builders.team_sheets,
            permission=permissions.MANAGE_TEAM,
        ),
        Report(
            "collectors", gettext_lazy("Cobrado por cobrador"), gettext_lazy("De quién es el dinero que entró"),
            "coin", "report_collectors", "reportes/cobradores/", (PERIOD, CURRENCY), builders.collectors_sheets,
        ),
        Report(
            "reminders", gettext_lazy("Eficacia de recordatorios"), gettext_lazy("Qué se pagó después de cada uno"),
            "bell-check", "report_reminders", "reportes/recordatorios/", (PERIOD, CURRENCY), builders.reminders_sheets,
        ),
        Report(
            "cash_flow", gettext_lazy("Flujo de efectivo"), gettext_lazy("Cuánto dinero se espera y cuándo"),
            "cash-register", "cash_flow", "reportes/flujo/", (STEP, CURRENCY, PORTFOLIO, BILLING),
            builders.cash_flow_sheets,
        ),
        Report(
            "forecast", gettext_lazy("Pronóstico"), gettext_lazy("Cuándo se espera cada pago"),
            "chart-dots", "forecast", "pronostico/", (CURRENCY, PORTFOLIO), builders.forecast_sheets,
        ),
    )
}  # fmt: skip


def report_of(key: str) -> Report:
    """Raises `CannotMake` for a report that there is not (any more)."""
    found = REPORTS.get(key)
    if found is None:
        raise CannotMake(_("Ese reporte ya no existe."))
    return found
