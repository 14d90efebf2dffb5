"""A night's forecast: learn from what is known in the morning, forecast the open book, keep everything as said."""

from __future__ import annotations

import time
from datetime import date

from aldia import __version__
from aldia.domain.forecasting.facts import history_of
from aldia.forecasts.models import ModelRun
from aldia.forecasts.operations.learning import Chosen, Taught, calibrate, choose
from aldia.forecasts.operations.scoring import keep_made, keep_replay
from aldia.forecasts.operations.thinning import thin
from aldia.forecasts.operations.writing import Night, Rows, book_rows, risk_rows
from aldia.forecasts.queries import current, made
from aldia.forecasts.queries.book import Subledger, subledger
from aldia.integrations.forecasting import lightgbm_hazard
from aldia.tenancy import audit
from aldia.tenancy.models import ChainHead, User
from aldia.tenancy.scope import current_company_id, transaction

LEDGER = "ledger"
FEW_CUSTOMERS = 2_000  # whose risk is scored every night; more of them when the model is learnt anew


def run_nightly(*, as_of: date, today: date, actor: User | None = None) -> ModelRun:
    """Forecast the book as of the morning of `as_of` (today, or a past day as it would have been) and keep it.

    Rows are added, never changed: run again on the same day, the newer run is the one in force.
    """
    started = time.process_time()
    ledger = subledger(as_of=as_of, today=today)
    rows = made.rows_of(ledger)
    last = current.latest_run(as_of)
    learner = lightgbm_hazard.learner()
    chosen = choose(ledger, as_of, last, rows, learner)
    taught = calibrate(ledger, as_of, last, rows, learner)
    prepared = chosen.model.on(ledger.book, as_of.toordinal())
    known = ledger.book.known(as_of.toordinal())
    climate = float(prepared.figures.columns["portfolio_delay"][-1])
    history = history_of(known, as_of.toordinal(), climate)
    run = _run(ledger, as_of, chosen, taught, last)
    night = Night(run, ledger, prepared, taught, history)
    invoices, cash = book_rows(night)
    scored = chosen.is_new or len(ledger.customers) <= FEW_CUSTOMERS
    found = Rows(invoices, cash, risk_rows(night) if scored else [])
    run.cpu_ms = round(1000 * (time.process_time() - started))
    with transaction():
        found.keep(run)
        if taught.mornings:
            keep_replay(taught.mornings, as_of)
        if chosen.is_new:
            keep_made(ledger, as_of, rows)
        thin(as_of=as_of)
        audit.record(
            actor=actor,
            verb="forecast.run",
            object_type="modelrun",
            object_id=run.id,
            detail={"as_of": as_of, "tier": run.tier, "forecast": run.forecast},
        )
    return run


def run_if_due(*, as_of: date, today: date) -> ModelRun | None:
    """The nightly job's: nothing where that day has its run already and no money has moved since (a job may repeat)."""
    last = current.latest_run(as_of)
    if last is not None and last.as_of == as_of and last.ledger_seq == ledger_seq():
        return None
    return run_nightly(as_of=as_of, today=today)


def ledger_seq() -> int:
    """The last entry of the ledger."""
    head = ChainHead.objects.filter(name=LEDGER).first()
    return head.seq if head else 0


def _run(ledger: Subledger, as_of: date, chosen: Chosen, taught: Taught, last: ModelRun | None) -> ModelRun:
    before = last.metrics.get("replayed", 0) if last else 0
    return ModelRun(
        company_id=current_company_id(),
        as_of=as_of,
        tier=chosen.model.tier,
        wanted_tier=chosen.wanted,
        why=chosen.why,
        code_version=__version__,
        known=len(ledger.book),
        resolved=chosen.resolved,
        forecast=len(ledger.open_rows),
        coefficients=chosen.coefficients,
        calibration=taught.kept,
        metrics={"learnt_from": chosen.resolved, "replayed": chosen.resolved if taught.mornings else before},
        learnt_on=chosen.learnt_on,
        ledger_seq=ledger_seq(),
    )
