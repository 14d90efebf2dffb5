"""Behind every figure of the team's page, its rows: what each person owns, did, was promised and collected in a month.

Money counts for who had its customer when the day it came in began; what is owed and the number of customers, for who
collects them today, also in months that are over. Money counts after a contact when it came within `CONTACT_DAYS` of
the last call, message or visit to its customer, for the person who made that one.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aldia.collections.models import Activity, Promise, WorklistItem
from aldia.customers.queries import collector_on
from aldia.domain.calendars import month_end
from aldia.receivables.models import Credit
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries.drill import COLLECTED, Drill, credit_rows, owed_rows
from aldia.reporting.queries.step_facts import WORK

CONTACT_DAYS = 14
NOBODY = "none"
OWED, OVERDUE, MONEY, AFTER_CONTACT, ACTIVITIES, PROMISES, LISTED = (
    "owed", "overdue", "collected", "after_contact", "activities", "promises", "worklist",
)  # fmt: skip
KINDS = (OWED, OVERDUE, MONEY, AFTER_CONTACT, ACTIVITIES, PROMISES, LISTED)
Whom = uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Month:
    """A month as far as it went; what is owed is as of its last day."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date, today: date) -> Month:
        """The month of a day."""
        first = day.replace(day=1)
        return cls(first, min(month_end(first), max(today, first)))


def owned(rows: QuerySet[Any], whom: Whom) -> QuerySet[Any]:
    """Rows of the customers whose portfolio a person collects; None: of those that nobody does."""
    return rows.filter(_by("customer__portfolio__collector", whom))


def debts(month: Month, currency: str, *, today: date, overdue: bool = False) -> QuerySet[Any]:
    """Receivables of which something was owed on the last day; `figure` is what."""
    rows = Sight().narrow(owed_rows(month.last, today)).filter(currency=currency)
    return rows.filter(due_on__lt=month.last) if overdue else rows


def money(month: Month, currency: str) -> QuerySet[Credit]:
    """Payments that came in the month and stand; `figure` is how much, `who` had the customer then."""
    rows = credit_rows(Drill(COLLECTED, currency, first=month.first, last=month.last))
    return Sight().narrow(rows).filter(currency=currency).annotate(who=collector_on("received_on"))


def contacts(first: date, last: date) -> QuerySet[Activity]:
    """Calls, messages and visits of some days that nobody took back."""
    return Sight().narrow(
        Activity.objects.filter(kind__in=WORK, withdrawn_at__isnull=True, on__gte=first, on__lte=last)
    )


def done(month: Month) -> QuerySet[Activity]:
    """All that was logged in the month, notes too."""
    rows = Activity.objects.filter(withdrawn_at__isnull=True, on__gte=month.first, on__lte=month.last)
    return Sight().narrow(rows)


def promised(month: Month, currency: str) -> QuerySet[Promise]:
    """Promises that somebody of the house wrote down in the month and that nobody withdrew."""
    rows = Promise.objects.filter(
        promised_on__gte=month.first, promised_on__lte=month.last, currency=currency, withdrawn_on__isnull=True
    )
    return Sight().narrow(rows)


def listed(month: Month) -> QuerySet[WorklistItem]:
    """Places of the lists of the month; `worked`: the customer was called, written to or visited on that day."""
    that_day = Activity.objects.filter(
        customer=OuterRef("customer"), on=OuterRef("on"), kind__in=WORK, withdrawn_at__isnull=True
    )
    rows = Sight().narrow(WorklistItem.objects.filter(on__gte=month.first, on__lte=month.last))
    return rows.annotate(worked=Exists(that_day))


def after_contact(month: Month, currency: str) -> dict[uuid.UUID, list[tuple[uuid.UUID, int]]]:
    """The money of the month by who had the last contact with its customer before it came: (payment, amount)."""
    calls: dict[uuid.UUID, list[tuple[date, uuid.UUID, uuid.UUID]]] = defaultdict(list)
    rows = contacts(month.first - timedelta(days=CONTACT_DAYS), month.last).filter(by__isnull=False)
    for customer_id, on, key, by in rows.order_by("on", "at", "id").values_list("customer_id", "on", "pk", "by_id"):
        calls[customer_id].append((on, key, by))
    found: dict[uuid.UUID, list[tuple[uuid.UUID, int]]] = defaultdict(list)
    for key, customer_id, on, amount in money(month, currency).values_list(
        "pk", "customer_id", "received_on", "figure"
    ):
        made = calls.get(customer_id, [])
        at = bisect_right([day for day, *_rest in made], on) - 1
        if at >= 0 and on - made[at][0] <= timedelta(days=CONTACT_DAYS):
            found[made[at][2]].append((key, amount))
    return found


def rows_of(what: str, whom: Whom, month: Month, currency: str, *, today: date) -> QuerySet[Any]:
    """The rows behind a figure of a person, newest or latest due first."""
    if what in (OWED, OVERDUE):
        rows: QuerySet[Any] = owned(debts(month, currency, today=today, overdue=what == OVERDUE), whom)
        return rows.select_related("customer").order_by("due_on", "pk")
    if what == MONEY:
        rows = money(month, currency).filter(_by("who", whom))
        return rows.select_related("customer").order_by("-received_on", "-pk")
    if what == AFTER_CONTACT:
        keys = [key for key, _amount in after_contact(month, currency).get(whom, [])] if whom else []
        rows = money(month, currency).filter(pk__in=keys)
        return rows.select_related("customer").order_by("-received_on", "-pk")
    if what == ACTIVITIES:
        return done(month).filter(_by("by", whom)).select_related("customer", "contact").order_by("-at", "-pk")
    if what == PROMISES:
        return (
            promised(month, currency)
            .filter(_by("created_by", whom))
            .select_related("customer")
            .order_by("-due_on", "pk")
        )
    rows = listed(month).filter(_by("collector", whom)).select_related("customer")
    return rows.order_by("-on", "rank", "pk")


def _by(column: str, whom: Whom) -> Q:
    return Q(**{f"{column}__isnull": True}) if whom is None else Q(**{column: whom})
