"""Behind every figure, its rows: a `Drill` says which, an address carries it, and what it finds sums to the figure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from aldia.customers.queries import collector_on
from aldia.domain.currencies import CURRENCIES
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable, ReceivableKind
from aldia.receivables.queries.sight import NO_PORTFOLIO, Sight, in_portfolio
from aldia.receivables.queries.states import MONEY

OWED, SALES, RETURNS, COLLECTED, PRESUMED, IN_FAVOUR, REVIEW = (
    "owed", "sales", "returns", "collected", "presumed", "in_favour", "review",
)  # fmt: skip
OF_RECEIVABLES = frozenset({OWED, SALES})
KINDS = (OWED, SALES, RETURNS, COLLECTED, PRESUMED, IN_FAVOUR, REVIEW)


class BadDrill(ValueError):
    """An address that names no figure."""


@dataclass(frozen=True, slots=True)
class Drill:
    """`what` rows: owed at the end of `as_of` (due from … to …; issued until `last`), or sold, returned, collected,
    presumed from … to ….

    `portfolio` and `collector` (who had the customer on the day of the row) are an id or "none".
    """

    what: str
    currency: str = ""
    as_of: date | None = None
    first: date | None = None
    last: date | None = None
    due_from: date | None = None
    due_to: date | None = None
    customer: uuid.UUID | None = None
    portfolio: str = ""
    collector: str = ""

    @property
    def params(self) -> dict[str, str]:
        """As parameters of an address, without what asks nothing."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) for name, value in found.items() if value not in (None, "")}

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Drill:
        """From the parameters of an address. Raises `BadDrill` for what we would not have written."""
        what, currency = params.get("what", ""), params.get("currency", "")
        if what not in KINDS or (currency and currency not in CURRENCIES):
            raise BadDrill(what)
        try:
            days = {name: _day(params[name]) for name in _DAYS if params.get(name)}
            customer = uuid.UUID(params["customer"]) if params.get("customer") else None
            folders = {name: _id_or_none(params.get(name, "")) for name in ("portfolio", "collector")}
        except ValueError as error:
            raise BadDrill(str(error)) from None
        return cls(what=what, currency=currency, customer=customer, **folders, **days)


def _id_or_none(text: str) -> str:
    return str(uuid.UUID(text)) if text and text != NO_PORTFOLIO else text


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1990 <= day.year <= 2100:
        raise ValueError(text)
    return day


_DATED = {True: "issued_on", False: "received_on"}
_DAYS = ("as_of", "first", "last", "due_from", "due_to")


def rows_behind(drill: Drill, *, sight: Sight, today: date) -> QuerySet[Any]:
    """Receivables or credits, each with the part of the figure that it is (`figure`)."""
    if drill.what == OWED:
        rows: QuerySet[Any] = owed_rows(drill.as_of or today, today)
    elif drill.what == SALES:
        rows = sales_rows(drill.first, drill.last, drill.as_of or today)
    else:
        rows = credit_rows(drill)
    plain: dict[str, Any] = {"currency": drill.currency, "customer": drill.customer}
    rows = sight.narrow(rows.filter(**{name: value for name, value in plain.items() if value}))
    rows = in_portfolio(rows, drill.portfolio)
    if drill.collector:
        rows = in_portfolio(
            rows.annotate(who=collector_on(_DATED[drill.what in OF_RECEIVABLES])), drill.collector, "who"
        )
    if drill.what == OWED:
        rows = rows.filter(due_on__gte=drill.due_from) if drill.due_from else rows
        rows = rows.filter(due_on__lte=drill.due_to) if drill.due_to else rows
        rows = rows.filter(issued_on__lte=drill.last) if drill.last else rows
    return rows.select_related("customer")


def owed_rows(as_of: date, today: date) -> QuerySet[Receivable]:
    """Receivables of which something was owed at the end of a day; `figure` is what (see `aging` for the rule).

    It can be negative: a payment taken back today and replaced by one of an earlier date both counted in between.
    """
    if as_of >= today:
        return Receivable.objects.filter(balance__gt=0).annotate(figure=F("balance"))
    since = Allocation.objects.filter(receivable=OuterRef("pk"), on__gt=as_of).order_by()
    applied_since = Subquery(since.values("receivable").annotate(sum=Sum("amount")).values("sum"))
    touched = Allocation.objects.filter(on__gt=as_of).values("receivable")
    rows = Receivable.objects.filter(
        Q(voided_on__isnull=True) | Q(voided_on__gt=as_of),
        Q(balance__gt=0) | Q(voided_on__gt=as_of) | Q(pk__in=touched),
        issued_on__lte=as_of,
    )
    base = Case(When(voided_on__isnull=True, then=F("balance")), default=F("total"))
    return rows.annotate(figure=base + Coalesce(applied_since, Value(0))).exclude(figure=0)


def sales_rows(first: date | None, last: date | None, as_of: date) -> QuerySet[Receivable]:
    """Credit sales, taxes included: receivables issued in the period that were not voided by `as_of`. No openings."""
    rows = Receivable.objects.filter(Q(voided_on__isnull=True) | Q(voided_on__gt=as_of))
    rows = rows.exclude(kind=ReceivableKind.OPENING).annotate(figure=F("total"))
    rows = rows.filter(issued_on__gte=first) if first else rows
    return rows.filter(issued_on__lte=last) if last else rows


def credit_rows(drill: Drill) -> QuerySet[Credit]:
    """Credits that nobody took back, of the kind that the figure is about."""
    rows = Credit.objects.filter(reversed_on__isnull=True)
    rows = rows.filter(received_on__gte=drill.first) if drill.first else rows
    rows = rows.filter(received_on__lte=drill.last) if drill.last else rows
    if drill.what == IN_FAVOUR:
        some = rows.filter(remaining__gt=0)  # the condition of the index
        return some.filter(remaining__gt=F("held")).annotate(figure=F("remaining") - F("held"))
    if drill.what == REVIEW:
        return rows.exclude(review="").annotate(figure=F("amount"))
    return rows.filter(kind__in=_CREDIT_KINDS[drill.what]).annotate(figure=F("amount"))


_CREDIT_KINDS = {RETURNS: (CreditKind.CREDIT_NOTE,), COLLECTED: MONEY, PRESUMED: (CreditKind.PRESUMED,)}


@dataclass(frozen=True, slots=True)
class RowSum:
    """Of the rows of one currency."""

    currency: str
    count: int
    amount: int


def sums_behind(drill: Drill, *, sight: Sight, today: date, home: str) -> list[RowSum]:
    """Sum and number of the rows, per currency, the company's first."""
    rows = rows_behind(drill, sight=sight, today=today).select_related(None).order_by()
    found = rows.values("currency").annotate(rows=Count("pk"), amount=Sum("figure"))
    sums = [RowSum(each["currency"], each["rows"], int(each["amount"])) for each in found]
    return sorted(sums, key=lambda each: (each.currency != home, each.currency))


def figure(drill: Drill, *, sight: Sight, today: date) -> int:
    """The figure itself, of a drill of one currency (minor units)."""
    return sum(each.amount for each in sums_behind(drill, sight=sight, today=today, home=drill.currency))


def ordered(rows: QuerySet[Any], drill: Drill) -> QuerySet[Any]:
    """Receivables by due date, credits newest first."""
    return rows.order_by("due_on", "pk") if drill.what in OF_RECEIVABLES else rows.order_by("-received_on", "-pk")
