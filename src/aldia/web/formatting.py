"""Amounts and dates as people read them: fast, because a list calls them hundreds of times."""

from __future__ import annotations

from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from aldia.domain.money import format_money

_MONTHS = {
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_COMMA_COUNTRIES = frozenset({"CL", "CO", "ES"})


def decimal_mark(company: Any) -> str:
    """The decimal mark that the company's people write: "," in Chile, Colombia and Spain, "." elsewhere."""
    return "," if getattr(company, "country", "MX") in _COMMA_COUNTRIES else "."


def amount_text(minor: int, currency: str, company: Any = None) -> str:
    """ "$1,234.50", or "116.00 USD" when it is not the company's own currency."""
    home = getattr(company, "currency", "MXN")
    return format_money(minor, currency, home=home, decimal=decimal_mark(company))


def amount_html(minor: int | None, currency: str, company: Any = None) -> SafeString:
    """The amount in a tabular span; nothing for None. The text is digits, marks and a known currency code only."""
    if minor is None:
        return SafeString("")
    css = "money neg" if minor < 0 else "money"
    return SafeString(f'<span class="{css}">{escape(amount_text(minor, currency, company))}</span>')


def months() -> tuple[str, ...]:
    """Short names of the months in the active language."""
    return _MONTHS["en" if (get_language() or "es").startswith("en") else "es"]


def day_text(day: date) -> str:
    """ "21 nov 2026"."""
    return f"{day.day} {months()[day.month - 1]} {day.year}"


def day_html(day: date | None, zone: str = "UTC") -> SafeString:
    """A `<time>` that machines read too; a moment becomes the date in `zone`."""
    if day is None:
        return SafeString("")
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(zone)).date()
    return SafeString(f'<time datetime="{day.isoformat()}">{day_text(day)}</time>')


def moment_html(moment: datetime | None, zone: str = "UTC") -> SafeString:
    """ "21 nov 2026, 16:05" in the zone."""
    if moment is None:
        return SafeString("")
    local = moment.astimezone(ZoneInfo(zone))
    return SafeString(f'<time datetime="{local.isoformat()}">{day_text(local.date())}, {local:%H:%M}</time>')


def relative_text(day: date, today: date) -> str:
    """ "hoy", "hace 3 días", "en 19 días"."""
    days = (day - today).days
    if days == 0:
        return _("hoy")
    if days < 0:
        return ngettext("hace %(days)s día", "hace %(days)s días", -days) % {"days": -days}
    return ngettext("en %(days)s día", "en %(days)s días", days) % {"days": days}


def count_text(number: int, company: Any = None) -> str:
    """ "12,345" with the thousands mark of the company's country."""
    text = f"{number:,}"
    return text.replace(",", ".") if decimal_mark(company) == "," else text
