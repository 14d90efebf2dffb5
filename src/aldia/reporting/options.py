"""What may be chosen of a report that goes out by itself: read strictly, kept as text, asked again when it goes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from django.utils.translation import gettext as _

from aldia.customers.models import Customer, Portfolio
from aldia.domain.calendars import add_months, month_end
from aldia.domain.cash_flow import STEPS
from aldia.domain.currencies import CURRENCIES
from aldia.receivables.queries.sight import NO_PORTFOLIO
from aldia.reporting.queries.aging import GROUPS

CURRENCY, PORTFOLIO, BY, PERIOD, CUSTOMER, STEP, BILLING, WHICH = (
    "currency", "portfolio", "by", "period", "customer", "step", "billing", "which",
)  # fmt: skip
PERIODS = ("month", "last_month", "quarter", "year")


class OptionError(ValueError):
    """It cannot be chosen; `field` is the option."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


def read_options(names: tuple[str, ...], raw: Mapping[str, object]) -> dict[str, str]:
    """The options of those names, without what asks nothing. Raises `OptionError`."""
    found = {}
    for name in names:
        text = str(raw.get(name) or "").strip()
        if name == CUSTOMER and not text:
            raise OptionError(_("Elige de qué cliente es el estado de cuenta."), CUSTOMER)
        if not text:
            continue
        if not _KNOWN[name](text):
            raise OptionError(_refusal(name), name)
        found[name] = text
    return found


def _refusal(name: str) -> str:
    if name == PORTFOLIO:
        return _("Esa cartera ya no existe: elige otra.")
    if name == CUSTOMER:
        return _("Ese cliente ya no existe: elige otro.")
    return _("Esa opción no existe: elige otra.")


def _portfolio(text: str) -> bool:
    return text == NO_PORTFOLIO or (_is_id(text) and Portfolio.objects.filter(pk=text).exists())


def _customer(text: str) -> bool:
    return _is_id(text) and Customer.objects.filter(pk=text, generic=False).exists()


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


_KNOWN: dict[str, Callable[[str], bool]] = {
    CURRENCY: lambda text: text in CURRENCIES,
    PORTFOLIO: _portfolio,
    BY: lambda text: text in GROUPS,
    PERIOD: lambda text: text in PERIODS,
    CUSTOMER: _customer,
    STEP: lambda text: text in STEPS,
    WHICH: lambda text: text in ("month", "last_month"),
    BILLING: lambda text: text == "1",
}


def span_of(period: str, today: date) -> tuple[date, date]:
    """First and last day of a period that moves with the day on which the report goes."""
    start = today.replace(day=1)
    before = add_months(start, -1)
    spans = {
        "month": (start, today),
        "last_month": (before, month_end(before)),
        "quarter": (add_months(today, -3) + timedelta(days=1), today),
        "year": (add_months(today, -12) + timedelta(days=1), today),
    }
    return spans.get(period, spans["last_month"])
