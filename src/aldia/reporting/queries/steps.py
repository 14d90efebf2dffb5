"""The board of the seven steps, live and in SQL: in which step each open receivable is today, how many and how much.

The same rules as `domain.steps` on the facts of `step_facts`, for tens of thousands of receivables at once; tests
compare the two over random histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)  # fmt: skip
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Replace, TruncDate

from aldia.collections.models import Activity, Dispute, PromisedDebt, ReceivableStep
from aldia.domain import steps
from aldia.messaging.models import Channel, Message, Purpose
from aldia.payments.models import PortalPass
from aldia.receivables.charge_models import PlanEnd
from aldia.receivables.models import DueDateChange, PaymentPlan, Receivable
from aldia.receivables.queries.sight import Sight, in_portfolio
from aldia.reminders.models import MessageDebt
from aldia.reporting.queries.step_facts import LEFT, REMINDS, WORK


@dataclass(frozen=True, slots=True)
class StepSum:
    """What is in a step in one currency: how many, and how much they owe (minor units)."""

    step: int
    currency: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Board:
    """Of the receivables in sight as of today: every step in every currency, the company's first.

    `median_days`: since when half of what is in a step has been there; without those that were not followed yet.
    """

    currencies: tuple[str, ...]
    sums: dict[tuple[int, str], StepSum]
    median_days: dict[int, int]

    def of(self, step: int, currency: str) -> StepSum:
        return self.sums.get((step, currency)) or StepSum(step, currency, 0, 0)

    def count(self, step: int) -> int:
        """In all currencies."""
        return sum(self.of(step, currency).count for currency in self.currencies)

    @property
    def total(self) -> int:
        return sum(self.count(step) for step in steps.STEPS)


def open_rows(sight: Sight, *, today: date, portfolio: str = "", currency: str = "") -> QuerySet[Receivable]:
    """What is on the board: open receivables of the customers in sight."""
    rows = sight.narrow(Receivable.objects.filter(balance__gt=0, issued_on__lte=today))
    rows = in_portfolio(rows, portfolio)
    return rows.filter(currency=currency) if currency else rows


def board(*, sight: Sight, today: date, zone: ZoneInfo, home: str, portfolio: str = "", measured: bool = True) -> Board:
    """Counts and money of the seven steps; `measured`: with the days in each."""
    rows = with_step(open_rows(sight, today=today, portfolio=portfolio), today=today, zone=zone)
    grouped = rows.order_by().values("step", "currency").annotate(rows=Count("pk"), amount=Sum("balance"))
    sums = {
        (each["step"], each["currency"]): StepSum(each["step"], each["currency"], each["rows"], int(each["amount"]))
        for each in grouped
    }
    currencies = {currency for _step, currency in sums} | {home}
    ordered = tuple(sorted(currencies, key=lambda each: (each != home, each)))
    days = median_days(sight=sight, today=today, portfolio=portfolio) if measured else {}
    return Board(ordered, sums, days)


def median_days(*, sight: Sight, today: date, portfolio: str = "") -> dict[int, int]:
    """For how many days half of what is in each step has been in it, by what was followed last night."""
    rows = sight.narrow(ReceivableStep.objects.filter(receivable__balance__gt=0), "receivable__customer")
    rows = in_portfolio(rows, portfolio, "receivable__customer__portfolio")
    days: dict[int, list[tuple[int, int]]] = {}
    for step, since, count in rows.order_by().values_list("step", "since").annotate(rows=Count("pk")):
        days.setdefault(step, []).append(((today - since).days, count))
    return {step: weighted_median(each) for step, each in days.items()}


def weighted_median(pairs: Sequence[tuple[int, int]]) -> int:
    """The lower median of values that each come so many times."""
    half, seen = (sum(count for _value, count in pairs) + 1) // 2, 0
    for value, count in sorted(pairs):
        seen += count
        if seen >= half:
            return value
    return 0


def with_step(rows: QuerySet[Receivable], *, today: date, zone: ZoneInfo) -> QuerySet[Receivable]:
    """Open receivables, each with its `step` as of today."""
    after = _reminder(message__on_day__gt=OuterRef("due_on"))
    late = Case(
        When(_in_collection(today), then=Value(steps.IN_COLLECTION)),
        When(after, then=Value(steps.REMINDED_AGAIN)),
        default=Value(steps.FALLEN_DUE),
    )
    current = Case(
        When(_reminder(due_on=OuterRef("due_on")), then=Value(steps.REMINDED)),
        When(_dated(today), then=Value(steps.DATE_SET)),
        When(_sent(zone), then=Value(steps.SENT)),
        default=Value(steps.ISSUED),
    )
    return rows.annotate(
        step=Case(When(due_on__lt=today, then=late), default=current, output_field=IntegerField())
    )  # fmt: skip


def _reminder(**conditions: Any) -> Exists:
    rows = MessageDebt.objects.filter(receivable=OuterRef("pk"), message__deliveries__state__in=LEFT)
    return Exists(rows.filter(message__purpose__in=REMINDS, **conditions).order_by())


def _in_collection(today: date) -> Q:
    own = {"receivable": OuterRef("pk")}
    disputed = Dispute.objects.filter(resolved_on__isnull=True, **own)
    planned = PaymentPlan.objects.filter(Q(ended_on__isnull=True) | Q(end_code=PlanEnd.BROKEN), **own)
    promised = PromisedDebt.objects.filter(
        promise__withdrawn_on__isnull=True, promise__promised_on__gt=OuterRef("due_on"), **own
    )
    worked = Activity.objects.filter(
        customer=OuterRef("customer"), kind__in=WORK, withdrawn_at__isnull=True, on__gt=OuterRef("due_on")
    )
    letter = _reminder(message__channel=Channel.LETTER, message__on_day__gt=OuterRef("due_on"))
    return (
        Q(due_on__lt=today - timedelta(days=steps.LONG_OVERDUE))
        | Q(Exists(disputed)) | Q(Exists(planned)) | Q(Exists(worked)) | Q(Exists(promised)) | Q(letter)
    )  # fmt: skip


def _dated(today: date) -> Q:
    own = {"receivable": OuterRef("pk")}
    planned = PaymentPlan.objects.filter(ended_on__isnull=True, **own)
    promised = PromisedDebt.objects.filter(promise__withdrawn_on__isnull=True, promise__due_on__gte=today, **own)
    first = DueDateChange.objects.filter(**own).order_by("created_at", "id").values("old_due_on")[:1]
    is_as_it_came = Q(due_on=Coalesce(Subquery(first), F("due_on")))
    return Q(Exists(planned)) | Q(Exists(promised)) | ~is_as_it_came


def _sent(zone: ZoneInfo) -> Q:
    mentioned = MessageDebt.objects.filter(receivable=OuterRef("pk"), message__deliveries__state__in=LEFT)
    mine = Message.objects.filter(customer=OuterRef("customer"), deliveries__state__in=LEFT)
    statement = mine.filter(purpose=Purpose.STATEMENT, on_day__gte=OuterRef("issued_on"))
    document = mine.filter(purpose=Purpose.DOCUMENT).annotate(named=KeyTextTransform("document", "facts"))
    order = mine.filter(purpose=Purpose.ORDER).annotate(named=_bare(KeyTextTransform("order", "facts")))
    acted = PortalPass.objects.filter(customer=OuterRef("customer"), last_used_at__isnull=False)
    acted = acted.annotate(day=TruncDate("last_used_at", tzinfo=zone)).filter(day__gte=OuterRef("issued_on"))
    return (
        Q(Exists(mentioned)) | Q(Exists(statement)) | Q(Exists(acted))
        | (~Q(key="") & Q(Exists(document.filter(named=OuterRef("key")))))
        | (Q(key="") & Q(Exists(order.filter(named=_bare(Cast(OuterRef("pk"), CharField()))))))
    )  # fmt: skip


def _bare(key: Any) -> Any:
    """An id as text without its dashes: SQLite keeps none."""
    return Replace(Coalesce(Cast(key, CharField()), Value("")), Value("-"), Value(""))
