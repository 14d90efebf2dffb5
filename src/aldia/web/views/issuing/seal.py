"""The company's seal (CSD): uploaded, looked at, revoked. Its key and password go in and never come out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers.operations.versions import NotThere, Refused
from aldia.issuing.models import SealCertificate
from aldia.issuing.operations import seals
from aldia.tenancy import permissions
from aldia.tenancy.models import AuditEvent
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_issuer import SealForm
from aldia.web.limits import limited

SHOWN_USES = 12


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_AUTHORITY)
@limited("seal_upload", limit=30)
def show(request: CompanyRequest) -> HttpResponse:
    form, status = SealForm(), 200
    if request.method == "POST":
        form, status = SealForm(request.POST, request.FILES), 422
        if form.is_valid() and _kept(request, form):
            return redirect("issuing_seal")
    now = clock.now()
    rows = SealCertificate.objects.select_related("created_by", "revoked_by").order_by("-created_at")
    uses = AuditEvent.objects.filter(object_type="seal").order_by("-seq")[:SHOWN_USES]
    context = {"form": form, "rows": list(rows[:50]), "current": seals.current_seal(now), "uses": uses, "now": now}
    return render(request, "issuing/seal.html", context, status=status)


def _kept(request: CompanyRequest, form: SealForm) -> bool:
    data = form.cleaned_data
    try:
        row = seals.save_seal(
            cer=data["cer"].read(),
            key=data["key"].read(),
            password=data["password"],
            now=clock.now(),
            actor=request.user,
        )
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    messages.success(request, _("El sello %(number)s quedó guardado y cifrado.") % {"number": row.number})
    return True


@require_POST
@needs(permissions.MANAGE_AUTHORITY)
def revoke(request: CompanyRequest, seal_certificate_id: UUID) -> HttpResponse:
    """Destroy the key here; the certificate at SAT is another matter."""
    try:
        row = seals.revoke(seal_id=seal_certificate_id, now=clock.now(), actor=request.user)
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("La llave del sello %(number)s se borró de aquí.") % {"number": row.number})
    return redirect("issuing_seal")
