"""Figures that a big company has kept: shown at once, and computed anew beside the page when something happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aldia.receivables.queries.states import company_ranges
from aldia.reporting.operations.keeping import keep
from aldia.reporting.queries.figures import Asker, Keepable
from aldia.reporting.queries.kept import is_big, kept, position
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.views.reports_common import Asked


@dataclass(frozen=True, slots=True)
class Seen:
    """`made_at` is set where something has happened since: the page says so and asks again with `fresh=1`."""

    figures: Any
    made_at: datetime | None = None


def asker(asked: Asked, currency: str) -> Asker:
    """Whose figures the page is about."""
    return Asker(asked.sight, asked.today, asked.home, currency, company_ranges())


def seen(request: CompanyRequest, wanted: Keepable, *, today: date, waits: bool = True) -> Seen | None:
    """Figures as JSON: computed at once for a small company, else what is kept.

    Nothing kept (or `fresh=1` asked for): computed and kept if the page `waits` for it, else None.
    """
    if not is_big():
        return Seen(wanted.compute())
    there = kept(kind=wanted.kind, key=wanted.key, on=today)
    if there is not None and there.is_exact:
        return Seen(there.figures)
    if waits and (there is None or request.GET.get("fresh") == "1"):
        return Seen(_made(wanted, today))
    return Seen(there.figures, there.made_at) if there is not None else None


def _made(wanted: Keepable, today: date) -> Any:
    before = position()
    figures = wanted.compute()
    keep(kind=wanted.kind, key=wanted.key, on=today, position=before, figures=figures, now=clock.now())
    return figures
