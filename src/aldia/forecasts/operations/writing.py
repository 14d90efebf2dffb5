"""The rows of a run: invoices, money by day, week, half month, month, quarter and half year, and risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from aldia.domain.forecasting import explaining, risk
from aldia.domain.forecasting.book import LAST, Book, Floats, Ints
from aldia.domain.forecasting.cash import Flow
from aldia.domain.forecasting.facts import History
from aldia.domain.forecasting.foresight import GRACE, LITTLE, NORMAL, Foresight, Tide, foresee, old_rate, pmf_of
from aldia.domain.forecasting.judging import BEYOND
from aldia.domain.forecasting.model import Prepared
from aldia.forecasts.models import CashForecast, Confidence, InvoiceForecast, ModelRun, RiskScore
from aldia.forecasts.operations.learning import Taught
from aldia.forecasts.queries.book import Subledger
from aldia.forecasts.stretches import HORIZON_DAYS, sides_of, stretches_from

CHUNK = 4_000
BATCH = 1_000
SHARES = ((50, 0.5), (80, 0.8), (95, 0.95))


@dataclass(frozen=True, slots=True)
class Night:
    """Everything that a run writes with."""

    run: ModelRun
    ledger: Subledger
    prepared: Prepared
    taught: Taught
    history: History

    @property
    def day(self) -> int:
        return self.prepared.day


@dataclass(frozen=True, slots=True)
class Rows:
    """What a run says, ready to be kept."""

    invoices: list[InvoiceForecast]
    cash: list[CashForecast]
    risks: list[RiskScore]

    def keep(self, run: ModelRun) -> None:
        """Insert everything, the run first."""
        run.save(force_insert=True)
        InvoiceForecast.objects.bulk_create(self.invoices, batch_size=BATCH)
        CashForecast.objects.bulk_create(self.cash, batch_size=BATCH)
        RiskScore.objects.bulk_create(self.risks, batch_size=BATCH)


def book_rows(night: Night) -> tuple[list[InvoiceForecast], list[CashForecast]]:
    """Forecast the open book a few invoices at a time, and the money that they make."""
    ledger = night.ledger
    rows = ledger.open_rows
    flows = {
        code: Flow(night.day, days=HORIZON_DAYS, customers=ledger.book.customers, seed=night.day)
        for code in ledger.codes
    }
    tides = {code: Tide(night.day, days=HORIZON_DAYS) for code in ledger.codes}
    reach = night.day - ledger.book.due[rows] <= LAST
    invoices: list[InvoiceForecast] = []
    for start in range(0, int(reach.sum()), CHUNK):
        invoices += _part(night, rows[reach][start : start + CHUNK], flows, tides)
    invoices += _beyond(night, rows[~reach])
    night.run.calibration["tides"] = {
        code: [round(float(each), 7) for each in tide.weights()] for code, tide in tides.items()
    }
    there = [code for place, code in enumerate(ledger.codes) if (ledger.currency[rows] == place).any()]
    return invoices, [row for code in there for row in _cash(night, code, flows[code])]


def _part(night: Night, rows: Ints, flows: dict[str, Flow], tides: dict[str, Tide]) -> list[InvoiceForecast]:
    part = night.ledger.book.rows(rows)
    pmf = night.prepared.score(part)
    said = foresee(pmf, part, night.day, np.array(night.taught.learnt.levels))
    moved = explaining.moved_by(night.prepared, part)
    owed = replace(part, amount=night.ledger.balance[rows].astype(float))
    kept = pmf_of(_days(said.quantiles), np.rint(1000 * said.never) / 1000, night.day - part.due)
    for place, code in enumerate(night.ledger.codes):
        mine = np.flatnonzero(night.ledger.currency[rows] == place)
        flows[code].add(pmf[mine], owed.rows(mine))
        tides[code].add(pmf[mine], kept[mine], owed.rows(mine))
    return [_invoice(night, row, said, number, part, moved) for number, row in enumerate(rows)]


def _days(quantiles: Floats) -> Floats:
    """Quantiles as they are kept: whole days."""
    return np.floor(quantiles + 0.5)


def _invoice(
    night: Night, row: int, said: Foresight, number: int, part: Book, moved: dict[str, Any]
) -> InvoiceForecast:
    due = int(part.due[number])
    low, middle, high = (float(each) for each in said.band[number])
    is_expected = middle < BEYOND
    reasons = [
        {"group": group, "days": days, **night.history.facts(group, part.rows(np.array([number])))}
        for group, days in (explaining.top_of(moved, number) if is_expected else [])
    ]
    return _row(
        night,
        row,
        expected_on=_day(due, middle) if is_expected else None,
        low_on=max(_day(due, min(low, float(LAST))), date.fromordinal(night.day)),
        high_on=_day(due, high) if high < BEYOND else None,
        quantiles=[int(each) for each in _days(said.quantiles[number])],
        late_permille=_permille(said.late[number]),
        unpaid_permille=_permille(said.unpaid[number]),
        never_permille=_permille(said.never[number]),
        buckets=[_permille(each) for each in said.buckets[number]],
        reasons=reasons,
    )


def _beyond(night: Night, rows: Ints) -> Iterator[InvoiceForecast]:
    """Overdue for longer than any forecast reaches: no day is named; now and then one is paid after all."""
    daily = old_rate(night.ledger.book, night.day)
    unpaid = _permille((1 - daily) ** GRACE)
    for row in rows:
        yield _row(
            night,
            row,
            low_on=date.fromordinal(night.day),
            late_permille=1000,
            unpaid_permille=unpaid,
            never_permille=1000,
            buckets=[0, 0, 0, 1000],
        )


def _row(night: Night, row: int, **said: Any) -> InvoiceForecast:
    """The forecast of one row of the subledger."""
    book, ledger = night.ledger.book, night.ledger
    payments = int(night.prepared.habits.payments[book.customer[row]])
    return InvoiceForecast(
        company_id=night.run.company_id,
        run=night.run,
        receivable_id=ledger.ids[row],
        as_of=night.run.as_of,
        due_on=date.fromordinal(int(book.due[row])),
        balance=int(ledger.balance[row]),
        currency=ledger.codes[int(ledger.currency[row])],
        known_payments=payments,
        confidence=confidence(payments),
        **said,
    )


def confidence(payments: int) -> str:
    """How much is known of a customer with so many payments."""
    if payments < LITTLE:
        return Confidence.NEW
    return Confidence.LITTLE if payments < NORMAL else Confidence.NORMAL


def _cash(night: Night, code: str, flow: Flow) -> Iterator[CashForecast]:
    found = stretches_from(night.run.as_of)
    start = night.day
    bounds = [(each.first.toordinal() - start, each.last.toordinal() - start + 1) for each in found]
    sums = flow.stretches(bounds)
    scale = night.taught.learnt.cash
    bands = {share: sums.band(level, scale) for share, level in SHARES}
    middle, half = sums.spread()
    for place, each in enumerate(found):
        expected = round(float(sums.expected[place]))
        sides = sides_of(bands, place, expected)
        yield CashForecast(
            company_id=night.run.company_id,
            run=night.run,
            currency=code,
            horizon=each.horizon,
            first=each.first,
            last=each.last,
            expected=expected,
            raw={"middle": round(float(middle[place])), "half": round(float(half[place]))},
            is_provisional=night.taught.is_provisional,
            **sides,
        )


def risk_rows(night: Night) -> list[RiskScore]:
    """The score of everybody who was ever billed, with the facts behind it."""
    known = night.ledger.book.known(night.day + 1)
    if not len(known):
        return []
    found = risk.scores(night.prepared, known)
    made = []
    for place, who in enumerate(found.customers):
        score, payments = int(found.score[place]), int(found.payments[place])
        made.append(
            RiskScore(
                company_id=night.run.company_id,
                run=night.run,
                customer_id=night.ledger.customers[int(who)],
                as_of=night.run.as_of,
                score=score,
                band=risk.band(score),
                known_payments=payments,
                mean_delay=round(float(found.mean_delay[place])) if payments else None,
                reasons=_risk_reasons(night.history, int(who), known),
            )
        )
    return made


def _risk_reasons(history: History, who: int, known: Book) -> list[dict[str, Any]]:
    one = known.rows(np.array([0]))
    about = replace(one, customer=np.array([who]))
    return [{"group": group, **history.facts(group, about)} for group in ("habit", "trend", "exposure")]


def _day(due: int, delay: float) -> date:
    return date.fromordinal(due + int(np.floor(delay + 0.5)))


def _permille(share: float) -> int:
    return int(np.clip(np.rint(1000 * share), 0, 1000))
