"""Charge notes and payment orders: what is collected without a fiscal document."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.collections.operations import selling
from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.fiscal import terms
from aldia.jobs.reminders import enqueue_sending, statement_files
from aldia.messaging.models import Channel
from aldia.payments.operations.links import LinkError
from aldia.payments.operations.orders import OrderError, create_order
from aldia.receivables.models import ReceivableKind
from aldia.receivables.settings import collection_settings
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.forms_payments import OrderForm
from aldia.web.forms_receivables import CHARGES
from aldia.web.views.messages.desk import Desk
from aldia.web.views.payments.addresses import LOCKED
from aldia.web.views.receivables.common import REFUSALS, done, say_why
from aldia.web.views.receivables.paying import customer_asked, pick_customer


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.ADJUST_BALANCES)
def new(request: CompanyRequest) -> HttpResponse:
    """A charge note or a payment order for one customer."""
    customer = customer_asked(request)
    if customer is None:
        return pick_customer(request, "charge_new", _("Nueva nota de cobro u orden de pago"))
    today = clock.today(request.company)
    kind = request.GET.get("kind", "")
    initial: dict[str, Any] = {"currency": request.company.currency, "issued_on": today}
    if kind in dict(CHARGES):
        initial["kind"] = kind
    initial |= {"send_now": True, "addresses": ", ".join(addresses_of(request, customer))}
    form = OrderForm(request.POST or None, decimal=decimal_mark(request.company), initial=initial)
    if request.method == "POST" and form.is_valid() and (answer := _open(request, customer, form)):
        return answer
    days = term_of(customer)
    context = {"customer": customer, "form": form, "days": days, "due_on": terms.due_on(today, days)}
    return render(request, "receivables/charge.html", context, status=422 if request.method == "POST" else 200)


def term_of(customer: Customer) -> int:
    """Days of credit that the customer has, from its file or from the company."""
    line = customer_queries.default_lines([customer.pk]).get(customer.pk)
    return terms.term_days(
        customer=customer.term_days,
        credit_line=line.term_days if line else None,
        conditions="",
        company=collection_settings().default_term_days,
    )


def addresses_of(request: CompanyRequest, customer: Customer) -> list[str]:
    """Where the link of an order would go: to the people that the customer's reminders go to."""
    return [each.address for each in Desk(request, customer, Channel.EMAIL).usual]


def _order(request: CompanyRequest, customer: Customer, form: OrderForm) -> HttpResponse | None:
    """Open a payment order with its link, which leaves by itself."""
    data, today = form.cleaned_data, clock.today(request.company)
    try:
        made = create_order(
            customer_id=customer.pk,
            amount=form.money(),
            concept=data["concept"],
            due_on=data["due_on"] or terms.due_on(today, term_of(customer)),
            key=data["key"],
            actor=request.user,
            now=clock.now(),
            today=today,
            addresses=data["addresses"] if data["send_now"] else [],
            note=data["note"],
            papers=statement_files,
        )
    except (OrderError, LinkError, *LOCKED, *REFUSALS) as error:
        say_why(form, error)
        return None
    if made.message is not None:
        enqueue_sending()
    row = made.receivable
    words = {"number": row.number, "amount": amount_text(row.total, row.currency, request.company), "name": customer}
    sent = _("%(number)s por %(amount)s: su liga va en camino a %(name)s.")
    ready = _("%(number)s por %(amount)s a %(name)s: su liga está lista para copiar.")
    undo = reverse("receivable_void", args=[row.pk])
    done(request, (sent if made.message else ready) % words, undo, [("reason", _("Se deshizo al crearla"))])
    return redirect("payment_link", made.link.pk)


def _open(request: CompanyRequest, customer: Customer, form: OrderForm) -> HttpResponse | None:
    data = form.cleaned_data
    if data["kind"] == ReceivableKind.PAYMENT_ORDER:
        return _order(request, customer, form)
    due_on: date = data["due_on"] or terms.due_on(data["issued_on"], term_of(customer))
    try:
        row = selling.open_note(
            customer_id=customer.pk,
            total=form.money(),
            today=clock.today(request.company),
            issued_on=data["issued_on"],
            due_on=due_on,
            concept=data["concept"],
            key=data["key"],
            actor=request.user,
            number=data["number"],
        )
    except (selling.CreditHeld, *REFUSALS) as error:
        say_why(form, error)
        return None
    words = {
        "number": row.number, "amount": amount_text(row.total, row.currency, request.company), "name": customer,
    }  # fmt: skip
    undo = reverse("receivable_void", args=[row.pk])
    done(request, _("%(number)s por %(amount)s a %(name)s.") % words, undo, [("reason", _("Se deshizo al crearla"))])
    return redirect("receivable", row.pk)
