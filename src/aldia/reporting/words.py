"""Amounts, dates and names as reports write them, on paper and in sheets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.aging import Ranges
from aldia.domain.calendars import short_date
from aldia.domain.money import format_money
from aldia.receivables.models import CreditKind, ReceivableKind
from aldia.receivables.queries.statement import CHARGE, UNDONE, Movement
from aldia.tenancy.models import Company

_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})


def figure(minor: int, currency: str, company: Company) -> str:
    """ "1,234.50": digits and marks only, for columns whose heading says the currency."""
    mark = "," if company.country in _COMMA_COUNTRIES else "."
    return format_money(minor, currency, symbol=False, home=company.currency, decimal=mark)


def amount(minor: int, currency: str, company: Company) -> str:
    """ "$1,234.50", "116.00 USD"."""
    mark = "," if company.country in _COMMA_COUNTRIES else "."
    return format_money(minor, currency, home=company.currency, decimal=mark)


def decimal(value: Decimal | None, company: Company) -> str:
    """ "1,234.5" with the company's marks; "" for None."""
    text = "" if value is None else f"{value:,}"
    return text.translate(str.maketrans(".,", ",.")) if company.country in _COMMA_COUNTRIES else text


def range_labels(ranges: Ranges) -> list[str]:
    """Headings of the buckets: Por vencer, 1–30, …, +90."""
    first, *others = ranges.labels
    return [_(first), *others]


def range_words(ranges: Ranges) -> list[str]:
    """The same where there is room for words: «1–30 días»."""
    first, *others = range_labels(ranges)
    return [first, *(_("%(range)s días") % {"range": each} for each in others)]


def kind_name(kind: str) -> str:
    return str(dict(ReceivableKind.choices).get(kind, kind))


def credit_name(kind: str) -> str:
    return str(dict(CreditKind.choices).get(kind, kind))


def movement_text(movement: Movement) -> str:
    """What happened, in one line."""
    if movement.receivable is not None:
        name = f"{kind_name(movement.receivable.kind)} {movement.receivable.number}"
        return name if movement.kind == CHARGE else _("%(document)s cancelada") % {"document": name}
    assert movement.credit is not None  # noqa: S101
    name = " ".join(part for part in (credit_name(movement.credit.kind), movement.credit.reference) if part)
    names = numbers(movement.numbers)
    if movement.kind == UNDONE:
        return _("%(credit)s: se quitó de %(numbers)s") % {"credit": name, "numbers": names}
    return _("%(credit)s: se aplicó a %(numbers)s") % {"credit": name, "numbers": names}


def numbers(found: tuple[str, ...], most: int = 4) -> str:
    """A few numbers, and how many more."""
    shown = ", ".join(found[:most])
    more = len(found) - most
    if more <= 0:
        return shown
    return ngettext("%(shown)s y %(more)s más", "%(shown)s y %(more)s más", more) % {"shown": shown, "more": more}


def is_charge(movement: Movement) -> bool:
    """Whether it goes in the column of charges: what raises the balance, a payment taken back too."""
    return movement.amount > 0


def day(value: date | None) -> str:
    return short_date(value) if value else ""


def by_currency(amounts: Any, company: Company) -> str:
    """ "$1,200.00 · 116.00 USD"."""
    return " · ".join(amount(minor, currency, company) for currency, minor in amounts)
