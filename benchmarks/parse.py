"""Parse and extract: CFDI per second of CPU on one core, in memory, with what costs most."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from datetime import date
from itertools import cycle, islice

from lxml import etree

from aldia.demo.generator import generate
from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.seals import verify
from aldia.integrations.tax import mx_schemas

TODAY = date(2026, 11, 21)
DISTINCT = 600  # documents made for it; the measure goes round them
ROUNDS = 3  # the best counts: a shared machine only ever makes figures worse


def run(size: int = 20_000) -> dict[str, object]:
    """Parse `size` documents of every kind that the demo makes, sealed where SAT's transforms are installed."""
    sealed = mx_schemas.is_available()
    made = generate(seed=7, today=TODAY, customers=40, documents=DISTINCT, sealed=sealed)
    documents = [file.content for file in made if file.name.endswith(".xml")]
    work = list(islice(cycle(documents), size))
    some = work[: max(1, size // 20)]
    return {
        "documents": len(work),
        "distinct": len(documents),
        "bytes_each": sum(map(len, documents)) // len(documents),
        "parsed_per_cpu_second": round(_rate(parse, work)),
        "with_lines_per_cpu_second": round(_rate(lambda data: parse(data, with_lines=True), some)),
        "lxml_alone_per_cpu_second": round(_rate(etree.fromstring, some)),
        "arithmetic_ms_each": round(1000 / _rate(check_arithmetic, some), 3),
        "seals_ms_each": round(1000 / _rate(_examine, some), 3) if sealed else None,
        "costs_most": _profile(some),
    }


def _rate(function: Callable[[bytes], object], work: list[bytes]) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        for data in work:
            function(data)
        best = max(best, len(work) / (time.process_time() - started))
    return best


def _examine(data: bytes) -> object:
    return verify(data, certificates=lambda number: None, transform=mx_schemas.transform)


def _profile(work: list[bytes]) -> list[str]:
    """The five functions that take most time of their own, in hundredths of the whole."""
    profile = cProfile.Profile()
    profile.runcall(_rate, parse, work)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # undocumented, but what every tool reads
    whole = sum(entry[2] for entry in stats.values())
    costly = sorted(stats.items(), key=lambda item: -item[1][2])[:5]
    return [f"{100 * entry[2] / whole:.0f} % {name}" for (_, _, name), entry in costly]
