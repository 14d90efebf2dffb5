"""Complementos de pago: what is due with the days that are left, many stamped at once, what there was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.models import Customer
from aldia.domain.fiscal.complement_plan import urgency
from aldia.domain.folding import fold
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.issuing.models import ComplementPart, Issue
from aldia.issuing.operations import complements as operations
from aldia.issuing.operations import drafting
from aldia.issuing.queries import complements as queries
from aldia.jobs.complements import enqueue_following
from aldia.jobs.issuing import enqueue_stamping
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Column, Day, Listing, Pick, Search
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.issuing.common import customers_in_sight
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.issuing.table import by_number
from aldia.web.views.receivables.table import OfCustomer, sheet_response

TABS = (
    (queries.DUE, gettext_lazy("Por timbrar")),
    (queries.LATE, gettext_lazy("Atrasados")),
    (queries.FLYING, gettext_lazy("Timbrando")),
    (queries.STAMPED, gettext_lazy("Timbrados")),
    (queries.CANCELLED, gettext_lazy("Cancelados")),
)
AT_ONCE, NAMED = 500, 5

LIST = Listing(
    key="complements",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("pays", gettext_lazy("Paga")),
        Column("due_on", gettext_lazy("Plazo"), sort="due_on"),
        Column("stamped_at", gettext_lazy("Timbrado"), sort="stamped_at", shown=False),
        Column("uuid", "UUID", shown=False),
        Column("total", gettext_lazy("Importe"), sort="total", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar cliente, factura, folio o UUID")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("due_from", gettext_lazy("Plazo desde")),
        Day("due_to", gettext_lazy("Hasta")),
    ),
    sort="due_on",
)


def in_sight(request: CompanyRequest) -> QuerySet[Issue]:
    """The complements of the customers that the person may see."""
    rows = queries.complements()
    if request.membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=request.membership.user_id)
    return rows


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("tab", "")
    return asked if asked in queries.STATES else queries.DUE


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it."""
    tab, today = tab_of(request), clock.today(request.company)

    def narrowed(rows: QuerySet[Issue], values: dict[str, Any]) -> QuerySet[Issue]:
        return filtered(queries.in_tab(rows, tab, today), values)

    visible = customers_in_sight(request)
    filters = tuple(replace(each, visible=visible) if isinstance(each, OfCustomer) else each for each in LIST.filters)
    sort = "-stamped_at" if tab in (queries.STAMPED, queries.CANCELLED) else LIST.sort
    return replace(LIST, filters=filters, apply=narrowed, sort=sort)


def filtered(rows: QuerySet[Issue], values: dict[str, Any]) -> QuerySet[Issue]:
    """The filters of the list but its tab."""
    if text := values.get("q", ""):
        wanted = Customer.objects.all()
        for word in fold(text).split()[:10]:
            wanted = wanted.filter(search__contains=word)
        paid = ComplementPart.objects.filter(receivable__number=text).values("issue_id")
        rows = rows.filter(by_number(text) | Q(customer__in=wanted.values("pk")) | Q(pk__in=paid))
    names = {"customer": "customer", "currency": "currency", "due_from": "due_on__gte", "due_to": "due_on__lte"}
    return rows.filter(**{field: values[name] for name, field in names.items() if values.get(name) is not None})


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, tab, today = in_sight(request), tab_of(request), clock.today(request.company)
    page: Any = listing(request).page(request, rows)
    numbers = queries.numbers_of(page.rows)
    for row in page.rows:
        row.pays = numbers.get(row.pk, [])
        row.urgency = str(urgency(row.due_on, today)) if row.due_on else ""
        row.days_left = (row.due_on - today).days if row.due_on else None
    context: dict[str, Any] = {"page": page, "tab": tab, "keep": {"tab": tab}, "tabs": [], "ready": None}
    if not request.htmx:  # type: ignore[attr-defined]
        totals = queries.totals(rows, today)
        context |= {"totals": totals, "tabs": _tabs(totals, tab), "ready": readiness(request)}
    return render(request, "issuing/complements.html", context)


def _tabs(totals: queries.Totals, current: str) -> list[dict[str, Any]]:
    counts = {
        queries.DUE: totals.drafts,
        queries.LATE: totals.late,
        queries.FLYING: totals.flying,
        queries.STAMPED: totals.stamped,
        queries.CANCELLED: totals.cancelled,
    }
    here = reverse("complements")
    return [
        {"label": label, "url": f"{here}?{urlencode({'tab': tab})}", "active": tab == current, "count": counts[tab]}
        for tab, label in TABS
        if tab in (queries.DUE, queries.STAMPED, current) or counts[tab]
    ]


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def look(request: CompanyRequest) -> HttpResponse:
    """Look at the books now instead of in a few minutes."""
    enqueue_following()
    messages.success(request, _("Se revisan los pagos: los borradores aparecen aquí en un momento."))
    return redirect("complements")


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def stamp_many(request: CompanyRequest) -> HttpResponse:
    """Each on its own, in the order in which their instalments count; what is missing in one holds nobody back."""
    back = redirect(f"{reverse('complements')}?{request.GET.urlencode()}")
    chosen = listing(request).selected(request, in_sight(request)).filter(state__in=queries.DRAFTED)
    rows = list(chosen.order_by("due_on", "created_at", "id")[: AT_ONCE + 1])
    if len(rows) > AT_ONCE:
        messages.warning(request, _("Son más de 500: afina el filtro y hazlo por partes. No cambió nada."))
        return back
    done, why = 0, []
    for row in rows:
        try:
            stamp_one(request, row)
            done += 1
        except (operations.ComplementError, drafting.DraftingError) as error:
            why.append(f"{row.customer}: {error}")
    if done:
        said = ngettext("%(n)s complemento va a timbrarse.", "%(n)s complementos van a timbrarse.", done)
        messages.success(request, said % {"n": done})
    if why:
        more = len(why) - NAMED
        text = " — ".join(why[:NAMED]) + (_(" y %(n)s más") % {"n": more} if more > 0 else "")
        messages.error(request, _("Sin timbrar: %(why)s") % {"why": text})
    if not rows:
        messages.info(request, _("No elegiste ninguno que esté por timbrar."))
    return back


def stamp_one(request: CompanyRequest, issue: Issue, version: int | None = None) -> None:
    """Submit a complement as the person saw it. Its own version may have moved with the ones before it."""
    seen = Issue.objects.values_list("version", flat=True).get(pk=issue.pk) if version is None else version
    now, today = clock.now(), clock.today(request.company)
    operations.submit(issue_id=issue.pk, version=seen, now=now, today=today, actor=request.user)
    enqueue_stamping(issue.pk)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What the list shows, as a sheet."""
    rows = listing(request).matching(request, in_sight(request))
    columns = [
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("RFC")),
        SheetColumn(_("Paga"), width=30),
        SheetColumn(_("Plazo"), "day", 12),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Importe"), "money"),
        SheetColumn(_("Folio")),
        SheetColumn("UUID", width=38),
        SheetColumn(_("Estado"), width=18),
    ]
    name = sheet_name(request, _("complementos"))
    return sheet_response(_("Complementos de pago"), columns, _cells(rows), name)


def _cells(rows: QuerySet[Issue]) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        numbers = queries.numbers_of(part)
        for row in part:
            pays = ", ".join(number for _id, number in numbers.get(row.pk, []))
            yield [
                row.customer.legal_name, row.customer.tax_id, pays, row.due_on, row.currency,
                Money(row.total, row.currency), f"{row.series}{row.folio}", row.uuid, str(row.get_state_display()),
            ]  # fmt: skip
