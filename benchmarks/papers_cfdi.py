"""PDF of CFDI: pages per second of CPU on one core, over every kind of document that the demo makes."""

from __future__ import annotations

import io
import resource
import time
from datetime import date

from pypdf import PdfReader

from aldia.demo.generator import generate
from aldia.documents.papers import pdf_of
from aldia.domain.fiscal.printed import read_printed
from aldia.integrations.tax import mx_schemas
from aldia.tenancy.brand import Brand

TODAY = date(2026, 11, 21)


def run(size: int = 300) -> dict[str, object]:
    """Set `size` documents, after ten that warm the compiler; what reading costs beside setting, and the memory."""
    made = generate(seed=7, today=TODAY, customers=40, documents=size + 30, sealed=mx_schemas.is_available())
    work = [file.content for file in made if file.name.endswith(".xml")][:size]
    for data in work[:10]:
        pdf_of(data, brand=Brand())
    started = time.process_time()
    for data in work:
        read_printed(data)
    read = time.process_time() - started
    started, wall = time.process_time(), time.perf_counter()
    papers = [pdf_of(data, brand=Brand()) for data in work]
    spent, wall = time.process_time() - started, time.perf_counter() - wall
    pages = sum(len(PdfReader(io.BytesIO(each)).pages) for each in papers)
    return {
        "documents": len(work),
        "pages": pages,
        "pages_per_cpu_second": round(pages / spent, 1),
        "pages_per_wall_second": round(pages / wall, 1),
        "reading_share": round(read / spent, 3),
        "bytes_each": sum(map(len, papers)) // len(papers),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
