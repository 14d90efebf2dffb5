"""Collection accounts, decided by a person: issue for one, some or all; try again; close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.jobs.collection_accounts import enqueue_asking
from aldia.payments.models import CollectionAccount
from aldia.payments.operations import collecting as operations
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.collecting.common import back_to
from aldia.web.views.customers import table as customers_table
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.payments.collecting_table import collection_in_sight, issuer_of, without_account

AT_ONCE = 5_000


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
def for_all(request: CompanyRequest) -> HttpResponse:
    """An account for every customer that is switched on and has none."""
    issuer = issuer_of()
    ids = list(without_account(request, issuer).values_list("pk", flat=True)[:AT_ONCE]) if issuer else []
    _issue(request, ids)
    return redirect(f"{reverse('collection_accounts')}?state=all")


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
def for_many(request: CompanyRequest) -> HttpResponse:
    """An account for the customers that were chosen in their list."""
    rows = customers_table.LIST.selected(request, customers_table.customers_of(request))
    rows = rows.filter(generic=False, collecting=True)
    ids = list(rows.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) > AT_ONCE:
        messages.warning(request, _("Son más de 5,000: afina el filtro y hazlo por partes. No cambió nada."))
        return redirect("customers")
    _issue(request, ids)
    return redirect(f"{reverse('collection_accounts')}?state=all")


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
def for_one(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    _issue(request, [customer.pk])
    return back_to(request, reverse("customer_paying", args=[customer.pk]))


def _issue(request: CompanyRequest, customer_ids: Iterable[UUID]) -> None:
    """Open the rows at once; the provider is asked in the background."""
    issuer, ids = issuer_of(), list(customer_ids)
    if issuer is None:
        messages.warning(request, _("Primero elige en Medios de pago qué cuenta emite la de cada cliente."))
        return
    if not ids:
        messages.info(request, _("Nadie a quien le falte."))
        return
    try:
        made = operations.open_for(customer_ids=ids, account_id=issuer.pk, actor=request.user, now=clock.now())
    except operations.CollectingError as error:
        messages.error(request, str(error))
        return
    enqueue_asking()
    text = ngettext("Se está emitiendo %(n)d cuenta.", "Se están emitiendo %(n)d cuentas.", len(made))
    messages.success(request, text % {"n": len(made)})


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
def retry(request: CompanyRequest) -> HttpResponse:
    """Ask the provider again for what it did not issue."""
    enqueue_asking()
    messages.success(request, _("Se vuelve a pedir lo que falta. Recarga en un momento."))
    return redirect(f"{reverse('collection_accounts')}?state=all")


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
def close(request: CompanyRequest, collection_account_id: UUID) -> HttpResponse:
    row: CollectionAccount = get_object_or_404(collection_in_sight(request), pk=collection_account_id)
    words: dict[str, Any] = {"name": row.customer}
    try:
        operations.close(collection_id=row.pk, actor=request.user, now=clock.now())
    except operations.CollectingError as error:
        messages.error(request, str(error))
    else:
        text = _("La cuenta de %(name)s ya no se da a nadie. Si aún depositan ahí, se sabe que es suyo.")
        messages.success(request, text % words)
    return back_to(request, reverse("collection_accounts"))
