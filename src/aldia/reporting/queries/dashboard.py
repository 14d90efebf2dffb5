"""The figures of Inicio: what is owed, what falls due, what came in, who owes most, and what needs a person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from aldia.banking.models import BankMovement
from aldia.banking.queries import inbox
from aldia.customers.models import Customer
from aldia.documents.models import BatchState, Direction, FiscalDocument, IngestBatch
from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months, month_end
from aldia.payments.queries.attempts import to_review
from aldia.payments.queries.reports import WAITING, reports
from aldia.receivables.models import Receivable
from aldia.receivables.queries import balances
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import CURRENCY, CUSTOMER, Aging, AgingRow, Wanted, aging
from aldia.reporting.queries.drill import Drill

TOP = 8
HISTORY_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount of one currency in minor units, how many rows it has, and the rows."""

    amount: int
    drill: Drill
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Of one currency; `totals` has the others too."""

    currency: str
    today: date
    totals: Sequence[AgingRow]
    owed: Figure
    overdue: Figure
    due_7: Figure
    due_30: Figure
    collected: Figure
    collected_before: Figure
    collected_same_days: Figure
    presumed: Figure
    in_favour: Figure
    top: Sequence[AgingRow]
    ranges: Ranges

    @property
    def overdue_percent(self) -> int:
        """Of what is owed, in thousandths (0 when nothing is)."""
        return 1000 * self.overdue.amount // self.owed.amount if self.owed.amount else 0


def dashboard(*, sight: Sight, today: date, home: str, currency: str, ranges: Ranges) -> Dashboard:
    """The figures of a currency as of today."""
    aged = aging(sight=sight, as_of=today, today=today, home=home, ranges=ranges, by=CUSTOMER)
    total = aged.total(currency)
    start, before = today.replace(day=1), add_months(today.replace(day=1), -1)
    same_day = min(before + timedelta(days=today.day - 1), month_end(before))

    def figure(rows: Drill) -> Figure:
        sums = drill.sums_behind(rows, sight=sight, today=today, home=currency)
        return Figure(sum(each.amount for each in sums), rows, sum(each.count for each in sums))

    def due_within(days: int) -> Figure:
        return figure(Drill(drill.OWED, currency, due_from=today, due_to=today + timedelta(days=days)))

    return Dashboard(
        currency=currency,
        today=today,
        totals=aged.totals,
        owed=Figure(total.total, Drill(drill.OWED, currency)),
        overdue=Figure(total.overdue, Drill(drill.OWED, currency, due_to=today - timedelta(days=1))),
        due_7=due_within(7),
        due_30=due_within(30),
        collected=figure(Drill(drill.COLLECTED, currency, first=start, last=today)),
        collected_before=figure(Drill(drill.COLLECTED, currency, first=before, last=month_end(before))),
        collected_same_days=figure(Drill(drill.COLLECTED, currency, first=before, last=same_day)),
        presumed=figure(Drill(drill.PRESUMED, currency, first=_presumed_since(today), last=today)),
        in_favour=figure(Drill(drill.IN_FAVOUR, currency)),
        top=_top(aged, currency),
        ranges=ranges,
    )


def _presumed_since(today: date) -> date:
    """Presumptions count from the last day of a month: those of this month are dated at the end of the one before."""
    return today.replace(day=1) - timedelta(days=1)


def _top(aged: Aging, currency: str) -> list[AgingRow]:
    """Who owes most overdue; then who owes most."""
    rows = sorted(aged.of(currency), key=lambda row: (-row.overdue, -row.total, row.label))
    return rows[:TOP]


def history(
    *, sight: Sight, today: date, currency: str, ranges: Ranges, months: int = HISTORY_MONTHS
) -> list[tuple[date, tuple[int, ...]]]:
    """Aging at the end of each of the last months, the current one as of today, oldest first."""
    ends = [month_end(add_months(today.replace(day=1), -back)) for back in range(months - 1, 0, -1)] + [today]
    found = []
    for end in ends:
        aged = aging(
            sight=sight, as_of=end, today=today, home=currency, ranges=ranges, by=CURRENCY, wanted=Wanted(currency)
        )
        found.append((end, aged.total(currency).buckets))
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """Something that waits for a person: `key` names it, `count` how many, `amount` per currency where it has one."""

    key: str
    count: int
    amounts: tuple[tuple[str, int], ...] = ()
    detail: Any = ""


def work(*, sight: Sight, today: date, home: str) -> list[Work]:
    """What needs a person, the most pressing first; nothing that is zero."""
    review = drill.sums_behind(Drill(drill.REVIEW), sight=sight, today=today, home=home)
    free = drill.sums_behind(Drill(drill.IN_FAVOUR), sight=sight, today=today, home=home)
    found = [
        Work("imports_failed", IngestBatch.objects.filter(state=BatchState.FAILED).count()),
        Work("imports_running", IngestBatch.objects.filter(state__in=[BatchState.QUEUED, BatchState.RUNNING]).count()),
        Work("review", sum(each.count for each in review), _amounts(review)),
        Work("online", _online(sight)),
        Work("to_reconcile", *_to_reconcile(sight)),
        Work("reported", sight.narrow(reports()).filter(WAITING).count()),
        Work("in_favour", sum(each.count for each in free), _amounts(free)),
        Work("lines_exceeded", _exceeded(sight)),
        Work("to_switch_on", _to_switch_on(sight)),
    ]
    return [each for each in found if each.count]


def _amounts(sums: Sequence[drill.RowSum]) -> tuple[tuple[str, int], ...]:
    return tuple((each.currency, each.amount) for each in sums)


def _online(sight: Sight) -> int:
    """Payments on line that wait for a person; those of nobody yet are for who sees everybody."""
    if sight.collector is not None:
        return sight.narrow(to_review()).count()
    return to_review().filter(Q(customer__isnull=True) | Q(customer__generic=False)).count()


def _to_reconcile(sight: Sight) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Movements of the bank that wait for somebody, and their money; those of nobody yet are for who sees everybody."""
    rows = BankMovement.objects.all()
    if sight.collector is not None:
        rows = rows.filter(payer__portfolio__collector=sight.collector)
    return inbox.waiting_sums(rows)


def _exceeded(sight: Sight) -> int:
    with_lines = sight.customers().filter(credit_lines__isnull=False).values_list("id", flat=True).distinct()
    return sum(1 for _each in balances.exceeded_lines(list(with_lines)))


def _to_switch_on(sight: Sight) -> int:
    """Customers with invoices on file that nobody collects."""
    off = Customer.objects.filter(collecting=False, generic=False)
    if sight.collector is not None:
        off = off.filter(portfolio__collector=sight.collector)
    return off.filter(documents__kind="invoice", documents__direction=Direction.ISSUED).distinct().count()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a new company got: the three steps of the first day."""

    has_documents: bool
    has_customers_on: bool
    has_receivables: bool

    @property
    def is_new(self) -> bool:
        return not self.has_receivables


def progress() -> Progress:
    """Where the company stands in its first steps."""
    has_receivables = Receivable.objects.exists()
    return Progress(
        has_documents=has_receivables or FiscalDocument.objects.exists(),
        has_customers_on=Customer.objects.filter(collecting=True).exists(),
        has_receivables=has_receivables,
    )


def customer_id(row: AgingRow) -> uuid.UUID:
    """The customer of a row of the aging by customer."""
    return uuid.UUID(row.key)
