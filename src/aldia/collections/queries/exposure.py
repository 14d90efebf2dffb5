"""How much credit customers have in use, by its parts and currencies: for one as for ten thousand, in a few queries.

- open: what they owe;
- unbilled: documents of ours on their way to a stamp, and dates of recurring documents that have come and are not
  issued. Dates to come are not credit given, and a draft is nobody's debt;
- financed: nothing yet; it enters here when the house finances;
- in favour: payments and notes that can be applied now.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import F, Min, Q, QuerySet, Sum
from django.db.models.functions import Least

from aldia.collections.models import Dispute
from aldia.customers.models import CreditLine
from aldia.documents.models import FiscalDocument, Kind
from aldia.domain.credit import Exposure, Late, Line
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Credit, Receivable
from aldia.recurring.content import amount_of, content_on
from aldia.recurring.models import Occurrence, OccurrenceState
from aldia.recurring.operations.issuing import ORIGIN as RECURRING

Ids = Collection[uuid.UUID] | None
CHARGES = (IssueKind.INVOICE, IssueKind.DEBIT_NOTE)
# As the partial indexes say it, so that both engines use them; what is being cancelled is left out after.
WAITING = (IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN, IssueState.CANCELLING)
NOT_ISSUED = (OccurrenceState.ASKING, OccurrenceState.ISSUING, OccurrenceState.FAILED)
UNFINISHED = (IssueState.DRAFT, IssueState.REJECTED)
RATE_FOR = timedelta(days=400)


def exposures(ids: Ids) -> dict[uuid.UUID, list[Exposure]]:
    """The exposure of each customer that has any, by currency (None: of all customers)."""
    found: dict[tuple[uuid.UUID, str], Exposure] = {}
    for customer_id, currency, part, amount in _amounts(ids):
        here = found.get((customer_id, currency)) or Exposure(currency)
        found[customer_id, currency] = replace(here, **{part: getattr(here, part) + amount})
    by_customer: dict[uuid.UUID, list[Exposure]] = defaultdict(list)
    for (customer_id, _currency), exposure in sorted(found.items(), key=lambda each: each[0][1]):
        by_customer[customer_id].append(exposure)
    return dict(by_customer)


def _amounts(ids: Ids) -> Iterator[tuple[uuid.UUID, str, str, int]]:
    """(customer, currency, part, amount) of every part."""
    for rows in _each(Receivable.objects.filter(balance__gt=0), ids):
        for key in _sums(rows, "balance"):
            yield (*key[:2], "open", key[2])
    for rows in _each(Credit.objects.filter(remaining__gt=0, reversed_on__isnull=True), ids):
        for key in _sums(rows, F("remaining") - F("held")):
            yield (*key[:2], "in_favour", key[2])
    for rows in _each(waiting_issues(), ids):
        for key in _sums(rows, "total"):
            yield (*key[:2], "unbilled", key[2])
    for date_of, currency, amount in dates_to_bill(ids):
        yield date_of.schedule.customer_id, currency, "unbilled", amount


def waiting_issues() -> QuerySet[Issue]:
    """Invoices and debit notes on their way to a stamp. One that substitutes another adds nothing to it."""
    rows = Issue.objects.filter(state__in=WAITING).exclude(state=IssueState.CANCELLING)
    return rows.filter(kind__in=CHARGES, replaces__isnull=True)


def _dates_not_issued() -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(state__in=NOT_ISSUED, receivable__isnull=True)


def is_of_a_date(issue_id: uuid.UUID) -> bool:
    """Whether a document is that of a recurring date which counts as unbilled (and so is not to be counted twice)."""
    made = Issue.objects.filter(pk=issue_id, origin=RECURRING).values_list("origin_key", flat=True).first()
    if made is None:
        return False
    schedule, _colon, on = made.partition(":")
    named = Q(issue_id=issue_id) | (Q(schedule_id=schedule, on=on) if on else Q(pk__in=[]))
    return _dates_not_issued().filter(named).exists()


def dates_to_bill(ids: Ids) -> Iterator[tuple[Occurrence, str, int]]:
    """Dates of recurring documents that came and are not issued, with currency and amount at the price of their day."""
    rows = _dates_not_issued().select_related("schedule", "issue").prefetch_related("schedule__prices")
    for part in _each(rows, ids, "schedule__customer_id"):
        for row in part:
            schedule, made = row.schedule, row.issue
            if made is not None and made.state in UNFINISHED:
                yield row, made.currency, made.total
            elif made is None or made.state == IssueState.DISCARDED:
                prices = sorted(schedule.prices.all(), key=lambda each: each.from_on)
                amount = amount_of(schedule.kind, content_on(schedule, row.on, prices))
                yield row, schedule.currency, amount


def lines(ids: Ids) -> dict[uuid.UUID, list[Line]]:
    """The credit lines of each customer with what is owed on them, the default first (see `credit_line_use`)."""
    fields = ("id", "customer_id", "name", "currency", "limit_minor", "is_default")
    parts = _each(CreditLine.objects.order_by("-is_default", "id"), ids)
    rows = [row for part in parts for row in part.values_list(*fields)]
    used: dict[tuple[uuid.UUID, uuid.UUID | None, str], int] = {}
    for part in _each(Receivable.objects.filter(balance__gt=0), None if ids is None else {row[1] for row in rows}):
        sums = part.order_by().values_list("customer_id", "credit_line_id", "currency").annotate(owed=Sum("balance"))
        used |= {(customer, line, currency): owed for customer, line, currency, owed in sums}
    found: dict[uuid.UUID, list[Line]] = defaultdict(list)
    for line_id, customer_id, name, currency, limit, is_default in rows:
        owed = used.get((customer_id, line_id, currency), 0)
        if is_default:
            owed += used.get((customer_id, None, currency), 0)
        found[customer_id].append(Line(name, currency, limit, owed, is_default))
    return dict(found)


def late(ids: Ids, *, due_before: date) -> dict[uuid.UUID, list[Late]]:
    """What fell due before a day and is still owed, by currency, without the part that is in dispute."""
    contested: dict[tuple[uuid.UUID, str], int] = {}
    disputes = Dispute.objects.filter(
        resolved_on__isnull=True, receivable__balance__gt=0, receivable__due_on__lt=due_before
    )
    for part in _each(disputes, ids, "receivable__customer_id"):
        sums = part.order_by().values_list("receivable__customer_id", "receivable__currency")
        for customer_id, currency, amount in sums.annotate(sum=Sum(Least("amount", "receivable__balance"))):
            contested[customer_id, currency] = amount
    found: dict[uuid.UUID, list[Late]] = defaultdict(list)
    for part in _each(Receivable.objects.filter(balance__gt=0, due_on__lt=due_before), ids):
        rows = part.order_by().values_list("customer_id", "currency").annotate(owed=Sum("balance"), first=Min("due_on"))
        for customer_id, currency, owed, first in rows:
            amount = owed - contested.get((customer_id, currency), 0)
            if amount > 0:
                found[customer_id].append(Late(currency, amount, first))
    return dict(found)


def sold_since(customer_id: uuid.UUID, since: Any) -> list[tuple[str, int]]:
    """(currency, amount) of what was sold on credit since a moment: on the account, or on its way to a stamp."""
    rows = Receivable.objects.filter(customer_id=customer_id, created_at__gte=since, voided_on__isnull=True)
    charged = rows.exclude(kind="opening").order_by().values_list("currency").annotate(sum=Sum("total"))
    waiting = waiting_issues().filter(customer_id=customer_id).filter(Q(sealed_at=None) | Q(sealed_at__gte=since))
    return [*charged, *waiting.order_by().values_list("currency").annotate(sum=Sum("total"))]


def rates(currencies: Iterable[str], home: str, today: date) -> dict[str, tuple[Decimal, date]]:
    """The exchange rate of each currency, and its day: that of the newest invoice on file that states one."""
    found = {}
    for currency in sorted(set(currencies) - {home}):
        rows = FiscalDocument.objects.filter(kind=Kind.INVOICE, currency=currency).exclude(exchange_rate="")
        recent = rows.filter(issued_on__gte=today - RATE_FOR, issued_on__lte=today).order_by("-issued_on", "-id")
        newest = recent.values_list("exchange_rate", "issued_on").first()
        if newest and (rate := _rate(newest[0])):
            found[currency] = (rate, newest[1])
    return found


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and rate > 0 else None


def _sums(rows: QuerySet[Any], what: Any) -> Iterable[tuple[uuid.UUID, str, int]]:
    return rows.order_by().values_list("customer_id", "currency").annotate(sum=Sum(what))


def _each(rows: QuerySet[Any], ids: Ids, path: str = "customer_id") -> Iterator[QuerySet[Any]]:
    """The rows of the customers, a part at a time (None: of all of them)."""
    if ids is None:
        yield rows
        return
    for part in chunks(ids):
        yield rows.filter(**{f"{path}__in": part})
