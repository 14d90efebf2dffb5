"""Instalment plans: the editor with its table, the list, cancelling and declaring broken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.domain.calendars import NoCalendar, add_months
from aldia.domain.charges.plans import Part, PlanRefused, proposed
from aldia.domain.money import minor_text
from aldia.receivables.models import Receivable
from aldia.receivables.operations import plans as operations
from aldia.receivables.queries.plans import over_list, plan_list
from aldia.tenancy import permissions
from aldia.tenancy.sentences import spoken
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.forms_charges import AcceptForm, BadRow, PlanForm, rows_of
from aldia.web.views.charges import common
from aldia.web.views.receivables.common import receivable_or_404, sight


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """The plans in force, those in arrears first."""
    today = clock.today(request.company)
    views = plan_list(today=today, sight=sight(request))
    late = [view for view in views if view.standing.is_broken]
    asked = request.GET.get("state", "")
    shown = {"late": late, "over": over_list(today=today, sight=sight(request))}.get(asked, views)
    tabs = [
        {
            "label": label,
            "url": f"?state={key}",
            "active": key == (asked if asked in ("late", "over") else ""),
            "count": n,
        }
        for key, label, n in (
            ("", _("En curso"), len(views)),
            ("late", _("Atrasados"), len(late)),
            ("over", _("Terminados"), ""),
        )
    ]
    context = {"plans": shown, "late": len(late), "tab": "payment_plans", "tabs": tabs, "asked": asked}
    return render(request, "charges/plans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ADJUST_BALANCES)
def edit(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """Propose a plan (GET, with what is asked in the address), change its rows, accept it (POST)."""
    row = receivable_or_404(request, receivable_id)
    if row.balance == 0:
        messages.error(request, _("De ese documento ya no se debe nada."))
        return redirect("receivable", row.pk)
    if request.method == "POST":
        return _accept(request, row)
    form = _plan_form(request, row)
    parts, refusal = _proposed(request, row, form)
    return _page(request, row, form, AcceptForm(), parts=parts, refusal=refusal)


def _plan_form(request: CompanyRequest, row: Receivable) -> PlanForm:
    today = clock.today(request.company)
    initial = {"count": "3", "every": "month", "first_on": add_months(today, 1).isoformat()}
    asked = {**initial, **request.GET.dict()} if request.method == "GET" else initial
    return PlanForm(asked, currency=row.currency, decimal=decimal_mark(request.company))


def _proposed(request: CompanyRequest, row: Receivable, form: PlanForm) -> tuple[list[Part], str]:
    if not form.is_valid():
        return [], ""
    data, today = form.cleaned_data, clock.today(request.company)
    try:
        parts = proposed(
            amount=row.balance, count=data["count"], first_on=data["first_on"], every=data["every"],
            country=request.company.country, down_payment=data["down_payment"] or 0,
            down_on=data["down_on"] or today,
        )  # fmt: skip
    except (PlanRefused, NoCalendar) as error:
        return [], spoken(error)
    return list(parts), ""


def _accept(request: CompanyRequest, row: Receivable) -> HttpResponse:
    form, refusal = AcceptForm(request.POST), ""
    parts: list[Part] = []
    try:
        parts = rows_of(request.POST, currency=row.currency, decimal=decimal_mark(request.company))
        if form.is_valid():
            operations.accept_plan(
                receivable_id=row.pk, parts=parts, key=form.cleaned_data["key"], today=clock.today(request.company),
                grace_days=form.cleaned_data["grace_days"], note=form.cleaned_data["note"], actor=request.user,
            )  # fmt: skip
            text = _("%(number)s se paga ahora en %(count)s partes.") % {"number": row.number, "count": len(parts)}
            messages.success(request, text)
            return redirect("receivable", row.pk)
    except (BadRow, operations.PlanError) as error:
        refusal = str(error)
    return _page(request, row, _plan_form(request, row), form, parts=parts, refusal=refusal, status=422)


def _page(
    request: CompanyRequest, row: Receivable, form: PlanForm, accept: AcceptForm, *, parts: list[Part], refusal: str,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    typed: Any = request.POST if request.method == "POST" else {}
    places = range(1, 1 + max(len(parts), sum(f"due-{n}" in typed for n in range(1, 62))))
    rows = [
        {
            "place": place,
            "due": typed.get(f"due-{place}", "") if typed else parts[place - 1].due_on.isoformat(),
            "amount": typed.get(f"amount-{place}", "") if typed else minor_text(parts[place - 1].amount, row.currency),
        }
        for place in places
    ]
    context = {
        "row": row, "form": form, "accept": accept, "rows": rows, "refusal": refusal,
        "sum": sum(part.amount for part in parts), "last": parts[-1].due_on if parts else None,
        "today_on": clock.today(request.company),
    }  # fmt: skip
    return render(request, "charges/plan.html", context, status=status)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def cancel(request: CompanyRequest, payment_plan_id: UUID) -> HttpResponse:
    plan = common.plan_or_404(request, payment_plan_id)

    def act(reason: str) -> str:
        operations.cancel_plan(plan_id=plan.pk, today=clock.today(request.company), reason=reason, actor=request.user)
        return _("Se canceló el plan: %(number)s se debe completa otra vez.") % {"number": plan.receivable.number}

    common.with_reason(request, act)
    return redirect("receivable", plan.receivable_id)


@require_POST
@needs(permissions.ADJUST_BALANCES)
def declare_broken(request: CompanyRequest, payment_plan_id: UUID) -> HttpResponse:
    plan = common.plan_or_404(request, payment_plan_id)

    def act(reason: str) -> str:
        operations.break_plan(plan_id=plan.pk, today=clock.today(request.company), reason=reason, actor=request.user)
        return _("El plan se dio por incumplido: %(number)s se debe completa.") % {"number": plan.receivable.number}

    common.with_reason(request, act)
    return redirect("receivable", plan.receivable_id)
