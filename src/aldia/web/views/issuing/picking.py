"""What is chosen while a document is written: the customer, a code of SAT, a saved concept, a document to name."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers import queries as customer_queries
from aldia.documents.queries.finding import visible_documents
from aldia.issuing.models import IssueKind, SavedConcept
from aldia.issuing.operations import products
from aldia.issuing.queries import catalogues
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuing import initial_of
from aldia.web.views.issuing.common import WRITTEN, customers_in_sight, kind_asked, line_of

FOUND = 12
SEARCHED = (catalogues.PRODUCTS, catalogues.UNITS)
TITLES = {
    IssueKind.INVOICE: gettext_lazy("Nueva factura"),
    IssueKind.CREDIT_NOTE: gettext_lazy("Nueva nota de crédito"),
    IssueKind.DEBIT_NOTE: gettext_lazy("Nueva nota de cargo"),
    IssueKind.ADVANCE: gettext_lazy("Nuevo anticipo"),
}
ABOUT = {
    IssueKind.INVOICE: gettext_lazy("Lo que vendiste o serviste."),
    IssueKind.CREDIT_NOTE: gettext_lazy("Descuento o devolución de una factura."),
    IssueKind.DEBIT_NOTE: gettext_lazy("Aumenta lo que se debe de una factura."),
    IssueKind.ADVANCE: gettext_lazy("Dinero recibido antes de saber qué se venderá."),
}
ICONS = {
    IssueKind.INVOICE: "file-invoice", IssueKind.CREDIT_NOTE: "file-minus", IssueKind.DEBIT_NOTE: "file-plus",
    IssueKind.ADVANCE: "file-dollar",
}  # fmt: skip


def pick(request: CompanyRequest, kind: str) -> HttpResponse:
    """First the customer: a page with a search box whose answers are links to the form."""
    kinds = [
        {"value": each.value, "label": each.label, "about": ABOUT[each], "icon": ICONS[each],
         "url": f"{reverse('issue_new')}?kind={each.value}"}
        for each in WRITTEN
    ]  # fmt: skip
    context = {"kind": kind, "kinds": kinds, "title": TITLES[IssueKind(kind)], **_found(request)}
    return render(request, "issuing/pick.html", context)


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def customers(request: CompanyRequest) -> HttpResponse:
    """The answers of the search box, as it is typed in."""
    context = {"kind": kind_asked(request.GET.get("kind", "")), **_found(request)}
    return render(request, "issuing/_customers.html", context)


def _found(request: CompanyRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:100]
    found = customer_queries.matching(customers_in_sight(request), customer_queries.Filter(text))
    return {"q": text, "customers": list(found.order_by("-generic", "legal_name")[:FOUND])}


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def codes(request: CompanyRequest) -> HttpResponse:
    """Codes of SAT's catalogue that what was typed may mean."""
    catalogue, text = request.GET.get("catalogue", ""), request.GET.get("q", "").strip()[:100]
    options: list[dict[str, Any]] = []
    if catalogue in SEARCHED:
        found = catalogues.search(catalogue, text, limit=FOUND, on=clock.today(request.company))
        options = [{"value": each.code, "code": each.code, "name": each.name} for each in found]
    return _options(request, options, _("Ninguna clave se parece. Prueba con otra palabra, en singular."))


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def concepts(request: CompanyRequest) -> HttpResponse:
    """Saved concepts that what was typed may mean, each with what it fills in."""
    text = request.GET.get("q", "").strip()[:100]
    found = products.search(text, limit=FOUND)
    options = [
        {"value": fill.get("description") or each.name, "name": each.name, "code": fill.get("product_key", ""),
         "fill": fill, "id": str(each.pk)}
        for each in found
        for fill in [fill_of(each)]
    ]  # fmt: skip
    return _options(request, options, "")


def fill_of(concept: SavedConcept) -> dict[str, Any]:
    """What a saved concept writes into a line of the form."""
    line = line_of(concept)
    return {name: value for name, value in initial_of(line, "MXN").items() if name != "quantity"} if line else {}


@require_safe
@needs(permissions.ISSUE_DOCUMENTS)
def documents(request: CompanyRequest) -> HttpResponse:
    """Documents of the customer on file, to be named by their UUID."""
    text = request.GET.get("q", "").strip()[:60]
    customer_id = customer_queries.as_uuid(request.GET.get("customer", ""))
    rows = visible_documents(membership=request.membership).filter(customer_id=customer_id, direction="issued")
    for word in text.split()[:4]:
        rows = rows.filter(Q(folio__icontains=word) | Q(series__iexact=word) | Q(key__istartswith=word))
    rows = rows.exclude(kind="payment_complement").order_by("-issued_on", "-id")[:FOUND]
    options = [
        {"value": row.key, "code": row.number, "name": row.get_kind_display(), "amount": row.total,
         "currency": row.currency, "on": row.issued_on}
        for row in rows
    ]  # fmt: skip
    return _options(request, options, _("Ningún documento de este cliente se parece."))


def _options(request: CompanyRequest, options: list[dict[str, Any]], empty: str) -> HttpResponse:
    return render(request, "issuing/_options.html", {"options": options, "empty": empty})
