"""The certificate store: what seals and stamps are verified with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.documents.operations.seals import CertificateRefused, add_certificate
from aldia.documents.queries.imports import certificates
from aldia.integrations.tax.mx_schemas import is_available
from aldia.jobs.documents import verify_seals
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs

MAX_BYTES = 100_000
SHOWN = 500


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_COMPANY)
def index(request: CompanyRequest) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    context = {"certificates": certificates()[:SHOWN], "has_sat_files": is_available()}
    return render(request, "documents/certificates.html", context)


def _add(request: CompanyRequest) -> HttpResponse:
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, _("Elige el archivo .cer."))
    for file in files[:20]:
        try:
            row = add_certificate(data=file.read(MAX_BYTES), actor=request.user)
        except CertificateRefused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Se agregó el certificado %(number)s.") % {"number": row.number})
            verify_seals.using(dedupe_key="seals", priority=-10).enqueue()
    return redirect("certificates")
