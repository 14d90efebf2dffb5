"""What was charged: a run with its fees, and taking back one or all of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.receivables.models import ChargeRun, LateFee
from aldia.receivables.operations import late_fees
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.charges import common
from aldia.web.views.receivables.common import sight

MOST = 500


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, charge_run_id: UUID) -> HttpResponse:
    run = get_object_or_404(ChargeRun.objects.select_related("rule", "created_by"), pk=charge_run_id)
    fees = LateFee.objects.filter(run=run).select_related("fee", "receivable", "receivable__customer")
    rows = list(sight(request).narrow(fees, "receivable__customer").order_by("receivable__number", "id")[:MOST])
    live = [row for row in rows if row.ended_on is None and row.fee.voided_on is None]
    context = {
        "run": run,
        "fees": rows,
        "live": len(live),
        "total": sum(row.total for row in live),
        "owed": sum(row.fee.balance for row in live),
        "tab": "late_rules",
    }
    return render(request, "charges/run.html", context)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def reverse_run(request: CompanyRequest, charge_run_id: UUID) -> HttpResponse:
    run = get_object_or_404(ChargeRun.objects, pk=charge_run_id)

    def act(reason: str) -> str:
        count = late_fees.reverse_run(run_id=run.pk, on=clock.today(request.company), reason=reason, actor=request.user)
        return _("Se revirtieron %(count)s recargos.") % {"count": count}

    common.with_reason(request, act)
    return redirect("charge_run", run.pk)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def forgive(request: CompanyRequest, late_fee_id: UUID) -> HttpResponse:
    """Let a fee go."""
    each = common.fee_or_404(request, late_fee_id)

    def act(reason: str) -> str:
        late_fees.forgive_fee(late_fee_id=each.pk, on=clock.today(request.company), reason=reason, actor=request.user)
        return _("Se condonó %(number)s.") % {"number": each.fee.number}

    common.with_reason(request, act)
    return _back(request, each)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def reverse_fee(request: CompanyRequest, late_fee_id: UUID) -> HttpResponse:
    """Take a fee back whole."""
    each = common.fee_or_404(request, late_fee_id)

    def act(reason: str) -> str:
        late_fees.reverse_fee(late_fee_id=each.pk, on=clock.today(request.company), reason=reason, actor=request.user)
        return _("Se revirtió %(number)s.") % {"number": each.fee.number}

    common.with_reason(request, act)
    return _back(request, each)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def correct(request: CompanyRequest, late_fee_id: UUID) -> HttpResponse:
    """Put a fee right by what is known now."""
    each = common.fee_or_404(request, late_fee_id)
    try:
        late_fees.correct_fee(late_fee_id=each.pk, today=clock.today(request.company), actor=request.user)
    except late_fees.FeeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Se corrigió %(number)s.") % {"number": each.fee.number})
    return _back(request, each)


def _back(request: CompanyRequest, each: LateFee) -> HttpResponse:
    if request.POST.get("to") == "receivable":
        return redirect("receivable", each.receivable_id)
    return redirect("late_rules") if request.POST.get("to") == "rules" else redirect("charge_run", each.run_id)
