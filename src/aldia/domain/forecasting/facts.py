"""The bare facts behind the reasons of a forecast, for sentences that people can check: plain JSON of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aldia.domain.forecasting.book import LAST, Book, Ints

LATEST = 3


@dataclass(frozen=True, slots=True)
class History:
    """What is known in the morning of a day, by customer: delays in order of payment, and rows that are open."""

    known: Book
    day: int
    climate: int
    _paid: list[Ints]
    _days: list[Ints]
    _open: list[Ints]
    _usual: list[float]

    def facts(self, group: str, invoice: Book) -> dict[str, Any]:
        """The facts of a group (`traits.GROUPS`) about one invoice, which is a book of one row."""
        who = int(invoice.customer[0])
        delays = self._paid[who]
        if group == "habit":
            return {"median": int(np.median(delays)) if len(delays) else None, "n": len(delays)}
        if group == "trend":
            since = self.day - int(self._days[who][-1]) if len(delays) else None
            return {"last": [int(each) for each in delays[-LATEST:]], "since": since}
        if group == "size":
            return {"times": round(10 * float(invoice.amount[0]) / max(self._usual[who], 1e-9))}
        if group == "terms":
            return {"term": int(invoice.due[0] - invoice.issued[0]), "weekday": int(invoice.due[0]) % 7}
        if group == "exposure":
            late = self.day - self.known.due[self._open[who]]
            return {"overdue": int((late > 0).sum()), "oldest": int(late.max(initial=0)), "open": len(late)}
        return {"delay": self.climate}


def history_of(known: Book, day: int, climate: float) -> History:
    """Group what is known by customer, once for all invoices. `climate`: everybody's mean delay of late."""
    is_paid = known.delay <= LAST
    rows = np.flatnonzero(is_paid)
    rows = rows[np.lexsort((known.paid[rows], known.customer[rows]))]
    groups = _split(known.customer[rows], rows, known.customers)
    waiting = np.flatnonzero(~is_paid)
    waiting = waiting[np.argsort(known.customer[waiting], kind="stable")]
    everything = np.argsort(known.customer, kind="stable")
    return History(
        known,
        day,
        round(climate),
        [known.delay[each] for each in groups],
        [known.paid[each] for each in groups],
        _split(known.customer[waiting], waiting, known.customers),
        [
            float(np.median(known.amount[each])) if len(each) else 0.0
            for each in _split(known.customer[everything], everything, known.customers)
        ],
    )


def _split(who: Ints, rows: Ints, customers: int) -> list[Ints]:
    """Rows, which are in order of customer, by customer."""
    return np.split(rows, np.searchsorted(who, np.arange(1, customers))) if customers else []
