"""Paying from the statement: what is chosen becomes a payment link of its own, and the link's page does the rest."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.domain.money import MoneyError, parse_money
from aldia.payments.models import LinkPolicy
from aldia.payments.operations.links import MAX_DEBTS, LinkError, create_link
from aldia.payments.queries import portal
from aldia.payments.tokens import payment_settings
from aldia.portal.guests import GuestRequest, SeeOther, guest
from aldia.portal.views.statement import statement_page
from aldia.web import clock
from aldia.web.formatting import amount_text, decimal_mark

PURPOSE = "portal"
SELECTED, OVERDUE, ALL, AMOUNT = "selected", "overdue", "all", "amount"


class CannotPay(ValueError):
    """What was chosen cannot be paid together; the sentence is for the person."""


@guest("portal_pay", methods=("POST",), needs="may_pay")
def pay(request: GuestRequest, slug: str) -> HttpResponse:
    """Make the link of what was chosen and go on to it; back with the reason where that cannot be."""
    ids = picked(request)
    try:
        asked = _asked(request, ids)
        link = create_link(
            customer_id=request.customer.pk, now=clock.now(), expires_at=request.portal_pass.expires_at,
            purpose=PURPOSE, key=form_key(request, _words(asked)), actor=None, **asked,
        )  # fmt: skip
    except (CannotPay, LinkError) as error:
        return statement_page(request, error=str(error), chosen=set(ids), status=422)
    return SeeOther(reverse("pay_enter", args=[slug, link.token]))


def picked(request: GuestRequest) -> list[uuid.UUID]:
    """The ids that a form names, as far as they are any."""
    found = []
    for text in request.POST.getlist("id")[: MAX_DEBTS + 1]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def form_key(request: GuestRequest, what: str = "") -> uuid.UUID:
    """The key that makes a form count once; a new one where a browser sent none. Bound to the pass: nobody names the
    rows of somebody else by it. `what`: what the form asks for, where going back and asking otherwise is another."""
    key = request.POST.get("key", "")[:100] or uuid.uuid4().hex
    return uuid.uuid5(request.portal_pass.pk, f"{key} {what}")


def _words(asked: dict[str, Any]) -> str:
    return repr(sorted((name, str(value)) for name, value in asked.items()))


def _asked(request: GuestRequest, ids: list[uuid.UUID]) -> dict[str, Any]:
    """What the link covers: currency, documents (or all of it), policy and amount."""
    what, currency = request.POST.get("what", SELECTED), _currency(request)
    policy = LinkPolicy.FULL if payment_settings().policy == LinkPolicy.FULL else LinkPolicy.PARTIAL
    if what == SELECTED:
        rows = portal.own_ids(request.customer.pk, ids)
        found = {row.currency for row in rows if row.balance}
        if not found:
            raise CannotPay(_("Elija al menos un documento por pagar."))
        if len(found) > 1:
            raise CannotPay(_("Elija documentos de una sola moneda: %(found)s.") % {"found": ", ".join(sorted(found))})
        named = [row.pk for row in rows if row.balance]
        return {"receivable_ids": named, "policy": policy, "currency": found.pop()}
    rows = list(portal.open_documents(request.customer.pk, currency)[: MAX_DEBTS + 1])
    if not rows:
        raise CannotPay(_("Ya no hay nada por pagar en esa moneda."))
    if what == AMOUNT:
        amount = _amount(request, currency, sum(row.balance for row in rows))
        return {"covers_all": True, "policy": LinkPolicy.FIXED, "amount": amount, "currency": currency}
    if what == OVERDUE:
        today = clock.today(request.company)
        late = [row.pk for row in rows if row.due_on < today]
        if late and len(late) <= MAX_DEBTS:
            return {"receivable_ids": late, "policy": policy, "currency": currency}
    return {"covers_all": True, "policy": policy, "currency": currency}


def _currency(request: GuestRequest) -> str:
    text = request.POST.get("currency", "")
    return text if len(text) == 3 and text.isascii() and text.isalpha() else request.company.currency


def _amount(request: GuestRequest, currency: str, owed: int) -> int:
    if payment_settings().policy == LinkPolicy.FULL:
        raise CannotPay(_("Por ahora solo se puede pagar el saldo completo de los documentos."))
    try:
        typed = parse_money(request.POST.get("amount", "")[:40], currency, decimal=decimal_mark(request.company))
    except MoneyError as error:
        raise CannotPay(str(error)) from error
    if typed.minor <= 0:
        raise CannotPay(_("El importe debe ser mayor que cero."))
    if typed.minor > owed:
        most = amount_text(owed, currency, request.company)
        raise CannotPay(_("Ese importe es más de lo que debe: %(most)s.") % {"most": most})
    return typed.minor
