"""Configuración → Conciliación → Motivos de ajuste: what money without a document is called, and where it goes."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.banking.models import AdjustmentReason
from aldia.banking.operations import adjusting
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ReasonForm
from aldia.web.matching_words import DIRECTIONS
from aldia.web.views.banking.sights import REFUSALS, say_refusal


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows = list(AdjustmentReason.objects.select_related("account").order_by("name"))
    words = dict(DIRECTIONS)
    context = {
        "live": [(each, words.get(each.direction, "")) for each in rows if each.retired_at is None],
        "retired": [(each, words.get(each.direction, "")) for each in rows if each.retired_at is not None],
    }
    return render(request, "banking/reasons.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ADJUST_BALANCES)
def edit(request: CompanyRequest, adjustment_reason_id: UUID | None = None) -> HttpResponse:
    """A new one, or one that exists."""
    rows = AdjustmentReason.objects.select_related("account")
    row = get_object_or_404(rows, pk=adjustment_reason_id) if adjustment_reason_id else None
    initial = {"direction": "both"}
    if row is not None:
        initial = {"name": row.name, "code": row.account.code, "direction": row.direction, "version": str(row.version)}
    form = ReasonForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(request, form, row):
        return redirect("adjustment_reasons")
    context = {"row": row, "form": form, "accounts": form.accounts()}
    return render(request, "banking/reason.html", context, status=422 if form.is_bound else 200)


def _save(request: CompanyRequest, form: ReasonForm, row: AdjustmentReason | None) -> bool:
    data = form.cleaned_data
    try:
        adjusting.save_reason(
            name=data["name"], code=data["code"], account_name=data["account_name"], direction=data["direction"],
            actor=request.user, reason_id=row.pk if row else None, version=data["version"] if row else None,
        )  # fmt: skip
    except REFUSALS as error:
        form.add_error(None, spoken(error))
        return False
    messages.success(request, _("Motivo guardado."))
    return True


@require_POST
@needs(permissions.ADJUST_BALANCES)
def retire(request: CompanyRequest, adjustment_reason_id: UUID) -> HttpResponse:
    """Offer it no more, or again."""
    row = get_object_or_404(AdjustmentReason.objects.all(), pk=adjustment_reason_id)
    retired = request.POST.get("retired") != "0"
    try:
        adjusting.retire_reason(reason_id=row.pk, retired=retired, actor=request.user, now=clock.now())
    except REFUSALS as error:
        say_refusal(request, error)
    else:
        messages.success(request, _("Ya no se ofrece.") if retired else _("Se ofrece otra vez."))
    return redirect("adjustment_reasons")
