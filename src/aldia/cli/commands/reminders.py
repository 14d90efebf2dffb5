"""Recordatorios: planear y enviar lo que toca en un momento, o ver qué saldría sin enviar nada."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.output import add_json, emit, say

if TYPE_CHECKING:
    from aldia.tenancy.models import Company


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("run",), help="run: planear y enviar lo que toca")
    add_company(parser)
    parser.add_argument(
        "--as-of",
        type=_moment,
        metavar="AAAA-MM-DDTHH:MM",
        help="en qué momento, en la hora de la empresa si no dice otra (ahora)",
    )
    parser.add_argument("--dry-run", action="store_true", help="decir qué saldría, sin guardar ni enviar nada")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from aldia.jobs.reminders import statement_pdf
    from aldia.reminders.operations.running import run_company
    from aldia.reminders.operations.sending import send_due

    with working_for(args) as company:
        as_of = _as_of(args.as_of, company)
        ran = run_company(as_of=as_of, statement_pdf=statement_pdf, dry_run=args.dry_run)
        if not args.dry_run:
            sent = send_due(as_of=as_of)
            say(", ".join(f"{state}: {count}" for state, count in sorted(sent.items())) or "Nada por enviar.")
    data = {"planned": ran.planned, "messages": len(ran.messages), "skipped": ran.skipped}
    lines = [f"{ran.planned} pasos por enviar, {len(ran.messages)} mensajes."]
    lines += [f"  {count} no: {_sentence(why)}" for why, count in ran.skipped.items()]
    emit(args, data, "\n".join(lines))
    return 0


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}» no es un momento: AAAA-MM-DDTHH:MM") from None
    if not 1990 <= found.year <= 2100:
        raise argparse.ArgumentTypeError(f"«{text}» está fuera de 1990–2100")
    return found


def _as_of(given: datetime | None, company: Company) -> datetime:
    if given is None:
        return datetime.now(UTC)
    local = given if given.tzinfo is not None else given.replace(tzinfo=ZoneInfo(company.time_zone))
    return local.astimezone(UTC)


def _sentence(why: str) -> str:
    from aldia.domain.reminders import sentence

    return sentence(why)
