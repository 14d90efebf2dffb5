"""The list of receivables: its tabs and filters, totals of what they leave, and the ids for a bulk action.

A screen composes `receivables(sight)`, `filtered(rows, wanted, today)` and its own page; the filters stay cheap at half
a million rows because each tab has its partial index (`states`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from aldia.customers.models import Customer
from aldia.domain.aging import Ranges
from aldia.domain.folding import fold
from aldia.receivables.models import Receivable
from aldia.receivables.queries import states
from aldia.receivables.queries.sight import NO_PORTFOLIO as NO_PORTFOLIO
from aldia.receivables.queries.sight import Sight, in_portfolio

OPEN, OVERDUE, PARTIAL, PAID, VOIDED, ALL = "open", "overdue", "partial", "paid", "voided", "all"
TABS: dict[str, Callable[[date], Q]] = {
    OPEN: lambda today: states.OPEN,
    OVERDUE: lambda today: states.OPEN & Q(due_on__lt=today),
    PARTIAL: lambda today: states.PARTIAL,
    PAID: lambda today: states.PAID,
    VOIDED: lambda today: states.VOIDED,
    ALL: lambda today: Q(),
}
LEAST_RECENT_FIRST = frozenset({OPEN, OVERDUE, PARTIAL})
MAX_MATCHES = 1000
MAX_DAYS = 36_500


def default_sort(tab: str) -> str:
    """What is owed by due date, what is over by date of issue, newest first."""
    return "due_on" if tab in LEAST_RECENT_FIRST else "-issued_on"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; None or "" asks nothing. Amounts in minor units, days are days late.

    `bucket` is an index into `ranges`; `portfolio` an id or "none"; `amount_*` are of the balance while it is open,
    of the total in the other tabs.
    """

    tab: str = OPEN
    text: str = ""
    number: str = ""
    kind: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    late_from: int | None = None
    late_to: int | None = None
    bucket: int | None = None
    customer: uuid.UUID | None = None
    portfolio: str = ""
    currency: str = ""
    amount_from: int | None = None
    amount_to: int | None = None
    paused: bool | None = None
    method: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wanted:
        """From values already read (web.listing gives them); names that it does not know are left out."""
        return cls(**{name: value for name, value in values.items() if name in cls.__dataclass_fields__})


def receivables(sight: Sight) -> QuerySet[Receivable]:
    """All receivables in sight, each with its customer."""
    return sight.narrow(Receivable.objects.select_related("customer"))


def filtered(
    rows: QuerySet[Receivable], wanted: Wanted, today: date, ranges: Ranges | None = None
) -> QuerySet[Receivable]:
    """Narrow the list."""
    rows = rows.filter(TABS.get(wanted.tab, TABS[OPEN])(today))
    rows = _by_dates(rows, wanted, today, ranges)
    rows = _by_amount(rows, wanted)
    plain: dict[str, Any] = {
        "kind": wanted.kind,
        "customer": wanted.customer,
        "currency": wanted.currency,
        "method": wanted.method,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    rows = in_portfolio(rows, wanted.portfolio)
    if wanted.paused is not None:
        rows = rows.filter(states.paused(today) if wanted.paused else ~states.paused(today))
    if wanted.number:
        rows = rows.filter(number__icontains=wanted.number)
    return rows.filter(_named(wanted.text)) if wanted.text else rows


def _by_dates(rows: QuerySet[Receivable], wanted: Wanted, today: date, ranges: Ranges | None) -> QuerySet[Receivable]:
    first, last = wanted.due_from, wanted.due_to
    spans = [(first, last), _due_span_of_days(wanted, today)]
    if wanted.bucket is not None:
        known = ranges or states.company_ranges()
        spans.append(known.due_span(min(max(wanted.bucket, 0), known.size - 1), today))
    for start, end in spans:
        rows = rows.filter(due_on__gte=start) if start else rows
        rows = rows.filter(due_on__lte=end) if end else rows
    rows = rows.filter(issued_on__gte=wanted.issued_from) if wanted.issued_from else rows
    return rows.filter(issued_on__lte=wanted.issued_to) if wanted.issued_to else rows


def _due_span_of_days(wanted: Wanted, today: date) -> tuple[date | None, date | None]:
    """Due dates of so many days late; beyond a century nothing is either due or owed."""
    first, last = (
        None if days is None else today - timedelta(days=max(-MAX_DAYS, min(days, MAX_DAYS)))
        for days in (wanted.late_to, wanted.late_from)
    )
    return first, last


def _by_amount(rows: QuerySet[Receivable], wanted: Wanted) -> QuerySet[Receivable]:
    column = "balance" if wanted.tab in LEAST_RECENT_FIRST else "total"
    if wanted.amount_from is not None:
        rows = rows.filter(**{f"{column}__gte": wanted.amount_from})
    return rows.filter(**{f"{column}__lte": wanted.amount_to}) if wanted.amount_to is not None else rows


def _named(text: str) -> Q:
    """Rows whose number, fiscal key or purchase order it is, or whose customer has all its words.

    Candidates are looked up first, each by an index where there is one: an OR over the joined tables would read all.
    """
    customers = Customer.objects.all()
    for word in fold(text).split()[:10]:
        customers = customers.filter(search__contains=word)
    parts = {
        "customer_id__in": list(customers.values_list("id", flat=True)[:MAX_MATCHES]) if fold(text) else [],
        "pk__in": _numbered(text.strip()),
    }
    asked = [Q(**{name: ids}) for name, ids in parts.items() if ids]
    return reduce(or_, asked) if asked else Q(pk__in=[])


def _numbered(text: str) -> list[uuid.UUID]:
    """Receivables by key, purchase order or number; by a part of the number when no number begins so."""
    rows = Receivable.objects.order_by()
    for spelled in dict.fromkeys((text, text.upper())):
        ids = list(rows.filter(_begins(spelled)).values_list("id", flat=True)[:MAX_MATCHES])
        ids += rows.filter(~Q(key=""), key=spelled).values_list("id", flat=True)  # as the partial index says
        ids += rows.filter(~Q(purchase_order=""), purchase_order=spelled).values_list("id", flat=True)[:MAX_MATCHES]
        if ids:
            return ids
    if " " in text or not any(char.isdigit() for char in text):
        return []  # words: the customers' names have been asked
    return list(rows.filter(number__icontains=text).values_list("id", flat=True)[:MAX_MATCHES])


def _begins(text: str) -> Q:
    """The number begins so: a range where the engine compares bytes, so that it reads the index."""
    if connection.vendor == "sqlite":
        return Q(number__gte=text, number__lt=f"{text}\U0010ffff")
    return Q(number__startswith=text)


@dataclass(frozen=True, slots=True)
class Total:
    """Of one currency: how many rows, what they were for and what is still owed (minor units)."""

    currency: str
    count: int
    total: int
    balance: int


def totals(rows: QuerySet[Receivable], home: str) -> list[Total]:
    """Totals of the whole filtered set, the company's currency (`home`) first."""
    sums = rows.order_by().values("currency").annotate(count=Count("pk"), total=Sum("total"), owed=Sum("balance"))
    found = [Total(each["currency"], each["count"], each["total"], each["owed"]) for each in sums]
    return sorted(found, key=lambda each: (each.currency != home, each.currency))


def ids_of(rows: QuerySet[Receivable], limit: int = 100_000) -> list[uuid.UUID]:
    """The ids of the whole filtered set, for a bulk action."""
    return list(rows.order_by().values_list("id", flat=True)[:limit])


def tab_counts(rows: QuerySet[Receivable], today: date, cap: int = 1000) -> dict[str, int]:
    """How many rows each tab has, counted up to `cap` (a count that is the cap says "or more")."""
    plain = rows.select_related(None).order_by()
    return {tab: plain.filter(condition(today))[:cap].count() for tab, condition in TABS.items()}


def currencies(home: str) -> list[str]:
    """Currencies of what the company ever collected, its own first."""
    found = set(Receivable.objects.order_by().values_list("currency", flat=True).distinct())
    return [home, *sorted(found - {home})]
