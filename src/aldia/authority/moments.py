"""Periods of the authority (local, without zone) beside our columns (moments)."""

from __future__ import annotations

from aldia.authority.models import SyncRequest
from aldia.domain.fiscal.mass_download import Period, to_local
from aldia.domain.ports.tax import Query, Side, Wanted


def period_of(row: SyncRequest) -> Period | None:
    """What a request asks for; None where it names one document."""
    if row.since is None or row.until is None:
        return None
    return Period(to_local(row.since), to_local(row.until))


def query_of(row: SyncRequest) -> Query:
    """A request as the adapter takes it."""
    period = period_of(row)
    since, until = (period.since, period.until) if period else (None, None)
    return Query(Side(row.direction), Wanted(row.kind), since, until, row.uuid)
