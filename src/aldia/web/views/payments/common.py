"""What the pages of getting paid share: what the person may see, and addresses of what customers open."""

from __future__ import annotations

from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.shortcuts import get_object_or_404

from aldia.domain.money import MoneyError
from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink
from aldia.payments.operations.reported import ReportError
from aldia.receivables.desk import OverApplied
from aldia.receivables.operations.charges import ReceivableError
from aldia.receivables.operations.payments import PaymentError
from aldia.tenancy.models import Company
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


def absolute(request: CompanyRequest, path: str) -> str:
    """An address of ours with its host, for people to copy."""
    return request.build_absolute_uri(path)


def start_of(day: date, company: Company) -> datetime:
    """The first moment of a day on the company's calendar."""
    return datetime.combine(day, time.min, ZoneInfo(company.time_zone))


def end_of(day: date, company: Company) -> datetime:
    """The moment after the last one of a day on the company's calendar."""
    return start_of(day + timedelta(days=1), company)


def local_day(moment: datetime | None, company: Company) -> date | None:
    """The date that a moment had on the company's calendar."""
    return moment.astimezone(ZoneInfo(company.time_zone)).date() if moment else None


def between(values: dict[str, Any], company: Company, column: str = "created_at") -> dict[str, Any]:
    """The bounds of "from" and "to" of a list, as moments of the company's days."""
    first, last = values.get("from"), values.get("to")
    return {
        f"{column}__gte": start_of(first, company) if first else None,
        f"{column}__lt": end_of(last, company) if last and last.year < MAXYEAR else None,
    }
