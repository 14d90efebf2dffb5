"""The forecast in force: that of the newest run. Who reads it says so where a receivable is newer than the run."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun, RiskScore
from aldia.forecasts.stretches import WEEK

CHUNK = 5_000


def latest_run(until: date | None = None) -> ModelRun | None:
    """The run in force: the newest, or the newest as of a day or before it. None before the first."""
    rows = ModelRun.objects.all() if until is None else ModelRun.objects.filter(as_of__lte=until)
    return rows.order_by("-as_of", "-id").first()


def of_receivables(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, InvoiceForecast]:
    """What the run in force says of receivables; those that it has not seen are not there."""
    run = latest_run()
    if run is None or not ids:
        return {}
    rows = InvoiceForecast.objects.filter(run=run)
    return {row.receivable_id: row for part in _chunks(ids) for row in rows.filter(receivable_id__in=part)}


def unpaid_permille(run: ModelRun) -> QuerySet[InvoiceForecast, tuple[uuid.UUID, int]]:
    """(receivable, P(still unpaid 14 days after max(as of, due)) in per mille) of every receivable of a run."""
    return InvoiceForecast.objects.filter(run=run).order_by().values_list("receivable_id", "unpaid_permille")


def risk_of(customer_ids: Collection[uuid.UUID], until: date | None = None) -> dict[uuid.UUID, RiskScore]:
    """The newest score of each customer (of a day, or before it); whoever was ever billed has one."""
    run = scored_run(until)
    if run is None or not customer_ids:
        return {}
    rows = RiskScore.objects.filter(run=run)
    return {row.customer_id: row for part in _chunks(customer_ids) for row in rows.filter(customer_id__in=part)}


def cash(run: ModelRun, currency: str, horizon: str) -> list[CashForecast]:
    """The money expected of a run in one currency by a horizon of `forecasts.stretches` ("day", "week", "month"…)."""
    return list(CashForecast.objects.filter(run=run, currency=currency, horizon=horizon).order_by("first"))


def cash_currencies(run: ModelRun) -> list[str]:
    """The currencies of the open book of a run."""
    rows = CashForecast.objects.filter(run=run, horizon=WEEK).order_by("currency")
    return list(rows.values_list("currency", flat=True).distinct())


def scored_run(until: date | None = None) -> ModelRun | None:
    """The newest run that scored customers: big companies are scored when the model is learnt anew, weekly."""
    rows = ModelRun.objects.filter(Exists(RiskScore.objects.filter(run=OuterRef("pk"))))
    rows = rows if until is None else rows.filter(as_of__lte=until)
    return rows.order_by("-as_of", "-id").first()


def newest_scores() -> QuerySet[RiskScore]:
    """The scores in force, to be joined or counted; none before the first run."""
    run = scored_run()
    return RiskScore.objects.filter(run=run) if run else RiskScore.objects.none()


def _chunks(ids: Collection[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    ordered = list(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
