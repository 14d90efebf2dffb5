"""¿Qué tan bien predecimos?: past forecasts beside what happened, month by month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aldia.forecasts import words
from aldia.forecasts.queries import current
from aldia.forecasts.queries.scores import Judged, judged
from aldia.forecasts.stretches import WEEK
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.charts_bands import Span, band_chart
from aldia.web.views.forecast.common import about_run, day_words, stretch_words
from aldia.web.views.reports_common import Asked, amounts

WEEKS = 26
LEVEL = 0.2  # days


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """Of the whole company: how good a method is does not depend on who looks. Money only for who sees all of it."""
    asked, run = Asked(request), current.latest_run()
    rows = judged()
    codes = sorted({code for row in rows for code in row.cash}, key=lambda code: (code != asked.home, code))
    currency = asked.choice("currency", codes, codes[0] if codes else asked.home)
    spans = [] if asked.sight.collector is not None else _spans(rows, currency)
    context = {
        "about": about_run(run, asked.today) if run else None,
        "rows": list(reversed(rows)),
        "verdict": _verdict(rows),
        "currency": currency,
        "currencies": codes,
        "chart": band_chart(spans=spans, text=amounts(currency, request)) if spans else None,
        "inside": sum(span.is_inside for span in spans),
        "weeks": len(spans),
        "buckets": words.BUCKETS,
        "confusion": _confusion(rows),
        "has_made": any(not row.is_replay for row in rows),
        "has_replay": any(row.is_replay for row in rows),
    }
    return render(request, "forecast/score.html", context)


def _spans(rows: list[Judged], currency: str) -> list[Span]:
    """Each week once, as the first of the forecasts that had it within four weeks said it."""
    found: dict[date, Span] = {}
    for row in rows:
        for week in row.cash.get(currency, [])[:4]:
            label = stretch_words(WEEK, week.first, week.first + timedelta(days=6))
            found[week.first] = Span(
                label, week.expected, week.low, week.high, week.actual, short=day_words(week.first)
            )
    return [found[day] for day in sorted(found)][-WEEKS:]


def _verdict(rows: list[Judged]) -> dict[str, Any] | None:
    """All months in one sentence, weighted by their invoices."""
    told = [row for row in rows if row.error is not None and row.resolved]
    count = sum(row.resolved for row in told)
    if not count:
        return None

    def mean(name: str) -> str:
        return f"{sum(getattr(row, name) * row.resolved for row in told) / count:.1f}"

    bands = [row for row in rows if row.inside is not None and row.judged_bands]
    share = sum((row.inside or 0) * row.judged_bands for row in bands) // max(sum(row.judged_bands for row in bands), 1)
    return {
        "count": count,
        "error": mean("error"),
        "due": mean("due_error"),
        "average": mean("average_error"),
        "inside": f"{(share + 5) // 10} %" if bands else "",
        "against": _against(float(mean("error")), float(mean("average_error"))),
    }


def _against(ours: float, average: float) -> str:
    """Whether the customer's average is beaten, by more than the rounding of days."""
    if abs(ours - average) <= LEVEL:
        return "level"
    return "wins" if ours < average else "loses"


def _confusion(rows: list[Judged]) -> list[dict[str, Any]]:
    """What was held likeliest (rows) and what it came to (columns), over all months."""
    totals = [[sum(row.confusion[i][j] for row in rows if row.confusion) for j in range(4)] for i in range(4)]
    return [
        {"label": label, "cells": [(count, i == j) for j, count in enumerate(totals[i])], "total": sum(totals[i])}
        for i, label in enumerate(words.BUCKETS)
        if sum(totals[i])
    ]
