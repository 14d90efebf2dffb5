"""Credit stopped and given back: one customer from its page, or many from the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.collections.operations import holds
from aldia.customers import queries as customer_queries
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_credit import HoldForm, LiftForm
from aldia.web.views.credit.table import asked


@require_POST
@needs(permissions.MANAGE_CREDIT)
def hold(request: CompanyRequest) -> HttpResponse:
    def said(n: int) -> str:
        return ngettext("Se detuvo el crédito de %(n)s cliente.", "Se detuvo el crédito de %(n)s clientes.", n)

    return _each(request, HoldForm(request.POST, prefix="hold"), holds.place, said)


@require_POST
@needs(permissions.MANAGE_CREDIT)
def lift(request: CompanyRequest) -> HttpResponse:
    """What a person stopped; what the policy stops goes on."""

    def said(n: int) -> str:
        return ngettext("Se liberó el crédito de %(n)s cliente.", "Se liberó el crédito de %(n)s clientes.", n)

    return _each(request, LiftForm(request.POST, prefix="lift"), holds.lift, said)


def _each(request: CompanyRequest, form: Form, run: Callable[..., Any], said: Callable[[int], str]) -> HttpResponse:
    back = _back(request)
    if not form.is_valid():
        messages.error(request, _("Escribe por qué: queda en la bitácora."))
        return back
    listing, rows, *_rest = asked(request)
    ids = list(listing.selected(request, rows).order_by().values_list("pk", flat=True)[: holds.MOST_AT_ONCE + 1])
    if not ids:
        messages.info(request, _("No elegiste ningún cliente."))
        return back
    if len(ids) > holds.MOST_AT_ONCE:
        messages.warning(request, _("Son más de 500: afina el filtro y hazlo por partes. No cambió nada."))
        return back
    today = clock.today(request.company)
    try:
        changed = run(customer_ids=ids, reason=form.cleaned_data["reason"], today=today, actor=request.user)
    except holds.HoldError as error:
        messages.error(request, str(error))
        return back
    if changed:
        messages.success(request, said(len(changed)) % {"n": len(changed)})
    if others := len(ids) - len(changed):
        messages.info(request, _("Sin cambio en %(n)s: ya estaban así, o los detiene la política.") % {"n": others})
    return back


def _back(request: CompanyRequest) -> HttpResponse:
    """To the customer's page that asked, else to the list as it was."""
    one: UUID | None = customer_queries.as_uuid(request.POST.get("customer", ""))
    if one is not None:
        return redirect("customer_credit", one)
    query = request.GET.urlencode()
    return redirect(f"{reverse('credit')}?{query}" if query else reverse("credit"))
