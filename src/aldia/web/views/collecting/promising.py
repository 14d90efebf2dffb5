"""Promises: record one from a receivable or a customer, one a customer from the list, and withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from aldia.collections.operations.promises import (
    PromiseError,
    record_promise,
    record_promises,
    withdraw_promise,
    withdraw_promises,
)
from aldia.collections.queries.promises import judged, promises
from aldia.domain.money import Money
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text, decimal_mark
from aldia.web.forms_collecting import PromiseForm, PromiseManyForm, WithdrawForm
from aldia.web.views.collecting.common import (
    Question,
    ask,
    chosen,
    currencies_of,
    open_of,
    patience_of,
    promise_or_404,
)
from aldia.web.views.collecting.lists import chosen_ids
from aldia.web.views.collecting.promise_list import asked
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.receivables import many
from aldia.web.views.receivables.common import receivable_or_404

HOLDS = gettext_lazy("Mientras llega el día no se le recuerda lo que prometió.")


def promise_form(request: CompanyRequest, currency: str, data: Any = None) -> PromiseForm:
    return PromiseForm(
        data,
        currency=currency,
        decimal=decimal_mark(request.company),
        today=clock.today(request.company),
        auto_id="promise_%s",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def of_receivable(request: CompanyRequest, receivable_id: UUID) -> HttpResponse:
    """The customer promises to pay one document, whole or part."""
    row = receivable_or_404(request, receivable_id)
    back = reverse("receivable", args=[row.pk])

    def run(data: dict[str, Any]) -> None:
        _record(request, [row.pk], row.currency, data)

    question = Question(_("Registrar promesa"), _("Registrar"), back, str(HOLDS), f"{row.customer} · {row.number}")
    form = promise_form(request, row.currency, request.POST if request.method == "POST" else None)
    return ask(request, form, question, run)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def of_customer(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """The customer promises to pay what the person checks."""
    customer = customer_or_404(request, customer_id)
    home = request.company.currency
    currencies = currencies_of(customer, home)
    asked = request.POST.get("currency") or request.GET.get("currency") or ""
    currency = asked if asked in currencies else (currencies[0] if currencies else home)
    rows = open_of(customer, currency)
    ids = chosen(request, rows)

    def run(data: dict[str, Any]) -> None:
        _record(request, ids, currency, data)

    question = Question(
        _("Registrar promesa"), _("Registrar"), reverse("customer", args=[customer.pk]), str(HOLDS), str(customer)
    )
    form = promise_form(request, currency, request.POST if request.method == "POST" else None)
    picking: dict[str, Any] = {
        "rows": rows,
        "checked": ids or [row.pk for row in rows],
        "currency": currency,
        "others": currencies,
    }
    return ask(request, form, question, run, **picking)


def _record(request: CompanyRequest, ids: list[UUID], currency: str, data: dict[str, Any]) -> None:
    made = record_promise(
        receivable_ids=ids,
        amount=None if data["amount"] is None else Money(data["amount"], currency),
        due_on=data["due_on"],
        key=data["key"],
        today=clock.today(request.company),
        actor=request.user,
        note=data["note"],
    )
    amount = amount_text(made.amount, made.currency, request.company)
    words = {"name": made.customer, "amount": amount, "day": day_text(made.due_on)}
    messages.success(request, _("%(name)s promete %(amount)s para el %(day)s.") % words)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.PAUSE)
def withdraw(request: CompanyRequest, promise_id: UUID) -> HttpResponse:
    """The promise stands no more: reminders go on."""
    promise = promise_or_404(request, promise_id)

    def run(data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        withdraw_promise(promise_id=promise.pk, reason=data["reason"], today=today, actor=request.user)
        messages.success(request, _("La promesa ya no vale: se le recuerda otra vez."))

    amount = amount_text(promise.amount, promise.currency, request.company)
    who = _("%(name)s · %(amount)s para el %(day)s") % {
        "name": promise.customer, "amount": amount, "day": day_text(promise.due_on),
    }  # fmt: skip
    question = Question(
        _("Retirar la promesa"), _("Retirar"), reverse("promise", args=[promise.pk]), who=who, danger=True
    )
    return ask(request, WithdrawForm(request.POST if request.method == "POST" else None), question, run)


@require_POST
@needs(permissions.PAUSE)
def of_many(request: CompanyRequest) -> HttpResponse:
    """One promise a customer and currency, of all that each owes of what was chosen. All of them or none."""

    def run(ids: list[UUID], data: dict[str, Any]) -> None:
        today = clock.today(request.company)
        made = record_promises(
            receivable_ids=ids, due_on=data["due_on"], today=today, actor=request.user, note=data["note"]
        )
        count = len(made)
        text = ngettext("Se registró %(n)d promesa.", "Se registraron %(n)d promesas.", count) % {"n": count}
        messages.success(request, text)

    form = PromiseManyForm(request.POST, prefix="promise")
    return many.act(request, form, _("Registrar promesas"), _("Registrar"), run)


@require_POST
@needs(permissions.PAUSE)
def withdraw_many(request: CompanyRequest) -> HttpResponse:
    """Several stand no more, for one reason. What was kept or broken by now stays what it is."""
    back = f"{reverse('promises')}?{request.GET.urlencode()}"
    ids, form = chosen_ids(request, *asked(request)[:2]), WithdrawForm(request.POST)
    if not ids or not form.is_valid():
        if ids:
            messages.error(request, _("Escribe por qué se retiran las promesas."))
        return redirect(back)
    today = clock.today(request.company)
    found = judged(promises().filter(pk__in=ids), as_of=today, patience=patience_of(request.company))
    try:
        count = withdraw_promises(
            promise_ids=[each.pk for each in found if each.is_open],
            reason=form.cleaned_data["reason"],
            today=today,
            actor=request.user,
        )
    except PromiseError as error:
        messages.error(request, str(error))
    else:
        text = ngettext("Se retiró %(n)d promesa.", "Se retiraron %(n)d promesas.", count) % {"n": count}
        messages.success(request, text)
    return redirect(back)
