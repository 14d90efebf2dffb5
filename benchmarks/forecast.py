"""The forecast of payments against what happened: rolling origin over any file of invoices, or over a simulated one.

aldia bench forecast --file F.csv --columns customer=…,issued=…,due=…,amount=…,paid=… [--date-format %m/%d/%Y] [--json]
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

from aldia.domain.forecasting import backtest
from aldia.domain.forecasting.book import book_of
from aldia.integrations.forecasting import lightgbm_hazard
from benchmarks._forecast_book import columns_of, read, simulate

SIMULATED = 3_000


def run(file: str = "", columns: str = "", date_format: str = "", size: int = SIMULATED) -> dict[str, Any]:
    """The figures of the protocol: open and new invoices, cash of the open book, and seconds of CPU."""
    started = time.process_time()
    skipped: dict[str, int] = {}
    if file:
        records, skipped = read(Path(file), columns_of(columns), date_format)
    else:
        records = simulate(seed=7, invoices=size, customers=max(size // 25, 5), days=720)
    result = backtest.run(book_of(records), learner=lightgbm_hazard.learner())
    _tell(len(records), skipped, result.cuts_by_date())
    return {
        "open": _plain(result.open),
        "new": _plain(result.new),
        "cash": _plain(result.cash),
        "seconds": round(time.process_time() - started, 2),
    }


def _tell(rows: int, skipped: dict[str, int], cuts: list[tuple[str, int]]) -> None:
    """What was read and from when it was forecast, beside the figures: on standard error."""
    told = ", ".join(f"{day} (método {tier})" for day, tier in cuts) or "ninguno: no hay historia bastante"
    lines = [f"{rows:,} facturas; cortes: {told}", *(f"{count:,} filas fuera: {why}" for why, count in skipped.items())]
    print("\n".join(lines), file=sys.stderr)


def table(figures: dict[str, Any]) -> list[str]:
    """The figures as lines for people."""
    lines = [_invoices(name, figures[name]) for name in ("open", "new")]
    cash = figures["cash"]
    weekly, total = cash["weekly_wape"], cash["four_week_error"]
    lines.append(f"cash: WAPE semanal {weekly} · 4 semanas {total} · banda 80 % {cash['coverage80']}")
    return [*lines, f"{figures['seconds']} s de CPU"]


def _invoices(name: str, part: dict[str, Any]) -> str:
    errors = f"MAE {part['mae']} d · pinball {part['pinball']}"
    return f"{name}: {errors} · banda 80 % {part['coverage80']} · AUC {part['auc']} · n {part['n']}"


def _plain(figures: dict[str, float]) -> dict[str, float | None]:
    """Rounded, and null where there was nothing to measure."""
    return {name: None if math.isnan(value) else round(value, 4) for name, value in figures.items()}
