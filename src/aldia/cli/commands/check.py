"""Dice qué tienen mal unos documentos fiscales, sin guardarlos: sello, timbre, esquema y aritmética."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aldia.cli.files import Unread, opened, require
from aldia.cli.output import Progress, add_json

if TYPE_CHECKING:
    from aldia.documents.operations.seals import Store

UNKNOWN = {"kind": None, "seal": "unknown", "stamp": "unknown", "schema": "unknown", "arithmetic": "not_applicable"}
WRONG = {"seal": "bad", "stamp": "bad", "schema": "bad", "arithmetic": "differs"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="RUTA", help="XML, ZIP o carpeta")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Report on every file; 1 if something is wrong with any."""
    reports, wrong, bar = _reports(args), 0, Progress("Revisando")
    if args.json:
        sys.stdout.write("[")
    for position, report in enumerate(reports):
        bar.advance()
        is_wrong = report["kind"] is None or any(report[what] == bad for what, bad in WRONG.items())
        wrong += is_wrong
        if args.json:
            sys.stdout.write((",\n" if position else "\n") + json.dumps(report, ensure_ascii=False))
        else:
            _show(report, is_wrong)
    bar.close()
    if args.json:
        sys.stdout.write("]\n")
    return 1 if wrong else 0


def _show(report: dict[str, Any], is_wrong: bool) -> None:
    words = " ".join(f"{what}={report[what]}" for what in WRONG)
    print(f"{'MAL ' if is_wrong else 'bien'} {report['name']}: {report['kind'] or 'ilegible'} {words}")
    for finding in report["findings"]:
        print(f"     {finding}")


def _reports(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from aldia.documents.loose import files_in
    from aldia.documents.operations.seals import open_store
    from aldia.documents.readings import is_system_file

    unread: list[Unread] = []
    paths, store = require(args.paths), open_store()
    for label, stream in opened(paths, unread):
        with stream:
            for name, data, refusal in files_in(label, stream):
                if refusal is not None:
                    yield {"name": name, **UNKNOWN, "findings": [refusal.message]}
                elif not is_system_file(name):
                    yield {"name": name, **_report(data, store)}
    for each in unread:
        yield {"name": each.name, **UNKNOWN, "findings": [each.message]}


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
        return {**UNKNOWN, "findings": [error.message]}
    seals = examine(data, store.lookup, store.authorities)
    objections, arithmetic = validate_schema(data), check_arithmetic(data)
    schema = "unknown" if objections is None else "bad" if objections else "ok"
    findings = [*document.findings, *seals.findings, *(objections or ())]
    findings.extend(finding.message for finding in arithmetic.findings)
    return {
        "kind": document.kind,
        "seal": seals.seal,
        "stamp": seals.stamp,
        "schema": schema,
        "arithmetic": arithmetic.state,
        "findings": findings,
    }
