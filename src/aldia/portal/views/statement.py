"""The statement of account, live: what is owed and since when, each document with its story, payments, complements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from aldia.collections.models import DisputeReason
from aldia.collections.queries import disputes
from aldia.domain.aging import Ranges
from aldia.payments.models import CollectionAccount
from aldia.payments.queries import portal, reports
from aldia.payments.queries.collecting import account_of
from aldia.portal.guests import GuestRequest, guest
from aldia.portal.listing import PAGE_SIZE, lines, listing, query, tabs
from aldia.portal.pages import show
from aldia.receivables.models import Allocation, CreditKind, ReceivableKind
from aldia.receivables.queries.states import company_ranges
from aldia.reporting import words
from aldia.web import clock
from aldia.web.formatting import amount_text

DONE = ("report", "dispute", "question")
MONEY = (CreditKind.PAYMENT, CreditKind.ADVANCE)
SORTABLE = ("number", "issued_on", "due_on", "total", "balance")


@guest("portal_home")
def home(request: GuestRequest, slug: str) -> HttpResponse:
    return statement_page(request)


def statement_page(request: GuestRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of the statement; `more`: what a form of it has to say (an `error`, ids that were `chosen`)."""
    today, ranges = clock.today(request.company), company_ranges()
    found = listing(request, ranges)
    counts = portal.counts(request.customer.pk, today)
    standings = portal.standings(request.customer.pk, today, home=request.company.currency, ranges=ranges)
    early = portal.early_of(request.customer.pk, today)
    context = {
        **_shell(request, "documents"),
        "found": found,
        "standings": [
            {
                "row": each,
                "ages": _ages(request, each, ranges, found.wanted),
                "can_pay": _can_pay(request, each),
                **_today(each, early.get(each.currency)),
            }
            for each in standings
        ],
        "account": _account(request),
        "tabs": tabs(request, counts, found.wanted.tab),
        "kinds": ReceivableKind.choices,
        "currencies": [each.currency for each in standings],
        "heads": _heads(request, found.sort),
        "filters": {name: request.GET.get(name, "") for name in _FILTERS},
        "kept": [(name, request.GET[name]) for name in ("tab", "sort") if request.GET.get(name)],
        "query": request.GET.urlencode(),
        "done": request.GET.get("done") if request.GET.get("done") in DONE else "",
        "key": uuid4(),
        "clear_url": query(request, **dict.fromkeys((*_FILTERS, "bucket", "page"), "")),
        "previous_url": query(request, page=str(found.page.number - 1)) if found.page.has_previous() else "",
        "next_url": query(request, page=str(found.page.number + 1)) if found.page.has_next() else "",
        "chosen": set(),
        "has_files": any(each.document_id is not None for each in found.page),
        **more,
    }
    return show(request, "portal/statement.html", context, status=status)


_FILTERS = ("number", "kind", "currency", "issued_from", "issued_to", "due_from", "due_to", "late_from", "late_to")


@guest("portal_document")
def document(request: GuestRequest, slug: str, receivable_id: UUID) -> HttpResponse:
    return document_page(request, receivable_id)


def document_page(request: GuestRequest, receivable_id: UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    """One document: what it was for, what paid it, what was said of it, and what to do about it."""
    row = portal.document_of(request.customer.pk, receivable_id)
    if row is None:
        raise Http404
    told = [each for each in reports.of_receivables([row.pk]) if each.customer_id == request.customer.pk]
    context = {
        **_shell(request, "documents"),
        "line": lines([row], clock.today(request.company))[0],
        "paid": [{"row": each, "name": _credit_name(each)} for each in portal.paid_by(row.pk)],
        "reports": told,
        "disputes": list(disputes.of_receivables([row.pk])),
        "complements": portal.complements_naming(request.customer.pk, row.key),
        "reasons": DisputeReason.choices,
        "key": uuid4(),
        "done": request.GET.get("done") if request.GET.get("done") in DONE else "",
        "values": {},
        **more,
    }
    return show(request, "portal/document.html", context, status=status)


@guest("portal_payments")
def payments(request: GuestRequest, slug: str) -> HttpResponse:
    page = Paginator(portal.credits_of(request.customer.pk), PAGE_SIZE).get_page(request.GET.get("page"))
    numbers = portal.numbers_paid([each.pk for each in page])
    rows = [
        {
            "row": each,
            "name": words.credit_name(each.kind),
            "numbers": numbers.get(each.pk, []),
            "free": each.remaining - each.held,
            "has_receipt": each.kind == CreditKind.PAYMENT,
        }
        for each in page
    ]
    return show(request, "portal/payments.html", {**_shell(request, "payments"), "rows": rows, **_pager(request, page)})


@guest("portal_complements")
def complements(request: GuestRequest, slug: str) -> HttpResponse:
    rows = portal.complements_of(request.customer.pk).prefetch_related("payments")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {**_shell(request, "complements"), "rows": list(page), **_pager(request, page)}
    return show(request, "portal/complements.html", context)


@guest("portal_messages")
def told(request: GuestRequest, slug: str) -> HttpResponse:
    """What the customer told the company, and what became of it."""
    rows = list(reports.of_customer(request.customer.pk)[:100])
    context = {
        **_shell(request, "messages"),
        "reports": [{"row": each, "numbers": _numbers(each)} for each in rows],
        "disputes": list(disputes.of_customer(request.customer.pk)[:100]),
        "done": request.GET.get("done") if request.GET.get("done") in DONE else "",
        "key": uuid4(),
    }
    return show(request, "portal/messages.html", context)


def _shell(request: GuestRequest, section: str) -> dict[str, Any]:
    return {"customer": request.customer, "options": request.options, "section": section}


def _pager(request: GuestRequest, page: Any) -> dict[str, Any]:
    return {
        "page": page,
        "previous_url": query(request, page=str(page.number - 1)) if page.has_previous() else "",
        "next_url": query(request, page=str(page.number + 1)) if page.has_next() else "",
    }


def _ages(request: GuestRequest, row: portal.Standing, ranges: Ranges, wanted: Any) -> list[dict[str, Any]]:
    """The company's ranges as buttons, each with what is owed in it."""
    return [
        {
            "label": label,
            "text": amount_text(minor, row.currency, request.company),
            "css": f"age-{min(index, 5)}",
            "minor": minor,
            "active": wanted.bucket == index and wanted.currency in ("", row.currency),
            "url": query(request, bucket=str(index), currency=row.currency, tab="open", page=""),
        }
        for index, (label, minor) in enumerate(zip(words.range_words(ranges), row.buckets, strict=True))
        if minor
    ]


def _today(row: portal.Standing, early: portal.Early | None) -> dict[str, Any]:
    """What settles all of it today where there is a discount."""
    return {"early": early, "net": row.owed - (early.discount if early else 0)}


def _can_pay(request: GuestRequest, row: portal.Standing) -> bool:
    return request.options.may_pay and request.customer.collecting and row.owed > 0


def _account(request: GuestRequest) -> CollectionAccount | None:
    return account_of(request.customer.pk) if request.options.may_pay else None


def _heads(request: GuestRequest, sort: str) -> list[dict[str, str]]:
    labels: Sequence[tuple[str, str]] = (
        ("number", _("Documento")), ("issued_on", _("Emisión")), ("due_on", _("Vence")), ("total", _("Total")),
        ("balance", _("Por pagar")),
    )  # fmt: skip
    return [
        {
            "label": label,
            "css": "num" if name in ("total", "balance") else "",
            "direction": {name: "ascending", f"-{name}": "descending"}.get(sort, ""),
            "url": query(request, sort=f"-{name}" if sort == name else name, page=""),
        }
        for name, label in labels
    ]


def _credit_name(each: Allocation) -> str:
    """What a customer may know of what paid a document: its own money by name, what we gave up as an adjustment."""
    return words.credit_name(each.credit.kind) if each.credit.kind in portal.SHOWN_CREDITS else _("Ajuste")


def _numbers(report: Any) -> list[str]:
    return [each.receivable.number for each in reports.numbers_of([report.pk]).get(report.pk, [])]
