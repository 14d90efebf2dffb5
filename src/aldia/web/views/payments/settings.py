"""Configuración → Cobro en línea y Portal: explained choices, one page each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.customers.operations.versions import Refused, Stale
from aldia.payments.models import PaymentSettings
from aldia.payments.operations import preferences
from aldia.payments.operations.passes import portal_settings
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_payment_settings import PaymentSettingsForm, PortalSettingsForm
from aldia.web.views.customers.common import say_why


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def asking(request: CompanyRequest) -> HttpResponse:
    """How money is asked for."""
    form = PaymentSettingsForm(
        request.POST if request.method == "POST" else None,
        row=PaymentSettings.objects.first() or PaymentSettings(),
        currency=request.company.currency,
        decimal=decimal_mark(request.company),
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                preferences.update_payment_settings(changes=form.values(), actor=request.user)
            except Refused as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardó cómo cobras en línea."))
                return redirect("payment_settings")
    return render(request, "payments/settings.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def portal(request: CompanyRequest) -> HttpResponse:
    """What customers see and may do in their portal."""
    row = portal_settings()
    form = PortalSettingsForm(request.POST if request.method == "POST" else None, row=row)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(request, form)
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardó lo que ofrece tu portal."))
                return redirect("portal_settings")
    context: dict[str, Any] = {"form": form, "may": [form[name] for name in form.NAMES if name.startswith("may_")]}
    return render(request, "payments/portal_settings.html", context, status=status)


def _save(request: CompanyRequest, form: Form) -> None:
    preferences.update_portal_settings(
        version=form.cleaned_data["version"],
        changes=form.values(),  # type: ignore[attr-defined]
        actor=request.user,
    )
