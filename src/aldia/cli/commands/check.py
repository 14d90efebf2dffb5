"""Dice qué tienen mal unos documentos fiscales, sin guardarlos: sello, timbre, cadena, 72 horas, esquema y sumas."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aldia.cli.errors import WrongUsage
from aldia.cli.files import Unread, opened, require
from aldia.cli.output import Progress, add_json

if TYPE_CHECKING:
    from aldia.documents.operations.seals import Store
    from aldia.domain.fiscal.document import FiscalDocument

# What is judged, what people call it, and the word for each outcome
JUDGED = {
    "seal": ("sello", {"ok": "correcto", "bad": "NO CORRESPONDE", "unknown": "sin comprobar"}),
    "stamp": ("timbre", {"ok": "correcto", "bad": "NO CORRESPONDE", "unknown": "sin comprobar"}),
    "chain": ("certificados", {"ok": "del SAT", "bad": "FALSOS", "unknown": "sin comprobar"}),
    "hours_72": ("72 horas", {"ok": "a tiempo", "bad": "FUERA DE PLAZO", "unknown": "sin comprobar"}),
    "schema": ("esquema", {"ok": "válido", "bad": "NO VÁLIDO", "unknown": "sin comprobar"}),
    "arithmetic": ("sumas", {"ok": "cuadran", "differs": "NO CUADRAN", "not_applicable": "no aplican"}),
}
WRONG = frozenset({"bad", "differs"})
UNPROVED = "unknown"
KINDS = {
    "invoice": "factura", "credit_note": "nota de crédito", "debit_note": "nota de cargo", "advance": "anticipo",
    "payment_complement": "complemento de pago", "transfer": "traslado", "payroll": "nómina", "other": "otro",
}  # fmt: skip
UNREADABLE: dict[str, Any] = {
    "kind": None, "version": "", "key": "", "number": "", "issuer": "", "receiver": "", "issued_at": None,
    "stamped_at": None, **dict.fromkeys(JUDGED, UNPROVED), "arithmetic": "not_applicable",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="RUTA", help="XML, ZIP o carpeta")
    parser.add_argument(
        "--certificate", action="append", default=[], metavar="ARCHIVO.cer",
        help="un certificado que no está en el almacén (del emisor o del PAC), solo para esta vez",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="lo que no se pudo comprobar también cuenta como mal")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Report on every file; 1 if something is wrong with any."""
    reports, wrong, bar = _reports(args), 0, Progress("Revisando")
    if args.json:
        sys.stdout.write("[")
    for position, report in enumerate(reports):
        bar.advance()
        report["right"] = _is_right(report, is_strict=args.strict)
        wrong += not report["right"]
        if args.json:
            sys.stdout.write((",\n" if position else "\n") + json.dumps(report, ensure_ascii=False))
        else:
            print("\n".join(_lines(report)))
    bar.close()
    if args.json:
        sys.stdout.write("]\n")
    return 1 if wrong else 0


def _is_right(report: dict[str, Any], *, is_strict: bool) -> bool:
    outcomes = {report[what] for what in JUDGED}
    return report["kind"] is not None and not outcomes & WRONG and not (is_strict and UNPROVED in outcomes)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """A line that says what it is, one that says each outcome in words, and one for each finding."""
    yield f"{'bien' if report['right'] else 'MAL '} {report['name']}"
    if report["kind"] is not None:
        kind = KINDS.get(report["kind"], report["kind"])
        yield "     " + " · ".join(filter(None, (f"{kind} {report['version']}", report["number"], report["key"])))
        yield "     " + ", ".join(f"{word} {outcomes[report[what]]}" for what, (word, outcomes) in JUDGED.items())
    for finding in report["findings"]:
        yield f"     - {finding}"


def _reports(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from aldia.documents.loose import files_in
    from aldia.documents.operations.seals import open_store
    from aldia.documents.readings import is_system_file

    unread: list[Unread] = []
    paths, store = require(args.paths), open_store()
    _lend(store, args.certificate)
    for label, stream in opened(paths, unread):
        with stream:
            for name, data, refusal in files_in(label, stream):
                if refusal is not None:
                    yield {"name": name, **UNREADABLE, "findings": [refusal.message]}
                elif not is_system_file(name):
                    yield {"name": name, **_report(data, store)}
    for each in unread:
        yield {"name": each.name, **UNREADABLE, "findings": [each.message]}


def _lend(store: Store, paths: list[str]) -> None:
    """Let the store find these certificates for as long as the command runs; none of them is trusted by it."""
    from aldia.domain.fiscal.certificates import BadCertificate, load

    for path in require(paths):
        try:
            certificate = load(path.read_bytes())
        except (BadCertificate, OSError) as error:
            raise WrongUsage(f"«{path}» no es un certificado que se pueda leer") from error
        store.found[certificate.number] = certificate.der


def _report(data: bytes, store: Store) -> dict[str, Any]:
    """What is wrong with the bytes of one document."""
    from aldia.documents.operations.seals import examine
    from aldia.domain.fiscal import cfdi
    from aldia.domain.fiscal.arithmetic import check_arithmetic
    from aldia.domain.fiscal.errors import FiscalError
    from aldia.integrations.tax.mx_schemas import validate_schema

    try:
        document = cfdi.parse(data)
    except FiscalError as error:
        return {**UNREADABLE, "findings": [error.message]}
    seals = examine(data, store.lookup, store.authorities)
    objections, arithmetic = validate_schema(data), check_arithmetic(data)
    findings = [*document.findings, *seals.findings, *(objections or ())]
    findings.extend(finding.message for finding in arithmetic.findings)
    return {
        **_named(document),
        "seal": seals.seal,
        "stamp": seals.stamp,
        "chain": seals.chain,
        "hours_72": seals.hours_72,
        "schema": UNPROVED if objections is None else "bad" if objections else "ok",
        "arithmetic": arithmetic.state,
        "findings": findings,
    }


def _named(document: FiscalDocument) -> dict[str, Any]:
    """Which document it is. Of payroll the parser hands on nobody's data."""
    return {
        "kind": document.kind,
        "version": document.version,
        "key": document.key,
        "number": "-".join(filter(None, (document.series, document.folio))),
        "issuer": document.issuer.tax_id,
        "receiver": document.receiver.tax_id,
        "issued_at": document.issued_at.isoformat(),
        "stamped_at": document.stamped_at.isoformat() if document.stamped_at else None,
    }
