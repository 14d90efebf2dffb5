"""What a synchronisation asks for: the periods not brought yet, and again those in which something may have changed.

Pure. Periods are local to central Mexico and both ends count. A document is stamped up to 72 hours after its issue
(regla 2.7.2.9 RMF), and the authority's periods are of issue: what was brought is asked for again with four days of
overlap. A document is cancelled until the annual return of its year is due, in March or April of the next (artículo
29-A CFF, https://www.diputados.gob.mx/LeyesBiblio/pdf/CFF.pdf): the listing is asked for since the year before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from aldia.domain.fiscal.mass_download import SHORTEST, Period, oldest, pieces
from aldia.domain.ports.tax import Side, Wanted

OVERLAP = timedelta(days=4)
PIECE_DAYS = {Wanted.XML: 92, Wanted.METADATA: 366}
SECOND = timedelta(seconds=1)
Covered = Mapping[tuple[Side, Wanted], Sequence[Period]]


@dataclass(frozen=True, slots=True)
class Planned:
    """One request to make."""

    side: Side
    wanted: Wanted
    period: Period


def plan(*, since: date, now: datetime, sides: Collection[Side], covered: Covered) -> list[Planned]:
    """The requests of a run: listings first, because they say what to expect. `covered`: what was brought already."""
    first = max(datetime.combine(since, time()), oldest(now.date()))
    found = []
    for wanted in (Wanted.METADATA, Wanted.XML):
        for side in sides:
            known = covered.get((side, wanted), ())
            for period in _periods(wanted, Period(first, now), known):
                found += [Planned(side, wanted, each) for each in _in_pieces(period, wanted)]
    return found


def _periods(wanted: Wanted, whole: Period, covered: Sequence[Period]) -> Iterable[Period]:
    open_ones = gaps(whole, covered)
    if not open_ones:
        return ()
    if wanted is Wanted.METADATA:  # one stretch: what is in between may have been cancelled
        year_before = datetime.combine(date(whole.until.year - 1, 1, 1), time())
        return (Period(max(whole.since, min(open_ones[0].since, year_before)), whole.until),)
    earlier = (Period(max(whole.since, gap.since - OVERLAP), gap.until) for gap in open_ones)
    return _joined(earlier)


def _joined(periods: Iterable[Period]) -> list[Period]:
    """Periods in their order, those that touch made one."""
    found: list[Period] = []
    for each in sorted(periods):
        if found and each.since <= found[-1].until + SECOND:
            found[-1] = Period(found[-1].since, max(found[-1].until, each.until))
        else:
            found.append(each)
    return found


def _in_pieces(period: Period, wanted: Wanted) -> Iterable[Period]:
    if period.until - period.since < SHORTEST:
        return ()
    return pieces(period.since, period.until, PIECE_DAYS[wanted])


def gaps(whole: Period, covered: Iterable[Period]) -> list[Period]:
    """The parts of a period that none of the others covers, oldest first."""
    found, at = [], whole.since
    for each in sorted(covered):
        if each.since > at:
            found.append(Period(at, min(each.since - SECOND, whole.until)))
        at = max(at, each.until + SECOND)
        if at > whole.until:
            break
    if at <= whole.until:
        found.append(Period(at, whole.until))
    return [gap for gap in found if gap.until >= gap.since]
