"""A package of the mass download through its whole road: downloaded, stored, opened, booked. Memory while it grows."""

from __future__ import annotations

import hashlib
import resource
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection

from aldia.authority.models import Trigger
from aldia.authority.operations import runs
from aldia.authority.operations.connections import connect
from aldia.demo.cast import make_cast
from aldia.demo.generator import generate, write_zip
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.domain.ports.tax import Asked, DocumentStatus, Package, Progress, Query, Side, Stage, Token, Wanted
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Holder, make_credentials
from aldia.receivables.operations.intake import Progress as Imported
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
FIRST = 2000  # documents after which memory is looked at: caches and statements are warm by then


class OnePackage:
    """An authority that has everything in one package, at once."""

    name: ClassVar[str] = "mx_sat"
    label: ClassVar[str] = "one package"
    fields: ClassVar[tuple[Any, ...]] = ()

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.path, self.names = Path(settings["path"]), {"xml": 0, "metadata": 0}

    def open(self, signer: Any, *, now: datetime) -> Token:
        return Token("t", now.replace(year=now.year + 1))

    def ask(self, signer: Any, token: Token, query: Query) -> Asked:
        has_it = query.wanted is Wanted.XML and query.side is Side.ISSUED and self.names["xml"] == 0
        if not has_it:
            return Asked("5004", "")
        self.names["xml"] += 1
        return Asked("5000", "", "request-1")

    def progress(self, signer: Any, token: Token, request_id: str) -> Progress:
        return Progress("5000", "", Stage.FINISHED, "5000", 1, ("package-1",))

    def download(self, signer: Any, token: Token, package: str) -> Package:
        digest = hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.stat().st_size < 1 << 24 else ""
        return Package("5000", "", self.path.open("rb"), self.path.stat().st_size, digest)

    def status(self, **words: str) -> DocumentStatus:
        raise NotImplementedError


def run(size: int = 200_000) -> dict[str, object]:
    """Bring and import one package of `size` documents, its customers off as in a first synchronisation."""
    people = max(20, size // 100)
    cast = make_cast(seed=7, today=TODAY, customers=people)
    family = make_credentials(company=Holder(cast.company.rfc, cast.company.name), valid_from=date(2026, 1, 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.zip"
        files = generate(seed=7, today=TODAY, customers=people, documents=size, sealed=False)
        count = write_zip(path, files, level=1)
        company = Company.objects.create(
            slug=f"bench-{uuid7().hex}", legal_name=cast.company.name, tax_id=cast.company.rfc
        )
        with company_scope(company.pk):
            row = connect(
                cer=family.efirma.cer, key=family.efirma.encrypted_key(), password=DEMO_PASSWORD.decode(), now=NOW,
                since=date(2026, 10, 1), settings={"path": str(path)}, actor=None,
            )  # fmt: skip
            return _bring(row, path, count)


def _bring(row: Any, path: Path, count: int) -> dict[str, object]:
    taken: list[IngestBatch] = []
    peaks: list[tuple[int, int]] = []

    def look(progress: Imported) -> None:
        if not peaks and progress.done >= min(FIRST, progress.total):
            peaks.append((_peak(), _own()))

    authority = OnePackage({"path": str(path)})
    run = runs.start(connection=row, trigger=Trigger.FIRST, now=NOW)
    wall, cpu = time.perf_counter(), time.process_time()
    for turn in range(6):
        moment = NOW.replace(minute=2 * turn)
        runs.step(now=partial(_same, moment), today=TODAY, take_in=taken.append, authority=authority)
    stored = time.perf_counter() - wall
    for batch in taken[:1]:
        run_batch(batch_id=batch.pk, now=partial(_same, NOW), today=TODAY, progress=look)
    runs.step(now=partial(_same, NOW.replace(minute=20)), today=TODAY, take_in=taken.append, authority=authority)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    run.refresh_from_db()
    first, own = peaks[0] if peaks else (0, 0)
    return {
        "engine": connection.vendor,
        "documents": count,
        "on_file": FiscalDocument.objects.count(),
        "run": run.state,
        "package_mb": path.stat().st_size >> 20,
        "download_and_store_seconds": round(stored, 2),
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "per_cpu_second": round(count / cpu),
        "per_wall_second": round(count / wall),
        f"peak_mb_after_{min(FIRST, count)}": first,
        "peak_mb_at_the_end": _peak(),
        f"own_mb_after_{min(FIRST, count)}": own,
        "own_mb_at_the_end": _own(),
    }


def _same(moment: datetime) -> datetime:
    return moment


def _own() -> int:
    """Memory of the process now, without the pages of files that it maps (SQLite maps up to 256 MB of its own)."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0]) // 1024


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
