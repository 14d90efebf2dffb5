"""El SAT: conectar la e.firma, sincronizar, pedir un documento, preguntar por su estado, quitar la e.firma."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.files import require
from aldia.cli.output import add_json, emit, say

if TYPE_CHECKING:
    from aldia.authority.models import AuthorityConnection, SyncRun
    from aldia.documents.models import IngestBatch
    from aldia.tenancy.models import Company

VARIABLE = "ALDIA_EFIRMA_PASSWORD"
LOOK_EVERY = 15.0  # seconds between steps while SAT works


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="connect|sync|status|fetch|check|revoke")
    connect = verbs.add_parser("connect", help="guardar la e.firma de la empresa (la contraseña se pide, o en "
                               f"{VARIABLE})")  # fmt: skip
    connect.add_argument("cer", metavar="ARCHIVO.cer")
    connect.add_argument("key", metavar="ARCHIVO.key")
    connect.add_argument("--since", metavar="AAAA-MM-DD", help="desde qué día se piden documentos")
    connect.add_argument("--every", type=int, default=3, metavar="DÍAS", help="cada cuántos días (3)")
    sync = verbs.add_parser("sync", help="sincronizar ahora; termina cuando el SAT entregó todo")
    sync.add_argument("--no-wait", action="store_true", help="solo pedir: los trabajos siguen solos")
    fetch = verbs.add_parser("fetch", help="pedir un documento por su folio fiscal")
    fetch.add_argument("uuid", metavar="UUID")
    fetch.add_argument("--no-wait", action="store_true", help="solo pedirlo")
    check = verbs.add_parser("check", help="preguntar al SAT por el estado de un documento en archivo")
    check.add_argument("uuid", metavar="UUID")
    others = [verbs.add_parser("status", help="la conexión, la última sincronización y lo que falta"),
              verbs.add_parser("revoke", help="borrar la e.firma de esta instalación")]  # fmt: skip
    for verb in (connect, sync, fetch, check, *others):
        add_company(verb)
        add_json(verb)


def run(args: argparse.Namespace) -> int:
    verbs = {"connect": _connect, "sync": _sync, "fetch": _fetch, "check": _check, "status": _status,
             "revoke": _revoke}  # fmt: skip
    with working_for(args) as company, _plain_refusals():
        return verbs[args.verb](args, company)


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """What the operations refuse, said as the command line says it."""
    from aldia.authority.operations.connections import NotConnected
    from aldia.authority.operations.runs import AlreadyRunning
    from aldia.authority.operations.statuses import NoAnswer
    from aldia.customers.operations.versions import Refused

    try:
        yield
    except Refused as refused:
        raise WrongUsage(str(refused)) from refused
    except (NotConnected, AlreadyRunning, NoAnswer) as problem:
        raise CouldNotRun(str(problem)) from problem


def _connect(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.operations.connections import connect

    cer, key = require([args.cer, args.key])
    try:
        since = date.fromisoformat(args.since) if args.since else None
    except ValueError:
        raise WrongUsage(f"«{args.since}» no es una fecha: escríbela como 2026-01-31") from None
    row = connect(
        cer=cer.read_bytes(), key=key.read_bytes(), password=_password(), now=_now(), since=since,
        interval_days=args.every, actor=None,
    )  # fmt: skip
    data = {"connection": str(row.pk), "tax_id": row.tax_id, "number": row.number, "valid_to": row.valid_to}
    emit(args, data, f"Conectada la e.firma {row.number} de {row.tax_id}; vence el {row.valid_to:%d/%m/%Y}")
    return 0


def _password() -> str:
    """Never an argument: those are seen by everybody on the machine."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return given
    return getpass.getpass("Contraseña de la llave: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _sync(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.models import Trigger
    from aldia.authority.operations import runs
    from aldia.authority.queries import overview

    run = overview.current_run()
    if run is None:
        run = runs.start(connection=_connection(), trigger=Trigger.ASKED, now=_now())
    return _follow(args, run, company)


def _fetch(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.operations import runs

    return _follow(args, runs.fetch_document(connection=_connection(), uuid=args.uuid, now=_now()), company)


def _follow(args: argparse.Namespace, run: SyncRun, company: Company) -> int:
    """Step until the run is over, saying how far it is; interrupted, the jobs go on with it."""
    from aldia.authority.models import RunState
    from aldia.authority.operations import runs
    from aldia.receivables.operations.intake import run_batch

    def take_in(batch: IngestBatch) -> None:
        run_batch(batch_id=batch.pk, now=_now, today=_today(company))

    said = ""
    while run.state == RunState.RUNNING and not args.no_wait:
        moved = runs.step(now=_now, today=_today(company), take_in=take_in)
        run.refresh_from_db()
        said = _say_progress(run, said)
        if run.state == RunState.RUNNING and not moved:
            time.sleep(LOOK_EVERY)
    data = _told(run)
    emit(args, data, _in_words(data))
    return 0 if run.state in (RunState.DONE, RunState.RUNNING) else 1


def _say_progress(run: SyncRun, said: str) -> str:
    from aldia.authority.queries import overview

    step = overview.progress(run.pk)
    now = f"{step.finished} de {step.requests} peticiones, {step.packages_imported} de {step.packages} paquetes"
    if now != said:
        say(now)
    return now


def _told(run: SyncRun) -> dict[str, Any]:
    from aldia.authority.queries import overview

    return {
        "run": str(run.pk), "state": run.state, "message": run.message, "counts": run.counts,
        "started_at": run.started_at, "finished_at": run.finished_at,
        "requests": [
            {"kind": row.kind, "direction": row.direction, "state": row.state, "code": row.code, "message": row.message}
            for row in overview.requests(run.pk)
        ],
    }  # fmt: skip


def _in_words(data: dict[str, Any]) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(data["counts"].items()))
    lines = [f"{data['state']}: {data['message'] or counts or 'en curso'}"]
    lines += [f"  {row['kind']} {row['direction']}: {row['state']} {row['code']} {row['message']}".rstrip()
              for row in data["requests"]]  # fmt: skip
    return "\n".join(lines)


def _check(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.operations.statuses import check
    from aldia.documents.models import FiscalDocument

    document = FiscalDocument.objects.filter(key=args.uuid.strip().upper()).first()
    if document is None:
        raise WrongUsage("Ese documento no está en archivo: pídelo con «aldia sat fetch»")
    row = check(document_id=document.pk, now=_now(), actor=None)
    data = {"key": row.key, "state": row.state, "code": row.code, "cancelable": row.cancelable,
            "cancellation": row.cancellation, "listed_issuer": row.listed_issuer}  # fmt: skip
    emit(args, data, f"{row.key}: {row.state} ({row.code}) {row.cancelable} {row.cancellation}".rstrip())
    return 0


def _status(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.queries import overview

    row, last = overview.connection(), next(iter(overview.runs(limit=1)), None)
    missing = overview.missing_count()
    data = {
        "connected": row is not None,
        "tax_id": row.tax_id if row else None,
        "valid_to": row.valid_to if row else None,
        "next_at": row.next_at if row else None,
        "trouble": row.trouble if row else "",
        "last": _told(last) if last else None,
        "missing": missing,
    }
    words = "Sin e.firma conectada"
    if row is not None:
        words = f"e.firma {row.number} de {row.tax_id}, vence el {row.valid_to:%d/%m/%Y}"
        words += f"\n  {row.trouble}" if row.trouble else ""
    words += f"\nÚltima sincronización: {_in_words(data['last'])}" if data["last"] else "\nNo se ha sincronizado"
    emit(args, data, f"{words}\nDocumentos que el SAT lista y no están en archivo: {missing}")
    return 0 if row is not None and not row.trouble else 1


def _revoke(args: argparse.Namespace, company: Company) -> int:
    from aldia.authority.operations.connections import revoke

    row = _connection()
    revoke(connection_id=row.pk, version=row.version, now=_now(), actor=None)
    emit(args, {"revoked": str(row.pk)}, f"Se borró la e.firma {row.number}")
    return 0


def _connection() -> AuthorityConnection:
    from aldia.authority.operations.connections import NotConnected
    from aldia.authority.queries import overview

    row = overview.connection()
    if row is None:
        raise NotConnected("La empresa no tiene su e.firma conectada: aldia sat connect")
    return row


def _now() -> datetime:
    return datetime.now(UTC)


def _today(company: Company) -> date:
    return _now().astimezone(ZoneInfo(company.time_zone)).date()
