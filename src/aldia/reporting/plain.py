"""Reports as plain data for --json and the API: money is text with the currency's decimals, dates are ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from aldia.customers.models import Customer
from aldia.domain.money import minor_text
from aldia.receivables.queries.statement import CurrencyStatement, Statement
from aldia.reporting import words
from aldia.reporting.queries.aging import Aging, AgingRow
from aldia.reporting.queries.drill import RowSum
from aldia.reporting.queries.indicators import Indicator, Indicators

_STATEMENT_FIGURES = ("opening", "charged", "paid", "closing", "owed", "overdue", "in_favour")


def aging_data(found: Aging) -> dict[str, Any]:
    return {
        "as_of": found.as_of.isoformat(),
        "by": found.by,
        "ranges": list(found.ranges.bounds),
        "labels": list(found.ranges.labels),
        "rows": [_aging_row(each) for each in found.rows],
        "totals": [_aging_row(each) for each in found.totals],
    }


def _aging_row(row: AgingRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "label": row.label,
        "currency": row.currency,
        "buckets": [minor_text(minor, row.currency) for minor in row.buckets],
        "overdue": minor_text(row.overdue, row.currency),
        "total": minor_text(row.total, row.currency),
    }


def customer_data(customer: Customer) -> dict[str, str]:
    return {"id": str(customer.pk), "tax_id": customer.tax_id, "name": customer.legal_name}


def statement_data(found: Statement, customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer_data(customer),
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "currencies": [_statement_part(part) for part in found.currencies],
    }


def _statement_part(part: CurrencyStatement) -> dict[str, Any]:
    def text(minor: int) -> str:
        return minor_text(minor, part.currency)

    return {
        "currency": part.currency,
        **{name: text(getattr(part, name)) for name in _STATEMENT_FIGURES},
        "movements": [
            {
                "on": each.on.isoformat(),
                "kind": each.kind,
                "text": words.movement_text(each),
                "amount": text(each.amount),
                "balance": text(each.running),
            }
            for each in part.movements
        ],
        "documents": [{**_receivable(row), "balance": text(row.balance)} for row in part.documents],
    }


def _receivable(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "number": row.number,
        "uuid": row.key,
        "issued_on": row.issued_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "total": minor_text(row.total, row.currency),
    }


def indicators_data(found: Indicators, values: Iterable[Indicator]) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "figures": {key: minor_text(part.amount, found.currency) for key, part in found.parts.items()},
        "indicators": {
            each.key: {
                "value": None if each.value is None else str(each.value),
                "unit": each.unit,
                "label": str(each.label),
                "formula": str(each.formula),
            }
            for each in values
        },
    }


def overdue_data(rows: Iterable[Any], sums: Sequence[RowSum], as_of: date) -> dict[str, Any]:
    """Rows of `drill.owed_rows`, each with its customer."""
    return {
        "as_of": as_of.isoformat(),
        "rows": [
            {
                **_receivable(row),
                "customer": customer_data(row.customer),
                "days_late": (as_of - row.due_on).days,
                "currency": row.currency,
                "balance": minor_text(row.figure, row.currency),
            }
            for row in rows
        ],
        "totals": [
            {"currency": each.currency, "rows": each.count, "total": minor_text(each.amount, each.currency)}
            for each in sums
        ],
    }
