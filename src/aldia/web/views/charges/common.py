"""What the pages of charges share: rows that a person may see, refusals, and the month that a simulation shows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404

from aldia.domain.charges.late import period_of
from aldia.jobs.charges import in_dispute
from aldia.receivables.models import DiscountRule, LateFee, LateFeeRule, PaymentPlan, Receivable
from aldia.receivables.operations.charge_rules import RuleRefused
from aldia.receivables.operations.late_fees import FeeError
from aldia.receivables.operations.plans import PlanError
from aldia.receivables.queries.late_fees import Simulated, simulate
from aldia.tenancy.models import Company
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import decimal_mark
from aldia.web.forms_charges import WhyForm, currencies_of
from aldia.web.views.receivables.common import sight

REFUSALS = (RuleRefused, FeeError, PlanError)


def late_rule_or_404(rule_id: UUID) -> LateFeeRule:
    return get_object_or_404(LateFeeRule.objects.select_related("portfolio", "replaces"), pk=rule_id)


def discount_or_404(rule_id: UUID) -> DiscountRule:
    return get_object_or_404(DiscountRule.objects.select_related("portfolio"), pk=rule_id, receivable__isnull=True)


def fee_or_404(request: CompanyRequest, late_fee_id: UUID) -> LateFee:
    rows = LateFee.objects.select_related("fee", "receivable", "run")
    return get_object_or_404(sight(request).narrow(rows, "receivable__customer"), pk=late_fee_id)


def plan_or_404(request: CompanyRequest, plan_id: UUID) -> PaymentPlan:
    rows = PaymentPlan.objects.select_related("receivable")
    return get_object_or_404(sight(request).narrow(rows, "receivable__customer"), pk=plan_id)


def seen_customers(request: CompanyRequest) -> set[uuid.UUID] | None:
    """The customers of a person who sees only some; None for everybody else."""
    if not request.membership.own_portfolio_only:
        return None
    return set(sight(request).customers().values_list("pk", flat=True))


def form_options(request: CompanyRequest) -> dict[str, Any]:
    """What the forms of rules need of the company."""
    used = Receivable.objects.order_by().values_list("currency", flat=True).distinct()
    return {
        "currencies": currencies_of(request.company.currency, used),
        "decimal": decimal_mark(request.company),
    }


def as_if(rule: LateFeeRule, company: Company, customers: tuple[UUID, ...] = ()) -> Simulated:
    """What the rule would have charged in the last period that closed, had it always been on."""
    today = clock.today(company)
    first, _last = period_of(rule.frequency, today)
    first, last = period_of(rule.frequency, first - timedelta(days=1))
    return simulate(
        rule=rule, first=first, last=last, today=today, disputed=in_dispute, customers=customers, as_if=True
    )


def with_reason(request: CompanyRequest, run: Callable[[str], str]) -> None:
    """Run what needs a reason and say what it did, or why not."""
    form = WhyForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return
    try:
        messages.success(request, run(form.cleaned_data["reason"]))
    except REFUSALS as error:
        messages.error(request, str(error))


def first_error(form: Any) -> str:
    return str(next(iter(form.errors.values()))[0])


def back_since(today: date) -> date:
    """From which day on differences are shown."""
    return today - timedelta(days=400)
