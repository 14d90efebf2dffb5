"""Figures kept since they were last computed, and whether anything happened since.

A big company's figures are read in milliseconds and computed anew beside the page. Every change of money moves the
chain of the ledger and every other decision (a due date, a switch, a portfolio) that of the audit, so figures are exact
while neither has moved and the day is the same; else they are shown with the time that they are of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Sum

from aldia.domain.aging import Ranges
from aldia.receivables.models import Receivable
from aldia.receivables.queries.sight import Sight
from aldia.reporting.models import KeptFigures
from aldia.tenancy.models import ChainHead

BIG = 20_000  # receivables, paid ones too: below it everything is computed while the page waits


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept, when it was made, and whether it is what would be computed now."""

    figures: dict[str, Any]
    on: date
    made_at: datetime
    is_exact: bool


def is_big() -> bool:
    """Whether the company has so many receivables that a page should not wait for its figures."""
    in_index = Receivable.objects.order_by("issued_on", "id").values_list("id")  # read from the index alone
    return bool(in_index[BIG : BIG + 1])


def position() -> int:
    """How far the chains of the company have come. Read it before computing what is to be kept."""
    return int(ChainHead.objects.aggregate(sum=Sum("seq"))["sum"] or 0)


def kept(*, kind: str, key: str, on: date) -> Kept | None:
    """What is kept of a kind under a key; exact if it is of that day and nothing has happened since."""
    row = KeptFigures.objects.filter(kind=kind, key=key).first()
    if row is None:
        return None
    return Kept(row.figures, row.on, row.made_at, row.on == on and row.ledger_seq == position())


def key_of(sight: Sight, *parts: object, ranges: Ranges | None = None) -> str:
    """A key of what depends on whose customers are seen, on ranges and on what else is named."""
    bounds = ",".join(map(str, ranges.bounds)) if ranges else ""
    return "|".join(map(str, (sight.collector or "", int(sight.include_off), bounds, *parts)))[:200]
