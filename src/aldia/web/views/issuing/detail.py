"""The page of one document of ours: where it stands, what it says, its story, and what may be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.documents.models import FiscalDocument
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import DraftDocument, DraftLine
from aldia.domain.money import MoneyError
from aldia.issuing.models import Cancellation, CancellationState, Issue, IssueKind, IssueState
from aldia.issuing.operations import sending
from aldia.issuing.queries import catalogues
from aldia.issuing.queries.issue import IssueDetail, detail
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text
from aldia.web.forms_issuing import micro_text
from aldia.web.views.issuing.advances import Pending, pending_application
from aldia.web.views.issuing.common import context_of, issue_or_404
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.issuing.words import figure, said, tax_name, totals_of

OPEN_WISHES = (CancellationState.ASKED, CancellationState.WAITING)
TINTS = {
    CancellationState.DONE: "red", CancellationState.REJECTED: "purple", CancellationState.FAILED: "red",
    CancellationState.WITHDRAWN: "gray",
}  # fmt: skip


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    issue = issue_or_404(request, issue_id)
    if issue.kind == IssueKind.COMPLEMENT:
        return redirect("complement", issue.pk)
    context = context_of(issue) | {"ready": readiness(request)}
    try:
        found = detail(issue.pk)
    except (BadContent, MoneyError):
        return render(request, "issuing/detail.html", context | {"is_unreadable": True, "events": story(issue, [])})
    return render(request, "issuing/detail.html", context | _context(request, found))


@require_safe
@needs(permissions.VIEW)
def state(request: CompanyRequest, issue_id: UUID) -> HttpResponse:
    """While it waits for the PAC: how it stands; once that is over, the whole page anew."""
    issue = issue_or_404(request, issue_id)
    context = context_of(issue)
    response = render(request, "issuing/_waiting.html", context)
    if not context["is_waiting"]:
        response.headers["HX-Refresh"] = "true"
    return response


def _context(request: CompanyRequest, found: IssueDetail) -> dict[str, Any]:
    issue, draft = found.issue, found.draft
    wishes = list(found.cancellations)
    context: dict[str, Any] = {
        "detail": found,
        "draft": draft,
        "findings": [(said(each), each.is_warning) for each in found.findings],
        "receivable": found.receivable,
        "successors": found.successors,
        "wish": next((each for each in wishes if each.state in OPEN_WISHES), None),
        "events": story(issue, wishes),
        "pending": None,
        "usual": ", ".join(sending.usual_addresses(issue.customer)) if issue.state == IssueState.STAMPED else "",
    }
    if isinstance(draft, DraftDocument):
        context |= {
            "lines": [_line(each, draft, request) for each in draft.lines],
            "totals": totals_of(draft),
            "facts": facts(draft),
            "related": _related(found, draft),
            "pending": _pending(issue, draft),
        }
    return context


def _pending(issue: Issue, draft: DraftDocument) -> Pending | None:
    """The credit note that applies an advance, while it is missing (procedure A)."""
    is_invoice = issue.kind == IssueKind.INVOICE and issue.state == IssueState.STAMPED
    return pending_application(issue, draft) if is_invoice else None


def _line(line: DraftLine, draft: DraftDocument, request: CompanyRequest) -> dict[str, Any]:
    return {
        "description": line.description,
        "keys": " · ".join(each for each in (line.product_key, line.unit_key, line.identification) if each),
        "quantity": figure(line.quantity_micro),
        "price": figure(line.price_micro, 2),
        "taxes": ", ".join(tax_name(each) for each in line.taxes),
        "discount": amount_text(line.discount, draft.currency, request.company) if line.discount else "",
        "amount": line.base,
    }


def facts(draft: DraftDocument) -> list[tuple[str, Any]]:
    """Who, how it is paid and in what, with the authority's own words beside its codes."""
    receiver = draft.receiver

    def coded(catalogue: str, code: str) -> str:
        name = catalogues.name_of(catalogue, code) if code else ""
        return f"{code} · {name}" if name else code

    rate = micro_text(draft.exchange_rate) if draft.exchange_rate else ""
    return [
        (_("Receptor"), f"{receiver.name} · {receiver.rfc}"),
        (_("Régimen"), coded("c_RegimenFiscal", receiver.regime)),
        (_("Código postal"), receiver.postal_code),
        (_("Uso del CFDI"), coded("c_UsoCFDI", receiver.use)),
        (_("Método de pago"), coded("c_MetodoPago", draft.method)),
        (_("Forma de pago"), coded("c_FormaPago", draft.form)),
        (_("Condiciones"), draft.conditions),
        (_("Moneda"), draft.currency),
        (_("Tipo de cambio"), rate),
        (_("Exportación"), coded("c_Exportacion", draft.export) if draft.export != "01" else ""),
        (_("Lugar de expedición"), draft.place),
        (_("Nota"), draft.note),
    ]


def _related(found: IssueDetail, draft: DraftDocument) -> list[dict[str, Any]]:
    """The documents that it names, with their page where they are on file."""
    numbers = {row.pk: row.number for row in FiscalDocument.objects.filter(pk__in=found.related.values())}
    rows = []
    for group in draft.relations:
        said = catalogues.name_of("c_TipoRelacion", group.code)
        for uuid in group.uuids:
            document_id = found.related.get(uuid)
            rows.append(
                {"code": group.code, "said": said, "uuid": uuid, "id": document_id, "number": numbers.get(document_id)}
            )
    return rows


def story(issue: Issue, wishes: list[Cancellation]) -> list[dict[str, Any]]:
    """What happened to it, newest first."""
    found: list[dict[str, Any]] = [
        {"icon": "edit", "tint": "gray", "title": _("Se empezó"), "when": issue.created_at, "who": issue.created_by}
    ]
    if issue.sealed_at:
        found.append({"icon": "certificate", "tint": "azure", "title": _("Se selló"), "when": issue.sealed_at})
    if issue.stamped_at:
        found.append({"icon": "circle-check", "tint": "green", "title": _("Se timbró"), "when": issue.stamped_at,
                      "text": issue.uuid})  # fmt: skip
    if issue.sent_at:
        found.append({"icon": "send", "tint": "azure", "title": _("Se envió al cliente"), "when": issue.sent_at})
    for each in wishes:
        found.append({"icon": "ban", "tint": "yellow", "title": _("Se pidió cancelar"), "when": each.asked_at,
                      "text": f"{each.motive} · {each.get_motive_display()}", "who": each.asked_by})  # fmt: skip
        if each.answered_at:
            tint = TINTS.get(CancellationState(each.state), "yellow")
            said = {"title": each.get_state_display(), "text": each.message}
            found.append({"icon": "ban", "tint": tint, "when": each.answered_at, **said})
    # the PAC's clock has whole seconds and is not ours: within a minute the order is that of the story
    places = {id(event): place for place, event in enumerate(found)}
    minute = {"second": 0, "microsecond": 0}
    return sorted(found, key=lambda event: (event["when"].replace(**minute), places[id(event)]), reverse=True)
