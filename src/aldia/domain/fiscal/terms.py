"""How long a customer has to pay: whose word counts, and what "30 DÍAS" means."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAYS = re.compile(r"(?<!\d)(\d{1,3})\s*(?:d[ií]as?\b|days?\b)", re.IGNORECASE)
_NET = re.compile(r"\b(?:net|neto|cr[eé]dito)\s*(?:a|de)?\s*(\d{1,3})(?!\d)", re.IGNORECASE)
_AT_ONCE = re.compile(r"\b(contado|inmediato|una sola exhibici[oó]n)\b", re.IGNORECASE)


def hinted_days(conditions: str) -> int | None:
    """Days of credit that a document's own conditions name ("30 DIAS", "NET 45", "contado"); None if they do not."""
    if match := _DAYS.search(conditions) or _NET.search(conditions):
        return int(match[1])
    return 0 if _AT_ONCE.search(conditions) else None


def term_days(*, customer: int | None, credit_line: int | None, conditions: str, company: int) -> int:
    """The term that applies: the customer's, else its credit line's, else the document's own, else the company's."""
    for days in (customer, credit_line, hinted_days(conditions)):
        if days is not None:
            return days
    return company


def due_on(issued_on: date, days: int) -> date:
    """Calendar days from the day of issue."""
    return issued_on + timedelta(days=days)
