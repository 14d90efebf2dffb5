"""Expedientes de cobranza: hacer uno (make) y comprobar un PDF, solo (verify) o contra los registros (--company)."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import add_json, emit

if TYPE_CHECKING:
    from aldia.reporting.evidence_check import Check

WORDS = {
    "file_seal": "el archivo está entero, byte por byte",
    "pieces": "las piezas son las del índice",
    "printed_index": "lo impreso dice lo mismo que el índice",
    "ledger_extract": "los asientos del libro dan su huella",
    "audit_extract": "los renglones de la bitácora dan su huella",
    "on_record": "la empresa registró este archivo",
    "audit_head": "la bitácora pasa por el eslabón anotado",
    "sources": "las piezas son las de los registros",
    "ledger_on_record": "los asientos están en el libro",
    "audit_on_record": "los renglones están en la bitácora",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify|make")
    checking = verbs.add_parser("verify", help="recalcular todas las huellas de un expediente")
    checking.add_argument("file", metavar="ARCHIVO.pdf")
    add_company(checking, required=False)
    add_json(checking)
    making = verbs.add_parser("make", help="hacer el expediente de un cliente")
    add_company(making)
    making.add_argument("--customer", required=True, metavar="RFC", help="el RFC o el id del cliente")
    making.add_argument("--since", type=date.fromisoformat, metavar="AAAA-MM-DD")
    making.add_argument("--until", type=date.fromisoformat, metavar="AAAA-MM-DD")
    making.add_argument("--pdf", required=True, metavar="F", help="dónde escribirlo")
    add_json(making)


def run(args: argparse.Namespace) -> int:
    return _make(args) if args.verb == "make" else _verify(args)


def _verify(args: argparse.Namespace) -> int:
    from aldia.reporting.evidence_check import NotEvidence, opened, verify_alone, verify_on_record

    try:
        file = opened(Path(args.file).read_bytes())
    except OSError as error:
        raise CouldNotRun(f"No se puede leer {args.file}: {error.strerror}") from error
    except NotEvidence as error:
        emit(args, {"checks": [], "violations": 1, "problem": str(error)}, f"✗ {error}")
        return 1
    checks = verify_alone(file)
    if args.company:
        with working_for(args):
            checks += verify_on_record(file)
    broken = sum(len(check.problems) for check in checks)
    emit(args, _as_data(file.manifest, checks, broken), _as_text(file.manifest, checks, broken))
    return 1 if broken else 0


def _as_data(manifest: dict[str, Any], checks: list[Check], broken: int) -> dict[str, Any]:
    kept = {name: manifest.get(name) for name in ("id", "company", "customer", "since", "until", "made_at")}
    listed = [
        {"name": each.name, "rows": each.rows, "violations": len(each.problems), "problems": list(each.problems)}
        for each in checks
    ]
    return {**kept, "checks": listed, "violations": broken}


def _as_text(manifest: dict[str, Any], checks: list[Check], broken: int) -> str:
    lines = [f"Expediente de {manifest['customer']['name']}, hecho por {manifest['company']['name']}"]
    for each in checks:
        mark = "✗" if each.problems else "✓"
        lines += [f"{mark} {WORDS[each.name]} ({each.rows:,})", *(f"    {problem}" for problem in each.problems[:20])]
    return "\n".join([*lines, f"{broken} faltas" if broken else "Todo coincide."])


def _make(args: argparse.Namespace) -> int:
    from aldia.collections.operations.evidence import EvidenceError, request_evidence
    from aldia.jobs.evidence import make_evidence
    from aldia.queue.claiming import database_now
    from aldia.tenancy.ids import uuid7
    from aldia.tenancy.storage import open_stored

    with working_for(args) as company:
        from zoneinfo import ZoneInfo

        today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
        try:
            row = request_evidence(
                key=uuid7(), customer_id=_customer(args.customer), since=args.since, until=args.until or today,
                today=today, actor=None,
            )  # fmt: skip
        except EvidenceError as error:
            raise WrongUsage(str(error)) from error
        make_evidence.call(str(row.pk))
        row.refresh_from_db()
        assert row.file is not None  # noqa: S101
        try:
            with open_stored(row.file) as stream:
                Path(args.pdf).write_bytes(stream.read())
        except OSError as error:
            raise CouldNotRun(f"No se puede escribir {args.pdf}: {error.strerror}") from error
        data = {"evidence": str(row.pk), "sha256": row.sha256, "pieces": len(row.pieces), "file": args.pdf}
    emit(args, data, f"{args.pdf}: {data['pieces']} piezas, SHA-256 {row.sha256}")
    return 0


def _customer(text: str) -> Any:
    from uuid import UUID

    from aldia.customers.models import Customer

    try:
        rows = list(Customer.objects.filter(pk=UUID(text)))
    except ValueError:
        rows = list(Customer.objects.filter(tax_id__iexact=text.strip()))
    if len(rows) != 1:
        raise WrongUsage(f"No hay un cliente «{text}»." if not rows else f"Hay varios clientes con {text}: usa su id.")
    return rows[0].pk
