"""Promises with their verdict, for pages: the state is derived anew each time, for many at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from aldia.collections.models import Promise, PromisedDebt
from aldia.domain.calendars import NoCalendar
from aldia.domain.promises import PromisedPart, PromiseState, Verdict, judge, last_day
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation
from aldia.receivables.queries.states import MONEY

MOST_JUDGED = 5_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long after its day a promise may still be kept: bank days of a country."""

    country: str
    grace_days: int

    def last_day(self, due_on: date) -> date:
        """Countries without a bank calendar have no grace."""
        try:
            return last_day(due_on, country=self.country, grace_days=self.grace_days)
        except NoCalendar:
            return due_on


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise, the debts that it names, and what became of it."""

    promise: Promise
    verdict: Verdict
    last: date
    debts: tuple[PromisedDebt, ...]

    @property
    def pk(self) -> uuid.UUID:
        return self.promise.pk

    @property
    def state(self) -> PromiseState:
        return self.verdict.state

    @property
    def is_open(self) -> bool:
        return self.verdict.state == PromiseState.OPEN


def promises() -> QuerySet[Promise]:
    """All promises, with what a list shows of each."""
    return Promise.objects.select_related("customer", "created_by")


def judged(rows: Iterable[Promise], *, as_of: date, patience: Patience) -> list[Judged]:
    """The promises with their verdicts, in the same order: two queries for a page of them."""
    found = list(rows)
    debts = _debts([row.pk for row in found])
    money = _money({debt.receivable_id for each in debts.values() for debt in each})
    return [_judged(row, debts.get(row.pk, []), money, as_of, patience) for row in found]


def of_receivables(ids: Collection[uuid.UUID]) -> QuerySet[Promise]:
    """The promises that name any of the receivables, newest first."""
    naming = PromisedDebt.objects.filter(promise=OuterRef("pk"), receivable_id__in=list(ids))
    return promises().filter(Exists(naming)).order_by("-promised_on", "-id")


def of_customer(customer_id: uuid.UUID) -> QuerySet[Promise]:
    """The promises of a customer, newest first."""
    return promises().filter(customer_id=customer_id).order_by("-promised_on", "-id")


def ids_by_state(rows: QuerySet[Promise], *, as_of: date, patience: Patience) -> dict[PromiseState, list[uuid.UUID]]:
    """Which of the promises are in which state: what tabs count and show. Of the `MOST_JUDGED` latest due."""
    found: dict[PromiseState, list[uuid.UUID]] = {state: [] for state in PromiseState}
    latest = list(rows.order_by("-due_on", "-id")[:MOST_JUDGED])
    for each in judged(latest, as_of=as_of, patience=patience):
        found[each.state].append(each.pk)
    return found


def _debts(promise_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[PromisedDebt]]:
    found: dict[uuid.UUID, list[PromisedDebt]] = {}
    for part in chunks(promise_ids):
        rows = PromisedDebt.objects.filter(promise_id__in=part).select_related("receivable")
        for row in rows.order_by("receivable__due_on", "receivable__number", "id"):
            found.setdefault(row.promise_id, []).append(row)
    return found


def _money(receivable_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[tuple[date, int]]]:
    """Payments that stand, by what they pay."""
    found: dict[uuid.UUID, list[tuple[date, int]]] = {}
    for part in chunks(receivable_ids):
        live = Allocation.objects.filter(
            receivable_id__in=part, credit__kind__in=MONEY, reversal_of__isnull=True, reversal__isnull=True
        )
        for receivable_id, on, amount in live.values_list("receivable_id", "on", "amount"):
            found.setdefault(receivable_id, []).append((on, amount))
    return found


def _judged(
    row: Promise,
    debts: list[PromisedDebt],
    money: dict[uuid.UUID, list[tuple[date, int]]],
    as_of: date,
    patience: Patience,
) -> Judged:
    parts = [
        PromisedPart(debt.balance_then, debt.receivable.balance, tuple(money.get(debt.receivable_id, ())))
        for debt in debts
    ]
    last = patience.last_day(row.due_on)
    verdict = judge(
        row.amount,
        parts,
        promised_on=row.promised_on,
        last=last,
        as_of=as_of,
        is_withdrawn=row.withdrawn_on is not None and row.withdrawn_on <= last,  # later it was broken already
    )
    return Judged(row, verdict, last, tuple(debts))
