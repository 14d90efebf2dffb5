"""Estado de cuenta: whose, and the account of one customer on screen, in Excel and as a paper."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.payments.directions import directions_of, printed_directions
from aldia.receivables.models import ReceivableKind
from aldia.receivables.queries import balances, lists, states
from aldia.receivables.queries.statement import CurrencyStatement, Statement, period, statement
from aldia.reporting import papers, sheets, words
from aldia.reporting.statement_papers import set_statement
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import Asked, amounts, file_name, pdf, receivable_url, series_of, shares, xlsx

PAGE_SIZE = 50
_KEPT = ("period", "first", "last", "tab", "bucket")
SHOWN = 300  # documents and movements on the page; the files have all
PERIODS = (
    ("month", gettext_lazy("Este mes")),
    ("quarter", gettext_lazy("90 días")),
    ("year", gettext_lazy("12 meses")),
    ("all", gettext_lazy("Todo")),
)
TABS = (
    (lists.OPEN, gettext_lazy("Por cobrar")),
    (lists.OVERDUE, gettext_lazy("Vencidas")),
    (lists.PARTIAL, gettext_lazy("Parciales")),
    (lists.PAID, gettext_lazy("Pagadas")),
    (lists.VOIDED, gettext_lazy("Canceladas")),
    (lists.ALL, gettext_lazy("Todas")),
)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """Customers to choose from; those who owe first when nothing is searched."""
    asked = Asked(request)
    text = asked.text("q")
    found = asked.sight.customers().order_by("legal_name", "id")
    for word in fold(text).split()[:10]:
        found = found.filter(search__contains=word)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    owed = balances.owed_by_customer([each.id for each in page], asked.today)
    rows = [{"customer": each, "positions": list(owed.get(each.id, {}).values())} for each in page]
    return render(request, "reports/statements.html", {"asked": asked, "page": page, "rows": rows, "text": text})


@require_safe
@needs(permissions.VIEW)
def detail(request: CompanyRequest, customer_id: uuid.UUID) -> HttpResponse:
    asked = Asked(request)
    customer = _customer(request, customer_id)
    found = _statement(asked, customer)
    context = {
        "customer": customer,
        "found": found,
        "asked": asked,
        "parts": [_part(part, found, request) for part in found.currencies],
        "periods": [
            {"label": label, "url": _keep(request, period=name, first="", last=""), "active": name == _period(asked)}
            for name, label in PERIODS
        ],
        "tabs": [
            {"label": label, "url": _keep(request, tab=name, bucket=""), "active": name == _tab(asked)}
            for name, label in TABS
        ],
        "buckets": [
            {
                "label": label,
                "url": _keep(request, bucket=str(index), tab=""),
                "active": request.GET.get("bucket") == str(index),
            }
            for index, label in enumerate(words.range_words(found.ranges))
        ],
        "kept": [(name, request.GET[name]) for name in _KEPT if request.GET.get(name)],
        "kinds": ReceivableKind.choices,
        "series": series_of(found.ranges),
        "query": request.GET.urlencode(),
        "most": SHOWN,
        "directions": directions_of([customer.pk]).get(customer.pk),
    }
    return render(request, "reports/statement.html", context)


@require_safe
@needs(permissions.EXPORT)
def as_xlsx(request: CompanyRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer = _customer(request, customer_id)
    found = _statement(Asked(request), customer)
    name = file_name("estado-de-cuenta", customer.tax_id, found.last, ending="xlsx")
    directions = printed_directions(customer.pk, request.company)
    return xlsx(sheets.statement_sheets(found, customer=customer, company=request.company, directions=directions), name)


@require_safe
@needs(permissions.EXPORT)
def as_pdf(request: CompanyRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer = _customer(request, customer_id)
    found = _statement(Asked(request), customer)
    if sum(len(part.movements) + len(part.documents) for part in found.currencies) > papers.MAX_ROWS:
        messages.warning(request, _("Son demasiadas hojas para un PDF: acorta el periodo o usa Excel."))
        return redirect("customer_statement", customer.pk)
    name = file_name("estado-de-cuenta", customer.tax_id, found.last, ending="pdf")
    return pdf(set_statement(found, customer=customer, company=request.company), name)


def _customer(request: CompanyRequest, customer_id: uuid.UUID) -> Customer:
    return get_object_or_404(customer_queries.visible_to(request.membership).filter(generic=False), pk=customer_id)


def _period(asked: Asked) -> str:
    if asked.text("first") or asked.text("last"):
        return ""
    return asked.choice("period", [name for name, _label in PERIODS], "quarter")


def _tab(asked: Asked) -> str:
    return asked.choice("tab", lists.TABS, lists.OPEN)


def _statement(asked: Asked, customer: Customer) -> Statement:
    first, last = period(_period(asked), asked.today)
    first, last = asked.day("first", _("Desde")) or first, asked.day("last", _("Hasta")) or last
    if first > last:
        asked.errors.append(_("El periodo empieza después de terminar."))
        first, last = period("quarter", asked.today)
    bucket = asked.text("bucket")
    wanted = lists.Wanted(
        tab=_tab(asked),
        number=asked.text("number"),
        kind=asked.choice("kind", ReceivableKind.values),
        issued_from=asked.day("issued_from", _("Emisión desde")),
        issued_to=asked.day("issued_to", _("Emisión hasta")),
        due_from=asked.day("due_from", _("Vence desde")),
        due_to=asked.day("due_to", _("Vence hasta")),
        late_from=asked.whole("late_from", _("Días de atraso desde")),
        late_to=asked.whole("late_to", _("Días de atraso hasta")),
        bucket=int(bucket) if bucket.isascii() and bucket.isdigit() and len(bucket) < 3 else None,
    )
    return statement(customer_id=customer.id, first=first, last=last, today=asked.today, home=asked.home, wanted=wanted)


def _part(part: CurrencyStatement, found: Statement, request: CompanyRequest) -> dict[str, Any]:
    text = amounts(part.currency, request)
    presumed = states.presumed_among([row.id for row in part.documents if not row.balance])
    return {
        "part": part,
        "shares": shares(part.buckets, found.ranges, text),
        "documents": [
            {
                "row": row,
                "kind": words.kind_name(row.kind),
                "state": states.state_of(row, found.today, presumed),
                "late": max(0, (found.today - row.due_on).days) if row.balance else 0,
                "url": receivable_url(row.pk),
            }
            for row in part.documents[:SHOWN]
        ],
        "documents_total": sum(row.balance for row in part.documents),
        "movements": [
            {"row": each, "text": words.movement_text(each), "is_charge": words.is_charge(each), "paid": -each.amount}
            for each in part.movements[-SHOWN:]
        ],
        "cut_documents": len(part.documents) > SHOWN,
        "cut_movements": len(part.movements) > SHOWN,
        "credits": [
            {
                "row": row,
                "kind": words.credit_name(row.kind),
                "state": states.credit_state(row),
                "free": row.remaining - row.held,
            }
            for row in part.credits
        ],
    }


def _keep(request: CompanyRequest, **changes: str) -> str:
    """This page's query string with changes ("" takes a parameter away)."""
    params = request.GET.copy()
    for name, value in changes.items():
        params[name] = value
    for name in [name for name, value in params.items() if not value]:
        del params[name]
    return f"?{params.urlencode()}"
