"""How past forecasts came out, month by month: those made when they were due, else those of the replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from aldia.forecasts.models import ForecastScore
from aldia.forecasts.words import SHORT_TIERS

BACKTEST = "backtest"
MONTHS = 18


@dataclass(frozen=True, slots=True)
class JudgedWeek:
    """Minor units."""

    first: date
    expected: int
    low: int
    high: int
    actual: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One morning's forecasts. Errors are medians in days, shares per mille; None where nothing can be said yet."""

    made_on: date
    judged_on: date
    is_replay: bool
    tier: int
    n: int
    resolved: int
    error: float | None
    due_error: float | None
    average_error: float | None
    inside: int | None
    judged_bands: int
    confusion: list[list[int]]
    cash: dict[str, list[JudgedWeek]]

    @property
    def method(self) -> str:
        return str(SHORT_TIERS[self.tier])

    @property
    def inside_percent(self) -> str:
        return "" if self.inside is None else f"{(self.inside + 5) // 10} %"


def judged() -> list[Judged]:
    """The newest judgement of each morning, the oldest first. Where forecasts were made, no replay speaks of later."""
    newest: dict[tuple[str, str], ForecastScore] = {}
    for row in ForecastScore.objects.order_by("on", "id"):
        newest[(row.source, row.figures["made_on"])] = row
    made = sorted((row for (source, _on), row in newest.items() if source != BACKTEST), key=_made_on)
    replayed = sorted((row for (source, _on), row in newest.items() if source == BACKTEST), key=_made_on)
    if replayed:  # of several replays, the last one: it knew the most history
        last = max(row.on for row in replayed)
        replayed = [row for row in replayed if row.on == last]
    first = _made_on(made[0]) if made else "9999"
    return [_judged(row) for row in [*(row for row in replayed if _made_on(row) < first), *made]][-MONTHS:]


def _made_on(row: ForecastScore) -> str:
    return str(row.figures["made_on"])


def _judged(row: ForecastScore) -> Judged:
    kept: dict[str, Any] = row.figures
    names = ("tier", "n", "resolved", "error", "due_error", "average_error", "inside", "judged_bands", "confusion")
    return Judged(
        made_on=date.fromisoformat(kept["made_on"]),
        judged_on=row.on,
        is_replay=row.source == BACKTEST,
        cash={
            code: [JudgedWeek(date.fromisoformat(week[0]), *week[1:]) for week in weeks]
            for code, weeks in kept["cash"].items()
        },
        **{name: kept[name] for name in names},
    )
