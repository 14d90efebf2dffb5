"""The customer's documents as its page lists them: what the address asks for, read strictly, and each row in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from aldia.collections.models import Dispute
from aldia.collections.queries import disputes
from aldia.domain.aging import Ranges
from aldia.payments.queries import portal
from aldia.portal.guests import GuestRequest
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.receivables.queries import lists, states
from aldia.receivables.queries.discounts import EarlyOffer, offers_on
from aldia.reporting import words
from aldia.web.views.reports_common import Asked

PAGE_SIZE = 50
TEXTS = ("number", "kind", "currency", "issued_from", "issued_to", "due_from", "due_to", "late_from", "late_to")


@dataclass(frozen=True, slots=True)
class Line:
    """One document of the list. `state` names its pill; `late` days since it fell due (0: it is not late)."""

    row: Receivable
    kind: str
    state: str
    late: int
    is_reported: bool
    dispute: Dispute | None
    has_paper: bool
    offer: EarlyOffer | None = None

    @property
    def price(self) -> int:
        """What settles it today."""
        return self.offer.net if self.offer is not None else self.row.balance

    @property
    def can_be_chosen(self) -> bool:
        return self.row.balance > 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What was asked for, the page of it, and what could not be read of the address."""

    wanted: lists.Wanted
    sort: str
    page: Page[Receivable]
    lines: Sequence[Line]
    errors: Sequence[str]
    is_filtered: bool


def wanted_of(asked: Asked, ranges: Ranges) -> lists.Wanted:
    """The filters of the address; what cannot be read is named in `asked.errors` and left out."""
    bucket = asked.text("bucket")
    number = int(bucket) if bucket.isascii() and bucket.isdigit() and len(bucket) < 3 else None
    return lists.Wanted(
        tab=asked.choice("tab", lists.TABS, lists.OPEN),
        number=asked.text("number"),
        kind=asked.choice("kind", ReceivableKind.values),
        currency=asked.text("currency").upper()[:3],
        issued_from=asked.day("issued_from", _("Emisión desde")),
        issued_to=asked.day("issued_to", _("Emisión hasta")),
        due_from=asked.day("due_from", _("Vence desde")),
        due_to=asked.day("due_to", _("Vence hasta")),
        late_from=asked.whole("late_from", _("Días de atraso desde")),
        late_to=asked.whole("late_to", _("Días de atraso hasta")),
        bucket=number if number is not None and number < ranges.size else None,
    )


def listing(request: GuestRequest, ranges: Ranges) -> Listing:
    """The page of documents that the address asks for."""
    asked = Asked(request)  # type: ignore[arg-type]
    wanted, sort = wanted_of(asked, ranges), asked.choice("sort", portal.SORTS)
    rows = portal.documents(request.customer.pk, wanted, asked.today, ranges, sort)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    is_filtered = wanted.bucket is not None or any(request.GET.get(name) for name in TEXTS)
    return Listing(wanted, sort, page, lines(list(page), asked.today), asked.errors, is_filtered)


def lines(rows: Sequence[Receivable], today: date) -> list[Line]:
    """The documents in words, with what was said about each."""
    ids = [row.pk for row in rows]
    reported = portal.reported_among(ids)
    contested = disputes.open_among(ids)
    kinds = {kind: words.kind_name(kind) for kind in {row.kind for row in rows}}
    offers = offers_on(rows, today)
    return [
        Line(
            row, kinds[row.kind], state_of(row, today), _days_late(row, today), row.pk in reported,
            contested.get(row.pk), row.document_id is not None, offers.get(row.pk),
        )
        for row in rows
    ]  # fmt: skip


def _days_late(row: Receivable, today: date) -> int:
    return max(0, (today - row.due_on).days) if row.balance else 0


def state_of(row: Receivable, today: date) -> str:
    """The word of its pill, as its customer knows it: our pauses are ours."""
    state = states.state_of(row, today)
    if state != "paused":
        return state
    if row.due_on < today:
        return "overdue"
    return "partial" if row.balance < row.total else "current"


def tabs(request: GuestRequest, counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    """The tabs of the list, each with its count; a tab forgets the age that was chosen."""
    labels = (
        (lists.OPEN, _("Por pagar")),
        (lists.OVERDUE, _("Vencidos")),
        (lists.PARTIAL, _("Pagados en parte")),
        (lists.PAID, _("Pagados")),
        (lists.VOIDED, _("Cancelados")),
        (lists.ALL, _("Todos")),
    )
    return [
        {
            "label": label,
            "count": counts[name],
            "active": name == chosen,
            "url": query(request, tab=name, bucket="", page="", sort=""),
        }
        for name, label in labels
        if counts[name] or name in (lists.OPEN, lists.ALL, chosen)
    ]


def query(request: GuestRequest, **changes: str) -> str:
    """This page's query string with changes ("" takes a parameter away)."""
    params = request.GET.copy()
    for name, value in changes.items():
        params[name] = value
    for name in [name for name, value in params.items() if not value]:
        del params[name]
    return f"?{params.urlencode()}"
