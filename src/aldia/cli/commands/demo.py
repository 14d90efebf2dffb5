"""Una empresa de ejemplo, realista, con sus CFDI, clientes y cobros; la sirve y dice con qué cuentas entrar."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, date, datetime
from pathlib import Path

from aldia.cli.commands.serve import add_address, add_threads, shown

NEEDS_DATABASE = False  # it chooses its own data directory first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)
    add_threads(parser)
    parser.add_argument("--no-serve", action="store_true", help="solo crearla, sin servirla")
    parser.add_argument("--documents", type=int, default=3000, help="cuántos CFDI (3000)")
    parser.add_argument("--customers", type=int, default=120, help="cuántos clientes (120)")
    parser.add_argument("--today", type=date.fromisoformat, default=None, help="la fecha en que termina la historia")


def run(args: argparse.Namespace) -> int:
    os.environ.setdefault("ALDIA_DATA", str(Path.home() / ".local" / "share" / "aldia-demo"))
    from aldia.cli.local import refuse_taken_port, say_address, serve_locally

    if not args.no_serve:
        refuse_taken_port(args.host, args.port)
    serve_locally(args.host)
    say_address(args.host, args.port)
    from aldia.cli.prepare import only_one, ready

    ready()
    from django.conf import settings

    with only_one(settings.DATA_DIR / "demo.lock"):
        _build(args, settings.DATA_DIR)
    _print_logins(args)
    if args.no_serve:
        return 0
    from aldia.cli.commands.serve import supervise

    return supervise(args)


def _build(args: argparse.Namespace, data_dir: Path) -> None:
    """Make the company unless an earlier run did; one that was cut short is not shown as if it were whole."""
    from aldia.cli.errors import CouldNotRun
    from aldia.cli.output import say
    from aldia.demo.loading import find_demo, load_demo
    from aldia.jobs.collecting import worklist_of
    from aldia.tenancy.scope import company_scope

    ready = data_dir / "demo.ready"
    if find_demo() is not None:
        if not ready.exists():
            raise CouldNotRun(f"La demostración quedó a medias: borra la carpeta {data_dir} y vuelve a empezar.")
        return
    today = args.today or datetime.now(UTC).date()
    company = load_demo(
        today=today,
        now=lambda: datetime.now(UTC),
        keys=data_dir / "demo-keys",
        say=say,
        documents=args.documents,
        customers=args.customers,
    )
    with company_scope(company.pk):
        worklist_of(company, today)  # as its job does every morning
    ready.touch()


def _print_logins(args: argparse.Namespace) -> None:
    from aldia.demo.loading import OWNER, PASSWORD, STAFF, find_demo
    from aldia.demo.paying import portal_address

    print(f"\nAldía de ejemplo: http://{shown(args.host)}:{args.port}/")
    people = [("Dueña", OWNER), *((str(role.label), email) for email, _name, role in STAFF)]
    for role, email in [*people, ("Cobranza (solo su cartera)", "ximena@tresrios.example")]:
        print(f"  {role:<27} {email}")
    print(f"  {'Contraseña de todas':<27} {PASSWORD}")
    company = find_demo()
    if company is not None:
        print(f"  {'Portal de un cliente':<27} {portal_address(company, now=datetime.now(UTC))}")
    print(flush=True)
