"""Advances: the invoice that uses one, by either procedure of the Anexo 20 guide, and the note that applies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.documents.models import FiscalDocument, Kind
from aldia.documents.queries.finding import visible_documents
from aldia.domain.fiscal.drafts import DraftDocument
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import anticipos, drafting
from aldia.issuing.operations.drafting import create as create_draft
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.issuing.common import issue_or_404

USES = "07"  # c_TipoRelacion: aplicación de anticipo
WHOLE, REMAINDER = "advance-a", "advance-b"


@dataclass(frozen=True, slots=True)
class Pending:
    """An invoice of the whole whose advance nobody applied yet."""

    invoice: Issue
    advance_uuid: str


def with_advance(act: str, advance_uuid: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """An invoice's content that uses an advance: for the whole (A), or for what remains (B)."""
    use = anticipos.remainder if act == REMAINDER else anticipos.full_invoice
    return use(advance_uuid=advance_uuid, content=content)


def pending_application(issue: Issue, draft: DraftDocument) -> Pending | None:
    """The application that procedure A still needs after this stamped invoice."""
    named = [uuid for group in draft.relations if group.code == USES for uuid in group.uuids]
    if not named or issue.document is None or issue.document.is_advance_remainder:
        return None
    notes = Issue.objects.filter(kind=IssueKind.CREDIT_NOTE, customer_id=issue.customer_id)
    notes = notes.exclude(state__in=(IssueState.DISCARDED, IssueState.CANCELLED))
    if any(_names(note, issue.uuid) for note in notes.order_by("-created_at")[:200]):
        return None
    if FiscalDocument.objects.filter(
        kind=Kind.CREDIT_NOTE, relations__to_key=issue.uuid, relations__code=USES
    ).exists():
        return None
    return Pending(issue, named[0])


def _names(note: Issue, uuid: str) -> bool:
    groups = note.content.get("relations", []) if isinstance(note.content, dict) else []
    return any(group.get("code") == USES and uuid in group.get("uuids", []) for group in groups)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def use(request: CompanyRequest, document_id: UUID) -> HttpResponse:
    """A new invoice that uses an advance in full (procedure A); B is chosen in the form, once it is written."""
    advance = get_object_or_404(visible_documents(membership=request.membership), pk=document_id, kind=Kind.ADVANCE)
    if advance.customer_id is None:
        messages.error(request, _("Este anticipo no es de un cliente tuyo."))
        return redirect("document", advance.pk)
    try:
        content = drafting.blank(kind=IssueKind.INVOICE, customer_id=advance.customer_id)
        content = anticipos.full_invoice(advance_uuid=advance.key, content=content)
        made = create_draft(
            kind=IssueKind.INVOICE, customer_id=advance.customer_id, content=content, actor=request.user
        )
    except drafting.DraftingError as error:
        messages.error(request, str(error))
        return redirect("document", advance.pk)
    return redirect("issue_edit", made.pk)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def apply(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """Procedure A, step 3: the credit note "Aplicación de anticipo", as a draft."""
    invoice, advance_uuid = issue_or_404(request, issue_id), request.POST.get("advance", "")
    try:
        content = anticipos.application(advance_uuid=advance_uuid, invoice_uuid=invoice.uuid)
        made = create_draft(
            kind=IssueKind.CREDIT_NOTE, customer_id=invoice.customer_id, content=content, actor=request.user
        )
    except drafting.DraftingError as error:
        messages.error(request, str(error))
        return redirect("issue", invoice.pk)
    messages.success(request, _("Es la nota que aplica el anticipo. Revísala y tímbrala."))
    return redirect("issue_edit", made.pk)
