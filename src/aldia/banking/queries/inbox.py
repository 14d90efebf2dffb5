"""Movements as a list: by state, by what keeps them waiting, by words; their sums, and how far the month has come."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from aldia.banking.models import BankMovement, Match, MatchHow, MatchLine, MovementState
from aldia.customers.models import Customer
from aldia.domain.calendars import add_months
from aldia.domain.folding import fold
from aldia.domain.money import BadMoney, parse_money

OPEN = (MovementState.PENDING, MovementState.PARTIAL)
SETTLED = (MovementState.RECONCILED, MovementState.ARCHIVED, MovementState.REVERSED)
WAITING, ALL = "waiting", "all"
STATES_OF: dict[str, tuple[str, ...]] = {
    WAITING: OPEN,
    "partial": (MovementState.PARTIAL,),
    "reconciled": (MovementState.RECONCILED,),
    "archived": (MovementState.ARCHIVED,),
    "reversed": (MovementState.REVERSED,),
}

# What a person has to find out, by the codes of `BankMovement.why` (`banking.standing`).
GROUPS: dict[str, tuple[str, ...]] = {
    "ready": ("shadow", "young", "paused", "over_cap"),
    "payer": ("payer_unknown", "amount_only", "common_amount", "other_payer", "contradiction", "nobody"),
    "which": (
        "sibling", "two_solutions", "instalment_or_document", "clash", "doubtful_number", "chance", "cites_other",
    ),
    "difference": ("unexplained", "short", "surplus", "exchange", "has_partials", "late_discount"),
    "double": ("twin", "cites_paid", "not_open", "on_books"),
    "part": ("first_part", "says_partial"),
    "advance": ("advance", "oldest_part", "says_advance", "issued_after"),
    "nothing": ("nothing",),
    "return": ("return_unknown",),
    "other": ("charge", "own_transfer", "fee", "interest", "own_return"),
}  # fmt: skip
GROUP_OF = {code: group for group, codes in GROUPS.items() for code in codes}
DOUBT, UNDECIDED, REST = "doubt", "undecided", "rest"
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Movements that wait for the same kind of answer; `amounts` (currency, minor units, positive) of what is left."""

    key: str
    count: int
    amounts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Level:
    """What waits with the same certainty (`banking.standing`)."""

    certainty: int
    count: int
    amounts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Month:
    """How far the movements of a month are explained. `alone`: by the engine, without anybody; `amounts` are
    (currency, what came in, of it explained).
    """

    first: date
    total: int
    settled: int
    alone: int
    amounts: tuple[tuple[str, int, int], ...] = field(default=())

    @property
    def left(self) -> int:
        return self.total - self.settled


def waiting(rows: QuerySet[BankMovement]) -> QuerySet[BankMovement]:
    """What waits for somebody: repeated in the words of the partial indexes, or they are not used."""
    return rows.filter(state__in=OPEN)


def in_group(rows: QuerySet[BankMovement], group: str) -> QuerySet[BankMovement]:
    """Movements of one kind of answer."""
    if group == DOUBT:
        return rows.exclude(doubt="")
    rows = rows.filter(doubt="")
    if group == UNDECIDED:
        return rows.filter(outcome="")
    if group == REST:
        return rows.exclude(outcome="").exclude(why__in=GROUP_OF)
    return rows.filter(why__in=GROUPS[group]) if group in GROUPS else rows.none()


def groups(rows: QuerySet[BankMovement]) -> list[Group]:
    """What waits, by what it waits for: the most first."""
    found: dict[str, _Tally] = {}
    for each in _tallied(waiting(rows).order_by().values("why", "outcome", "doubt", "currency")):
        found.setdefault(_group_of(each), _Tally()).add(each)
    ordered = sorted(found, key=lambda key: (-found[key].count, key))
    return [Group(key, found[key].count, found[key].amounts) for key in ordered]


@dataclass(slots=True)
class _Tally:
    count: int = 0
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, each: dict[str, Any]) -> None:
        self.count += each["count"]
        self.sums[each["currency"]] = self.sums.get(each["currency"], 0) + each["came"] - each["went"]

    @property
    def amounts(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self.sums.items()))


def _tallied(rows: Any) -> Iterator[dict[str, Any]]:
    """Of each group how many, and what is left of money that came and of money that went, apart."""
    left = F("amount") - F("explained")
    yield from rows.annotate(
        count=Count("pk"),
        came=Sum(left, filter=Q(amount__gt=0), default=0),
        went=Sum(left, filter=Q(amount__lt=0), default=0),
    )


def _group_of(each: dict[str, Any]) -> str:
    if each["doubt"]:
        return DOUBT
    if not each["outcome"]:
        return UNDECIDED
    return GROUP_OF.get(each["why"], REST)


def waiting_sums(rows: QuerySet[BankMovement]) -> tuple[int, tuple[tuple[str, int], ...]]:
    """How many wait, and how much of each currency, money in and money out together."""
    tally = _Tally()
    for each in _tallied(waiting(rows).order_by().values("currency")):
        tally.add(each)
    return tally.count, tally.amounts


def levels(rows: QuerySet[BankMovement]) -> list[Level]:
    """What waits and was decided, by certainty: the surest first."""
    found: dict[int, _Tally] = {}
    decided = waiting(rows).filter(doubt="").exclude(outcome="")
    for each in _tallied(decided.order_by().values("certainty", "currency")):
        found.setdefault(each["certainty"], _Tally()).add(each)
    return [Level(key, found[key].count, found[key].amounts) for key in sorted(found, reverse=True)]


def totals(rows: QuerySet[BankMovement]) -> list[dict[str, Any]]:
    """By currency: how many, what came in, what went out, what is still to be explained."""
    sums = rows.order_by().values("currency").annotate(
        count=Count("pk"),
        came=Sum("amount", filter=Q(amount__gt=0), default=0),
        went=Sum("amount", filter=Q(amount__lt=0), default=0),
        open_in=Sum(F("amount") - F("explained"), filter=Q(amount__gt=0, state__in=OPEN), default=0),
    )  # fmt: skip
    return list(sums.order_by("currency"))


def filtered(rows: QuerySet[BankMovement], values: dict[str, Any], home: str) -> QuerySet[BankMovement]:
    """The filters of the list but its tab; `home` is the currency in which a number is read as an amount."""
    if text := values.get("q", ""):
        rows = rows.filter(_said(text, home))
    if group := values.get("why", ""):
        rows = in_group(rows, group)
    if values.get("way") in ("in", "out"):
        rows = rows.filter(amount__gt=0) if values["way"] == "in" else rows.filter(amount__lt=0)
    if who := values.get("who", ""):
        rows = rows.filter(assigned_to__isnull=True) if who == "nobody" else rows.filter(assigned_to=who)
    if customer := values.get("customer"):
        rows = rows.filter(Q(payer=customer) | Q(pk__in=_explained_by(customer)))
    if least := values.get("least"):
        rows = rows.filter(Q(amount__gte=least) | Q(amount__lte=-least))
    if "level" in values:
        rows = rows.filter(certainty=int(values["level"])).exclude(outcome="")
    bounds = {
        "account": values.get("account"),
        "currency": values.get("currency"),
        "booked_on__gte": values.get("from"),
        "booked_on__lte": values.get("to"),
    }
    return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def _explained_by(customer: Any) -> QuerySet[Match]:
    return Match.objects.filter(customer=customer, undone_at__isnull=True).values("movement")  # type: ignore[return-value]


def _said(text: str, home: str) -> Q:
    """All the words in the bank's narrative, or a key, or an amount, or the payer's customer."""
    found = Q(trace_key=text) | Q(bank_reference=text)
    if words := fold(text).split()[:MOST_WORDS]:
        said, named = Q(), Customer.objects.all()
        for word in words:
            said &= Q(text_key__contains=word)
            named = named.filter(search__contains=word)
        found |= said | Q(payer__in=named.values("pk"))
    try:
        amount = parse_money(text, home).minor
    except BadMoney:
        return found
    return found | Q(amount__in=(amount, -amount)) if amount else found


def month_of(rows: QuerySet[BankMovement], today: date) -> Month | None:
    """The latest month that has movements, the current one at most; None while there are none."""
    ends = rows.filter(booked_on__lte=today).aggregate(last=Max("booked_on"))
    if ends["last"] is None:
        return None
    first = ends["last"].replace(day=1)
    within = rows.filter(booked_on__gte=first, booked_on__lt=add_months(first, 1))
    found = within.aggregate(total=Count("pk"), settled=Count("pk", filter=Q(state__in=SETTLED)))
    sums = within.filter(amount__gt=0).order_by().values("currency").annotate(
        came=Sum("amount"), known=Sum("explained")
    )  # fmt: skip
    amounts = tuple((each["currency"], each["came"], each["known"]) for each in sums.order_by("currency"))
    return Month(first, found["total"], found["settled"], _alone(within), amounts)


def _alone(rows: QuerySet[BankMovement]) -> int:
    """How many of the movements nobody had to look at."""
    live = Match.objects.filter(undone_at__isnull=True, how__in=(MatchHow.AUTO, MatchHow.POLICY, MatchHow.RETURN))
    return rows.filter(
        state__in=(MovementState.RECONCILED, MovementState.REVERSED), pk__in=live.values("movement")
    ).count()


def counts_by_state(rows: QuerySet[BankMovement]) -> dict[str, int]:
    """How many movements are in each state."""
    found = rows.order_by().values("state").annotate(count=Count("pk"))
    return {each["state"]: each["count"] for each in found}


@dataclass(frozen=True, slots=True)
class Explained:
    """What explains a movement, shortly: whose money, which documents, to which accounts."""

    customers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    hows: tuple[str, ...] = ()
    left: int = 0


def explained(movement_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Explained]:
    """The live explanations of movements, by movement: two queries for all."""
    matches = Match.objects.filter(movement__in=movement_ids, undone_at__isnull=True).select_related("customer")
    by_match = {match.pk: match for match in matches}
    lines: dict[uuid.UUID, list[MatchLine]] = {}
    for line in MatchLine.objects.filter(match__in=by_match).select_related("receivable", "known", "reason"):
        lines.setdefault(by_match[line.match_id].movement_id, []).append(line)
    found: dict[uuid.UUID, list[Match]] = {}
    for match in by_match.values():
        found.setdefault(match.movement_id, []).append(match)
    return {movement: _shortly(rows, lines.get(movement, [])) for movement, rows in found.items()}


def _shortly(matches: Iterable[Match], lines: Iterable[MatchLine]) -> Explained:
    rows = list(lines)
    return Explained(
        _once(str(match.customer) for match in matches if match.customer_id),
        _once(line.receivable.number for line in rows if line.receivable is not None),
        _once(str(line.reason) for line in rows if line.reason is not None),
        _once(match.how for match in matches),
        sum(line.amount for line in rows if not (line.receivable_id or line.known_id or line.reason_id)),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def done_since(since: datetime, user_id: uuid.UUID) -> int:
    """How many movements a person has settled since a moment: explained, adjusted or put away."""
    matched = Match.objects.filter(applied_by=user_id, applied_at__gte=since, undone_at__isnull=True)
    shelved = BankMovement.objects.filter(archived_by=user_id, archived_at__gte=since)
    return matched.values("movement").distinct().count() + shelved.count()
