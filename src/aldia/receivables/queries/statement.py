"""Statement of account ("estado de cuenta") of a customer: what is open, what moved, what is in favour. Per currency.

A movement changes what the customer owes: a receivable is opened (or voided), a credit is applied to one or taken
back. For each currency: opening balance + Σ movements = closing balance, and the closing balance of a range that ends
today is what is owed now. Money received and not yet applied is beside it, in favour.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Q

from aldia.domain.aging import Owed, Ranges, age
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.queries import lists, states

CHARGE, PAYMENT, UNDONE, VOID = "charge", "payment", "undone", "void"
_ORDER = {CHARGE: 0, PAYMENT: 1, UNDONE: 2, VOID: 3}


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` signed: positive raises what is owed. `running` is the balance after it.

    `receivable` on charges and voids; on payments the credit, and `numbers` of the receivables it paid.
    """

    on: date
    kind: str
    currency: str
    amount: int
    running: int = 0
    receivable: Receivable | None = None
    credit: Credit | None = None
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CurrencyStatement:
    """One currency of a statement; amounts in minor units. `buckets` age what is open on the last day."""

    currency: str
    opening: int
    charged: int
    paid: int
    closing: int
    movements: list[Movement]
    documents: list[Receivable]
    owed: int
    overdue: int
    buckets: tuple[int, ...]
    in_favour: int
    held: int
    credits: list[Credit]


@dataclass(frozen=True, slots=True)
class Statement:
    first: date
    last: date
    today: date
    ranges: Ranges
    currencies: list[CurrencyStatement]


def statement(
    *,
    customer_id: uuid.UUID,
    first: date,
    last: date,
    today: date,
    home: str,
    wanted: lists.Wanted | None = None,
    ranges: Ranges | None = None,
) -> Statement:
    """The account of a customer from `first` to `last`, both included, and what is open today.

    `wanted` narrows the documents that are listed (its tab, dates, days late…), never the balances.
    """
    known = ranges or states.company_ranges()
    rows = list(Receivable.objects.filter(customer_id=customer_id).select_related("customer", "document"))
    allocations = _allocations(rows)
    credits = list(
        Credit.objects.filter(customer_id=customer_id, reversed_on__isnull=True, remaining__gt=0).order_by(
            "received_on"
        )
    )
    shown = _documents(customer_id, wanted or lists.Wanted(), today, known)
    found = {row.currency for row in rows} | {credit.currency for credit in credits}
    ordered = sorted(found or {home}, key=lambda currency: (currency != home, currency))
    every = movements(rows, allocations)
    parts = [_part(currency, rows, shown, every, credits, first, last, today, known) for currency in ordered]
    return Statement(first, last, today, known, parts)


def _part(
    currency: str,
    rows: list[Receivable],
    shown: list[Receivable],
    every: list[Movement],
    credits: list[Credit],
    first: date,
    last: date,
    today: date,
    ranges: Ranges,
) -> CurrencyStatement:
    opening, within = _running([each for each in every if each.currency == currency], first, last)
    open_rows = [row for row in rows if row.currency == currency and row.balance > 0]
    aged = age([Owed("", currency, row.due_on, row.balance) for row in open_rows], today, ranges)
    free = [credit for credit in credits if credit.currency == currency]
    return CurrencyStatement(
        currency=currency,
        opening=opening,
        charged=sum(each.amount for each in within if each.amount > 0),
        paid=-sum(each.amount for each in within if each.amount < 0),
        closing=within[-1].running if within else opening,
        movements=within,
        documents=[row for row in shown if row.currency == currency],
        owed=sum(row.balance for row in open_rows),
        overdue=sum(row.balance for row in open_rows if row.due_on < today),
        buckets=aged.get(("", currency), (0,) * ranges.size),
        in_favour=sum(credit.remaining - credit.held for credit in free),
        held=sum(credit.held for credit in free),
        credits=free,
    )


def _documents(customer_id: uuid.UUID, wanted: lists.Wanted, today: date, ranges: Ranges) -> list[Receivable]:
    rows = lists.filtered(Receivable.objects.select_related("document"), wanted, today, ranges)
    return list(rows.filter(customer_id=customer_id).order_by("due_on", "id"))


def _allocations(rows: Iterable[Receivable]) -> list[Allocation]:
    customers = {row.customer_id for row in rows}
    found = Allocation.objects.filter(receivable__customer_id__in=customers)
    return list(found.select_related("credit").order_by("on", "id"))


def movements(rows: Iterable[Receivable], allocations: Iterable[Allocation]) -> list[Movement]:
    """All that ever changed what is owed, in the order of its dates.

    A voided receivable owes nothing from the day of the void on, whatever was undone on it later.
    """
    by_id = {row.id: row for row in rows}
    left = {row.id: row.total for row in by_id.values()}
    grouped: dict[tuple[uuid.UUID, date], list[Allocation]] = defaultdict(list)
    for each in allocations:
        row = by_id[each.receivable_id]
        if row.voided_on is not None and each.on >= row.voided_on:
            continue
        left[row.id] -= each.amount
        grouped[each.credit_id, max(each.on, row.issued_on)].append(each)
    found = [Movement(row.issued_on, CHARGE, row.currency, row.total, receivable=row) for row in by_id.values()]
    found += [
        Movement(row.voided_on, VOID, row.currency, -left[row.id], receivable=row)
        for row in by_id.values()
        if row.voided_on is not None and left[row.id]
    ]
    for (_credit, on), parts in grouped.items():
        found += _of_credit(on, parts, by_id)
    return sorted(found, key=lambda each: (each.on, _ORDER[each.kind], _tie(each)))


def _of_credit(on: date, parts: list[Allocation], by_id: dict[uuid.UUID, Receivable]) -> Iterable[Movement]:
    """One movement per currency of what a credit paid on a day, less what was taken back that same day."""
    for currency in sorted({by_id[each.receivable_id].currency for each in parts}):
        mine = [each for each in parts if by_id[each.receivable_id].currency == currency]
        paid = sum(each.amount for each in mine)
        if paid:
            numbers = tuple(sorted({by_id[each.receivable_id].number for each in mine}))
            kind = PAYMENT if paid > 0 else UNDONE
            yield Movement(on, kind, currency, -paid, credit=mine[0].credit, numbers=numbers)


def _tie(movement: Movement) -> str:
    owner = movement.receivable or movement.credit
    return str(owner.id) if owner else ""


def _running(every: list[Movement], first: date, last: date) -> tuple[int, list[Movement]]:
    """The balance before `first`, and the movements to `last` with the balance after each."""
    opening = sum(each.amount for each in every if each.on < first)
    running, within = opening, []
    for each in every:
        if first <= each.on <= last:
            running += each.amount
            within.append(replace(each, running=running))
    return opening, within


def period(name: str, today: date) -> tuple[date, date]:
    """First and last day of a button of the statement: month, quarter, year or all (three years back)."""
    starts = {
        "month": today.replace(day=1),
        "quarter": today - timedelta(days=90),
        "year": today - timedelta(days=365),
        "all": date(2000, 1, 1),
    }
    return starts.get(name, starts["quarter"]), today


def has_documents(customer_id: uuid.UUID) -> bool:
    """Whether anything was ever collected from the customer."""
    owed = Receivable.objects.filter(Q(customer_id=customer_id)).exists()
    return owed or Credit.objects.filter(customer_id=customer_id).exists()
