"""Disputes: open one on a receivable, and say how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from aldia.collections.operations.disputes import DisputeError, open_dispute, resolve_dispute, resolve_disputes
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.forms_collecting import DisputeForm, ResolveForm
from aldia.web.views.collecting.common import Question, ask, dispute_or_404, owners
from aldia.web.views.collecting.dispute_list import asked
from aldia.web.views.collecting.lists import chosen_ids
from aldia.web.views.receivables.common import done, receivable_or_404


def dispute_form(request: CompanyRequest, currency: str, data: Any = None) -> DisputeForm:
    return DisputeForm(
        data, currency=currency, decimal=decimal_mark(request.company), owners=owners(), auto_id="dispute_%s"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def of_receivable(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """The customer contests it, whole or part."""
    row = receivable_or_404(request, receivable_id)

    def run(data: dict[str, Any]) -> None:
        opened = open_dispute(
            receivable_id=row.pk,
            amount=data["amount"],
            reason=data["reason"],
            key=data["key"],
            today=clock.today(request.company),
            actor=request.user,
            note=data["note"],
            owner_id=UUID(data["owner"]) if data["owner"] else None,
            answer_by=data["answer_by"],
        )
        amount = amount_text(opened.amount, row.currency, request.company)
        words = {"amount": amount, "number": row.number}
        messages.success(request, _("Quedan en disputa %(amount)s de %(number)s.") % words)

    question = Question(
        _("Abrir disputa"),
        _("Abrir disputa"),
        reverse("receivable", args=[row.pk]),
        _("Solo la parte en disputa deja de cobrarse."),
        f"{row.customer} · {row.number}",
    )
    form = dispute_form(request, row.currency, request.POST if request.method == "POST" else None)
    return ask(request, form, question, run)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def resolve(request: CompanyRequest, dispute_id: UUID) -> HttpResponse:
    """Say how it ended."""
    dispute = dispute_or_404(request, dispute_id)
    row = dispute.receivable

    def run(data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        resolve_dispute(
            dispute_id=dispute.pk, resolution=data["resolution"], outcome=data["outcome"], today=today,
            actor=request.user,
        )  # fmt: skip
        text = _("La disputa de %(number)s quedó resuelta: se cobra otra vez completa.") % {"number": row.number}
        done(request, text, reverse("dispute_reopen", args=[dispute.pk]))

    amount = amount_text(dispute.amount, row.currency, request.company)
    question = Question(
        _("Resolver disputa"),
        _("Resolver"),
        reverse("dispute", args=[dispute.pk]),
        _("Si hay que bajar lo que se debe, registra después la nota de crédito o el ajuste."),
        f"{row.customer} · {row.number} · {amount} · {dispute.get_reason_display()}",
    )
    return ask(request, ResolveForm(request.POST if request.method == "POST" else None), question, run)


@require_POST
@needs(permissions.PAUSE)
def resolve_many(request: CompanyRequest) -> HttpResponse:
    """The same answer to several: all of them or none."""
    back = f"{reverse('disputes')}?{request.GET.urlencode()}"
    ids, form = chosen_ids(request, *asked(request)[:2]), ResolveForm(request.POST)
    if not ids or not form.is_valid():
        if ids:
            messages.error(request, _("Elige quién tenía razón y escribe cómo se resolvió."))
        return redirect(back)
    try:
        count = resolve_disputes(
            dispute_ids=ids, resolution=form.cleaned_data["resolution"], outcome=form.cleaned_data["outcome"],
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except DisputeError as error:
        messages.error(request, str(error))
    else:
        text = ngettext("Se resolvió %(n)d disputa.", "Se resolvieron %(n)d disputas.", count) % {"n": count}
        messages.success(request, text)
    return redirect(back)
