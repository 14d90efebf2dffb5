"""Recording what a customer paid: one payment over several documents, or an amount that a policy divides."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.currencies import CURRENCIES
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.payments import PERSON, SuspectedDuplicate, record_payment
from aldia.receivables.queries.balances import owed_by_customer
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.forms import currency_choices
from aldia.web.forms_receivables import PaymentForm
from aldia.web.views.receivables.common import REFUSALS, done, say_why, sight
from aldia.web.views.receivables.proofs import kept_proof, proof_of
from aldia.web.views.receivables.splits import Split, split_of

FOUND = 12  # customers that the picker shows
PICKED_FOR = ("payment_new", "charge_new", "payment_link_new", "schedule_new")


def customer_asked(request: CompanyRequest) -> Customer | None:
    """The customer that the address names; 404 if it is not one of the person's."""
    text = request.GET.get("customer", "")
    if not text:
        return None
    return get_object_or_404(sight(request).customers(), pk=customer_queries.as_uuid(text))


def pick_customer(request: CompanyRequest, target: str, title: str) -> HttpResponse:
    """First the customer: a page with a search box whose answers are links to `target`."""
    context = {"title": title, "target": target, **_found(request)}
    return render(request, "receivables/pick_customer.html", context)


@require_safe
@needs(permissions.VIEW)
def customers(request: CompanyRequest) -> HttpResponse:
    """The answers of the search box, as it is typed in."""
    target = request.GET.get("target", "")
    target = target if target in PICKED_FOR else "payment_new"
    return render(request, "receivables/_customers.html", {"target": target, **_found(request)})


def _found(request: CompanyRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:100]
    everybody = sight(request).customers()
    found = list(customer_queries.matching(everybody, customer_queries.Filter(text)).order_by("legal_name")[:FOUND])
    positions = owed_by_customer([each.pk for each in found], clock.today(request.company))
    rows = [{"customer": each, "positions": list(positions.get(each.pk, {}).values())} for each in found]
    return {"q": text, "rows": rows}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.RECORD_PAYMENTS)
def new(request: CompanyRequest) -> HttpResponse:
    """A payment of one customer."""
    customer = customer_asked(request)
    if customer is None:
        return pick_customer(request, "payment_new", _("Registrar un pago"))
    currency = _currency(request, customer)
    split = _split(request, customer, currency)
    form = PaymentForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        decimal=decimal_mark(request.company),
        today=clock.today(request.company),
        currencies=[currency],
        initial={"currency": currency, "policy": "oldest_due"},
    )
    more: dict[str, Any] = {}
    if request.method == "POST" and (answer := _record(request, customer, form, split, more)):
        return answer
    context = {
        "customer": customer,
        "form": form,
        "split": split,
        "currency": currency,
        "currencies": currency_choices(),
        **more,
    }
    return render(request, "receivables/payment.html", context, status=422 if request.method == "POST" else 200)


def _currency(request: CompanyRequest, customer: Customer) -> str:
    """The one asked for, else that in which the customer owes (the company's own if in several, or none)."""
    asked = request.POST.get("currency", request.GET.get("currency", ""))
    if asked in CURRENCIES:
        return asked
    home = request.company.currency
    owed = owed_by_customer([customer.pk], clock.today(request.company)).get(customer.pk, {})
    owing = [code for code, position in owed.items() if position.owed]
    return owing[0] if owing and home not in owing else home


def _split(request: CompanyRequest, customer: Customer, currency: str) -> Split:
    rows = Receivable.objects.filter(customer=customer, currency=currency, balance__gt=0).order_by("due_on", "id")
    return split_of(rows, currency=currency, decimal=decimal_mark(request.company))


def _already(form: PaymentForm, customer: Customer) -> Credit | None:
    """The payment that this very form recorded before: its documents are closed by now, and that is no mistake."""
    data = form.cleaned_data
    same = {"customer": customer, "amount": data["money"].minor, "currency": data["money"].currency}
    rows = Credit.objects.filter(source=PERSON, external_key=str(data["key"]), received_on=data["received_on"], **same)
    return rows.first()


def _record(
    request: CompanyRequest, customer: Customer, form: PaymentForm, split: Split, more: dict[str, Any]
) -> HttpResponse | None:
    """Record it and go to the payment; None when something is wrong, which is then beside its field."""
    named = split.read(request.POST)
    if form.is_valid() and (known := _already(form, customer)):
        return redirect("credit", known.pk)
    if split.unknown(request.POST):
        form.add_error(None, _("Uno de los documentos elegidos ya no está abierto. Revisa el reparto."))
    if not form.is_valid() or not split.is_right:
        return None
    data = form.cleaned_data
    if sum(named.values()) > data["money"].minor:
        form.add_error("amount", _("Repartiste más de lo que se recibió."))
        return None
    proof = proof_of(request, form)
    more["kept"] = kept_proof(proof)
    if form.errors:
        return None
    try:
        credit = record_payment(
            customer_id=customer.pk,
            amount=data["money"],
            received_on=data["received_on"],
            key=str(data["key"]),
            actor=request.user,
            today=clock.today(request.company),
            policy=data["policy"],
            named=named,
            method=data["method"],
            reference=data["reference"],
            note=data["note"],
            proof=proof,
            is_distinct=data["is_distinct"],
        )
    except SuspectedDuplicate as error:
        more["suspects"] = error.suspects
        say_why(form, error)
        return None
    except REFUSALS as error:
        say_why(form, error)
        return None
    words = {"amount": amount_text(credit.amount, credit.currency, request.company), "name": customer}
    may = allows(request.membership, permissions.ADJUST_BALANCES)
    undo = reverse("credit_reverse", args=[credit.pk]) if may else ""
    text = _("Pago de %(amount)s de %(name)s registrado.") % words
    done(request, text, undo, [("reason", _("Se deshizo al registrarlo"))])
    return redirect("credit", credit.pk)
