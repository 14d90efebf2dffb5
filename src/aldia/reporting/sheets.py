"""Excel of the reports: the same figures as the screens, as numbers and dates, with a row of totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell, Column, Sheet
from aldia.payments.directions import Directions
from aldia.receivables.models import Receivable
from aldia.receivables.queries.statement import CurrencyStatement, Statement
from aldia.reporting import words
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import CUSTOMER, PORTFOLIO, Aging, AgingRow
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.indicators import Indicators
from aldia.tenancy.models import Company


def aging_sheets(found: Aging, *, company: Company) -> list[Sheet]:
    """One sheet; the totals of each currency below the rows."""
    first = {CUSTOMER: _("Cliente"), PORTFOLIO: _("Cartera")}.get(found.by, _("Grupo"))
    heads = [*words.range_labels(found.ranges), _("Vencido"), _("Total")]
    columns = [
        Column(first, width=42),
        Column(_("RFC") if company.country == "MX" else _("Clave fiscal"), width=18),
        Column(_("Moneda"), width=9),
        *(Column(head, "money", 16) for head in heads),
    ]
    above = [_("Antigüedad de saldos"), company.legal_name, _("Al %(day)s") % {"day": words.day(found.as_of)}]
    footer = [_aging_cells(row, _("Total %(currency)s") % {"currency": row.currency}) for row in found.totals]
    rows = (_aging_cells(row, row.label) for row in found.rows)
    return [Sheet(_("Antigüedad"), columns, rows, above, footer)]


def _aging_cells(row: AgingRow, label: str) -> list[Cell]:
    amounts = [Money(each, row.currency) for each in (*row.buckets, row.overdue, row.total)]
    return [label, row.note, row.currency, *amounts]


def statement_sheets(
    found: Statement, *, customer: Customer, company: Company, directions: Directions | None = None
) -> list[Sheet]:
    """Movements and documents of each currency; above them, where the customer transfers to."""
    above = [
        _("Estado de cuenta"),
        f"{company.legal_name} · {customer.legal_name} · {customer.tax_id}",
        _("Del %(first)s al %(last)s") % {"first": words.day(found.first), "last": words.day(found.last)},
        *_how_to_pay(directions),
    ]
    sheets = []
    for part in found.currencies:
        sheets.append(_movements(part, above))
        sheets.append(_documents(part, above, found.today))
    return sheets


def _how_to_pay(directions: Directions | None) -> list[str]:
    if directions is None:
        return []
    parts = [directions.said, directions.bank, directions.beneficiary]
    return [_("Para transferir: CLABE %(account)s") % {"account": " · ".join(part for part in parts if part)}]


def _movements(part: CurrencyStatement, above: Sequence[str]) -> Sheet:
    def money(minor: int) -> Money:
        return Money(minor, part.currency)

    columns = [
        Column(_("Fecha"), "day", 12),
        Column(_("Concepto"), width=60),
        Column(_("Cargo"), "money", 16),
        Column(_("Abono"), "money", 16),
        Column(_("Saldo"), "money", 16),
    ]
    rows: list[list[Cell]] = [[None, _("Saldo anterior"), None, None, money(part.opening)]]
    for each in part.movements:
        is_charge = words.is_charge(each)
        charge, payment = (money(each.amount), None) if is_charge else (None, money(-each.amount))
        rows.append([each.on, words.movement_text(each), charge, payment, money(each.running)])
    footer = [[None, _("Saldo al cierre"), money(part.charged), money(part.paid), money(part.closing)]]
    return Sheet(_("Movimientos %(currency)s") % {"currency": part.currency}, columns, rows, above, footer)


def _documents(part: CurrencyStatement, above: Sequence[str], today: date) -> Sheet:
    rows = (_receivable_cells(row, row.balance, today) for row in part.documents)
    total = sum(row.total for row in part.documents)
    owed = sum(row.balance for row in part.documents)
    footer = [_footer(part.currency, total, owed)]
    return Sheet(
        _("Documentos %(currency)s") % {"currency": part.currency}, _receivable_columns(), list(rows), above, footer
    )


def _receivable_columns() -> list[Column]:
    return [
        Column(_("Folio"), width=16),
        Column(_("Cliente"), width=42),
        Column(_("Documento"), width=18),
        Column(_("Emisión"), "day", 12),
        Column(_("Vence"), "day", 12),
        Column(_("Días de atraso"), "whole", 14),
        Column(_("Moneda"), width=9),
        Column(_("Total"), "money", 16),
        Column(_("Importe"), "money", 16),
        Column(_("UUID"), width=40),
    ]


def _receivable_cells(row: Receivable, minor: int, as_of: date) -> list[Cell]:
    late = (as_of - row.due_on).days
    return [
        row.number,
        row.customer.legal_name,
        words.kind_name(row.kind),
        row.issued_on,
        row.due_on,
        late if late > 0 and minor else None,
        row.currency,
        Money(row.total, row.currency),
        Money(minor, row.currency),
        row.key,
    ]


def _footer(currency: str, total: int, owed: int) -> list[Cell]:
    return [_("Total"), None, None, None, None, None, currency, Money(total, currency), Money(owed, currency), None]


def drill_sheets(
    rows: Iterable[Any], asked: Drill, sums: Sequence[drill.RowSum], *, title: str, as_of: date
) -> list[Sheet]:
    """The rows behind a figure, written one by one."""
    if asked.what in drill.OF_RECEIVABLES:
        cells = (_receivable_cells(row, row.figure, as_of) for row in rows)
        footer: list[list[Cell]] = [
            [_("Total"), *[None] * 5, each.currency, None, Money(each.amount, each.currency), None] for each in sums
        ]
        return [Sheet(_("Documentos"), _receivable_columns(), cells, [title], footer)]
    columns = [
        Column(_("Fecha"), "day", 12),
        Column(_("Cliente"), width=42),
        Column(_("Tipo"), width=20),
        Column(_("Referencia"), width=30),
        Column(_("Moneda"), width=9),
        Column(_("Importe"), "money", 16),
    ]
    footer = [[_("Total"), *[None] * 3, each.currency, Money(each.amount, each.currency)] for each in sums]
    return [Sheet(_("Pagos y créditos"), columns, _credit_cells(rows), [title], footer)]


def _credit_cells(rows: Iterable[Any]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [
            row.received_on,
            row.customer.legal_name,
            words.credit_name(row.kind),
            row.reference,
            row.currency,
            Money(row.figure, row.currency),
        ]


def indicator_sheets(found: Indicators, *, company: Company) -> list[Sheet]:
    """Indicators with their formulas, and the figures that went in."""
    period = _("Del %(first)s al %(last)s") % {"first": words.day(found.first), "last": words.day(found.last)}
    above = [_("Indicadores"), company.legal_name, f"{period} · {found.currency}"]
    values = [[str(each.label), each.value, unit_name(each.unit), str(each.formula)] for each in found.values]
    parts: list[list[Cell]] = [[str(each.label), Money(each.amount, found.currency)] for each in found.parts.values()]
    columns = [
        Column(_("Indicador"), width=30),
        Column(_("Valor"), "text", 12),
        Column(_("Unidad"), width=10),
        Column(_("Fórmula"), width=90),
    ]
    amounts = [Column(_("Cifra"), width=34), Column(_("Importe"), "money", 18)]
    return [Sheet(_("Indicadores"), columns, values, above), Sheet(_("Cifras"), amounts, parts, above)]


def unit_name(unit: str) -> str:
    return {"days": _("días"), "percent": "%", "times": _("veces")}[unit]
