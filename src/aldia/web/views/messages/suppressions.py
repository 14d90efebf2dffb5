"""Addresses that are not written to any more, and letting one be written to again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.models import Contact
from aldia.messaging.models import Channel, Suppression
from aldia.messaging.operations import suppressions as operations
from aldia.messaging.queries import messages as queries
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Listing, Search
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.messages.common import REFUSALS
from aldia.web.views.messages.record import SUPPRESSED


def _matching(rows: QuerySet[Suppression], values: dict[str, Any]) -> QuerySet[Suppression]:
    for name in ("channel", "why"):
        if values.get(name):
            rows = rows.filter(**{name: values[name]})
    return rows.filter(address__icontains=values["q"]) if values.get("q") else rows


LIST = Listing(
    key="suppressions",
    columns=(
        Column("address", gettext_lazy("Dirección"), sort="address", always=True),
        Column("customer", gettext_lazy("De quién es")),
        Column("channel", gettext_lazy("Canal")),
        Column("why", gettext_lazy("Por qué")),
        Column("since", gettext_lazy("Desde"), sort="created_at"),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar dirección")),
        Choice("channel", gettext_lazy("Canal"), Channel.choices),
        Choice("why", gettext_lazy("Por qué"), tuple(SUPPRESSED.items())),
    ),
    sort="-since",
    apply=_matching,
)


def visible(request: CompanyRequest) -> QuerySet[Suppression]:
    """Who has only the own portfolios sees the addresses of their own customers."""
    rows = queries.suppressions()
    if request.membership.own_portfolio_only:
        mine = Contact.objects.filter(customer__portfolio__collector=request.membership.user_id)
        address = OuterRef("address")
        rows = rows.filter(Exists(mine.filter(Q(email__iexact=address) | Q(phone=address) | Q(whatsapp=address))))
    return rows


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    page = LIST.page(request, visible(request))
    page.extra["whose"] = _whose(request, [row.address for row in page.rows])
    page.extra["said"] = SUPPRESSED
    return render(request, "messages/suppressions.html", {"page": page})


def _whose(request: CompanyRequest, addresses: list[str]) -> dict[str, Contact]:
    """The contact behind each address, as far as it is one's own business."""
    rows = Contact.objects.select_related("customer")
    if request.membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=request.membership.user_id)
    rows = rows.filter(Q(email__in=addresses) | Q(phone__in=addresses) | Q(whatsapp__in=addresses))
    found: dict[str, Contact] = {}
    for contact in rows.order_by("-id"):
        found.update({each: contact for each in (contact.email, contact.phone, contact.whatsapp) if each})
    return found


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def lift(request: CompanyRequest, suppression_id: UUID) -> HttpResponse:
    """Write to it again: a person's decision."""
    row = get_object_or_404(visible(request), pk=suppression_id)
    try:
        operations.lift(suppression_id=row.pk, actor=request.user)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se vuelve a escribir a %(address)s.") % {"address": row.address})
    return redirect("suppressions")
