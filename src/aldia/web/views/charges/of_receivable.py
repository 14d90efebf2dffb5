"""What the page of a receivable says of its fees, its discount and its plan; and what may be done there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aldia.receivables.models import LateFee, Receivable
from aldia.receivables.operations import discounts as operations
from aldia.receivables.operations.charge_rules import RuleRefused
from aldia.receivables.queries.discounts import promise_of
from aldia.receivables.queries.plans import plans_of
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.forms_charges import OfferForm, WhyForm
from aldia.web.views.charges import common
from aldia.web.views.receivables.common import receivable_or_404


def of_receivable(request: CompanyRequest, row: Receivable) -> dict[str, Any]:
    """The context of `charges/_of_receivable.html`."""
    today = clock.today(request.company)
    fees = LateFee.objects.filter(receivable=row).select_related("fee", "run").order_by("-period_start", "-take")
    plans = plans_of(row, today)
    is_fee = row.kind == "late_fee"
    return {
        "fees": list(fees[:24]),
        "of_fee": LateFee.objects.filter(fee=row).select_related("receivable", "run").first() if is_fee else None,
        "plans": plans,
        "has_plan": any(view.plan.ended_on is None for view in plans),
        "promise": None if is_fee else promise_of(row, today),
        "may_offer": not is_fee and row.balance > 0 and row.voided_on is None,
    }


@require_POST
@needs(permissions.ADJUST_BALANCES)
def offer(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Offer a discount on one document until a day."""
    row, form = receivable_or_404(request, receivable_id), OfferForm(request.POST)
    if not form.is_valid():
        messages.error(request, common.first_error(form))
        return redirect("receivable", row.pk)
    data = form.cleaned_data
    try:
        operations.offer_discount(
            receivable_id=row.pk, percent=data["percent"], until_on=data["until_on"], pro_rata=data["pro_rata"],
            today=clock.today(request.company), actor=request.user,
        )  # fmt: skip
    except RuleRefused as error:
        messages.error(request, str(error))
    else:
        words = {"percent": data["percent"], "number": row.number, "day": day_text(data["until_on"])}
        messages.success(request, _("%(percent)s %% de descuento en %(number)s hasta el %(day)s.") % words)
    return redirect("receivable", row.pk)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def refuse(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Give no discount on it."""
    row, form = receivable_or_404(request, receivable_id), WhyForm(request.POST)
    if not form.is_valid():
        messages.error(request, common.first_error(form))
        return redirect("receivable", row.pk)
    today = clock.today(request.company)
    operations.refuse_discount(receivable_id=row.pk, on=today, reason=form.cleaned_data["reason"], actor=request.user)
    messages.success(request, _("%(number)s ya no tiene descuento.") % {"number": row.number})
    return redirect("receivable", row.pk)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def allow(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Let the rules give it a discount again."""
    row = receivable_or_404(request, receivable_id)
    operations.allow_discount(receivable_id=row.pk, actor=request.user)
    messages.success(request, _("%(number)s puede tener descuento otra vez.") % {"number": row.number})
    return redirect("receivable", row.pk)
