"""The invoices of a tenant as columns, and what of them was known on a morning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

# what a column holds; numpy's own arithmetic does not keep these apart for a type checker
Floats = npt.NDArray[Any]
Ints = npt.NDArray[Any]
Flags = npt.NDArray[Any]

UNPAID = np.iinfo(np.int64).max // 4  # later than any day
FIRST, LAST = -90, 200  # delays outside are counted as the nearest; after the last one, as never


@dataclass(frozen=True, slots=True)
class Record:
    """One invoice. `paid` is the day that it was settled whole, None while it is open; `amount` in one currency."""

    customer: str
    issued: date
    due: date
    amount: float
    paid: date | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Columns of equal length, ordered by day of issue. `customer` counts from 0 to `customers` − 1.

    `closed`: the days on which banks do not open, other than weekends, of the whole time that matters; may be empty.
    """

    customer: Ints
    issued: Ints
    due: Ints
    amount: Floats
    paid: Ints
    names: tuple[str, ...]
    closed: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def customers(self) -> int:
        return len(self.names)

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def delay(self) -> Ints:
        """Days from due to paid, not before the first one that counts; far beyond the last one while unpaid."""
        return np.asarray(np.maximum(self.paid - self.due, FIRST))

    @property
    def entry(self) -> Ints:
        """The first delay that was possible: that of the day of issue."""
        return np.asarray(np.clip(self.issued - self.due, FIRST, LAST))

    def known(self, day: int) -> Book:
        """What was known in the morning of a day: later invoices are not there, later payments have not come."""
        size = int(np.searchsorted(self.issued, day))
        part = self.rows(np.arange(size))
        return replace(part, paid=np.where(part.paid < day, part.paid, UNPAID))

    def rows(self, which: Ints) -> Book:
        """Some of the invoices, in the order given."""
        columns = {name: getattr(self, name)[which] for name in ("customer", "issued", "due", "amount", "paid")}
        return replace(self, **columns)


def book_of(records: Sequence[Record]) -> Book:
    """Columns of invoices; one paid before it was issued counts as paid that day."""
    ordered = sorted(records, key=lambda each: each.issued)
    names = tuple(sorted({each.customer for each in ordered}))
    place = {name: number for number, name in enumerate(names)}
    issued = np.array([each.issued.toordinal() for each in ordered], dtype=np.int64)
    paid = [UNPAID if each.paid is None else each.paid.toordinal() for each in ordered]
    return Book(
        customer=np.array([place[each.customer] for each in ordered], dtype=np.int64),
        issued=issued,
        due=np.array([each.due.toordinal() for each in ordered], dtype=np.int64),
        amount=np.array([each.amount for each in ordered], dtype=np.float64),
        paid=np.maximum(np.array(paid, dtype=np.int64), issued),
        names=names,
    )
