"""The page of one instalment plan: what was agreed, what came of each instalment, what is in arrears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from aldia.messaging.models import MessageState
from aldia.receivables.models import Allocation, PaymentPlan
from aldia.receivables.queries.plans import plan_view
from aldia.receivables.queries.states import MONEY
from aldia.reminders.models import MessageDebt
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_html
from aldia.web.views.charges import common

MOST = 100


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, payment_plan_id: UUID) -> HttpResponse:
    plan = common.plan_or_404(request, payment_plan_id)
    today = clock.today(request.company)
    view = plan_view(plan, today)
    late = view.standing.next_due_on if view.state == "plan_late" else None
    context = {
        "view": view,
        "plan": plan,
        "row": plan.receivable,
        "days": (today - late).days if late else 0,
        "paid": sum(each.paid for each in view.standing.parts),
        "events": sorted(_events(request, plan), key=lambda event: event["when"], reverse=True),
        "title": _("Plan de pagos de %(number)s") % {"number": plan.receivable.number},
    }
    return render(request, "charges/plan_page.html", context)


def _events(request: CompanyRequest, plan: PaymentPlan) -> Iterator[dict[str, Any]]:
    row, company = plan.receivable, request.company
    count = plan.instalments.count()
    yield {
        "icon": "calendar-due", "tint": "azure", "when": plan.accepted_on, "text": plan.note, "who": plan.created_by,
        "title": ngettext("Se acordó en %(n)d pago", "Se acordó en %(n)d pagos", count) % {"n": count},
        "amount": amount_html(plan.amount, row.currency, company),
    }  # fmt: skip
    rows = Allocation.objects.filter(
        receivable=row, credit__kind__in=MONEY, reversal_of__isnull=True, reversal__isnull=True,
        on__gte=plan.accepted_on,
    )  # fmt: skip
    if plan.ended_on is not None:
        rows = rows.filter(on__lte=plan.ended_on)
        broken = plan.end_code == "broken"
        yield {
            "icon": "x", "tint": "red" if broken else "gray", "when": plan.ended_on, "text": plan.end_reason,
            "title": _("Se dio por incumplido") if broken else _("Se canceló"),
        }  # fmt: skip
    for each in rows.order_by("-on", "-id")[:MOST]:
        amount = amount_html(each.amount, row.currency, company)
        yield {"icon": "cash", "tint": "green", "when": each.on, "title": _("Llegó dinero"), "amount": amount}
    yield from _reminded(request, plan)


def _reminded(request: CompanyRequest, plan: PaymentPlan) -> Iterator[dict[str, Any]]:
    """The messages that asked for it since it was agreed on."""
    said = MessageDebt.objects.filter(
        receivable=plan.receivable, message__state=MessageState.DONE, message__on_day__gte=plan.accepted_on
    )
    if plan.ended_on is not None:
        said = said.filter(message__on_day__lte=plan.ended_on)
    for each in said.select_related("message").order_by("-message__on_day", "-id")[:MOST]:
        amount = amount_html(each.balance, each.currency, request.company)
        title = each.message.get_purpose_display()
        yield {"icon": "send", "tint": "azure", "when": each.message.on_day, "title": title, "amount": amount}
