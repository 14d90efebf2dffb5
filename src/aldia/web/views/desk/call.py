"""One customer on one page, for while one is on the phone; and logging how the call ended, in two keystrokes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.collections.models import Activity, ActivityKind, Outcome
from aldia.collections.operations.activities import ActivityError, log
from aldia.collections.operations.calls import log_dispute, log_promise
from aldia.collections.operations.disputes import DisputeError
from aldia.collections.operations.promises import PromiseError
from aldia.collections.queries import worklist
from aldia.collections.queries.file import File, file_of
from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text, decimal_mark
from aldia.web.forms_desk import ActivityForm
from aldia.web.views.collecting.common import patience_of
from aldia.web.views.collecting.said import said_of_customer
from aldia.web.views.credit.card import stopped_of
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.debtor_types import debtor_card
from aldia.web.views.desk.common import filtered, keep, last_logged
from aldia.web.views.desk.saying import what_to_say
from aldia.web.views.desk.words import CALL_KEYS, ENDINGS, in_bank_days, reasons

USUAL_PROMISE = 3  # bank days
MOST_CHOSEN = 200


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    return _draw(request, customer_or_404(request, customer_id))


@require_POST
@needs(permissions.COLLECT)
def log_activity(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Keep how it ended and go on with the next customer; a refusal draws the page again with what was typed."""
    customer = customer_or_404(request, customer_id)
    chosen = _chosen(request.POST, customer)
    form = _form(request, customer, request.POST, chosen[0].currency if chosen else request.company.currency)
    if form.is_valid():
        try:
            activity = _keep(request, customer, form.cleaned_data, chosen)
        except (ActivityError, PromiseError, DisputeError) as error:
            form.add_error(None, str(error))
        else:
            return _onward(request, customer, activity)
    return _draw(request, customer, form, [row.pk for row in chosen])


def _keep(request: CompanyRequest, customer: Customer, data: dict[str, Any], chosen: list[Receivable]) -> Activity:
    shared: dict[str, Any] = {
        "customer_id": customer.pk, "kind": data["kind"], "note": data["note"],
        "contact_id": as_uuid(data["contact"]), "key": data["key"], "at": clock.now(),
        "today": clock.today(request.company), "actor": request.user,
    }  # fmt: skip
    if data["outcome"] == Outcome.PROMISED and data["kind"] != ActivityKind.NOTE:
        amount = data["promise_amount"]
        money = None if amount is None else Money(amount, chosen[0].currency if chosen else request.company.currency)
        ids = [row.pk for row in chosen]
        return log_promise(receivable_ids=ids, amount=money, due_on=data["promise_on"], **shared)
    shared |= {name: data[name] for name in ("next_on", "next_kind", "next_note")}
    outcome = "" if data["kind"] == ActivityKind.NOTE else data["outcome"]
    if outcome == Outcome.DISPUTED and data["dispute_reason"]:
        return log_dispute(receivable_ids=[row.pk for row in chosen], reason=data["dispute_reason"], **shared)
    return log(outcome=outcome, **shared)


def _onward(request: CompanyRequest, customer: Customer, activity: Activity) -> HttpResponse:
    """To the next of the list; where one stays (or is not working through it), the same page again."""
    carried = keep(request)
    here = reverse("call", args=[customer.pk]) + carried
    words = {"name": customer, "what": activity.get_outcome_display() or activity.get_kind_display()}
    messages.success(request, _("%(name)s: %(what)s.") % words)
    at = worklist.neighbours(filtered(request), customer.pk)
    if request.POST.get("then") == "stay" or at.item is None:
        return redirect(here)
    if at.after is None:
        messages.success(request, _("Terminaste la lista de hoy."))
        return redirect(reverse("worklist") + carried)
    return redirect(reverse("call", args=[at.after]) + carried)


def _draw(
    request: CompanyRequest, customer: Customer, form: ActivityForm | None = None, chosen: list[UUID] | None = None
) -> HttpResponse:
    company, today = request.company, clock.today(request.company)
    file = file_of(customer, today=today, home=company.currency, patience=patience_of(company))
    at = worklist.neighbours(filtered(request), customer.pk)
    carried = keep(request)
    context: dict[str, Any] = {
        "customer": customer,
        "file": file,
        "said": said_of_customer(request, customer),
        "debtor": debtor_card(request, customer),
        "credit": stopped_of(request, customer),
        "saying": what_to_say(file, company=company, today=today),
        "form": form or _form(request, customer, None, company.currency),
        "endings": _endings(request),
        "checked": chosen if form is not None else _usual(file),
        "at": at,
        "reasons": _reasons(request, at) if at.item else [],
        "carried": carried,
        "before_url": reverse("call", args=[at.before]) + carried if at.before else "",
        "after_url": reverse("call", args=[at.after]) + carried if at.after else "",
        "last": last_logged(request),
        "page_keys": CALL_KEYS,
        "soon": [(days, in_bank_days(company, today, days)) for days in (1, 2, 3, 5, 10)],
    }
    return render(request, "desk/call.html", context, status=422 if form is not None else 200)


def _reasons(request: CompanyRequest, at: worklist.Neighbours) -> Any:
    item = at.item
    assert item is not None  # noqa: S101
    return reasons(item.why, company=request.company, currency=item.currency, today=item.on)


def _endings(request: CompanyRequest) -> list[dict[str, Any]]:
    """The outcomes with their keys and the day on which one usually comes back."""
    today = clock.today(request.company)
    return [
        {
            "key": each.key,
            "value": each.outcome.value,
            "label": each.outcome.label,
            "icon": each.icon,
            "next": in_bank_days(request.company, today, each.days).isoformat() if each.days else "",
            "next_text": day_text(in_bank_days(request.company, today, each.days)) if each.days else "",
        }
        for each in ENDINGS
    ]


def _form(request: CompanyRequest, customer: Customer, data: QueryDict | None, currency: str) -> ActivityForm:
    company, today = request.company, clock.today(request.company)
    contacts = [(str(row.pk), str(row)) for row in customer.contacts.order_by("-is_primary", "name", "id")]
    return ActivityForm(
        data, contacts=contacts, currency=currency, decimal=decimal_mark(company), today=today,
        promise_on=in_bank_days(company, today, USUAL_PROMISE), auto_id="call_%s",
    )  # fmt: skip


def _usual(file: File) -> list[UUID]:
    """What a promise names unless said otherwise: what is late (else all) in one currency and in nobody's hands yet."""
    asked = [debt for debt in file.debts if debt.asked]
    late = [debt for debt in asked if debt.is_late] or asked
    first = file.positions[0].currency if file.positions else ""
    currency = first if any(debt.receivable.currency == first for debt in late) else ""
    currency = currency or (late[0].receivable.currency if late else "")
    return [debt.pk for debt in late if debt.receivable.currency == currency]


def _chosen(data: QueryDict, customer: Customer) -> list[Receivable]:
    ids = [found for text in data.getlist("id")[:MOST_CHOSEN] if (found := as_uuid(text))]
    return list(Receivable.objects.filter(customer=customer, pk__in=ids, balance__gt=0).order_by("due_on", "id"))
