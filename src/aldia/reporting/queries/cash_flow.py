"""The cash flow: what the open book will bring, by period, with its margin; beside it, never silently in it, what
customers promised, what falls due, what recurring documents will bill, and what is owed to others.

Whoever sees everybody reads the forecast of money as it was made (`CashForecast`). Who sees part of the customers gets
that of their invoices, simulated again; of too many of them, their sums, without a margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from aldia.collections.queries import promises
from aldia.domain.cash_flow import FORTNIGHT, HALF, MONTH, ONE_DAY, QUARTER, WEEK, Inflow, Span, Stretch, inflows, spans
from aldia.domain.promises import PromiseState
from aldia.forecasts import stretches as kinds
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.queries import current, parts
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.queries.sight import Sight, in_portfolio
from aldia.reporting.queries.billing import Bill, bills

KINDS = {
    WEEK: kinds.WEEK,
    FORTNIGHT: kinds.HALF_MONTH,
    MONTH: kinds.MONTH,
    QUARTER: kinds.QUARTER,
    HALF: kinds.HALF_YEAR,
}
GRACE = 10  # days after its day on which a promise may still be open: a weekend and a few bank holidays


@dataclass(frozen=True, slots=True)
class Asked:
    """`portfolio` an id, "none" or "". `with_billing`: count recurring billing in the net flow."""

    currency: str
    step: str
    portfolio: str = ""
    with_billing: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """One column: amounts in minor units. `inflow` is None where the forecast does not reach.

    `due`: what falls due by its papers; `promised`: part of the same money, by the word of the customers; `billed`:
    documents still to be issued, by their due dates. `payables` and `credits` are owed to others: none are kept yet.
    """

    span: Span
    inflow: Inflow | None
    due: int
    promised: int
    billed: int
    payables: int = 0
    credits: int = 0
    net: int | None = None


@dataclass(frozen=True, slots=True)
class CashFlow:
    """`later`: owed and not expected in the periods (None without a forecast). `horizon`: the last day forecast."""

    asked: Asked
    run: ModelRun | None
    today: date
    horizon: date | None
    periods: list[Period]
    owed: int
    overdue: int
    in_favour: int
    later: int | None
    new: int = 0
    has_margin: bool = True
    is_provisional: bool = True
    bills: list[Bill] = field(default_factory=list)

    @property
    def expected(self) -> int:
        """Of all the periods that the forecast reaches."""
        return sum(each.inflow.expected for each in self.periods if each.inflow)


def cash_flow(*, sight: Sight, asked: Asked, today: date, patience: promises.Patience) -> CashFlow:
    """The flow from today on, in the periods asked for. Raises `domain.cash_flow.BadStep`."""
    periods, run = spans(asked.step, today), current.latest_run()
    found = _Found() if run is None else _found(run, sight, asked, periods)
    inflow, has_margin = found.inflow or [None for _each in periods], found.has_margin
    coming = [] if asked.portfolio else bills(sight=sight, currency=asked.currency, last=periods[-1].last)
    due, promised = _due(sight, asked, periods), _promised(sight, asked, periods, today, patience)
    rows = []
    for place, span in enumerate(periods):
        billed = sum(each.amount for each in coming if span.holds(max(each.due_on, today)))
        rows.append(_period(span, inflow[place], due[place], promised[place], billed, asked.with_billing))
    owed, overdue = _owed(sight, asked, today)
    expected = sum(each.expected for each in inflow if each)
    return CashFlow(
        asked, run, today, found.horizon, rows, owed, overdue, _in_favour(sight, asked),
        owed - expected if run else None, _new(sight, asked, run), has_margin, found.is_provisional, coming,
    )  # fmt: skip


def _period(span: Span, inflow: Inflow | None, due: int, promised: int, billed: int, with_billing: bool) -> Period:
    net = None if inflow is None else inflow.expected + (billed if with_billing else 0)
    return Period(span, inflow, due, promised, billed, net=net)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a run says of the periods: how far it reaches, and whether it has a margin and that one is proven."""

    inflow: list[Inflow | None] = field(default_factory=list)
    horizon: date | None = None
    has_margin: bool = True
    is_provisional: bool = True


def _found(run: ModelRun, sight: Sight, asked: Asked, periods: Sequence[Span]) -> _Found:
    kind = KINDS[asked.step]
    has_margin, days = True, []
    if sight.collector is None and not asked.portfolio:
        days, rows = current.cash(run, asked.currency, kinds.DAY), current.cash(run, asked.currency, kind)
    else:
        try:
            rows = parts.cash_of(run, invoices(run, sight, asked), asked.currency, kind)
        except parts.TooMany:
            rows, has_margin = _sums(run, sight, asked, kind), False
    return _Found(
        inflows(periods, stretches(days), stretches(rows)),
        max((each.last for each in rows), default=None),
        has_margin,
        any(each.is_provisional for each in rows),
    )


def _sums(run: ModelRun, sight: Sight, asked: Asked, kind: str) -> list[CashForecast]:
    """What too many invoices to simulate are expected to bring, without a margin."""
    found = []
    for each in kinds.stretches_from(run.as_of):
        if each.horizon == kind:
            _shares, sum_, _count = parts.shares_of(run, invoices(run, sight, asked), each.first, each.last, 0)
            found.append(CashForecast(first=each.first, last=each.last, expected=sum_, low_80=sum_, high_80=sum_))
    return found


def stretches(rows: Sequence[CashForecast]) -> list[Stretch]:
    """Forecasts of money as the domain takes them."""
    return [Stretch(each.first, each.last, each.expected, each.low_80, each.high_80) for each in rows]


def invoices(run: ModelRun, sight: Sight, asked: Asked) -> QuerySet[InvoiceForecast]:
    """The forecasts of a run of what is still open and in sight."""
    rows = InvoiceForecast.objects.filter(run=run, currency=asked.currency, receivable__balance__gt=0)
    return in_portfolio(sight.narrow(rows, "receivable__customer"), asked.portfolio, "receivable__customer__portfolio")


def _open(sight: Sight, asked: Asked) -> QuerySet[Receivable]:
    rows = sight.narrow(Receivable.objects.filter(balance__gt=0, currency=asked.currency))
    return in_portfolio(rows, asked.portfolio)


def _due(sight: Sight, asked: Asked, periods: Sequence[Span]) -> list[int]:
    sums: dict[str, Any] = {
        f"p{place}": Sum("balance", filter=Q(due_on__gte=span.first, due_on__lte=span.last))
        for place, span in enumerate(periods)
    }
    found = _open(sight, asked).order_by().aggregate(**sums)
    return [int(found[f"p{place}"] or 0) for place in range(len(periods))]


def _owed(sight: Sight, asked: Asked, today: date) -> tuple[int, int]:
    found = _open(sight, asked).aggregate(owed=Sum("balance"), overdue=Sum("balance", filter=Q(due_on__lt=today)))
    return int(found["owed"] or 0), int(found["overdue"] or 0)


def _new(sight: Sight, asked: Asked, run: ModelRun | None) -> int:
    """What is owed on receivables that came after the forecast was made: it says nothing of them."""
    if run is None:
        return 0
    rows = _open(sight, asked).filter(created_at__gt=run.created_at)
    known = InvoiceForecast.objects.filter(run=run).values("receivable_id")
    return int(rows.exclude(pk__in=known).aggregate(sum=Sum("balance"))["sum"] or 0)


def _in_favour(sight: Sight, asked: Asked) -> int:
    rows = Credit.objects.filter(reversed_on__isnull=True, remaining__gt=F("held"), currency=asked.currency)
    rows = in_portfolio(sight.narrow(rows), asked.portfolio)
    return int(rows.aggregate(sum=Sum(F("remaining") - F("held")))["sum"] or 0)


def _promised(
    sight: Sight, asked: Asked, periods: Sequence[Span], today: date, patience: promises.Patience
) -> list[int]:
    """What open promises still lack, on their days; one whose day passed and may still be kept is for today."""
    rows = promises.promises().filter(
        withdrawn_on__isnull=True, currency=asked.currency, due_on__gte=today - GRACE * ONE_DAY,
        due_on__lte=periods[-1].last,
    )  # fmt: skip
    rows = in_portfolio(sight.narrow(rows), asked.portfolio)
    sums = [0] * len(periods)
    for each in promises.judged(rows.order_by("due_on", "id"), as_of=today, patience=patience):
        if each.state != PromiseState.OPEN:
            continue
        day = max(each.promise.due_on, today)
        place = next(index for index, span in enumerate(periods) if span.holds(day))
        sums[place] += each.verdict.needed - each.verdict.paid
    return sums
