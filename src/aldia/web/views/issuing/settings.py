"""Configuración → Facturación: what is needed to issue, and who the company is on its documents."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.customers.operations.versions import Refused, Stale
from aldia.issuing.models import IssuerProfile
from aldia.issuing.operations import profiles
from aldia.issuing.queries import catalogues
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuer import IssuerForm
from aldia.web.views.customers.common import say_why
from aldia.web.views.issuing.readiness import readiness


@require_safe
@needs(permissions.MANAGE_AUTHORITY)
def index(request: CompanyRequest) -> HttpResponse:
    context = {"ready": readiness(request), "loads": catalogues.loads()}
    return render(request, "issuing/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_AUTHORITY)
def issuer(request: CompanyRequest) -> HttpResponse:
    """Name, régimen and place of issue as SAT has them; series; how complements are made."""
    profile = IssuerProfile.objects.first()
    initial = IssuerForm.initial_of(profile) | ({} if profile else {"name": plain_name(request.company.legal_name)})
    form, status = IssuerForm(request.POST or None, initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                profiles.save_issuer(**form.values(), actor=request.user)
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardaron los datos con los que emites."))
                return redirect("issuing_settings")
    return render(request, "issuing/issuer.html", {"form": form, "profile": profile}, status=status)


KINDS_OF_COMPANY = (
    " SA DE CV", " SAPI DE CV", " SAB DE CV", " S DE RL DE CV", " SC", " AC", " SAS DE CV", " SAS", " S DE RL", " SA",
)  # fmt: skip


def plain_name(name: str) -> str:
    """A company's name as SAT's register writes it: upper case, without points nor the kind of company."""
    found = " ".join(name.upper().replace(".", "").replace(",", " ").split())
    for ending in KINDS_OF_COMPANY:
        if found.endswith(ending):
            return found.removesuffix(ending)
    return found
