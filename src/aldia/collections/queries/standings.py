"""How every customer that owes stands as of a morning, gathered for the collector's list: a query for each kind of
fact, none for each customer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

from django.db.models import Max, Min, Q

from aldia.collections.models import Activity, ActivityKind, Outcome, Promise
from aldia.collections.queries.exposure import rates
from aldia.collections.queries.promises import Judged, Patience, judged
from aldia.domain.money import Money, convert
from aldia.domain.promises import PromiseState
from aldia.domain.worklist import Debt, Standing
from aldia.forecasts.queries import current
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.receivables.queries.plans import not_due_yet
from aldia.receivables.queries.sight import Sight

UNANSWERED = (Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE, Outcome.WRONG_CONTACT)
REMEMBERED = timedelta(days=90)  # a promise broken longer ago says nothing about today
_COLUMNS = ("customer_id", "id", "balance", "currency", "due_on", "paused_on", "paused_until")


class Claims(Protocol):
    """What customers said and have in favour, as reminders know it too: `reminders.queries.claims.Claims`."""

    promised: dict[uuid.UUID, tuple[int, date]]
    disputed: dict[uuid.UUID, int]
    reported: set[uuid.UUID]
    in_favour: dict[tuple[uuid.UUID, str], int]


@dataclass(frozen=True, slots=True)
class Contacts:
    """By customer: the day of the last contact, that of the last one answered, and the next step agreed on."""

    last: dict[uuid.UUID, date] = field(default_factory=dict)
    reached: dict[uuid.UUID, date] = field(default_factory=dict)
    next: dict[uuid.UUID, date] = field(default_factory=dict)


def standings(
    *, today: date, home: str, claims: Claims, paused: Collection[uuid.UUID], patience: Patience
) -> Iterator[tuple[uuid.UUID, Standing]]:
    """Each customer that is on and owes, with how it stands in the morning of a day: today's own calls do not count.

    `paused`: customers that are left alone. Amounts are in `home`, minor units.
    """
    rows = Sight().narrow(Receivable.objects.filter(balance__gt=0)).order_by("customer_id", "due_on", "id")
    found = list(rows.values_list(*_COLUMNS))
    book = _Book(today, home, claims, rates({row[3] for row in found}, home, today))
    contacts, broken, left_alone = contacts_until(today), _broken(today, patience), set(paused)
    for customer_id, group in groupby(found, key=itemgetter(0)):
        debts, unpriced = book.debts_of(customer_id, [row[1:] for row in group])
        last = contacts.last.get(customer_id)
        missed = broken.get(customer_id)
        yield customer_id, Standing(
            debts, customer_id in left_alone, last, last is not None and contacts.reached.get(customer_id) == last,
            contacts.next.get(customer_id), missed[0] if missed else None,
            book.at_home(*missed[1:]) or 0 if missed else 0, unpriced,
        )  # fmt: skip


def contacts_until(today: date) -> Contacts:
    """The contacts of all customers before a day, and the next steps that nobody has done."""
    live = Activity.objects.filter(withdrawn_at__isnull=True).order_by()
    made = live.filter(on__lt=today).exclude(kind=ActivityKind.NOTE).values_list("customer_id")
    last = made.annotate(last=Max("on"), reached=Max("on", filter=~Q(outcome__in=UNANSWERED)))
    steps = live.filter(next_on__isnull=False, next_done_on__isnull=True).values_list("customer_id")
    rows = list(last)
    return Contacts(
        {customer: day for customer, day, _reached in rows},
        {customer: reached for customer, _day, reached in rows if reached},
        dict(steps.annotate(next=Min("next_on"))),
    )


class _Book:
    """The open debts as the list weighs them: in the company's own currency, with what is in hand of each."""

    def __init__(self, today: date, home: str, claims: Claims, known: Mapping[str, tuple[Decimal, date]]) -> None:
        self.today, self.home, self.claims = today, home, claims
        self.rates = {code: rate for code, (rate, _on) in known.items()}
        self.planned = not_due_yet(Q(), today)
        run = current.latest_run(today)
        self.permille: dict[uuid.UUID, int] = dict(current.unpaid_permille(run)) if run else {}

    def debts_of(self, customer_id: uuid.UUID, rows: list[tuple[Any, ...]]) -> tuple[list[Debt], int]:
        """The debts of a customer (oldest due first) and how many of them have no known rate."""
        debts, unpriced = [], 0
        free = {code: self.claims.in_favour.get((customer_id, code), 0) for _id, _balance, code, *_rest in rows}
        for row in rows:
            _id, balance, currency, *_rest = row
            covered = min(free[currency], balance)
            free[currency] -= covered
            debt = self._debt(row, covered)
            debts.append(debt) if debt else None
            unpriced += debt is None
        return debts, unpriced

    def _debt(self, row: tuple[Any, ...], covered: int) -> Debt | None:
        receivable_id, balance, currency, due_on, paused_on, paused_until = row
        owed = self.at_home(balance, currency)
        if owed is None:
            return None
        promised, _until = self.claims.promised.get(receivable_id, (0, None))
        disputed, planned = self.claims.disputed.get(receivable_id, 0), self.planned.get(receivable_id, 0)
        reported = balance if receivable_id in self.claims.reported else 0
        parts = (promised, disputed, reported, covered, planned)
        is_left = paused_on is not None and (paused_until is None or self.today <= paused_until)
        return Debt(
            owed, due_on, self.permille.get(receivable_id),
            *(self.at_home(min(part, balance), currency) or 0 for part in parts), is_paused=is_left,
        )  # fmt: skip

    def at_home(self, minor: int, currency: str) -> int | None:
        """An amount in the company's own currency; None where no rate is known."""
        if currency == self.home or not minor:
            return minor
        rate = self.rates.get(currency)
        return convert(Money(minor, currency), rate, self.home).minor if rate else None


def _broken(today: date, patience: Patience) -> dict[uuid.UUID, tuple[date, int, str]]:
    """By customer, the last promise that was broken: the day on which it was clear, what is missing, its currency."""
    recent = Promise.objects.filter(
        withdrawn_on__isnull=True, due_on__gte=today - REMEMBERED, due_on__lt=today, customer__collecting=True
    )
    found: dict[uuid.UUID, tuple[date, int, str]] = {}
    for part in chunks(recent.order_by("due_on", "id").iterator()):
        for each in judged(part, as_of=today, patience=patience):
            if each.state in (PromiseState.BROKEN, PromiseState.PARTLY) and (missing := _missing(each)):
                found[each.promise.customer_id] = (each.last + timedelta(days=1), missing, each.promise.currency)
    return found


def _missing(each: Judged) -> int:
    """What of a promise is still owed: paid late, it is no reason to call any more."""
    owed = sum(debt.receivable.balance for debt in each.debts)
    return min(owed, max(0, each.verdict.needed - each.verdict.paid - each.verdict.late))
