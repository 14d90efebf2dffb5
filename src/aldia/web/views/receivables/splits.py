"""Dividing an amount over a customer's documents: the rows of the picker, and what was typed beside each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from aldia.domain.currencies import exponent
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.receivables.models import Receivable

PREFIX = "pay-"
MAX_ROWS = 300


@dataclass(slots=True)
class SplitRow:
    """A document of the picker: what it can take (minor units), what is typed beside it, what is wrong with it."""

    receivable: Receivable
    limit: int
    text: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.receivable.pk}"


@dataclass(slots=True)
class Split:
    """All the rows, and what they say together once read."""

    rows: list[SplitRow]
    currency: str
    decimal: str
    taken: dict[UUID, int] = field(default_factory=dict)
    left_out: int = 0

    @property
    def places(self) -> int:
        return exponent(self.currency)

    @property
    def is_right(self) -> bool:
        return not any(row.error for row in self.rows)

    def read(self, data: QueryDict) -> dict[UUID, int]:
        """Receivable -> minor units, for the rows with an amount. What is wrong stays beside its row."""
        named: dict[UUID, int] = {}
        for row in self.rows:
            row.text = data.get(row.name, "").strip()
            if not row.text:
                continue
            try:
                amount = parse_money(row.text, self.currency, decimal=self.decimal).minor
            except MoneyError as error:
                row.error = str(error)
                continue
            if amount > row.limit:
                row.error = _("Pasa de lo que se debe.")
            elif amount:
                named[row.receivable.pk] = amount
        return named

    def unknown(self, data: QueryDict) -> bool:
        """Whether an amount was typed beside a document that is no longer among the rows."""
        known = {row.name for row in self.rows}
        return any(name.startswith(PREFIX) and name not in known and data[name].strip() for name in data)


def split_of(
    open_rows: Iterable[Receivable], *, currency: str, decimal: str, taken: Mapping[UUID, int] | None = None
) -> Split:
    """The picker over open receivables. `taken` is what a credit pays of each now: it can be given again."""
    taken = dict(taken or {})
    rows = []
    for receivable in open_rows:
        now = taken.get(receivable.pk, 0)
        text = minor_text(now, currency).replace(".", decimal) if now else ""
        rows.append(SplitRow(receivable, receivable.balance + now, text))
    return Split(rows[:MAX_ROWS], currency, decimal, taken, max(0, len(rows) - MAX_ROWS))
