"""The page of one dispute: what is contested and why, who answers until when, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.collections.models import Dispute, DisputeOutcome
from aldia.collections.operations.disputes import DisputeError, change_dispute, reopen_dispute
from aldia.tenancy import permissions
from aldia.tenancy.models import AuditEvent
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_html, amount_text, day_text
from aldia.web.forms_collecting import AnswerForm, ResolveForm
from aldia.web.views.collecting.common import Question, ask, dispute_or_404, owners

STORY = {
    "collections.dispute_opened": ("flag", "purple"),
    "collections.dispute_changed": ("edit", "gray"),
    "collections.dispute_resolved": ("check", "green"),
    "collections.dispute_reopened": ("flag", "yellow"),
}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, dispute_id: UUID) -> HttpResponse:
    dispute = dispute_or_404(request, dispute_id)
    row, today = dispute.receivable, clock.today(request.company)
    late = bool(not dispute.resolved_on and dispute.answer_by and dispute.answer_by < today)
    context = {
        "dispute": dispute,
        "row": row,
        "late": (today - dispute.answer_by).days if late and dispute.answer_by else 0,
        "asked": max(0, row.balance - dispute.amount) if not dispute.resolved_on else row.balance,
        "from_portal": dispute.created_by_id is None,
        "events": list(_events(dispute, request)),
        "answer_form": _answer_form(dispute),
        "resolve_form": ResolveForm(auto_id="resolve_%s"),
        "title": _("Disputa de %(amount)s") % {
            "amount": amount_text(dispute.amount, row.currency, request.company),
        },
    }  # fmt: skip
    return render(request, "collecting/dispute.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def edit(request: CompanyRequest, dispute_id: UUID) -> HttpResponse:
    """Who answers for it, and until when."""
    dispute = dispute_or_404(request, dispute_id)

    def run(data: dict[str, Any]) -> None:
        changed = change_dispute(
            dispute_id=dispute.pk, owner_id=UUID(data["owner"]) if data["owner"] else None, answer_by=data["answer_by"],
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
        who = changed.owner or _("nadie en particular")
        messages.success(request, _("Responde %(who)s.") % {"who": who})

    back = reverse("dispute", args=[dispute.pk])
    question = Question(
        _("Responsable y plazo"), _("Guardar"), back, who=f"{dispute.receivable.customer} · {dispute.receivable.number}"
    )
    return ask(request, _answer_form(dispute, request.POST if request.method == "POST" else None), question, run)


@require_POST
@needs(permissions.PAUSE)
def reopen(request: CompanyRequest, dispute_id: UUID) -> HttpResponse:
    """It was resolved by mistake, or the customer came back with it."""
    dispute = dispute_or_404(request, dispute_id)
    try:
        reopen_dispute(dispute_id=dispute.pk, actor=request.user)
    except DisputeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("La disputa está abierta otra vez."))
    return redirect("dispute", dispute.pk)


def _answer_form(dispute: Dispute, data: Any = None) -> AnswerForm:
    choices = owners()
    if dispute.owner is not None and str(dispute.owner_id) not in {key for key, _name in choices}:
        choices.append((str(dispute.owner_id), str(dispute.owner)))  # has left the company: kept until changed
    initial = {"owner": str(dispute.owner_id or ""), "answer_by": dispute.answer_by}
    return AnswerForm(data, owners=choices, initial=initial, auto_id="answer_%s")


def _events(dispute: Dispute, request: CompanyRequest) -> Iterator[dict[str, Any]]:
    """Its story from the audit trail, newest first."""
    found = AuditEvent.objects.filter(object_type="dispute", object_id=str(dispute.pk), verb__in=STORY)
    names = dict(owners())
    for event in found.select_related("actor").order_by("-seq")[:50]:
        icon, tint = STORY[event.verb]
        yield {
            "icon": icon, "tint": tint, "when": event.created_at, "who": event.actor or dispute.receivable.customer,
            **_said(event, dispute, request, names),
        }  # fmt: skip


def _said(event: AuditEvent, dispute: Dispute, request: CompanyRequest, names: dict[str, str]) -> dict[str, Any]:
    detail, kind = event.detail, event.verb.rpartition("_")[2]
    if kind == "opened":
        who = _("El cliente la abrió desde su portal") if event.actor is None else _("La abrió")
        return {
            "title": who, "text": dispute.note,
            "amount": amount_html(dispute.amount, dispute.receivable.currency, request.company),
        }  # fmt: skip
    if kind == "changed":
        after = detail.get("after") or {}
        owner = names.get(str(after.get("owner") or ""), _("nadie en particular"))
        by = _day(after.get("answer_by"))
        return {
            "title": _("Responde %(who)s") % {"who": owner},
            "text": _("antes del %(day)s") % {"day": by} if by else "",
        }
    if kind == "resolved":
        outcome = detail.get("outcome")
        label = str(DisputeOutcome(outcome).label) if outcome in DisputeOutcome.values else ""
        title = _("Resuelta: %(outcome)s") % {"outcome": label} if label else _("Resuelta")
        return {"title": title, "text": detail.get("resolution", "")}
    return {"title": _("Se abrió otra vez"), "text": ""}


def _day(value: Any) -> str:
    try:
        return day_text(date.fromisoformat(str(value)))
    except ValueError:
        return ""
