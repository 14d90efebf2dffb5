"""Solo los horarios: pone en la fila lo que ya toca. Puede haber varios a la vez; cada turno corre una sola vez."""

from __future__ import annotations

import argparse
import signal
import threading

from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="una sola vez, y terminar")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from aldia.queue.ticking import tick_now, tick_until

    if args.once:
        count = tick_now()
        emit(args, {"enqueued": count}, f"{count} trabajos puestos en la fila")
        return 0
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    tick_until(stopped)
    return 0
