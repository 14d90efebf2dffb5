"""What a message says: which debts it shows, their totals per currency, and the flat strings that its template reads.

A debt asks for what is still owed after partial payments, less the part that the customer contests. Nothing here
writes; the same functions serve the tick, the preview of an activation and the message that a person edits.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.domain.reminders import Hold
from aldia.messaging.placeholders import DEFAULT_COLUMNS, ROW_FIELDS
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.reminders.models import ReminderRule
from aldia.reminders.queries.facts import COLUMNS as ROW_COLUMNS
from aldia.reminders.queries.facts import Row, Standing, hold_rows
from aldia.reminders.voice import Voice
from aldia.tenancy.models import Company

SHOWN = ("document_id", "kind", "number", "concept", "purchase_order", "total", "issued_on")
FIELDS = (*ROW_COLUMNS, *SHOWN)  # what a message shows of a receivable, and what the gate looks at
MOST_ROWS = 60  # a table longer than that is not read; the totals are of everything, the last row says how many more
COLUMNS = {
    "number": "folio",
    "kind": "tipo",
    "issued_on": "emision",
    "due_on": "vencimiento",
    "days_late": "dias_vencido",
    "total": "total",
    "balance": "saldo",
    "currency": "moneda",
    "concept": "concepto",
    "purchase_order": "orden_de_compra",
}
Values = dict[str, "str | list[dict[str, str]]"]


@dataclass(frozen=True, slots=True)
class Debt:
    """A receivable as a message shows it, in minor units: `asked` is what it still asks for (0: it is not shown)."""

    receivable_id: uuid.UUID
    customer_id: uuid.UUID
    document_id: uuid.UUID | None
    kind: str
    number: str
    concept: str
    purchase_order: str
    currency: str
    total: int
    owed: int
    asked: int
    issued_on: date
    due_on: date
    hold: Hold | None = None

    def days_late(self, today: date) -> int:
        """Days since it fell due; negative before."""
        return (today - self.due_on).days


@dataclass(frozen=True, slots=True)
class Filters:
    """What the body shows: only what is overdue, only above an amount (in its currency), which columns."""

    only_overdue: bool = False
    min_balance: int = 0
    min_currency: str = ""
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, rule: ReminderRule) -> Filters:
        return cls(rule.only_overdue, rule.min_balance, rule.min_currency, tuple(rule.columns))

    def shows(self, debt: Debt, today: date) -> bool:
        if self.only_overdue and debt.due_on >= today:
            return False
        return debt.asked >= self.min_balance or (self.min_currency != "" and debt.currency != self.min_currency)


def open_debts(customer_ids: Collection[uuid.UUID], standing: Standing, today: date) -> dict[uuid.UUID, list[Debt]]:
    """Everything that the customers still owe and what holds each, by customer, oldest due first."""
    found: dict[uuid.UUID, list[Debt]] = {}
    for part in chunks(customer_ids):
        rows = Receivable.objects.filter(customer_id__in=part, balance__gt=0).order_by("due_on", "number", "id")
        values = list(rows.values(*FIELDS))
        holds = hold_rows([Row(**{name: row[name] for name in ROW_COLUMNS}) for row in values], standing, today=today)
        for row in values:
            found.setdefault(row["customer_id"], []).append(as_debt(row, holds.get(row["id"])))
    return found


def as_debt(row: Mapping[str, Any], hold: Hold | None) -> Debt:
    """One row of `FIELDS` as a debt, asking for what its hold leaves."""
    return Debt(
        receivable_id=row["id"],
        customer_id=row["customer_id"],
        document_id=row["document_id"],
        kind=row["kind"],
        number=row["number"],
        concept=row["concept"],
        purchase_order=row["purchase_order"],
        currency=row["currency"],
        total=row["total"],
        owed=row["balance"],
        asked=row["balance"] if hold is None else hold.asked(row["balance"]),
        issued_on=row["issued_on"],
        due_on=row["due_on"],
        hold=hold,
    )


def shown_debts(debts: Iterable[Debt], *, due: Collection[uuid.UUID], filters: Filters, today: date) -> list[Debt]:
    """The debts of a message: those that are due to be spoken of, and all else that the filters let show."""
    return [debt for debt in debts if debt.asked > 0 and (debt.receivable_id in due or filters.shows(debt, today))]


def totals(debts: Iterable[Debt]) -> list[Money]:
    """What is asked for, one total per currency, by the currency's code."""
    sums: dict[str, int] = {}
    for debt in debts:
        sums[debt.currency] = sums.get(debt.currency, 0) + debt.asked
    return [Money(sums[currency], currency) for currency in sorted(sums)]


def columns_of(filters: Filters) -> tuple[str, ...]:
    """The columns of the drawn table, by the names that templates use."""
    chosen = tuple(COLUMNS.get(name, name) for name in filters.columns)
    return tuple(name for name in chosen if name in ROW_FIELDS) or DEFAULT_COLUMNS


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes: the company as its customers know it, and the person who signs and reads the answers."""

    company: Company
    name: str = ""
    reply_to: str = ""
    phone: str = ""


def context_of(
    *,
    speaker: Speaker,
    customer: Customer,
    contact: str,
    debts: Sequence[Debt],
    voice: Voice,
    today: date,
    extra: Mapping[str, str] | None = None,
) -> Values:
    """The flat strings of one message. `debts` are those that it shows, oldest due first."""
    first = debts[0] if debts else None
    late = first.days_late(today) if first else 0
    values: Values = {
        "cliente": customer.trade_name or customer.legal_name,
        "razon_social": customer.legal_name,
        "rfc": customer.tax_id,
        "contacto": contact,
        "empresa": str(speaker.company),
        "remitente": speaker.name or str(speaker.company),
        "telefono": speaker.phone,
        "correo": speaker.reply_to,
        "fecha": voice.day(today),
        "total": voice.amounts(totals(debts)),
        "vencido": voice.amounts(totals([debt for debt in debts if debt.due_on < today])),
        "por_vencer": voice.amounts(totals([debt for debt in debts if debt.due_on >= today])),
        "cuantos": str(len(debts)) if debts else "",
        "folio": first.number if first else "",
        "vencimiento": voice.day(first.due_on) if first else "",
        "dias_vencido": str(late) if late > 0 else "",
        "documentos": rows_of(debts, voice, today),
    }
    return values | dict(extra or {})


def rows_of(debts: Sequence[Debt], voice: Voice, today: date) -> list[dict[str, str]]:
    """The rows of the table; past `MOST_ROWS` the last one says how many are left out and what they come to."""
    rows = [_row(debt, voice, today) for debt in debts[:MOST_ROWS]]
    rest = debts[MOST_ROWS:]
    if rest:
        more = "more documents" if voice.language == "en" else "documentos más"
        rows.append(
            dict.fromkeys(ROW_FIELDS, "") | {"folio": f"+ {len(rest)} {more}", "saldo": voice.amounts(totals(rest))}
        )
    return rows


def _row(debt: Debt, voice: Voice, today: date) -> dict[str, str]:
    late = debt.days_late(today)
    return {
        "folio": debt.number,
        "tipo": voice.kind(debt.kind),
        "emision": voice.short_day(debt.issued_on),
        "vencimiento": voice.short_day(debt.due_on),
        "dias_vencido": str(late) if late > 0 else "",
        "total": voice.amount(debt.total, debt.currency),
        "saldo": voice.amount(debt.asked, debt.currency),
        "moneda": debt.currency,
        "concepto": debt.concept,
        "orden_de_compra": debt.purchase_order,
    }
