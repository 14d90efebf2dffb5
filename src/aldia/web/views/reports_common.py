"""What the pages of reports read from their address, and how they answer with files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from aldia.customers import queries as customer_queries
from aldia.domain.aging import BadRanges, Ranges
from aldia.domain.currencies import CURRENCIES
from aldia.integrations.spreadsheets import XLSX_TYPE, Sheet, write_xlsx
from aldia.receivables.models import Receivable
from aldia.receivables.queries.sight import Sight, sight_of
from aldia.receivables.queries.states import company_ranges
from aldia.reporting import words
from aldia.reporting.papers import PDF_TYPE
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.indicators import Indicator
from aldia.web import charts, clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import amount_text

IN_MEMORY = 2 * 1024 * 1024
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)


@dataclass(slots=True)
class Asked:
    """The parameters of a report, read strictly: what cannot be read is left out and named in `errors`."""

    request: CompanyRequest
    errors: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        return clock.today(self.request.company)

    @property
    def home(self) -> str:
        return self.request.company.currency

    @property
    def include_off(self) -> bool:
        return self.request.GET.get("off") == "1"

    @property
    def sight(self) -> Sight:
        return sight_of(self.request.membership, include_off=self.include_off)

    def text(self, name: str) -> str:
        shown = "".join(char if char.isprintable() else " " for char in self.request.GET.get(name, ""))
        return shown.strip()[:100]

    def day(self, name: str, label: str) -> date | None:
        text = self.text(name)
        if not text:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = date.min
        if FIRST_DAY <= found <= LAST_DAY:
            return found
        self.errors.append(_("%(label)s: «%(text)s» no es una fecha.") % {"label": label, "text": text})
        return None

    def whole(self, name: str, label: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 5:
            return int(text)
        self.errors.append(_("%(label)s: «%(text)s» no es un número entero.") % {"label": label, "text": text})
        return None

    def choice(self, name: str, allowed: Iterable[str], default: str = "") -> str:
        text = self.text(name)
        return text if text in allowed else default

    def currency(self) -> str:
        """The one asked for, if something was ever collected in it: looked for only when it is asked."""
        text = self.text("currency")
        known = text == self.home or (text in CURRENCIES and Receivable.objects.filter(currency=text).exists())
        return text if known else ""

    def portfolio(self) -> str:
        """An id, "none", or "" for all (also for one that is not there)."""
        return self.choice("portfolio", [value for value, _label in self.portfolios()])

    def portfolios(self) -> list[tuple[str, str]]:
        """Pairs for the select."""
        found = customer_queries.portfolios_visible_to(self.request.membership)
        return [("none", _("Sin cartera")), *((str(each.id), each.name) for each in found)]

    def ranges(self) -> Ranges:
        """Those typed, else the company's."""
        text = self.text("ranges")
        if text:
            try:
                return Ranges.parse(text)
            except BadRanges as error:
                self.errors.append(str(error))
        return company_ranges()


def ranges_text(ranges: Ranges) -> str:
    return ", ".join(str(bound) for bound in ranges.bounds)


def rows_url(drill: Drill, *, include_off: bool = False) -> str:
    """The address of the rows behind a figure."""
    params = drill.params | ({"off": "1"} if include_off else {})
    return f"{reverse('report_rows')}?{urlencode(params)}"


def receivable_url(receivable_id: Any) -> str:
    """The page of a receivable."""
    try:
        return reverse("receivable", args=[receivable_id])
    except NoReverseMatch:
        return ""


def series_of(ranges: Ranges) -> list[charts.Series]:
    """The buckets as series of a chart: colours warm up with age, the last stays."""
    return [charts.Series(label, f"c{min(index, 5)}") for index, label in enumerate(words.range_words(ranges))]


def amounts(currency: str, request: CompanyRequest) -> Callable[[int], str]:
    """How amounts of a currency are written on this company's pages."""
    return lambda minor: amount_text(minor, currency, request.company)


def shares(buckets: Iterable[int], ranges: Ranges, text: Callable[[int], str]) -> tuple[charts.Share, ...]:
    """A bar cut by age; what is below zero has no length."""
    values = [max(0, minor) for minor in buckets]
    return charts.share_bar(series=series_of(ranges), values=values, text=text)


def indicator(found: Indicator, request: CompanyRequest) -> dict[str, Any]:
    """An indicator and its value as people write it."""
    return {"about": found, "text": words.decimal(found.value, request.company)}


def file_name(*parts: Any, ending: str) -> str:
    return f"{slugify('-'.join(str(part) for part in parts))[:120]}.{ending}"


def xlsx(sheets: Iterable[Sheet], name: str) -> HttpResponse:
    """A workbook, written in constant memory and sent from a temporary file."""
    stream = cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the response closes it
    write_xlsx(stream, sheets)
    stream.seek(0)
    return FileResponse(stream, as_attachment=True, filename=name, content_type=XLSX_TYPE)  # type: ignore[return-value]


def pdf(data: bytes, name: str) -> HttpResponse:
    """A paper, shown by the browser."""
    answer = HttpResponse(data, content_type=PDF_TYPE)
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def too_long(request: CompanyRequest) -> HttpResponse:
    """Instead of a paper that nobody could read."""
    messages.warning(request, _("Son demasiadas hojas para un PDF: agrupa, filtra o descárgalo en Excel."))
    return redirect("report_aging")
