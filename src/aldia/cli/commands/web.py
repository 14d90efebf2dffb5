"""Solo las páginas: un servidor WSGI con hilos, detrás de un proxy o en esta máquina."""

from __future__ import annotations

import argparse

from aldia.cli.commands.serve import add_address, add_threads

NEEDS_DATABASE = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)
    add_threads(parser)
    parser.add_argument("--workers", type=int, default=1, help="procesos (1)")


def run(args: argparse.Namespace) -> int:
    from aldia.cli import leash
    from aldia.cli.local import say_address, serve_locally

    leash.hold()
    serve_locally(args.host)
    say_address(args.host, args.port)
    from aldia.cli.prepare import ready

    ready()
    from django.db import connections
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    connections.close_all()  # the server forks: a connection must not be shared with the children
    Server(
        "aldia.config.wsgi:application",
        address=args.host,
        port=args.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.auto,
        websockets=False,
        workers=args.workers,
        blocking_threads=args.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    ).serve()
    return 0
