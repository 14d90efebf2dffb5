"""Conciliar: decidir los movimientos del banco que esperan y aplicar lo que es seguro."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_company(parser)
    parser.add_argument("--full", action="store_true", help="toda la cola otra vez, no solo lo nuevo y lo que cambió")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from aldia.banking.operations.advancing import apply_advances
    from aldia.banking.operations.deciding import reconcile
    from aldia.banking.queries.queue import counts

    with working_for(args) as company:
        now = datetime.now(UTC)
        advances = apply_advances(today=now.astimezone(ZoneInfo(company.time_zone)).date())
        done = reconcile(now=now, full=args.full)
        queue = counts()
    data = {**asdict(done), "advances": advances, "waiting": queue.waiting, "doubtful": queue.doubtful}
    lines = [
        f"{done.decided} movimientos revisados; {done.applied} aplicados solos ({done.policy} por acuerdo, "
        f"{done.returned} devoluciones), {done.changed} decisiones nuevas.",
        f"Anticipos aplicados: {advances}.",
        f"Esperan a una persona: {queue.waiting}; por aclarar si son nuevos: {queue.doubtful}.",
    ]
    emit(args, data, "\n".join(lines))
    return 0
