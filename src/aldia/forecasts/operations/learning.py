"""Which method forecasts tonight, and what past forecasts have taught it.

Habits are counted every night. The regression, and the second learner where one is installed, learn weekly, or sooner
when there is a twentieth more to learn from. A method steps back one tier at once when what was forecast four weeks
ago came out worse than the plain average of each customer, or its bands did not hold; never below habits: the drawn
curve knows less than anybody's average.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from aldia import __version__
from aldia.domain.forecasting import backtest, judging
from aldia.domain.forecasting.book import LAST
from aldia.domain.forecasting.model import Model, learn, tier_of
from aldia.domain.forecasting.regression import Regression
from aldia.domain.forecasting.replay import EVERY, Learnt, Money, Morning, learn_from, replay
from aldia.domain.ports.hazards import HazardLearner, LearntHazards
from aldia.forecasts.models import ModelRun
from aldia.forecasts.queries import made
from aldia.forecasts.queries.book import Subledger

WEEK = timedelta(days=7)
MORE = 1.05
ENOUGH = 200  # resolved forecasts of one's own, from which they calibrate instead of the replay
CERTAIN_WEEKS = 20
HABITS, REGRESSION, SECOND = 1, 2, 3
NUMBERS, SECOND_KEPT = ("centre", "scale", "weights"), "second"  # keys of `ModelRun.coefficients`


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model of a night. `why`: "" or the key of `forecasts.words` for a tier below the wanted one.

    "second" has no words there: that a second learner added nothing is nothing to be warned of.
    """

    model: Model
    wanted: int
    why: str
    learnt_on: date
    coefficients: dict[str, Any]
    resolved: int

    @property
    def is_new(self) -> bool:
        return self.learnt_on.toordinal() == self.model.day


def choose(
    ledger: Subledger, as_of: date, last: ModelRun | None, rows: made.Rows, learner: HazardLearner | None
) -> Chosen:
    """The method that the history has earned, with what was learnt lately where that will do."""
    day = as_of.toordinal()
    resolved = int((ledger.book.known(day).delay <= LAST).sum())
    wanted = tier_of(ledger.book, day, learner)
    if wanted < REGRESSION:
        return Chosen(learn(ledger.book, day, most_tier=HABITS), wanted, "", as_of, {}, resolved)
    chosen = _again(last, as_of, wanted, resolved, learner) or _anew(ledger, as_of, wanted, resolved, learner)
    doubted, doubt = _doubt(ledger, as_of, rows) if chosen.model.tier >= REGRESSION else (0, "")
    if doubt and chosen.model.tier >= doubted:
        return replace(chosen, model=chosen.model.at_most(doubted - 1), why=doubt)
    return chosen


def _again(
    last: ModelRun | None, as_of: date, wanted: int, resolved: int, learner: HazardLearner | None
) -> Chosen | None:
    """What was learnt within the week, by this version of the code; None when it is time to learn."""
    if last is None or last.code_version != __version__ or last.wanted_tier != wanted:
        return None
    if not last.learnt_on <= as_of < last.learnt_on + WEEK or resolved > last.metrics.get("learnt_from", 0) * MORE:
        return None
    known = last.coefficients
    found = Regression(*(np.array(known[name]) for name in NUMBERS)) if known else None
    model, coefficients = Model(as_of.toordinal(), REGRESSION if found else HABITS, found), known
    if SECOND_KEPT in known:
        where = str(known[SECOND_KEPT].get("run", last.pk))
        second = _recalled(learner, where)
        if second is None:
            return None
        model = replace(model, tier=SECOND, second=second)
        coefficients = {**known, SECOND_KEPT: {"run": where}}
    why = _refused(model.tier, wanted)
    return Chosen(model, wanted, why, last.learnt_on, coefficients, last.metrics["learnt_from"])


def _recalled(learner: HazardLearner | None, where: str) -> LearntHazards | None:
    """The second learner's part, from the run that learnt it: it is kept once, not every night."""
    kept = ModelRun.objects.get(pk=where).coefficients[SECOND_KEPT]["kept"]
    return learner.recall(kept) if learner else None


def _anew(ledger: Subledger, as_of: date, wanted: int, resolved: int, learner: HazardLearner | None) -> Chosen:
    model = backtest.earned(ledger.book, as_of.toordinal(), learner)
    coefficients: dict[str, Any] = {}
    if model.regression:
        coefficients = {name: [round(float(each), 6) for each in getattr(model.regression, name)] for name in NUMBERS}
    if model.second:
        coefficients[SECOND_KEPT] = {"kept": model.second.kept()}
    return Chosen(model, wanted, _refused(model.tier, wanted), as_of, coefficients, resolved)


def _refused(tier: int, wanted: int) -> str:
    """Why a tier was not earned."""
    if tier >= wanted:
        return ""
    return "second" if tier == REGRESSION else "backtest"


def _doubt(ledger: Subledger, as_of: date, rows: made.Rows) -> tuple[int, str]:
    """The tier of the forecasts of four weeks ago, and what came of them against it; habits are not doubted."""
    run = made.run_near(as_of - timedelta(days=EVERY))
    if run is None or run.tier < REGRESSION:
        return 0, ""
    said = made.said_in(run, ledger, rows)
    return run.tier, judging.doubt_of(said, as_of.toordinal()) if said else ""


@dataclass(frozen=True, slots=True)
class Taught:
    """What the bands are made with; `mornings` when the past had to be forecast afterwards for it."""

    learnt: Learnt
    source: str
    mornings: list[Morning]

    @property
    def kept(self) -> dict[str, Any]:
        """As `ModelRun.calibration`."""
        found = self.learnt
        return {
            "levels": [round(each, 4) for each in found.levels],
            "invoices": found.invoices,
            "cash": round(found.cash, 4),
            "weeks": found.weeks,
            "source": self.source,
        }

    @property
    def is_provisional(self) -> bool:
        return self.learnt.weeks < CERTAIN_WEEKS


def calibrate(
    ledger: Subledger, as_of: date, last: ModelRun | None, rows: made.Rows, learner: HazardLearner | None
) -> Taught:
    """From what the company's own past forecasts came to; before there are enough, from a replay of its history."""
    day = as_of.toordinal()
    runs = made.past_runs(as_of)
    said = [each for each in (made.said_in(run, ledger, rows) for run in runs) if each]
    own = learn_from(said, [made.weeks_in(run, as_of) for run in runs], day)
    if own.invoices >= ENOUGH:
        return Taught(_with_weeks(own, last), "made", [])
    if last is not None and last.calibration.get("weeks") and not _has_grown(last, ledger, day):
        return Taught(_kept(last), last.calibration["source"], [])
    mornings = replay(ledger.book, day, Money(ledger.total.astype(float), ledger.currency, ledger.codes), learner)
    if not mornings:
        return Taught(own, "none", [])
    found = learn_from([each.said for each in mornings], [each.weeks for each in mornings], day)
    return Taught(found, "backtest", mornings)


def _with_weeks(own: Learnt, last: ModelRun | None) -> Learnt:
    """The scale of cash is kept from before until there are as many weeks of one's own."""
    kept = _kept(last) if last is not None and last.calibration else own
    return replace(own, cash=kept.cash, weeks=kept.weeks) if own.weeks < CERTAIN_WEEKS < kept.weeks else own


def _kept(run: ModelRun) -> Learnt:
    found = run.calibration
    return Learnt(tuple(found["levels"]), found["invoices"], found["cash"], found["weeks"])


def _has_grown(last: ModelRun, ledger: Subledger, day: int) -> bool:
    """Whether history came in since the replay that would change what it said."""
    resolved = int((ledger.book.known(day).delay <= LAST).sum())
    return resolved > 1.5 * max(int(last.metrics.get("replayed", 0)), 1)
