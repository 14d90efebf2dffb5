"""Para hoy: what waits for a person, on Inicio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from aldia.banking.models import BankMovement
from aldia.banking.queries import inbox
from aldia.collections.models import Dispute, WorklistItem
from aldia.customers.models import Customer
from aldia.documents.models import BatchState, Direction, FiscalDocument, IngestBatch
from aldia.payments.queries.attempts import to_review
from aldia.payments.queries.reports import WAITING, reports
from aldia.receivables.queries import balances
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.dashboard_sums import in_favour
from aldia.reporting.queries.drill import Drill


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
    free = sorted(in_favour(sight).items(), key=lambda each: (each[0] != home, each[0]))
    found = [
        Work("calls", sight.narrow(WorklistItem.objects.filter(on=today)).count()),
        Work("disputes_late", _late_disputes(sight, today)),
        Work("imports_failed", IngestBatch.objects.filter(state=BatchState.FAILED).count()),
        Work("imports_running", IngestBatch.objects.filter(state__in=[BatchState.QUEUED, BatchState.RUNNING]).count()),
        Work("review", sum(each.count for each in review), _amounts(review)),
        Work("online", _online(sight)),
        Work("to_reconcile", *_to_reconcile(sight)),
        Work("reported", sight.narrow(reports()).filter(WAITING).count()),
        Work("in_favour", sum(rows for _each, (_sum, rows) in free), tuple((each, sum_) for each, (sum_, _n) in free)),
        Work("lines_exceeded", _exceeded(sight)),
        Work("to_switch_on", _to_switch_on(sight)),
    ]
    return [each for each in found if each.count]


def _late_disputes(sight: Sight, today: date) -> int:
    """Disputes whose answer is overdue."""
    rows = Dispute.objects.filter(resolved_on__isnull=True, answer_by__lt=today)
    return sight.narrow(rows, "receivable__customer").count()


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
    invoices = FiscalDocument.objects.filter(customer=OuterRef("pk"), kind="invoice", direction=Direction.ISSUED)
    return off.filter(Exists(invoices)).count()


def as_kept(found: Sequence[Work]) -> list[list[Any]]:
    """As JSON, to be kept with the figures."""
    return [[each.key, each.count, [list(pair) for pair in each.amounts]] for each in found]


def from_kept(rows: Sequence[Sequence[Any]]) -> list[Work]:
    """What `as_kept` wrote."""
    return [Work(key, count, tuple((currency, minor) for currency, minor in amounts)) for key, count, amounts in rows]
