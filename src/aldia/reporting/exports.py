"""Files of reports too big to be made while somebody waits: a job makes them, and they are kept for a day.

An `Order` says which file; it travels as plain data in the job. The file lies beside the originals, under a name that
nobody can guess, and is not part of the company's records.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import default_storage

from aldia.domain.aging import Ranges
from aldia.integrations.spreadsheets import XLSX_TYPE, write_xlsx
from aldia.receivables.queries.sight import Sight
from aldia.reporting import papers, sheets
from aldia.reporting.queries import aging as aging_queries
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import Aging, aging
from aldia.reporting.queries.drill import Drill
from aldia.tenancy.models import Company

AT_ONCE = 5_000  # rows of a sheet that are made while the person waits
MOST_ON_PAPER = 20_000
KEPT = timedelta(days=1)
TYPES = {"xlsx": XLSX_TYPE, "pdf": papers.PDF_TYPE}


@dataclass(frozen=True, slots=True)
class Order:
    """`report` aging or rows, `ending` xlsx or pdf, `name` of the file; `asked` are the report's own parameters."""

    report: str
    ending: str
    name: str
    title: str = ""
    collector: str = ""
    include_off: bool = False
    asked: dict[str, Any] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def sight(self) -> Sight:
        return Sight(uuid.UUID(self.collector) if self.collector else None, self.include_off)


def order_aging(found: Aging, wanted: aging_queries.Wanted, sight: Sight, *, ending: str, name: str) -> dict[str, Any]:
    """The order of an aging, as plain data."""
    asked = {
        "as_of": found.as_of.isoformat(),
        "by": found.by,
        "bounds": list(found.ranges.bounds),
        "currency": wanted.currency,
        "portfolio": wanted.portfolio,
        "sort": wanted.sort,
    }
    return Order("aging", ending, name, "", str(sight.collector or ""), sight.include_off, asked).plain


def order_rows(wanted: Drill, sight: Sight, *, name: str, title: str) -> dict[str, Any]:
    """The order of the rows behind a figure, as plain data."""
    return Order("rows", "xlsx", name, title, str(sight.collector or ""), sight.include_off, wanted.params).plain


def make(order: Order, *, company: Company, today: date) -> str:
    """Make the file and return the path that it is kept at."""
    path = f"exports/{company.pk}/{uuid.uuid4().hex}.{order.ending}"
    with TemporaryFile() as stream:
        _write(order, cast(IO[bytes], stream), company, today)
        stream.seek(0)
        return str(default_storage.save(path, File(stream)))


def _write(order: Order, stream: IO[bytes], company: Company, today: date) -> None:
    if order.report == "aging":
        found = _aging(order, company, today)
        if order.ending == "pdf":
            stream.write(papers.aging_pdf(found, company=company, today=today))
        else:
            write_xlsx(stream, sheets.aging_sheets(found, company=company))
        return
    wanted = Drill.read(order.asked)
    rows = drill.ordered(drill.rows_behind(wanted, sight=order.sight, today=today), wanted)
    sums = drill.sums_behind(wanted, sight=order.sight, today=today, home=company.currency)
    as_of = wanted.as_of or today
    write_xlsx(
        stream, sheets.drill_sheets(rows.iterator(chunk_size=2000), wanted, sums, title=order.title, as_of=as_of)
    )


def _aging(order: Order, company: Company, today: date) -> Aging:
    asked = order.asked
    return aging(
        sight=order.sight,
        as_of=date.fromisoformat(asked["as_of"]),
        today=today,
        home=company.currency,
        ranges=Ranges(tuple(asked["bounds"])),
        by=asked["by"],
        wanted=aging_queries.Wanted(currency=asked["currency"], portfolio=asked["portfolio"], sort=asked["sort"]),
    )


def sweep(company: Company, *, now: datetime) -> int:
    """Delete the company's files that are older than a day; return how many."""
    folder, deleted = f"exports/{company.pk}", 0
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return 0
    for name in names:
        path = f"{folder}/{name}"
        if now - default_storage.get_modified_time(path) > KEPT:
            default_storage.delete(path)
            deleted += 1
    return deleted
