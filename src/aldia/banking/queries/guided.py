"""Guided reconciliation: which movement comes next, and all that a person needs to see of one, in a handful of queries.

The order is certainty, day, id: a movement's place is a function of its own columns, so that the next one is found from
the one at hand by the index alone, whatever others do meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Q, QuerySet

from aldia.banking.models import AdjustmentReason, BankMovement, MatchLine, MovementComment
from aldia.banking.plans import Plan, plan_of
from aldia.banking.queries import decisions, inbox
from aldia.customers.models import Customer
from aldia.domain.matching import Outcome
from aldia.receivables.models import Credit, Receivable

ORDER = ("-certainty", "booked_on", "id")
UNEXPLAINED = "unexplained"
MOST_CHOICES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a movement stands in the order."""

    certainty: int
    booked_on: date
    pk: uuid.UUID


@dataclass(frozen=True, slots=True)
class Paid:
    """A document that a choice pays: `before` is what is owed now; `difference` more is settled as `kind`."""

    receivable: Receivable
    amount: int
    difference: int = 0
    kind: str = ""
    note: Credit | None = None

    @property
    def after(self) -> int:
        return self.receivable.balance - self.amount - self.difference


@dataclass(frozen=True, slots=True)
class Choice:
    """One explanation to choose: `number` is what `accepting.accept(choice=…)` counts, from 0.

    `fits` is false when the books changed since: a document owes less than the choice pays.
    """

    number: int
    plan: Plan
    family: str
    support: str
    vetoes: tuple[str, ...]
    customer: Customer | None
    paid: tuple[Paid, ...]
    known: tuple[tuple[Credit, int], ...]
    fits: bool = True

    @property
    def left(self) -> int:
        return self.plan.left

    @property
    def fee(self) -> int:
        return self.plan.fee

    @property
    def asks(self) -> bool:
        """Whether a person must first say what the difference was."""
        return any(each.kind == UNEXPLAINED for each in self.paid)

    def explained(self, kind: str) -> Plan:
        """Its plan, once somebody said what the difference was."""
        lines = (replace(line, kind=kind) if line.kind == UNEXPLAINED else line for line in self.plan.lines)
        return replace(self.plan, lines=tuple(lines))

    @property
    def differences(self) -> int:
        """What does not come as money and is settled otherwise."""
        return sum(each.difference for each in self.paid)


@dataclass(frozen=True, slots=True)
class Card:
    """A movement with what was said of it and everything that may be done about it."""

    movement: BankMovement
    sentences: tuple[tuple[str, str], ...]
    choices: tuple[Choice, ...]
    reasons: tuple[AdjustmentReason, ...]
    comments: tuple[MovementComment, ...]
    takes_back: BankMovement | None = None  # the deposit that it seems to return

    @property
    def left(self) -> int:
        """What is still to be explained, with its sign."""
        return self.movement.amount - self.movement.explained

    @property
    def best(self) -> Choice | None:
        return self.choices[0] if self.choices else None


def queue(rows: QuerySet[BankMovement], *, level: int | None = None, group: str = "") -> QuerySet[BankMovement]:
    """What waits for a person, the surest first. Whether a doubtful movement is new at all is asked elsewhere."""
    rows = inbox.waiting(rows).filter(doubt="")
    if level is not None:
        rows = rows.filter(certainty=level).exclude(outcome="")
    if group:
        rows = inbox.in_group(rows, group)
    return rows.order_by(*ORDER)


def place_of(movement: BankMovement) -> Place:
    return Place(movement.certainty, movement.booked_on, movement.pk)


def after(rows: QuerySet[BankMovement], place: Place) -> BankMovement | None:
    """The next in the order."""
    return rows.filter(_beyond(place, "lt", "gt")).order_by(*ORDER).first()


def before(rows: QuerySet[BankMovement], place: Place) -> BankMovement | None:
    """The one before in the order."""
    return rows.filter(_beyond(place, "gt", "lt")).order_by("certainty", "-booked_on", "-id").first()


def passed(rows: QuerySet[BankMovement], place: Place) -> int:
    """How many of the queue stand before a place."""
    return rows.filter(_beyond(place, "gt", "lt")).count()


def _beyond(place: Place, surer: str, later: str) -> Q:
    """`certainty` falls along the order; day and id rise."""
    same = Q(certainty=place.certainty)
    return (
        Q(**{f"certainty__{surer}": place.certainty})
        | same & Q(**{f"booked_on__{later}": place.booked_on})
        | same & Q(booked_on=place.booked_on) & Q(**{f"id__{later}": place.pk})
    )


def card_of(movement: BankMovement, *, customers: QuerySet[Customer]) -> Card:
    """A movement for a person who may see `customers`: choices about others are not shown."""
    return cards_of([movement], customers=customers)[0]


def cards_of(movements: Sequence[BankMovement], *, customers: QuerySet[Customer], whole: bool = True) -> list[Card]:
    """Several at once, in as many queries as one. Not `whole`: without comments and accounts."""
    told = decisions.last_of([movement.pk for movement in movements])
    plans = {key: [_read(number, each) for number, each in enumerate(_hypotheses(said))] for key, said in told.items()}
    books = _Books.of([choice.plan for choices in plans.values() for choice in choices], customers)
    comments = _comments(movements) if whole else {}
    reasons = usual_reasons(movements) if whole else ()
    returned = _returned(told.values()) if whole else {}
    return [
        Card(
            movement,
            told[movement.pk].sentences if movement.pk in told else (),
            tuple(each for choice in plans.get(movement.pk, ()) if (each := books.fill(choice)) is not None),
            tuple(each for each in reasons if each.direction in ("both", "in" if movement.amount > 0 else "out")),
            tuple(comments.get(movement.pk, ())),
            returned.get(movement.pk),
        )
        for movement in movements
    ]


def _returned(said: Iterable[decisions.Told]) -> dict[uuid.UUID, BankMovement]:
    """The deposits that returns wait to take back, by the return."""
    of = {
        each.decision.movement_id: each.decision.undoes_id
        for each in said
        if each.decision.outcome == Outcome.REVERSAL and each.decision.undoes_id
    }
    rows = BankMovement.objects.in_bulk(list(of.values())) if of else {}
    return {key: rows[other] for key, other in of.items() if other in rows}


def _hypotheses(said: decisions.Told) -> list[dict[str, object]]:
    """The first proposal and its alternatives, as they are kept."""
    first = said.decision.hypothesis
    return [first, *said.decision.alternatives][:MOST_CHOICES] if first else []


def _read(number: int, data: dict) -> Choice:  # type: ignore[type-arg]
    vetoes = tuple(data.get("vetoes") or ())
    family, support = str(data.get("family", "")), str(data.get("support", ""))
    return Choice(number, plan_of(data), family, support, vetoes, None, (), ())


@dataclass(frozen=True, slots=True)
class _Books:
    """What the choices speak of, as it is now."""

    customers: dict[uuid.UUID, Customer]
    receivables: dict[uuid.UUID, Receivable]
    credits: dict[uuid.UUID, Credit]

    @classmethod
    def of(cls, plans: Iterable[Plan], customers: QuerySet[Customer]) -> _Books:
        every = list(plans)
        people = {plan.customer_id for plan in every if plan.customer_id}
        documents = {line.receivable_id for plan in every for line in plan.lines}
        notes = {line.note_id for plan in every for line in plan.lines if line.note_id}
        known = {key for plan in every for key, _amount in plan.known}
        owned = Receivable.objects.filter(customer__in=customers.values("pk"))
        kept = Credit.objects.filter(customer__in=customers.values("pk")).select_related("customer")
        return cls(
            customers.in_bulk(list(people)) if people else {},
            owned.select_related("customer").in_bulk(list(documents)) if documents else {},
            kept.in_bulk(list(notes | known)) if notes or known else {},
        )

    def fill(self, choice: Choice) -> Choice | None:
        """The choice with its rows; None when it is about somebody out of sight, or about rows that went."""
        plan = choice.plan
        customer = self.customers.get(plan.customer_id) if plan.customer_id else None
        lines = [line for line in plan.lines if line.receivable_id in self.receivables]
        known = tuple((self.credits[key], amount) for key, amount in plan.known if key in self.credits)
        if len(lines) < len(plan.lines) or len(known) < len(plan.known) or (plan.customer_id and customer is None):
            return None
        paid = tuple(
            Paid(
                self.receivables[line.receivable_id], line.amount, line.difference, line.kind,
                self.credits.get(line.note_id) if line.note_id else None,
            )
            for line in lines
        )  # fmt: skip
        fits = choice.family == "exchange" or all(each.after >= 0 for each in paid)
        return replace(choice, customer=customer, paid=paid, known=known, fits=fits)


def _comments(movements: Sequence[BankMovement]) -> dict[uuid.UUID, list[MovementComment]]:
    found: dict[uuid.UUID, list[MovementComment]] = {}
    rows = MovementComment.objects.filter(movement__in=movements).select_related("author").order_by("created_at", "id")
    for row in rows:
        found.setdefault(row.movement_id, []).append(row)
    return found


def usual_reasons(movements: Sequence[BankMovement]) -> tuple[AdjustmentReason, ...]:
    """Accounts to adjust to: first those used before for movements that waited for the same, then by name."""
    kinds = {movement.why for movement in movements}
    used = (
        MatchLine.objects.filter(reason__isnull=False, match__movement__why__in=kinds, match__undone_at__isnull=True)
        .values_list("reason")
        .annotate(times=Count("pk"))
    )
    times = dict(used)
    rows = list(AdjustmentReason.objects.filter(retired_at__isnull=True).select_related("account").order_by("name"))
    return tuple(sorted(rows, key=lambda row: -times.get(row.pk, 0)))
