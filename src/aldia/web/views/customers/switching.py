"""Prendido / Apagado: one at once, many after saying what will happen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.customers.models import Customer
from aldia.jobs.customers import enqueue_switch
from aldia.receivables.operations.switching import Switched, switch_off, switch_on
from aldia.receivables.queries.switching import forecast_on
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.customers import table
from aldia.web.views.customers.common import customer_or_404

SHOWN = 8  # names of customers in the confirmation


@require_POST
@needs(permissions.SWITCH_CUSTOMERS)
def one(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Switch one customer to what the form says; answer its row (or go back to where the person was)."""
    customer = customer_or_404(request, customer_id)
    to_on = request.POST.get("to") == "on"
    if customer.generic:
        messages.error(request, _("Las ventas al público en general no se cobran."))
    elif to_on:
        _say(request, customer, switch_on(customer_ids=[customer.pk], today=clock.today(request.company),
                                          actor=request.user))  # fmt: skip
    else:
        switch_off(customer_ids=[customer.pk], actor=request.user)
        messages.success(request, _("%(name)s está apagado: sus saldos quedan guardados.") % {"name": customer})
    if request.htmx and request.POST.get("row"):  # type: ignore[attr-defined]
        return _row(request, customer)
    return redirect("customer", customer_id)


def _say(request: CompanyRequest, customer: Customer, switched: Switched) -> None:
    opened = ngettext("se abrió %(n)d cuenta por cobrar", "se abrieron %(n)d cuentas por cobrar", switched.receivables)
    sentence = _("%(name)s está prendido: %(opened)s.")
    messages.success(request, sentence % {"name": customer, "opened": opened % {"n": switched.receivables}})


def _row(request: CompanyRequest, customer: Customer) -> HttpResponse:
    page = table.page_of(request, table.all_of(request).filter(pk=customer.pk))
    return render(request, "customers/_row.html", {"page": page, "row": page.rows[0], "shown": page.shown})


@require_POST
@needs(permissions.SWITCH_CUSTOMERS)
def many(request: CompanyRequest) -> HttpResponse:
    """First say what will happen (`confirmed` is missing), then do it: at once, or in the background if it is long."""
    to_on = request.POST.get("to") == "on"
    chosen = table.LIST.selected(request, table.customers_of(request)).filter(generic=False, collecting=not to_on)
    ids = list(chosen.values_list("pk", flat=True))
    back = f"{reverse('customers')}?{request.GET.urlencode()}"
    if not ids:
        messages.info(request, _("No hay nada que cambiar entre los clientes elegidos."))
        return redirect(back)
    if request.POST.get("confirmed") != "1":
        return render(request, "customers/confirm_switch.html", _said(request, to_on, ids, back))
    _do(request, to_on, ids)
    return redirect(back)


def _said(request: CompanyRequest, to_on: bool, ids: list[UUID], back: str) -> dict[str, Any]:
    today = clock.today(request.company)
    named = Customer.objects.filter(pk__in=ids[:SHOWN]).order_by("legal_name")
    return {
        "to_on": to_on,
        "count": len(ids),
        "forecast": forecast_on(customer_ids=ids, today=today) if to_on else None,
        "names": list(named),
        "more": max(0, len(ids) - SHOWN),
        "all": request.POST.get("all") == "1",
        "ids": request.POST.getlist("id"),
        "back": back,
    }


def _do(request: CompanyRequest, to_on: bool, ids: list[UUID]) -> None:
    if not to_on:
        switched = switch_off(customer_ids=ids, actor=request.user)
        sentence = ngettext(
            "Se apagó %(n)d cliente: su saldo queda guardado.",
            "Se apagaron %(n)d clientes: sus saldos quedan guardados.",
            switched.customers,
        )
        messages.success(request, sentence % {"n": switched.customers})
        return
    today = clock.today(request.company)
    if forecast_on(customer_ids=ids, today=today).is_long:
        enqueue_switch(customer_ids=ids, actor=request.user)
        later = _("Clientes que se están prendiendo en segundo plano: %(n)d. Sus cuentas irán apareciendo.")
        messages.info(request, later % {"n": len(ids)})
        return
    switched = switch_on(customer_ids=ids, today=today, actor=request.user)
    sentence = _("Clientes prendidos: %(n)d. Cuentas por cobrar abiertas: %(opened)d.")
    messages.success(request, sentence % {"n": switched.customers, "opened": switched.receivables})
