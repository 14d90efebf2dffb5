"""What the pages of matching share: the movements that a person may see, refusals, and ways back."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from aldia.banking.models import BankMovement, Match
from aldia.banking.operations.applying import MatchError
from aldia.customers.operations.versions import Refused
from aldia.domain.money import MoneyError
from aldia.receivables.desk import OverApplied
from aldia.receivables.operations.charges import ReceivableError
from aldia.receivables.operations.payments import PaymentError
from aldia.tenancy.sentences import spoken
from aldia.web.access import CompanyRequest

REFUSALS = (MatchError, Refused, PaymentError, ReceivableError, OverApplied, MoneyError)
MOST_KEY = 40


def movements_in_sight(request: CompanyRequest) -> QuerySet[BankMovement]:
    """All movements; for who sees only the own portfolios, those of their customers."""
    rows = BankMovement.objects.select_related("account", "statement", "payer", "assigned_to")
    if not request.membership.own_portfolio_only:
        return rows
    mine = Q(payer__portfolio__collector=request.membership.user_id)
    paid = Q(pk__in=Match.objects.filter(customer__portfolio__collector=request.user.pk).values("movement"))
    return rows.filter(mine | paid)


def movement_or_404(request: CompanyRequest, movement_id: UUID) -> BankMovement:
    return get_object_or_404(movements_in_sight(request), pk=movement_id)


def match_or_404(request: CompanyRequest, match_id: UUID) -> Match:
    rows = Match.objects.filter(movement__in=movements_in_sight(request).order_by().values("pk"))
    return get_object_or_404(rows.select_related("movement", "movement__account", "customer", "credit"), pk=match_id)


def version_in(request: CompanyRequest) -> int | None:
    """The version of the movement that the page showed, if it says one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def choice_in(request: CompanyRequest) -> int:
    """Which of the proposals was marked, from 0."""
    text = request.POST.get("choice", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0


def key_in(request: CompanyRequest) -> str:
    """The idempotency key of the form; a new one when it carries none."""
    text = request.POST.get("key", "")[:MOST_KEY]
    return text if text.isascii() and text.replace("-", "").isalnum() else uuid.uuid4().hex


def back_to(request: CompanyRequest, name: str, *args: Any) -> HttpResponse:
    """To the page of ours that the form names in `next`, else to an address."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/e/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect(name, *args)


def say_refusal(request: CompanyRequest, error: Exception) -> None:
    messages.error(request, spoken(error))


def address(*names: str, args: tuple[Any, ...] = ()) -> str:
    """The first of these addresses that exists; "" if none does."""
    for name in names:
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return ""
