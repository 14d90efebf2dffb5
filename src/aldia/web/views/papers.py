"""Papers to download: the printed representation of a CFDI, the receipt of a payment."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.documents.papers import CannotPrint, cfdi_pdf, file_name
from aldia.documents.queries.finding import visible_documents
from aldia.integrations.typesetting import PDF_TYPE
from aldia.receivables.models import CreditKind
from aldia.receivables.papers import receipt_name, receipt_pdf
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.receivables.common import credit_or_404


@require_safe
@needs(permissions.VIEW)
def document(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """The CFDI on paper; back to its page with the reason where that cannot be."""
    rows = visible_documents(membership=request.membership).select_related("original")
    row = get_object_or_404(rows, pk=document_id)
    try:
        data = cfdi_pdf(row)
    except CannotPrint as error:
        messages.error(request, str(error))
        return redirect("document", row.pk)
    return paper(data, file_name(row))


@require_safe
@needs(permissions.VIEW)
def receipt(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """The receipt of a payment; credits that are no money have none."""
    credit = credit_or_404(request, credit_id)
    if credit.kind != CreditKind.PAYMENT:
        messages.error(request, _("Solo los pagos tienen recibo."))
        return redirect("credit", credit.pk)
    return paper(receipt_pdf(credit), receipt_name(credit))


def paper(data: bytes, name: str) -> HttpResponse:
    """A PDF to be kept: never a page of ours, never in a shared cache."""
    response = HttpResponse(data, content_type=PDF_TYPE)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
