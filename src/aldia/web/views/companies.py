"""Companies: the way in, creating one, its settings."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.reminders.operations.rules import ensure_default_rule
from aldia.tenancy import operations, permissions
from aldia.tenancy.brand import current_brand
from aldia.tenancy.models import User
from aldia.tenancy.scope import company_scope
from aldia.web.access import CompanyRequest, needs, signed_in
from aldia.web.forms import CompanyForm, CompanySettingsForm
from aldia.web.forms_brand import BrandForm, LogoForm


@require_safe
@needs(permissions.VIEW)
def root(request: CompanyRequest) -> HttpResponse:
    """The company's first page: the dashboard where there is one, else the person's own page."""
    for name in ("home", "customers", "receivables", "people"):
        try:
            return redirect(reverse(name))
        except NoReverseMatch:
            continue
    return redirect("profile")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            company = operations.create_company(owner=cast(User, request.user), **form.cleaned_data)
            with company_scope(company.pk):
                ensure_default_rule()
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Listo: %(company)s ya está en Aldía.") % {"company": company})
            if warning := form.tax_id_warning():
                messages.warning(request, warning)
            return redirect(f"/e/{company.slug}/")
    return render(request, "companies/new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def edit(request: CompanyRequest) -> HttpResponse:
    form = _settings_form(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_company(actor=request.user, changes=form.cleaned_data)
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Se guardaron los datos de la empresa."))
            if warning := form.tax_id_warning():
                messages.warning(request, warning)
            return redirect("company_settings")
    return settings_page(request, form=form)


def settings_page(request: CompanyRequest, *, status: int = 200, **forms: Form) -> HttpResponse:
    """The page of the company with its three forms; `forms` are those that came back with a mistake."""
    brand = current_brand()
    known = {"accent": brand.accent, "phone": brand.phone, "website": brand.website, "footer": brand.footer}
    drawn = {"form": _settings_form(request), "brand_form": BrandForm(initial=known), "logo_form": LogoForm()}
    return render(request, "companies/settings.html", {"brand": brand, **drawn, **forms}, status=status)


def _settings_form(request: CompanyRequest, data: QueryDict | None = None) -> CompanySettingsForm:
    company = request.company
    initial = {name: getattr(company, name) for name in operations.EDITABLE} | {"country": company.country}
    return CompanySettingsForm(data, initial=initial)
