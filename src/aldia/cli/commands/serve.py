"""Todo en uno: las páginas, los trabajos en segundo plano y los horarios, en esta máquina."""

from __future__ import annotations

import argparse
import os
import sys

from aldia.cli.errors import CouldNotRun

NEEDS_DATABASE = False  # it decides first whether it serves plain http to this machine only


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)
    add_threads(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """The option `--threads`: as many as keep the cores busy while some wait for the database."""
    usual = min(8, 2 * (os.cpu_count() or 1) + 1)
    parser.add_argument("--threads", type=int, default=usual, help=f"peticiones a la vez ({usual})")


def add_address(parser: argparse.ArgumentParser) -> None:
    """The options `--host` and `--port`."""
    parser.add_argument("--host", default="127.0.0.1", help="dirección en la que escucha (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="puerto (8000)")


def run(args: argparse.Namespace) -> int:
    from aldia.cli.local import refuse_taken_port, say_address, serve_locally

    refuse_taken_port(args.host, args.port)
    serve_locally(args.host)
    say_address(args.host, args.port)
    from aldia.cli.prepare import ready

    ready()
    return supervise(args)


def supervise(args: argparse.Namespace) -> int:
    """Keep the parts alive until told to stop; one `serve` per data directory."""
    from django.conf import settings

    from aldia.cli.prepare import only_one
    from aldia.cli.supervisor import Part, Supervisor

    aldia = [sys.executable, "-m", "aldia.cli.main"]
    parts = [
        Part("web", [*aldia, "web", "--host", args.host, "--port", str(args.port), "--threads", str(args.threads)]),
        Part("worker", [*aldia, "worker"]),
    ]
    with only_one(settings.DATA_DIR / "serve.lock", wait=False) as got:
        if not got:
            raise CouldNotRun(f"Ya hay un «aldia serve» en marcha con los datos de {settings.DATA_DIR}")
        print(f"Aldía en http://{shown(args.host)}:{args.port}/   (Ctrl+C para terminar)", flush=True)
        return Supervisor(parts).run()


def shown(host: str) -> str:
    """The host as a browser on this machine would open it."""
    return "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104  only compared
