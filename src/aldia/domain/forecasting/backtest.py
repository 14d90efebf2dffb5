"""Forecasts as they would have been made: at each cut only what was known that morning, then what happened.

At each cut the open invoices are forecast, given that they are unpaid; those issued in the next four weeks on the day
of their issue, with the model of the cut; and the money of the open book by week. Earlier cuts calibrate later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from aldia.domain.forecasting import grid, measures
from aldia.domain.forecasting.book import FIRST, LAST, Book, Flags, Floats, Ints
from aldia.domain.forecasting.calibration import MOST, cash_scale, recalibrated
from aldia.domain.forecasting.cash import WEEK, weeks_of
from aldia.domain.forecasting.measures import PINBALL_LEVELS
from aldia.domain.forecasting.model import Model, late, learn, tier_of
from aldia.domain.ports.hazards import HazardLearner

AHEAD = 28
CASH_WEEKS, TOTAL_WEEKS = 8, 4
CAP = 0.995
YEARS = 3 * 365
WORSE = 1.03  # four weeks are few: less than this is noise
BETTER = 0.99  # a second learner has to show
NEAR, FAR, NEAR_CUTS, FAR_CUTS = 42, 84, 8, 11


@dataclass(frozen=True, slots=True)
class _Made:
    """Forecasts that later cuts may learn from: what was said, and what is needed to know what became of it."""

    pmf: Floats
    due: Ints
    paid: Ints

    def reached(self, day: int) -> tuple[Floats, Flags]:
        """The PIT of what happened until a morning, and whether it was a payment (else: still open by then)."""
        is_paid = (self.paid < day) & (self.paid - self.due <= LAST)
        until = np.where(is_paid, self.paid - self.due, np.minimum(day - 1 - self.due, LAST))
        return grid.reached(self.pmf, np.clip(until, FIRST, LAST)), is_paid


@dataclass(slots=True)
class Task:
    """Forecasts of invoices over all cuts, and what became of each; `made` are the latest ones, for calibration."""

    quantiles: list[Floats] = field(default_factory=list)
    late: list[Floats] = field(default_factory=list)
    delay: list[Ints] = field(default_factory=list)
    since: list[Ints] = field(default_factory=list)
    made: list[_Made] = field(default_factory=list)

    def levels(self, day: int) -> Floats:
        """The levels to ask for on a morning, by what earlier forecasts came to until then."""
        if not self.made:
            return PINBALL_LEVELS
        pit, is_paid = (np.concatenate(part) for part in zip(*(each.reached(day) for each in self.made), strict=True))
        return recalibrated(PINBALL_LEVELS, pit, is_paid)

    def add(self, pmf: Floats, part: Book, day: int, levels: Floats) -> None:
        """Keep the forecasts of some invoices, made on a morning."""
        self.quantiles.append(grid.quantiles(pmf, levels))
        self.late.append(late(pmf))
        self.delay.append(part.delay)
        self.since.append(day - part.due)
        self.made.append(_Made(pmf.astype(np.float32), part.due, part.paid))
        while sum(len(each.due) for each in self.made[1:]) > MOST:
            del self.made[0]

    def figures(self) -> dict[str, float]:
        """MAE, pinball, coverage of the 80 % band, AUC of "late" among what was not due yet; `n` that were resolved."""
        delay = np.concatenate(self.delay) if self.delay else np.array([], dtype=int)
        is_known = delay <= LAST
        if not is_known.any():
            return {**dict.fromkeys(("mae", "pinball", "coverage80", "auc"), float("nan")), "n": 0}
        not_due, actual = np.concatenate(self.since) <= 0, delay[is_known].astype(float)
        kept = np.concatenate(self.quantiles)[is_known]
        return {
            "mae": measures.absolute_error(kept[:, 2], actual),
            "pinball": measures.pinball(kept, actual),
            "coverage80": measures.coverage(kept[:, 0], kept[:, -1], actual),
            "auc": measures.auc(np.concatenate(self.late)[not_due], delay[not_due] > 0),
            "n": int(is_known.sum()),
        }


@dataclass(slots=True)
class Cash:
    """Money by week: expected, band and real, over all cuts."""

    expected: list[Floats] = field(default_factory=list)
    actual: list[Floats] = field(default_factory=list)
    half: list[Floats] = field(default_factory=list)
    middle: list[Floats] = field(default_factory=list)
    inside: list[Floats] = field(default_factory=list)
    ends: list[Ints] = field(default_factory=list)

    def scale(self, day: int) -> float:
        """By what today's half-widths are multiplied: weeks that are over by now tell."""
        if not self.ends:
            return cash_scale(np.array([]), np.array([]))
        over = np.concatenate(self.ends) <= day
        off = np.concatenate(self.actual) - np.concatenate(self.middle)
        return cash_scale(off[over], np.concatenate(self.half)[over])

    def figures(self) -> dict[str, float]:
        """WAPE by week, error of the four-week total against what came in, coverage of the 80 % band."""
        if not self.expected:
            return {"weekly_wape": float("nan"), "four_week_error": float("nan"), "coverage80": float("nan")}
        expected, actual = np.array(self.expected), np.array(self.actual)
        totals = expected[:, :TOTAL_WEEKS].sum(axis=1), actual[:, :TOTAL_WEEKS].sum(axis=1)
        return {
            "weekly_wape": measures.weighted_error(expected, actual),
            "four_week_error": measures.weighted_error(*totals),
            "coverage80": float(np.concatenate(self.inside).mean()),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """Figures by task, and the cuts with the tier that each had earned."""

    open: dict[str, float]
    new: dict[str, float]
    cash: dict[str, float]
    cuts: tuple[tuple[int, int], ...]

    def cuts_by_date(self) -> list[tuple[str, int]]:
        """The cuts as days (ISO 8601)."""
        return [(date.fromordinal(day).isoformat(), tier) for day, tier in self.cuts]


def cuts_of(book: Book) -> list[int]:
    """The days to forecast from: the latest that leave eight weeks to see what came, some six or twelve weeks apart."""
    first, last = int(book.issued[0]), int(book.issued[-1])
    every, count = (FAR, FAR_CUTS) if last - first >= YEARS else (NEAR, NEAR_CUTS)
    end = last - AHEAD + 1
    found = [end - every * number for number in range(count)]
    return sorted(day for day in found if day > first + (last - first) // 4)


def earned(book: Book, day: int, learner: HazardLearner | None = None) -> Model:
    """The model of a morning: what had earned its place on the weeks just before.

    The regression must not be worse than habits; a second learner must be better than both.
    """
    allowed = tier_of(book, day, learner)
    if allowed < 2:
        return learn(book, day)
    known = book.known(day)
    earlier = learn(known, day - 2 * AHEAD, most_tier=allowed, learner=learner)
    habits, regression = (_near_pinball(known, earlier.at_most(tier)) for tier in (1, 2))
    best = 2 if regression <= habits * WORSE else 1
    if earlier.tier > 2 and _near_pinball(known, earlier) < min(habits, regression) * BETTER:
        best = 3
    return learn(book, day, most_tier=best, learner=learner)


def _near_pinball(known: Book, model: Model) -> float:
    """Of the weeks since the model's own morning: what was open then, and what was issued after."""
    opened, new = Task(), Task()
    _forecast_open(known, model.day, model, opened)
    _forecast_new(known, model.day, model, new)
    return float(sum(np.nan_to_num(each.figures()["pinball"]) for each in (opened, new)))


def run(
    book: Book, cuts: list[int] | None = None, *, most_tier: int | None = None, learner: HazardLearner | None = None
) -> Result:
    """Forecast from every cut and compare with what happened; `most_tier` is used instead of what would be earned."""
    opened, new, cash, used = Task(), Task(), Cash(), []
    seen_until = int(max(book.issued[-1], book.paid[book.delay <= LAST].max(initial=0)))
    for day in cuts if cuts is not None else cuts_of(book):
        if most_tier is None:
            model = earned(book, day, learner)
        else:
            model = learn(book, day, most_tier=most_tier, learner=learner)
        used.append((day, model.tier))
        part, pmf = _forecast_open(book, day, model, opened)
        _forecast_cash(pmf, part, day, cash, seen_until)
        _forecast_new(book, day, model, new)
    return Result(opened.figures(), new.figures(), cash.figures(), tuple(used))


def _forecast_open(book: Book, day: int, model: Model, task: Task) -> tuple[Book, Floats]:
    """The invoices unpaid on a morning, less those older than any forecast reaches, with their distributions."""
    known = book.known(day)
    part = book.rows(np.flatnonzero((known.delay > LAST) & (day - known.due <= LAST)))
    pmf = model.score(book, day, part)
    if len(part):
        task.add(pmf, part, day, task.levels(day))
    return part, pmf


def _forecast_cash(pmf: Floats, part: Book, day: int, cash: Cash, seen_until: int) -> None:
    """The weeks that can be judged: those over when the data end."""
    weeks = min(CASH_WEEKS, (seen_until + 1 - day) // WEEK)
    if weeks < CASH_WEEKS or not len(part):
        return
    capped = np.minimum(part.amount, np.quantile(part.amount, CAP))
    part = replace(part, amount=capped)
    forecast = weeks_of(pmf, part, day, weeks=weeks, seed=day)
    week = np.where(part.paid < day + weeks * WEEK, (part.paid - day) // WEEK, weeks)
    actual = np.bincount(week, capped, weeks + 1)[:weeks]
    low, high = forecast.band(scale=cash.scale(day))
    middle, half = forecast.spread()
    cash.inside.append((actual >= low) & (actual <= high))
    cash.half.append(half)
    cash.middle.append(middle)
    cash.expected.append(forecast.expected)
    cash.actual.append(actual)
    cash.ends.append(day + WEEK * np.arange(1, weeks + 1))


def _forecast_new(book: Book, day: int, model: Model, task: Task) -> None:
    levels = task.levels(day)
    for issued in range(day, day + AHEAD):
        first, last = np.searchsorted(book.issued, [issued, issued + 1])
        if last > first:
            part = book.rows(np.arange(first, last))
            task.add(model.score(book, issued, part), part, issued, levels)
