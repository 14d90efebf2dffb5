"""What the pages of promises, disputes and reports share: whom one may see, and one way to ask and answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme

from aldia.collections.models import Dispute, Promise
from aldia.collections.operations.debtor_types import DebtorTypeError
from aldia.collections.operations.disputes import DisputeError
from aldia.collections.operations.promises import PromiseError
from aldia.collections.queries.disputes import disputes
from aldia.collections.queries.promises import Patience, promises
from aldia.customers.models import Customer
from aldia.payments.models import ReportedPayment
from aldia.payments.operations.reported import ReportError
from aldia.payments.queries.reports import reports
from aldia.receivables.models import Receivable
from aldia.reminders.settings import sending_of
from aldia.tenancy.models import Company, Membership
from aldia.web.access import CompanyRequest
from aldia.web.views.receivables.common import REFUSALS as BOOK_REFUSALS
from aldia.web.views.receivables.common import sight

REFUSALS = (PromiseError, DisputeError, ReportError, DebtorTypeError, *BOOK_REFUSALS)
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Question:
    """A form on a page of its own: what it asks, what its button says, and where "Cancelar" leads."""

    title: str
    button: str
    back: str
    text: str = ""
    who: str = ""
    danger: bool = False


def ask(
    request: CompanyRequest,
    form: Form,
    question: Question,
    run: Callable[[dict[str, Any]], None],
    *,
    to: str = "",
    **context: Any,
) -> HttpResponse:
    """Draw the form; when it comes back whole, run it and go to where the person came from (or `to`).

    A refusal of the operation is said on the form, with whatever `run` put into the context.
    """
    more: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            run(form.cleaned_data)
        except REFUSALS as error:
            form.add_error(None, str(error))
            more["suspects"] = getattr(error, "suspects", [])
        else:
            if not form.errors:
                return back_to(request, to or question.back)
    drawn = {"form": form, "ask": question, "next": _asked(request), "action": request.path, **context, **more}
    return render(request, "collecting/ask.html", drawn, status=422 if form.errors else 200)


def _asked(request: CompanyRequest) -> str:
    return request.POST.get("next") or request.GET.get("next") or ""


def back_to(request: CompanyRequest, usual: str) -> HttpResponse:
    """Where the person came from, if it is a page of ours."""
    target = _asked(request)
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if target and safe else usual)


def patience_of(company: Company) -> Patience:
    """How long after its day a promise may be kept: as long as reminders give a transfer to arrive."""
    return Patience(company.country, sending_of(company).transit_days)


def promise_or_404(request: CompanyRequest, promise_id: UUID) -> Promise:
    return get_object_or_404(sight(request).narrow(promises()), pk=promise_id)


def dispute_or_404(request: CompanyRequest, dispute_id: UUID) -> Dispute:
    return get_object_or_404(sight(request).narrow(disputes(), "receivable__customer"), pk=dispute_id)


def report_or_404(request: CompanyRequest, report_id: UUID) -> ReportedPayment:
    return get_object_or_404(sight(request).narrow(reports()), pk=report_id)


def open_of(customer: Customer, currency: str) -> list[Receivable]:
    """What a customer owes in a currency, to be chosen from."""
    rows = Receivable.objects.filter(customer=customer, currency=currency, balance__gt=0)
    return list(rows.order_by("due_on", "number", "id")[:MOST_ROWS])


def currencies_of(customer: Customer, home: str) -> list[str]:
    """The currencies in which a customer owes, the company's own first."""
    owed = Receivable.objects.filter(customer=customer, balance__gt=0).order_by().values_list("currency", flat=True)
    return sorted(set(owed.distinct()), key=lambda code: (code != home, code))


def chosen(request: CompanyRequest, rows: list[Receivable]) -> list[UUID]:
    """The rows that the form checked; all of them the first time it is drawn."""
    if request.method != "POST":
        return []
    asked = set(request.POST.getlist("id"))
    return [row.pk for row in rows if str(row.pk) in asked]


def owners() -> list[tuple[str, str]]:
    """Who may answer for a dispute: the people of the company."""
    people = Membership.objects.filter(suspended_at__isnull=True).select_related("user").order_by("user__name")
    return [(str(each.user_id), str(each.user)) for each in people]
