"""The list of what the company issues: filters, order, totals by state."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from aldia.domain.folding import fold
from aldia.issuing.models import Issue, IssueState
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

WORDS = 6  # of what somebody types, looked at


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """What to show. Empty fields filter nothing; `text` looks in series and folio, UUID and the customer's name.

    Without states, what was discarded is left out. `since` and `until` are days of the company on which it was made.
    """

    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    customer_id: uuid.UUID | None = None
    text: str = ""
    since: date | None = None
    until: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of the list, newest first; `after` asks for the next one, empty at the end."""

    rows: Sequence[Issue]
    after: str


def page(wanted: IssueFilter, *, after: str = "", size: int = 50) -> IssuePage:
    """One page, customers fetched with it. An `after` that is none begins anew."""
    rows = narrowed(wanted).select_related("customer", "document").order_by("-created_at", "-id")
    if place := _place(after):
        at, last = place
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=last))
    found = list(rows[: size + 1])
    shown = found[:size]
    more = f"{shown[-1].created_at.isoformat()}~{shown[-1].pk}" if len(found) > size else ""
    return IssuePage(shown, more)


def every(wanted: IssueFilter) -> Iterator[Issue]:
    """All of them in the order of the list, for exports."""
    after = ""
    while True:
        found = page(wanted, after=after, size=500)
        yield from found.rows
        after = found.after
        if not after:
            return


def count_by_state(wanted: IssueFilter) -> dict[str, int]:
    """How many there are of each state, whatever states the filter asks for."""
    rows = narrowed(replace(wanted, states=tuple(IssueState.values)))
    return dict(rows.order_by().values_list("state").annotate(count=Count("pk")))


def narrowed(wanted: IssueFilter) -> QuerySet[Issue]:
    """The documents that a filter leaves."""
    rows = Issue.objects.all()
    rows = rows.filter(state__in=wanted.states) if wanted.states else rows.exclude(state=IssueState.DISCARDED)
    if wanted.kinds:
        rows = rows.filter(kind__in=wanted.kinds)
    if wanted.customer_id:
        rows = rows.filter(customer_id=wanted.customer_id)
    if wanted.origin:
        rows = rows.filter(origin=wanted.origin)
    for word in wanted.text.split()[:WORDS]:
        rows = rows.filter(_says(word))
    return _between(rows, wanted.since, wanted.until)


def _says(word: str) -> Q:
    """A folio ("F-12", "F12", "12"), a folio fiscal or its start, or a part of the customer's name or RFC."""
    series, _, folio = word.rpartition("-")
    found = Q(folio=word) | Q(uuid__istartswith=word)
    if series and folio:
        found |= Q(series__iexact=series, folio=folio)
    letters = word.rstrip("0123456789")
    if letters and letters != word:
        found |= Q(series__iexact=letters, folio=word[len(letters) :])
    if plain := fold(word):
        found |= Q(customer__search__contains=plain)
    return found


def _between(rows: QuerySet[Issue], since: date | None, until: date | None) -> QuerySet[Issue]:
    if since is None and until is None:
        return rows
    zone = ZoneInfo(Company.objects.get(pk=current_company_id()).time_zone)
    if since is not None:
        rows = rows.filter(created_at__gte=datetime.combine(since, time(), zone))
    if until is not None:
        rows = rows.filter(created_at__lt=datetime.combine(until + timedelta(days=1), time(), zone))
    return rows


def _place(after: str) -> tuple[datetime, uuid.UUID] | None:
    at, _, last = after.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, uuid.UUID(last)) if moment.tzinfo else None
    except ValueError:
        return None
