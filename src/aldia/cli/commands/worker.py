"""Los trabajos en segundo plano y, si no se dice otra cosa, los horarios. Cuantos se quiera, en cualquier máquina."""

from __future__ import annotations

import argparse
import signal
import threading


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queues", default="", metavar="A,B", help="solo estas colas (todas)")
    parser.add_argument("--no-tick", action="store_true", help="sin los horarios")
    parser.add_argument("--drain", action="store_true", help="terminar cuando no quede nada por hacer")


def run(args: argparse.Namespace) -> int:
    from aldia.cli import leash
    from aldia.queue.worker import Worker

    leash.hold()
    worker = Worker(queues=tuple(name.strip() for name in args.queues.split(",") if name.strip()))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    if args.drain:
        worker.heartbeat.start()
        worker.drain()
        return 0
    if not args.no_tick:
        from aldia.queue.ticking import tick_until

        threading.Thread(target=tick_until, args=[worker.stopped], daemon=True, name="aldia-tick").start()
    worker.run()
    return 0
