"""How the company shows itself: colour, logo, how to reach it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.tenancy import operations, permissions
from aldia.tenancy.brand import current_brand, logo_png
from aldia.tenancy.operations.brand import MAX_LOGO_BYTES
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_brand import BrandForm, LogoForm
from aldia.web.limits import limited
from aldia.web.views.companies import settings_page


@require_POST
@needs(permissions.MANAGE_COMPANY)
def change(request: CompanyRequest) -> HttpResponse:
    form = BrandForm(request.POST)
    if form.is_valid():
        try:
            operations.change_brand(actor=request.user, **form.cleaned_data)
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Se guardó la imagen de la empresa."))
            return redirect("company_settings")
    return settings_page(request, brand_form=form, status=422)


@require_POST
@needs(permissions.MANAGE_COMPANY)
@limited("upload", limit=600)
def upload_logo(request: CompanyRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            data = form.cleaned_data["logo"].read(MAX_LOGO_BYTES + 1)
            operations.set_logo(actor=request.user, data=data)
        except operations.Refused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Se guardó el logotipo."))
            return redirect("company_settings")
    return settings_page(request, logo_form=form, status=422)


@require_POST
@needs(permissions.MANAGE_COMPANY)
def remove_logo(request: CompanyRequest) -> HttpResponse:
    operations.remove_logo(actor=request.user)
    messages.success(request, _("Se quitó el logotipo."))
    return redirect("company_settings")


@require_safe
@needs(permissions.VIEW)
def logo(request: CompanyRequest) -> HttpResponse:
    """The logo as we drew it: a PNG of ours, the only file that is shown inside pages."""
    png = logo_png(current_brand())
    if png is None:
        raise Http404
    response = HttpResponse(png, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=300"
    return response
