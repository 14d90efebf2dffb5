"""The customer's file ("ficha"): one page with tabs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers import queries
from aldia.customers.models import Contact, Customer, CustomerFile
from aldia.documents.models import FiscalDocument, Kind
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.queries import credits as credit_queries
from aldia.receivables.queries import lists, states
from aldia.receivables.queries.switching import forecast_on
from aldia.receivables.settings import collection_settings
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text
from aldia.web.listing import Choice, Column, Day, Listing, Page, Search
from aldia.web.views.collecting.said import said_of_customer
from aldia.web.views.credit.card import card_of
from aldia.web.views.customers import activity
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.customers.figures import figures_of
from aldia.web.views.debtor_types import debtor_card
from aldia.web.views.reminders import standing
from aldia.web.views.taxpayer_lists import flags_of_customer

MOST_URGENT = 6
COUNT_CAP = 1000

TABS = (
    ("customer", gettext_lazy("Resumen")),
    ("customer_receivables", gettext_lazy("Por cobrar")),
    ("customer_documents", gettext_lazy("Documentos")),
    ("customer_credits", gettext_lazy("Pagos y créditos")),
    ("customer_paying", gettext_lazy("Cobro en línea")),
    ("customer_messages", gettext_lazy("Mensajes")),
    ("customer_contacts", gettext_lazy("Contactos")),
    ("customer_terms", gettext_lazy("Condiciones")),
    ("customer_credit", gettext_lazy("Crédito")),
    ("customer_fiscal", gettext_lazy("Fiscal")),
    ("customer_files", gettext_lazy("Archivos")),
    ("customer_activity", gettext_lazy("Actividad")),
)


def show(
    request: CompanyRequest, customer: Customer, tab: str, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A tab of the file, with the head that all of them share."""
    shared = {
        "customer": customer,
        "tabs": [] if request.htmx else tabs(customer, tab),  # type: ignore[attr-defined]
        "statement_url": _statement(customer),
        "default_term": collection_settings().default_term_days,
        "taxpayer_flags": flags_of_customer(customer),
    }
    return render(request, template, {**shared, **context}, status=status)


def tabs(customer: Customer, current: str) -> list[dict[str, Any]]:
    """The tabs with how much is in each."""
    files = CustomerFile.objects.filter(customer=customer, removed_at__isnull=True)
    counts: dict[str, Any] = {
        "customer_receivables": _count(Receivable.objects.filter(customer=customer, balance__gt=0)),
        "customer_documents": _count(FiscalDocument.objects.filter(customer=customer)),
        "customer_credits": _count(Credit.objects.filter(customer=customer, reversed_on__isnull=True)),
        "customer_contacts": _count(Contact.objects.filter(customer=customer)),
        "customer_files": _count(files),
    }
    return [
        {"label": label, "url": reverse(name, args=[customer.pk]), "active": name == current, "count": counts.get(name)}
        for name, label in TABS
    ]


def _count(rows: Any) -> str:
    number = rows.order_by()[:COUNT_CAP].count()
    return f"{number:,}+" if number == COUNT_CAP else str(number or "")


def _statement(customer: Customer) -> str:
    """The statement of account, where that page is."""
    for name in ("customer_statement", "statement", "report_statement"):
        try:
            return reverse(name, args=[customer.pk])
        except NoReverseMatch:
            continue
    return ""


@require_safe
@needs(permissions.VIEW)
def summary(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    today = clock.today(request.company)
    urgent = Receivable.objects.filter(customer=customer, balance__gt=0).order_by("due_on", "id")[:MOST_URGENT]
    paid = Credit.objects.filter(customer=customer, reversed_on__isnull=True, kind__in=states.MONEY)
    figures = figures_of(customer, today, request.company.currency)
    is_off = not customer.collecting and not customer.generic
    context: dict[str, Any] = {
        "figures": figures,
        "others": " + ".join(
            amount_text(each.position.owed, each.position.currency, request.company)
            for each in figures.currencies[1:]
            if each.position.owed
        ),
        "forecast": forecast_on(customer_ids=[customer.pk], today=today) if is_off else None,
        "urgent": [(row, states.state_of(row, today)) for row in urgent],
        "last_paid": paid.order_by("-received_on", "-id").first(),
        "contact": next(iter(queries.contacts_of(customer)), None),
        "events": activity.events_of(customer, limit=5),
        "said": said_of_customer(request, customer),
        "debtor": debtor_card(request, customer),
        "standing": standing.of_customer(request, customer),
        "credit": card_of(request, customer),
    }
    return show(request, customer, "customer", "customers/summary.html", **context)


# Por cobrar

RECEIVABLE_TABS = (
    (lists.OPEN, gettext_lazy("Por cobrar")),
    (lists.OVERDUE, gettext_lazy("Vencidas")),
    (lists.PARTIAL, gettext_lazy("Parciales")),
    (lists.PAID, gettext_lazy("Pagadas")),
    (lists.VOIDED, gettext_lazy("Canceladas")),
    (lists.ALL, gettext_lazy("Todas")),
)

RECEIVABLES = Listing(
    key="customer_receivables",
    columns=(
        Column("number", gettext_lazy("Folio"), sort="number", always=True),
        Column("kind", gettext_lazy("Tipo"), shown=False),
        Column("issued_on", gettext_lazy("Emisión"), sort="issued_on"),
        Column("due_on", gettext_lazy("Vence"), sort="due_on"),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True),
        Column("balance", gettext_lazy("Saldo"), sort="balance", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search("number", placeholder=gettext_lazy("Buscar folio")),
        Day("due_from", gettext_lazy("Vence desde")),
        Day("due_to", gettext_lazy("Vence hasta")),
    ),
    sort="due_on",
)


@require_safe
@needs(permissions.VIEW)
def receivables(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    today = clock.today(request.company)
    ranges = states.company_ranges()
    bucket, tab = _bucket(request, ranges.size), _tab(request)

    def narrowed(rows: Any, values: dict[str, Any]) -> Any:
        wanted = lists.Wanted.of({**values, "tab": tab, "bucket": bucket, "customer": customer.pk})
        return lists.filtered(rows, wanted, today, ranges)

    page = _narrow(RECEIVABLES, narrowed).page(request, Receivable.objects.all())
    presumed = states.presumed_among([row.pk for row in page.rows])
    page.extra["states"] = {row.pk: states.state_of(row, today, presumed) for row in page.rows}
    context: dict[str, Any] = {
        "page": page,
        "bucket_label": "" if bucket is None else _(ranges.labels[bucket]),
        "choices": [{"label": label, "url": f"?tab={key}", "active": key == tab} for key, label in RECEIVABLE_TABS],
        "keep": {"tab": tab} if bucket is None else {"tab": tab, "bucket": bucket},
    }
    return show(request, customer, "customer_receivables", "customers/receivables.html", **context)


def _narrow(listing: Listing, apply: Any) -> Listing:
    """The same list over rows that depend on the request."""
    return Listing(listing.key, listing.columns, listing.filters, listing.sort, apply, listing.page_size)


def _tab(request: CompanyRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in lists.TABS else lists.OPEN


def _bucket(request: CompanyRequest, size: int) -> int | None:
    text = request.GET.get("bucket", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < size else None


# Documentos


def _documents(rows: Any, values: dict[str, Any]) -> Any:
    if values.get("kind"):
        rows = rows.filter(kind=values["kind"])
    text = values.get("q", "")
    if text:
        found = rows.filter(key=text.upper())
        rows = found if found.exists() else rows.filter(folio__icontains=text)
    return rows


DOCUMENTS = Listing(
    key="customer_documents",
    columns=(
        Column("number", gettext_lazy("Documento"), always=True),
        Column("kind", gettext_lazy("Tipo")),
        Column("issued_on", gettext_lazy("Emisión"), sort="issued_on"),
        Column("method", gettext_lazy("Método")),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True),
        Column("status", gettext_lazy("En el SAT")),
        Column("seal", gettext_lazy("Sello"), shown=False),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar folio o UUID")),
        Choice("kind", gettext_lazy("Tipo"), Kind.choices),
    ),
    sort="-issued_on",
    apply=_documents,
)


@require_safe
@needs(permissions.VIEW)
def documents(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    page = DOCUMENTS.page(request, FiscalDocument.objects.filter(customer=customer))
    return show(request, customer, "customer_documents", "customers/documents.html", page=page)


# Pagos y créditos

CREDIT_STATES = (
    (credit_queries.APPLIED, gettext_lazy("Aplicado")),
    (credit_queries.IN_FAVOUR, gettext_lazy("A favor")),
    (credit_queries.HELD, gettext_lazy("Por revisar")),
    (credit_queries.REVERSED, gettext_lazy("Revertido")),
)

CREDITS = Listing(
    key="customer_credits",
    columns=(
        Column("received_on", gettext_lazy("Fecha"), sort="received_on", always=True),
        Column("kind", gettext_lazy("Tipo")),
        Column("reference", gettext_lazy("Referencia")),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("remaining", gettext_lazy("Sin aplicar"), sort="remaining", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Choice("state", gettext_lazy("Estado"), CREDIT_STATES),
        Choice("kind", gettext_lazy("Tipo"), CreditKind.choices),
        Day("received_from", gettext_lazy("Desde")),
        Day("received_to", gettext_lazy("Hasta")),
    ),
    sort="-received_on",
    apply=lambda rows, values: credit_queries.filtered(rows, credit_queries.WantedCredits.of(values)),
)


@require_safe
@needs(permissions.VIEW)
def credits(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    page: Page[Credit] = CREDITS.page(request, Credit.objects.filter(customer=customer))
    page.extra["states"] = {row.pk: states.credit_state(row) for row in page.rows}
    return show(request, customer, "customer_credits", "customers/credits.html", page=page)


# Small tabs


@require_safe
@needs(permissions.VIEW)
def contacts(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    people = queries.contacts_of(customer)
    return show(request, customer, "customer_contacts", "customers/contacts.html", contacts=people)


@require_safe
@needs(permissions.VIEW)
def terms(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    figures = figures_of(customer, clock.today(request.company), request.company.currency)
    how = standing.of_customer(request, customer)
    return show(request, customer, "customer_terms", "customers/terms.html", figures=figures, standing=how)


@require_safe
@needs(permissions.VIEW)
def activity_page(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    events = activity.events_of(customer, limit=200)
    return show(request, customer, "customer_activity", "customers/activity.html", events=events)
