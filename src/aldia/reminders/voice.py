"""Amounts, days and kinds as a customer reads them: in its language, with its country's decimal mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import override

from aldia.domain.calendars import MONTHS as SPANISH_MONTHS
from aldia.domain.money import Money, format_money
from aldia.receivables.models import ReceivableKind
from aldia.tenancy.models import Company

_LONG = {
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
_SHORT = {"es": SPANISH_MONTHS, "en": tuple(name[:3] for name in _LONG["en"])}
_AND = {"es": "y", "en": "and"}
_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})


@dataclass(frozen=True, slots=True)
class Voice:
    """How one customer is spoken to. `language` is one we have words in ("es" for any other)."""

    language: str
    home: str
    mark: str

    @classmethod
    def of(cls, company: Company, language: str) -> Voice:
        short = language[:2].lower()
        mark = "," if company.country in _COMMA_COUNTRIES else "."
        return cls(short if short in _LONG else "es", company.currency, mark)

    def amount(self, minor: int, currency: str) -> str:
        return format_money(minor, currency, home=self.home, decimal=self.mark)

    def amounts(self, sums: Sequence[Money]) -> str:
        """One total per currency, said in a row; "" for none."""
        said = [self.amount(each.minor, each.currency) for each in sums]
        if len(said) < 2:
            return "".join(said)
        return f"{', '.join(said[:-1])} {_AND[self.language]} {said[-1]}"

    def day(self, day: date) -> str:
        """As "21 de noviembre de 2026" or "November 21, 2026"."""
        month = _LONG[self.language][day.month - 1]
        return f"{month} {day.day}, {day.year}" if self.language == "en" else f"{day.day} de {month} de {day.year}"

    def short_day(self, day: date) -> str:
        return f"{day.day} {_SHORT[self.language][day.month - 1]} {day.year}"

    def kind(self, kind: str) -> str:
        with override(self.language):
            return str(ReceivableKind(kind).label)
