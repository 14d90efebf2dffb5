"""How a document stands at SAT: asked from its page, and every answer kept."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.authority.operations import statuses
from aldia.customers.operations.versions import NotThere
from aldia.documents.queries.finding import visible_documents
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.limits import limited


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
@limited("sat_status", limit=120)
def ask(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """Ask SAT now. Cancelled there, it is no longer collected; unknown there, nothing changes and it is said."""
    row = get_object_or_404(visible_documents(membership=request.membership), pk=document_id)
    try:
        found = statuses.check(document_id=row.pk, now=clock.now(), actor=request.user)
    except statuses.NoAnswer as problem:
        messages.error(request, str(problem))
    except NotThere as error:
        raise Http404 from error
    else:
        state = found.state.casefold()
        if state == statuses.VALID:
            messages.success(request, _("El SAT dice que está vigente."))
        elif state == statuses.CANCELLED:
            messages.warning(request, _("El SAT dice que está cancelado: dejó de cobrarse."))
        else:
            text = _("El SAT no lo encuentra con esos datos. Nada cambió: vuelve a consultarlo más tarde.")
            messages.warning(request, text)
    return redirect("document", row.pk)
