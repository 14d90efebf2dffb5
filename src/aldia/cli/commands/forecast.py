"""El pronóstico de cobranza: hacerlo ahora, como la noche lo hace, o como se habría hecho un día pasado."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import WrongUsage
from aldia.cli.output import add_json, emit

if TYPE_CHECKING:
    from aldia.forecasts.models import CashForecast, ModelRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("run",), help="run: aprender de los pagos y pronosticar lo que está abierto")
    add_company(parser)
    parser.add_argument("--as-of", type=_day, metavar="AAAA-MM-DD", help="de qué mañana (la de hoy)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from aldia.forecasts.operations.running import run_nightly
    from aldia.forecasts.queries import current
    from aldia.forecasts.words import TIERS, WHY

    with working_for(args) as company:
        today = datetime.now(ZoneInfo(company.time_zone)).date()
        as_of = args.as_of or today
        if as_of > today:
            raise WrongUsage(f"{as_of} todavía no llega.")
        made = run_nightly(as_of=as_of, today=today)
        weeks = [row for code in current.cash_currencies(made) for row in current.cash(made, code, "week")]
        lines = [f"{made.as_of}: {made.forecast:,} facturas abiertas; se aprendió de {made.resolved:,} pagadas."]
        lines.append(f"{TIERS[made.tier]}. {WHY.get(made.why, '')}".rstrip())
        emit(args, _plain(made, weeks), "\n".join(lines + [_line(row) for row in weeks[:8]]))
    return 0


def _plain(made: ModelRun, weeks: list[CashForecast]) -> dict[str, Any]:
    from aldia.domain.money import minor_text

    def amounts(row: CashForecast) -> dict[str, str]:
        named = {"expected": row.expected, "low_80": row.low_80, "high_80": row.high_80}
        return {name: minor_text(minor, row.currency) for name, minor in named.items()}

    return {
        "run": str(made.pk),
        "as_of": made.as_of.isoformat(),
        "tier": made.tier,
        "wanted_tier": made.wanted_tier,
        "why": made.why,
        "resolved": made.resolved,
        "forecast": made.forecast,
        "weeks": [
            {
                "first": row.first.isoformat(),
                "last": row.last.isoformat(),
                "currency": row.currency,
                "provisional": row.is_provisional,
                **amounts(row),
            }
            for row in weeks
        ],
        "seconds": made.cpu_ms / 1000,
    }


def _line(row: CashForecast) -> str:
    from aldia.domain.money import format_money

    low, middle, high = (format_money(each, row.currency) for each in (row.low_80, row.expected, row.high_80))
    return f"  {row.first} a {row.last}: {middle} (80 %: {low} a {high})"


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}» no es una fecha: AAAA-MM-DD") from None
    if not 1990 <= found.year <= 2100:
        raise argparse.ArgumentTypeError(f"«{text}» está fuera de 1990–2100")
    return found
