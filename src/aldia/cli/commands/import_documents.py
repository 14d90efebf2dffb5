"""Lee documentos fiscales (XML, ZIP, carpetas) y dice qué fue de cada uno."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aldia.cli.companies import add_company, working_for
from aldia.cli.errors import CouldNotRun
from aldia.cli.files import Unread, opened, require
from aldia.cli.output import Progress, add_json

if TYPE_CHECKING:
    from aldia.documents.models import IngestBatch
    from aldia.tenancy.models import Company

PAGE = 2000
NOTHING: dict[str, Any] = {"key": None, "kind": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="RUTA", help="XML, ZIP o carpeta")
    add_company(parser)
    parser.add_argument("--collect-all", action="store_true", help="prende a los clientes que aparezcan")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    paths, started = require(args.paths), time.monotonic()
    unread: list[Unread] = []
    with working_for(args) as company:
        batch = _bring_in(args, company, opened(paths, unread), unread)
        _report(args, batch, unread, time.monotonic() - started)
    return 0


def _bring_in(
    args: argparse.Namespace, company: Company, files: Iterator[Any], unread: list[Unread]
) -> IngestBatch | None:
    """Keep the files as one batch and import it here and now; None if there was no file to read."""
    from aldia.documents import packing
    from aldia.documents.operations.batches import create_batch
    from aldia.documents.originals import MAX_ARCHIVE
    from aldia.receivables.operations.intake import run_batch
    from aldia.tenancy.storage import CannotStore, FileTooLarge

    name = ", ".join(args.paths)[:300]
    try:
        stored = packing.pack(files, name=name, max_bytes=MAX_ARCHIVE)
    except (CannotStore, FileTooLarge) as error:
        raise CouldNotRun(str(error)) from error
    batch = create_batch(file=stored, name=name, actor=None, source="cli", collect_all=args.collect_all)
    bar = Progress("Leyendo")
    today = datetime.now(UTC).astimezone(ZoneInfo(company.time_zone)).date()

    def show(progress: Any) -> None:
        bar.total = progress.total
        bar.set(progress.done)

    batch = run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=today, progress=show)
    bar.close()
    return batch


def _report(args: argparse.Namespace, batch: IngestBatch | None, unread: list[Unread], seconds: float) -> None:
    """The one JSON object, item by item (there may be 200,000), or a summary with what needs a look."""
    if args.json:
        _report_json(batch, unread, seconds)
        return
    for item in _items(batch, unread):
        if item["outcome"] in ("error", "ignored"):
            print(f"{item['outcome']:<8} {item['name']}: {item['message']}")
    counts = _counts(batch, unread)
    listed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "ningún archivo"
    opened_now = batch.opened if batch is not None else 0
    print(f"{sum(counts.values())} archivos: {listed}. Por cobrar, {opened_now} nuevas. {seconds:.1f} s")


def _report_json(batch: IngestBatch | None, unread: list[Unread], seconds: float) -> None:
    counts, write = _counts(batch, unread), sys.stdout.write
    write(f'{{"files": {sum(counts.values())}, "items": [')
    for position, item in enumerate(_items(batch, unread)):
        write(("," if position else "") + "\n" + json.dumps(item, ensure_ascii=False))
    rest = {
        "counts": counts,
        "receivables_opened": batch.opened if batch is not None else 0,
        "batch": str(batch.pk) if batch is not None else None,
        "seconds": round(seconds, 3),
    }
    write(f"], {json.dumps(rest)[1:]}\n")


def _counts(batch: IngestBatch | None, unread: list[Unread]) -> dict[str, int]:
    counts = {outcome: count for outcome, count in (batch.counts if batch is not None else {}).items() if count}
    if unread:
        counts["error"] = counts.get("error", 0) + len(unread)
    return counts


def _items(batch: IngestBatch | None, unread: list[Unread]) -> Iterator[dict[str, Any]]:
    from aldia.documents.models import IngestItem

    position = -1
    while batch is not None:
        page = list(IngestItem.objects.filter(batch=batch, position__gt=position).order_by("position")[:PAGE])
        for item in page:
            position = item.position
            yield {
                "name": item.name,
                "outcome": item.outcome,
                "code": item.code,
                "message": item.message,
                "key": item.key or None,
                "kind": item.kind or None,
            }
        if len(page) < PAGE:
            break
    for each in unread:
        yield {"name": each.name, "outcome": "error", "code": each.code, "message": each.message} | NOTHING
