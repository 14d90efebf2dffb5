"""A night's forecast of a company with three years of receivables, one in ten open: CPU and memory."""

from __future__ import annotations

import resource
import time

from aldia.forecasts.operations.running import run_nightly
from aldia.forecasts.queries import current
from aldia.tenancy.scope import company_scope
from benchmarks._books import TODAY, load_years

MEGABYTE = 1024
PROMISED_SECONDS = 60.0  # of a usual night at 500,000 receivables, 50,000 of them open


def run(size: int = 500_000) -> dict[str, float]:
    """The first night, which learns and replays the past; and the next one, which does not."""
    company, seconds = load_years(size)
    figures: dict[str, float] = {"loading": round(seconds, 1)}
    with company_scope(company.pk):
        for name in ("first_night", "next_night"):
            started, wall = time.process_time(), time.perf_counter()
            made = run_nightly(as_of=TODAY, today=TODAY)
            figures[f"{name}_cpu"] = round(time.process_time() - started, 1)
            figures[f"{name}_seconds"] = round(time.perf_counter() - wall, 1)
        figures["forecast"] = made.forecast
        started = time.perf_counter()
        current.of_receivables([row for row, _permille in current.unpaid_permille(made)[:200]])
        figures["reading_200_ms"] = round(1000 * (time.perf_counter() - started), 1)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEGABYTE
    return figures


def holds(figures: dict[str, float]) -> bool:
    """Whether a usual night keeps its promise."""
    return figures["next_night_cpu"] <= PROMISED_SECONDS
