"""What texts of recurring documents say of their period: {mes}, {año} and {periodo}, in the Spanish of documents."""

from __future__ import annotations

import re
from datetime import date, timedelta

from aldia.domain.calendars import add_months, month_end
from aldia.domain.recurrence import Span
from aldia.domain.sentences import Refusal, gettext_noop

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
NAMES = ("mes", "año", "periodo")
_PLACE = re.compile(r"\{([^{}]*)\}")
_DOUBLED = re.compile(r"\b([Dd])e d(el \d)")


class UnknownPlace(Refusal):
    code = "placeholder"
    template = gettext_noop("No hay un dato «%(name)s» que poner: usa {mes}, {año} o {periodo}.")


def check_words(text: str) -> None:
    """Raise `UnknownPlace` where a text asks for something that no date has."""
    for name in _PLACE.findall(text):
        if name.strip().lower() not in NAMES:
            raise UnknownPlace(name=name)


def fill_words(text: str, span: Span) -> str:
    """The text with what its period says; what is no placeholder of ours stays.

    "Renta de {periodo}" is "Renta de noviembre de 2026" and "Renta del 1 al 15 de noviembre de 2026".
    """
    values = {"mes": _months(span), "año": _years(span), "periodo": span_words(span)}
    filled = _PLACE.sub(lambda found: values.get(found[1].strip().lower(), found[0]), text)
    return _DOUBLED.sub(r"\1\2", filled)


def span_words(span: Span) -> str:
    """As "noviembre de 2026", "enero a marzo de 2026", "2026" or "del 16 al 30 de noviembre de 2026"."""
    if span.first.day == 1 and span.last == month_end(span.last):
        return _whole_months(span)
    if span.first == span.last:
        return _day(span.first, with_year=True)
    same_year = span.first.year == span.last.year
    if same_year and span.first.month == span.last.month:
        return f"del {span.first.day} al {_day(span.last, with_year=True)}"
    return f"del {_day(span.first, with_year=not same_year)} al {_day(span.last, with_year=True)}"


def _whole_months(span: Span) -> str:
    first, last = span.first, span.last
    if first.month == 1 and last == add_months(first, 12) - timedelta(days=1):
        return str(first.year)
    if (first.year, first.month) == (last.year, last.month):
        return f"{MONTHS[first.month - 1]} de {first.year}"
    if first.year == last.year:
        return f"{MONTHS[first.month - 1]} a {MONTHS[last.month - 1]} de {last.year}"
    return f"{MONTHS[first.month - 1]} de {first.year} a {MONTHS[last.month - 1]} de {last.year}"


def _months(span: Span) -> str:
    first, last = MONTHS[span.first.month - 1], MONTHS[span.last.month - 1]
    is_one = (span.first.year, span.first.month) == (span.last.year, span.last.month)
    return first if is_one else f"{first} a {last}"


def _years(span: Span) -> str:
    return str(span.first.year) if span.first.year == span.last.year else f"{span.first.year}-{span.last.year}"


def _day(day: date, *, with_year: bool) -> str:
    year = f" de {day.year}" if with_year else ""
    return f"{day.day} de {MONTHS[day.month - 1]}{year}"
