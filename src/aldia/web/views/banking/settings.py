"""Configuración → Conciliación: how far matching goes by itself, and what was agreed with each customer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.banking.models import MatchingSettings, PayerAgreement
from aldia.banking.operations import preferences
from aldia.customers import queries as customer_queries
from aldia.customers.operations.versions import Stale
from aldia.customers.queries import as_uuid
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_matching import MatchingSettingsForm
from aldia.web.views.banking.sights import REFUSALS, say_refusal
from aldia.web.views.customers.common import visible

FOUND = 12


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def show(request: CompanyRequest) -> HttpResponse:
    row = MatchingSettings.objects.first() or MatchingSettings()
    data = request.POST if request.method == "POST" else None
    currency, decimal = request.company.currency, decimal_mark(request.company)
    form = MatchingSettingsForm(data, row=row, currency=currency, decimal=decimal)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (status := _save(request, form)) == 200:
            messages.success(request, _("Se guardó cómo se concilia."))
            return redirect("matching_settings")
    context = {"form": form, "currency": currency, "agreed": PayerAgreement.objects.filter(oldest_first=True).count()}
    return render(request, "banking/settings.html", context, status=status)


def _save(request: CompanyRequest, form: MatchingSettingsForm) -> int:
    """Save; the status of the answer, 200 when it was saved."""
    try:
        preferences.update_matching_settings(
            version=form.cleaned_data["version"], changes=form.values(), actor=request.user
        )
    except (*REFUSALS, Stale, ValueError) as error:
        field = getattr(error, "field", "")
        form.add_error(field if field in form.fields else None, spoken(error))
        return 409 if isinstance(error, Stale) else 422
    return 200


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECONCILE)
def agreements(request: CompanyRequest) -> HttpResponse:
    """With whom it was agreed that a payment without reference pays what fell due first."""
    if request.method == "POST":
        return _agree(request)
    rows = PayerAgreement.objects.filter(oldest_first=True, customer__in=visible(request))
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found: Any = []
    if text:
        rest = visible(request).filter(generic=False).exclude(payer_agreements__oldest_first=True)
        found = list(customer_queries.matching(rest, customer_queries.Filter(text)).order_by("legal_name")[:FOUND])
    context = {
        "rows": list(rows.select_related("customer", "agreed_by").order_by("customer__legal_name")[:500]),
        "q": text, "found": found,
    }  # fmt: skip
    return render(request, "banking/agreements.html", context)


def _agree(request: CompanyRequest) -> HttpResponse:
    customer = get_object_or_404(visible(request), pk=as_uuid(request.POST.get("customer", "")))
    oldest = request.POST.get("oldest_first") == "1"
    try:
        preferences.agree_oldest_first(
            customer_id=customer.pk, oldest_first=oldest, today=clock.today(request.company), actor=request.user
        )  # fmt: skip
    except REFUSALS as error:
        say_refusal(request, error)
    else:
        said = _("Acordado con %(name)s: lo que venció primero.") if oldest else _("Acuerdo con %(name)s terminado.")
        messages.success(request, said % {"name": customer})
    return redirect("payer_agreements")
