"""The books that the story keeps while it is told: open sales, folios, cancellations, and the clock of the story.

They are what tests compare documents with: the balance of every invoice as the generator knows it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate
from random import Random
from typing import Any
from uuid import UUID

from aldia.demo.issued import Issued, metadata_row
from aldia.demo.people import DemoCast, DemoCustomer
from aldia.demo.rates import Rates
from aldia.domain.fiscal.drafts import DraftLine, TaxTotal


@dataclass(slots=True, eq=False)
class Sale:
    """An invoice and where it stands. Amounts in minor units of `currency`.

    `state`: "live", "cancelled" or "replaced" (by the one that names it with relation 04). `paid` is what payment
    complements have said; credit notes and advances only lower `balance`.
    """

    uuid: str
    series: str
    folio: str
    customer: DemoCustomer
    currency: str
    method: str
    issued_on: date
    due_on: date
    total: int
    taxes: tuple[TaxTotal, ...]
    lines: tuple[DraftLine, ...]
    balance: int
    paid: int = 0
    partiality: int = 0
    state: str = "live"


@dataclass(slots=True)
class Ledger:
    """What the generator knows of who owes what, for those who ask (tests): by UUID.

    `advances`: what is left of each advance. `credits`: credit in favour that a credit note left on a paid invoice.
    """

    sales: dict[str, Sale] = field(default_factory=dict)
    advances: dict[str, int] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)

    def open_sales(self, today: date) -> Iterator[Sale]:
        """What is owed on a day, PUE documents of past months being presumed paid."""
        for sale in self.sales.values():
            presumed = sale.method == "PUE" and (sale.issued_on.year, sale.issued_on.month) < (today.year, today.month)
            if sale.balance > 0 and not presumed:
                yield sale


Handler = Callable[..., Iterator[Issued]]


@dataclass(slots=True)
class Books:
    """The state of the story. Handlers take it, the moment, and what they are about."""

    cast: DemoCast
    rng: Random
    rates: Rates
    ledger: Ledger | None = None
    open_by_customer: dict[str, list[Sale]] = field(default_factory=dict)
    cancelled_rows: list[str] = field(default_factory=list)
    folios: dict[str, int] = field(default_factory=dict)
    shares: list[int] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Handler, tuple[Any, ...]]] = field(default_factory=list)
    _planned: int = 0

    def __post_init__(self) -> None:
        """Each customer's share of the orders, accumulated as `random.choices` takes it."""
        self.shares = list(accumulate(customer.weight for customer in self.cast.customers))

    def new_uuid(self) -> str:
        """A UUID as PACs give them, upper case."""
        return str(UUID(int=self.rng.getrandbits(128), version=4)).upper()

    def next_folio(self, series: str) -> str:
        """Consecutive by series."""
        self.folios[series] = self.folios.get(series, 1000) + 1
        return str(self.folios[series])

    def plan(self, at: datetime, handler: Handler, *about: Any) -> None:
        """Call a handler at a moment, if the story gets there."""
        self._planned += 1
        heapq.heappush(self._agenda, (at, self._planned, handler, about))

    def run_until(self, at: datetime) -> Iterator[Issued]:
        """Whatever was planned up to a moment, in order."""
        while self._agenda and self._agenda[0][0] <= at:
            when, _, handler, about = heapq.heappop(self._agenda)
            yield from handler(self, when, *about)

    def open(self, sale: Sale) -> None:
        """A new invoice is owed."""
        self.open_by_customer.setdefault(sale.customer.clabe, []).append(sale)
        if self.ledger is not None:
            self.ledger.sales[sale.uuid] = sale

    def lower(self, sale: Sale, amount: int) -> None:
        """Less is owed; an invoice without balance leaves the open ones."""
        if not 0 <= amount <= sale.balance:
            raise ValueError(f"{sale.series}{sale.folio}: {amount} of {sale.balance}")
        sale.balance -= amount
        if not sale.balance:
            self.open_by_customer[sale.customer.clabe].remove(sale)

    def void(self, sale: Sale, state: str) -> None:
        """Cancelled or replaced: nothing is owed on it."""
        self.lower(sale, sale.balance)
        sale.state = state


def note_cancellation(books: Books, at: datetime, issued: Issued) -> Iterator[Issued]:
    """SAT's metadata says from now on that a document is cancelled; it owed nothing already."""
    books.cancelled_rows.append(metadata_row(issued, at))
    yield from ()
