"""A sheet on its way from rows to statements: what was found and decided so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from aldia.domain.statements import dates
from aldia.domain.statements.layout import Layout
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Declared, Hints, Question, Said
from aldia.domain.statements.preamble import Preamble
from aldia.domain.statements.rows import Line, Sorted


@dataclass(slots=True)
class Reading:
    """`lines` are the rows with a date and an amount, `days` their dates by line of the file."""

    layout: Layout
    found: Sorted
    preamble: Preamble
    hints: Hints
    bank: str = ""
    country: str = ""
    currency: str = ""
    decimal: str = "."
    order: dates.Order = "DMY"
    newest_first: bool = False
    received_only: bool = False
    declared: Declared = field(default_factory=Declared)
    lines: list[Line] = field(default_factory=list)
    days: dict[int, date] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    findings: list[Said] = field(default_factory=list)

    @property
    def mapping(self) -> Mapping:
        return self.layout.mapping

    @property
    def orders(self) -> tuple[bool, ...]:
        """The orders that the rows may have: as their dates say, or either way within one day."""
        return (self.newest_first,) if len(set(self.days.values())) > 1 else (False, True)

    @property
    def by(self) -> str:
        """How rows say in or out, at first sight: columns, flag or amount."""
        roles = dict(self.mapping.roles)
        if "amount" not in roles:
            return "columns"
        return "flag" if "flag" in roles else "amount"
