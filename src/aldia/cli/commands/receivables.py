"""Por cobrar: cargar saldos iniciales desde CSV o XLSX (import)."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.files import require
from aldia.cli.output import Progress, add_json, emit

if TYPE_CHECKING:
    from aldia.receivables.opening_check import RowResult
    from aldia.receivables.operations.opening import Opened
    from aldia.tenancy.models import Company

COLUMNS = (
    "columnas: customer_tax_id, customer_name, series, folio, uuid, purchase_order, issued_on, due_on, currency, "
    "total, balance (o RFC, Cliente, Serie, Folio, UUID, Orden de compra, Fecha, Vencimiento, Moneda, Total, Saldo)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="import")
    load = verbs.add_parser("import", help="saldos iniciales", epilog=COLUMNS)
    load.add_argument("file", metavar="ARCHIVO", help="CSV o XLSX")
    add_company(load)
    add_json(load)


def run(args: argparse.Namespace) -> int:
    (path,), started = require([args.file]), time.monotonic()
    with working_for(args) as company:
        opened = _load(path, company)
        _report(args, opened, time.monotonic() - started)
    return 0


def _load(path: Path, company: Company) -> Opened:
    from aldia.integrations.spreadsheets import SheetError
    from aldia.receivables.opening_rows import read_openings
    from aldia.receivables.operations.opening import apply_opening

    mark = "." if company.country == "MX" else ","
    try:
        rows = read_openings(path.read_bytes(), country=company.country, home=company.currency, decimal=mark)
    except SheetError as error:
        raise WrongUsage(str(error)) from error
    except OSError as error:
        raise CouldNotRun(f"No se pudo leer «{path}»: {error.strerror}.") from error
    bar = Progress("Abriendo saldos", len(rows))
    today = datetime.now(UTC).astimezone(ZoneInfo(company.time_zone)).date()
    opened = apply_opening(rows=rows, today=today, actor=None, name=path.name, progress=bar.set)
    bar.close()
    return opened


def _report(args: argparse.Namespace, opened: Opened, seconds: float) -> None:
    data = {
        "files": 1,
        "items": [_item(each) for each in opened.results],
        "counts": opened.counts,
        "receivables_opened": opened.receivables,
        "customers_created": opened.created,
        "customers_switched_on": opened.switched_on,
        "seconds": round(seconds, 3),
    }
    lines = [each.message for each in opened.results if each.outcome in ("error", "ignored")]
    listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(opened.counts.items())) or "ninguna fila"
    lines.append(f"{len(opened.results)} filas: {listed}. Por cobrar, {opened.receivables} nuevas. {seconds:.1f} s")
    emit(args, data, "\n".join(lines))


def _item(each: RowResult) -> dict[str, Any]:
    from aldia.domain.money import minor_text

    row = each.row
    amounts = {"total": None, "balance": None}
    if row.currency:
        amounts = {"total": minor_text(row.total, row.currency), "balance": minor_text(row.balance, row.currency)}  # type: ignore[dict-item]
    return {
        "name": row.number or f"fila {row.line}",
        "line": row.line,
        "outcome": each.outcome,
        "code": each.code,
        "message": each.message,
        "key": each.key or None,
        "kind": "opening",
        "customer_tax_id": row.tax_id,
        "currency": row.currency or None,
        **amounts,
    }
