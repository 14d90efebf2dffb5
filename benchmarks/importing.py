"""Full import into the database through the real road: archive → parse → store → open, credit, allocate → items."""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import connection

from aldia.demo.cast import make_cast
from aldia.demo.generator import generate, write_zip
from aldia.documents.operations.batches import create_batch
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.verify import run_checks
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store

TODAY = date(2026, 11, 21)


def run(size: int = 5000) -> dict[str, object]:
    """Import a generated archive of `size` documents with all customers on; CPU time of this process."""
    cast = make_cast(seed=7, today=TODAY, customers=max(20, size // 25))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cfdi.zip"
        files = generate(seed=7, today=TODAY, customers=max(20, size // 25), documents=size, sealed=False)
        count = write_zip(path, files, level=1)
        company = Company.objects.create(
            slug=f"bench-{uuid7().hex}", legal_name=cast.company.name, tax_id=cast.company.rfc
        )
        with company_scope(company.pk):
            with path.open("rb") as stream:
                stored = store("cfdi.zip", stream, content_type="application/zip")
            batch = create_batch(file=stored, name="bench", actor=None, collect_all=True)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            wall, cpu = time.perf_counter(), time.process_time()
            batch = run_batch(batch_id=batch.pk, now=lambda: datetime.now(UTC), today=TODAY)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            violations = sum(check.violations for check in run_checks())
            opened = Receivable.objects.count()
    return {
        "engine": connection.vendor,
        "documents": count,
        "outcomes": batch.counts,
        "receivables": opened,
        "violations": violations,
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "per_cpu_second": round(count / cpu),
        "per_wall_second": round(count / wall),
        "rss_before_mb": before // 1024,
        "rss_peak_mb": peak // 1024,
    }
