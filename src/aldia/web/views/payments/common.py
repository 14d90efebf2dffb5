"""What the pages of getting paid share: what the person may see, and addresses of what customers open."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.shortcuts import get_object_or_404

from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.money import MoneyError
from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink
from aldia.payments.operations.reported import ReportError
from aldia.receivables.desk import OverApplied
from aldia.receivables.operations.charges import ReceivableError
from aldia.receivables.operations.payments import PaymentError
from aldia.web.access import CompanyRequest
from aldia.web.views.receivables.common import sight

BOOKS = (ReportError, PaymentError, ReceivableError, OverApplied, MoneyError)


def links_in_sight(request: CompanyRequest) -> QuerySet[PaymentLink]:
    """The links of the customers that the person may see."""
    return sight(request).narrow(PaymentLink.objects.select_related("customer", "created_by"))


def attempts_in_sight(request: CompanyRequest) -> QuerySet[PaymentAttempt]:
    """Payments on line of the person's customers; those of nobody yet are for who sees everybody."""
    rows = PaymentAttempt.objects.select_related("customer", "account")
    if request.membership.own_portfolio_only:
        return sight(request).narrow(rows)
    return rows.filter(Q(customer__isnull=True) | Q(customer__generic=False))


def collection_in_sight(request: CompanyRequest) -> QuerySet[CollectionAccount]:
    """The collection accounts of the customers that the person may see."""
    return sight(request).narrow(CollectionAccount.objects.select_related("customer", "account"))


def link_or_404(request: CompanyRequest, link_id: UUID) -> PaymentLink:
    return get_object_or_404(links_in_sight(request), pk=link_id)


def attempt_or_404(request: CompanyRequest, attempt_id: UUID) -> PaymentAttempt:
    rows = attempts_in_sight(request).select_related("link", "collection", "credit", "account", "customer")
    return get_object_or_404(rows, pk=attempt_id)


def version_of(request: CompanyRequest) -> int:
    """The version that the page showed; one that nobody has, when it says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def say_form(request: CompanyRequest, form: Form) -> None:
    """Say what is wrong with a small form whose page is not drawn again."""
    said = [str(text) for found in form.errors.values() for text in found]
    messages.error(request, " ".join(dict.fromkeys(said)))


def put_on(form: Form, error: Exception) -> int:
    """Put a refusal on the form; the status of the answer."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, str(error))
    return 409 if isinstance(error, Stale) else 422


def is_refusal(error: Exception) -> bool:
    return isinstance(error, (Refused, Stale, *BOOKS))


def absolute(request: CompanyRequest, path: str) -> str:
    """An address of ours with its host, for people to copy."""
    return request.build_absolute_uri(path)


def facts_of(*pairs: tuple[Any, Any]) -> list[tuple[Any, Any]]:
    """Label and value of what is known; the rest is left out."""
    return [(label, value) for label, value in pairs if value not in (None, "")]
