"""How forecasts came out, kept once judged: those made when they were due, and those of the replay of the history."""

from __future__ import annotations

from datetime import date
from typing import Any

from aldia.domain.forecasting import judging
from aldia.domain.forecasting.replay import Morning, Week
from aldia.forecasts.models import ForecastScore, ModelRun
from aldia.forecasts.queries import made
from aldia.forecasts.queries.book import Subledger
from aldia.tenancy.scope import current_company_id

MADE, BACKTEST = "made", "backtest"
MONTHS = 6
WAIT = 7  # days until a forecast can be judged at all


def keep_replay(mornings: list[Morning], as_of: date) -> None:
    """One score per past morning, marked as made up for afterwards."""
    rows = []
    for each in mornings:
        found = judging.figures(each.said, as_of.toordinal())
        rows.append(_score(as_of, BACKTEST, date.fromordinal(each.day), each.tier, found, each.weeks))
    ForecastScore.objects.bulk_create(rows)


def keep_made(ledger: Subledger, as_of: date, rows: made.Rows) -> int:
    """Judge (again) the first forecasts of each of the last months; the newest judgement is the one that is shown."""
    found = []
    for run in first_runs(as_of):
        said = made.said_in(run, ledger, rows)
        if said is not None and (as_of - run.as_of).days >= WAIT:
            figures = judging.figures(said, as_of.toordinal())
            found.append(_score(as_of, MADE, run.as_of, run.tier, figures, made.weeks_in(run, as_of)))
    ForecastScore.objects.bulk_create(found)
    return len(found)


def first_runs(as_of: date) -> list[ModelRun]:
    """The first run of each month that has one, the newest months."""
    firsts: dict[tuple[int, int], ModelRun] = {}
    for run in ModelRun.objects.filter(as_of__lt=as_of).defer("coefficients", "metrics").order_by("as_of", "id"):
        firsts.setdefault((run.as_of.year, run.as_of.month), run)
    return list(firsts.values())[-MONTHS:]


def _score(
    on: date, source: str, made_on: date, tier: int, figures: dict[str, object], weeks: dict[str, list[Week]]
) -> ForecastScore:
    cash = {code: [_plain(week) for week in each] for code, each in weeks.items()}
    kept: dict[str, Any] = {"made_on": made_on.isoformat(), "tier": tier, "cash": cash, **figures}
    return ForecastScore(company_id=current_company_id(), on=on, source=source, figures=kept)


def _plain(week: Week) -> list[Any]:
    """[first day, expected, low, high, what came] in minor units."""
    amounts = (week.expected, week.low, week.high, week.actual)
    return [date.fromordinal(week.first).isoformat(), *(round(each) for each in amounts)]
