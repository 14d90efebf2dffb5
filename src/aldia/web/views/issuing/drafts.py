"""What is done with a draft, or with many: stamp, send, discard, duplicate; and the draft as PDF."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.collections.operations import selling
from aldia.domain.fiscal.draft_json import BadContent
from aldia.integrations.typesetting import PDF_TYPE
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import drafting, sending
from aldia.jobs.issuing import enqueue_stamping
from aldia.jobs.reminders import enqueue_sending
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views import errors
from aldia.web.views.credit.held import stopped
from aldia.web.views.issuing import table
from aldia.web.views.issuing.common import OPEN, issue_or_404, name_of
from aldia.web.views.payments.common import version_of

AT_ONCE = 500
NAMED = 5  # of those that could not be done
UNREADABLE = (BadContent,)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def stamp(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """Give it its folio and have it stamped; back to the form when something is missing."""
    issue = issue_or_404(request, issue_id)
    if issue.kind == IssueKind.COMPLEMENT:  # its page writes it from the books before it is stamped
        return redirect("complement", issue.pk)
    gate = selling.gate(today=clock.today(request.company))
    try:
        drafting.submit(issue_id=issue.pk, version=version_of(request), now=clock.now(), actor=request.user, gate=gate)
    except selling.CreditHeld as error:
        return stopped(request, issue, error)
    except drafting.Stale as error:
        return errors.conflict(request, str(error))
    except drafting.NotReady as error:
        messages.error(request, _("Antes de timbrar: %(why)s") % {"why": error})
        return redirect("issue_edit", issue.pk)
    except drafting.DraftingError as error:
        messages.error(request, str(error))
        return redirect("issue", issue.pk)
    enqueue_stamping(issue.pk)
    return redirect("issue", issue.pk)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def discard(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    issue = issue_or_404(request, issue_id)
    try:
        drafting.discard(issue_id=issue.pk, version=version_of(request), actor=request.user)
    except drafting.Stale as error:
        return errors.conflict(request, str(error))
    except drafting.DraftingError as error:
        messages.error(request, str(error))
        return redirect("issue", issue.pk)
    messages.success(request, _("Se descartó el borrador."))
    return redirect("issues")


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def duplicate(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    issue = issue_or_404(request, issue_id)
    try:
        made = drafting.duplicate(issue_id=issue.pk, actor=request.user)
    except drafting.DraftingError as error:
        messages.error(request, str(error))
        return redirect("issue", issue.pk)
    messages.success(request, _("Es un borrador nuevo, igual al anterior. Revísalo antes de timbrar."))
    return redirect("issue_edit", made.pk)


@require_safe
@needs(permissions.VIEW)
def preview(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """The draft on paper, plainly marked; the document itself once it is stamped."""
    issue = issue_or_404(request, issue_id)
    if issue.document_id:
        return redirect("document_pdf", issue.document_id)
    try:
        data = drafting.preview(issue)
    except (drafting.DraftingError, *UNREADABLE):
        messages.error(request, _("Este borrador no se puede imprimir: ábrelo y revisa lo que le falta."))
        return redirect("issue", issue.pk)
    response = HttpResponse(data, content_type=PDF_TYPE)
    response["Content-Disposition"] = content_disposition_header(False, f"{name_of(issue)}.pdf")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# Many at once


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def stamp_many(request: CompanyRequest) -> HttpResponse:
    """Each on its own: what is missing in one holds nobody else back."""

    gate = selling.gate(today=clock.today(request.company))

    def run(issue: Issue) -> None:
        drafting.submit(issue_id=issue.pk, version=issue.version, now=clock.now(), actor=request.user, gate=gate)
        enqueue_stamping(issue.pk)

    def said(count: int) -> str:
        return ngettext("%(n)s documento va a timbrarse.", "%(n)s documentos van a timbrarse.", count)

    return _each(request, OPEN, run, said)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def discard_many(request: CompanyRequest) -> HttpResponse:
    def run(issue: Issue) -> None:
        drafting.discard(issue_id=issue.pk, version=issue.version, actor=request.user)

    def said(count: int) -> str:
        return ngettext("Se descartó %(n)s borrador.", "Se descartaron %(n)s borradores.", count)

    return _each(request, OPEN, run, said)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def send_many(request: CompanyRequest) -> HttpResponse:
    """To each customer's own people."""

    def run(issue: Issue) -> None:
        if sending.send(issue_id=issue.pk, actor=request.user, now=clock.now()) is None:
            raise drafting.DraftingError(_("su cliente no tiene a quién escribirle"))

    def said(count: int) -> str:
        return ngettext("%(n)s documento va en camino.", "%(n)s documentos van en camino.", count)

    answer = _each(request, (IssueState.STAMPED,), run, said)
    enqueue_sending()
    return answer


def _each(
    request: CompanyRequest, states: tuple[str, ...], run: Callable[[Issue], None], said: Callable[[int], str]
) -> HttpResponse:
    """Run it on each document chosen that is in one of the states; say how many, and why not the others."""
    back = redirect(f"{reverse('issues')}?{request.GET.urlencode()}")
    chosen = table.listing(request).selected(request, table.in_sight(request)).order_by("created_at", "id")
    rows = list(chosen[: AT_ONCE + 1])
    if len(rows) > AT_ONCE:
        messages.warning(request, _("Son más de 500: afina el filtro y hazlo por partes. No cambió nada."))
        return back
    fitting = [row for row in rows if row.state in states]
    done, why = 0, []
    for row in fitting:
        try:
            run(row)
            done += 1
        except (drafting.DraftingError, *UNREADABLE) as error:
            why.append(f"{name_of(row)} · {row.customer}: {error}")
    if done:
        messages.success(request, said(done) % {"n": done})
    if why:
        more = len(why) - NAMED
        text = " — ".join(why[:NAMED]) + (_(" y %(n)s más") % {"n": more} if more > 0 else "")
        messages.error(request, _("Sin hacer: %(why)s") % {"why": text})
    if not fitting:
        messages.info(request, _("No elegiste ninguno que esté en ese punto."))
    return back
