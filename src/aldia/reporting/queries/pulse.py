"""What Inicio says of the days to come: the forecast in force, and the promises that fall due or were broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from aldia.collections.models import Promise
from aldia.collections.queries.promises import Patience, judged
from aldia.domain.promises import PromiseState
from aldia.forecasts.models import CashForecast, ModelRun
from aldia.forecasts.queries import current
from aldia.receivables.queries.sight import Sight

WEEKS = 4
AHEAD, BEHIND = timedelta(days=7), timedelta(days=30)
MOST_PROMISES = 1_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next weeks of the run in force in one currency."""

    run: ModelRun
    weeks: tuple[CashForecast, ...]

    @property
    def expected(self) -> int:
        return sum(week.expected for week in self.weeks)

    @property
    def most(self) -> int:
        """The highest bound: what a bar is drawn against."""
        return max((week.high_80 for week in self.weeks), default=0)

    @property
    def is_provisional(self) -> bool:
        return any(week.is_provisional for week in self.weeks)


@dataclass(frozen=True, slots=True)
class Promised:
    """Promises of one currency: what is promised for the next seven days, and what was broken in the last thirty."""

    amount: int
    count: int
    today_amount: int
    today_count: int
    broken_amount: int
    broken_count: int

    @property
    def is_empty(self) -> bool:
        return not (self.count or self.broken_count)


def outlook(*, sight: Sight, currency: str, today: date) -> Outlook | None:
    """The weeks from the current one on; None before the first run, and for who sees only some customers: the money
    of a portfolio is not forecast apart."""
    run = current.latest_run() if sight.collector is None else None
    if run is None:
        return None
    weeks = [week for week in current.cash(run, currency, current.WEEK) if week.last >= today]
    return Outlook(run, tuple(weeks[:WEEKS])) if weeks else None


def promised(*, sight: Sight, currency: str, today: date, patience: Patience) -> Promised:
    """Judged as of now, from what was paid: the latest due first, at most `MOST_PROMISES`."""
    rows = Promise.objects.filter(
        withdrawn_on__isnull=True, currency=currency, due_on__gte=today - BEHIND, due_on__lte=today + AHEAD
    )
    found = judged(sight.narrow(rows).order_by("-due_on", "-id")[:MOST_PROMISES], as_of=today, patience=patience)
    open_ = [each for each in found if each.is_open]
    of_today = [each for each in open_ if each.promise.due_on == today]
    broken = [each for each in found if each.state in (PromiseState.BROKEN, PromiseState.PARTLY)]
    missing = [each.verdict.needed - each.verdict.paid - each.verdict.late for each in broken]
    return Promised(
        amount=sum(each.promise.amount for each in open_),
        count=len(open_),
        today_amount=sum(each.promise.amount for each in of_today),
        today_count=len(of_today),
        broken_amount=sum(max(0, each) for each in missing),
        broken_count=len(broken),
    )
