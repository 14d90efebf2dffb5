"""Charge notes and payment orders: what is collected without a fiscal document."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.fiscal import terms
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.settings import collection_settings
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.forms_receivables import CHARGES, ChargeForm
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
    form = ChargeForm(request.POST or None, decimal=decimal_mark(request.company), initial=initial)
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


def _open(request: CompanyRequest, customer: Customer, form: ChargeForm) -> HttpResponse | None:
    data = form.cleaned_data
    due_on: date = data["due_on"] or terms.due_on(data["issued_on"], term_of(customer))
    try:
        row = open_charge(
            customer_id=customer.pk,
            kind=data["kind"],
            total=form.money(),
            issued_on=data["issued_on"],
            due_on=due_on,
            concept=data["concept"],
            key=data["key"],
            actor=request.user,
            number=data["number"],
        )
    except REFUSALS as error:
        say_why(form, error)
        return None
    words = {
        "number": row.number, "amount": amount_text(row.total, row.currency, request.company), "name": customer,
    }  # fmt: skip
    undo = reverse("receivable_void", args=[row.pk])
    done(request, _("%(number)s por %(amount)s a %(name)s.") % words, undo, [("reason", _("Se deshizo al crearla"))])
    return redirect("receivable", row.pk)
