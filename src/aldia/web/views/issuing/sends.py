"""Sending a stamped document to its customer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.customers.operations.versions import Refused
from aldia.integrations.channels.addresses import plain_address
from aldia.issuing.models import IssueState
from aldia.issuing.operations import sending
from aldia.jobs.reminders import enqueue_sending
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.issuing.common import issue_or_404

MOST = 10


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def send(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """PDF and XML by e-mail, to whom the person says or to the usual people."""
    issue = issue_or_404(request, issue_id)
    typed = request.POST.get("to", "").replace(";", ",").split(",")
    addresses = [each.strip() for each in typed if each.strip()]
    wrong = [each for each in addresses if not plain_address(each)]
    if issue.state != IssueState.STAMPED:
        messages.error(request, _("Solo se envía lo que ya está timbrado."))
    elif wrong or len(addresses) > MOST:
        bad = wrong[0][:60] if wrong else ""
        messages.error(request, _("«%(bad)s» no es un correo.") % {"bad": bad} if bad else _("Son demasiados correos."))
    else:
        _send(request, issue.pk, addresses)
    return redirect("issue", issue.pk)


def _send(request: CompanyRequest, issue_id: UUID, addresses: list[str]) -> None:
    try:
        sent = sending.send(
            issue_id=issue_id, actor=request.user, now=clock.now(), recipients=addresses if addresses else None
        )
    except Refused as error:
        messages.error(request, str(error))
        return
    if sent is None:
        messages.warning(request, _("No hay a quién: agrega un contacto con correo en la ficha del cliente."))
        return
    enqueue_sending()
    messages.success(request, _("Va en camino con su PDF y su XML."))
