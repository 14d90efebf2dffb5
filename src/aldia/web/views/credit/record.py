"""One customer's credit: the page with every part of it, leave in spite of a hold, and the advice put to use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.collections.models import CreditHold, HoldOverride
from aldia.collections.operations import holds, selling
from aldia.collections.operations.credit_terms import CreditTerms, TermsError, put_terms, terms_of
from aldia.collections.queries.exposure import dates_to_bill, rates, waiting_issues
from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.customers.operations.versions import Refused
from aldia.domain.money import format_money
from aldia.issuing.models import Issue
from aldia.issuing.operations import drafting
from aldia.jobs.issuing import enqueue_stamping
from aldia.receivables.queries.balances import credit_line_use
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, decimal_mark
from aldia.web.forms_credit import HoldForm, LeaveForm, LiftForm
from aldia.web.views.credit.card import Card, cards
from aldia.web.views.credit.words import days_text
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.customers.record import show
from aldia.web.views.issuing.common import OPEN, issues_in_sight, name_of
from aldia.web.views.receivables.common import done

MOST_SHOWN = 20
SALT = "aldia.credit.undo"


@require_safe
@needs(permissions.VIEW)
def page(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Exposure by its parts, lines, risk, what is advised and why, and the story of holds and leave."""
    customer = customer_or_404(request, customer_id)
    return show(request, customer, "customer_credit", "credit/customer.html", **_context(request, customer))


def _context(request: CompanyRequest, customer: Customer) -> dict[str, Any]:
    if customer.generic:
        return {"card": None}
    today = clock.today(request.company)
    card = cards([customer], request.company, today)[0]
    used = {each.currency for each in card.standing.parts}
    return {
        "card": card,
        "waiting": waiting_issues().filter(customer=customer).order_by("created_at", "id"),
        "dates": list(dates_to_bill([customer.pk])),
        "uses": credit_line_use([customer.pk]).get(customer.pk, []),
        "rates": [(code, f"{rate.normalize():f}", on) for code, (rate, on) in rates(
            used, request.company.currency, today
        ).items()],
        "holds": CreditHold.objects.filter(customer=customer).select_related("placed_by", "lifted_by").order_by(
            "-placed_on", "-id"
        )[:MOST_SHOWN],
        "leaves": _leaves(customer, today),
        "advice_note": _advice_note(card),
        "hold_form": HoldForm(prefix="hold"),
        "lift_form": LiftForm(prefix="lift"),
    }  # fmt: skip


def _leaves(customer: Customer, today: Any) -> list[tuple[HoldOverride, bool]]:
    """Leave given, newest first, and whether it is in force."""
    rows = HoldOverride.objects.filter(customer=customer).select_related("created_by").order_by("-created_at", "-id")
    return [(row, row.withdrawn_on is None and row.on <= today <= row.until) for row in rows[:MOST_SHOWN]]


def _advice_note(card: Card) -> str:
    """Why an advice cannot be put to use with one press; "" when it can."""
    try:
        terms_of(card.customer.pk)
    except TermsError as error:
        return str(error)
    return ""


# Leave in spite of a hold


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_CREDIT)
def override(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Leave for a customer; for one document (`issue` in the address) it is stamped at once."""
    customer, today = customer_or_404(request, customer_id), clock.today(request.company)
    issue = _issue_asked(request, customer)
    currency = issue.currency if issue else request.company.currency
    decimal = decimal_mark(request.company)
    plain = format_money(issue.total, currency, symbol=False, decimal=decimal) if issue else ""
    initial = {"amount": plain}
    form = LeaveForm(request.POST or None, currency=currency, decimal=decimal, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            holds.allow(
                customer_id=customer.pk, reason=form.cleaned_data["reason"], until=form.cleaned_data["until"],
                amount=form.money(), key=form.cleaned_data["key"], today=today, actor=request.user,
            )  # fmt: skip
        except holds.HoldError as error:
            form.add_error(None, str(error))
        else:
            return _go_on(request, customer, issue)
    card = None if customer.generic else cards([customer], request.company, today)[0]
    context = {
        "form": form, "customer": customer, "card": card, "issue": issue, "name": name_of(issue) if issue else "",
    }  # fmt: skip
    return render(request, "credit/override.html", context, status=422 if form.errors else 200)


def _issue_asked(request: CompanyRequest, customer: Customer) -> Issue | None:
    """The document that waits for leave, if the address names one that the person may stamp."""
    asked = customer_queries.as_uuid(request.GET.get("issue", ""))
    if asked is None or not allows(request.membership, permissions.ISSUE_DOCUMENTS):
        return None
    return get_object_or_404(issues_in_sight(request).filter(customer=customer, state__in=OPEN), pk=asked)


def _go_on(request: CompanyRequest, customer: Customer, issue: Issue | None) -> HttpResponse:
    messages.success(request, _("Quedó el permiso para %(name)s.") % {"name": customer})
    if issue is None:
        return redirect("customer_credit", customer.pk)
    try:
        gate = selling.gate(today=clock.today(request.company))
        drafting.submit(issue_id=issue.pk, version=issue.version, now=clock.now(), actor=request.user, gate=gate)
    except drafting.DraftingError as error:
        messages.error(request, str(error))
    else:
        enqueue_stamping(issue.pk)
    return redirect("issue", issue.pk)


@require_POST
@needs(permissions.MANAGE_CREDIT)
def withdraw(request: CompanyRequest, hold_override_id: UUID) -> HttpResponse:
    """End a leave before its day."""
    row = get_object_or_404(HoldOverride.objects.select_related("customer"), pk=hold_override_id)
    customer = customer_or_404(request, row.customer_id)
    holds.withdraw_leave(override_id=row.pk, today=clock.today(request.company), actor=request.user)
    messages.success(request, _("El permiso ya no vale."))
    return redirect("customer_credit", customer.pk)


# The advice


@require_POST
@needs(permissions.MANAGE_CREDIT)
def apply_suggestion(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Put the advice to use, if it still says what the person saw; with a way back."""
    customer = customer_or_404(request, customer_id)
    if customer.generic:
        return redirect("customer", customer.pk)
    advice = cards([customer], request.company, clock.today(request.company))[0].advice
    if not advice.changes or request.POST.get("seen") != seen_of(advice.days, advice.limit):
        messages.warning(request, _("La sugerencia cambió mientras la veías: revísala otra vez. No cambió nada."))
        return redirect("customer_credit", customer.pk)
    try:
        before = terms_of(customer.pk)
        after = CreditTerms(
            advice.days if advice.changes_days else before.days, advice.limit if advice.changes_limit else before.limit
        )
        put_terms(customer_id=customer.pk, terms=after, expected=before, why="advice", actor=request.user)
    except (TermsError, Refused) as error:
        messages.error(request, str(error))
        return redirect("customer_credit", customer.pk)
    token = signing.dumps(
        {"customer": str(customer.pk), "before": [before.days, before.limit], "after": [after.days, after.limit]},
        salt=SALT,
    )
    limit = "" if after.limit is None else amount_text(after.limit, request.company.currency, request.company)
    known = {"name": customer, "days": days_text(advice.days or 0), "limit": limit or _("sin límite")}
    text = _("%(name)s: plazo %(days)s, límite %(limit)s.") % known
    done(request, text, reverse("credit_undo", args=[customer.pk]), [("token", token)])
    return _back(request, customer)


@require_POST
@needs(permissions.MANAGE_CREDIT)
def undo_suggestion(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """As it was before the advice was put to use, unless somebody changed it since."""
    customer = customer_or_404(request, customer_id)
    try:
        kept = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=86_400)
        if kept["customer"] != str(customer.pk):
            raise signing.BadSignature
        before, after = CreditTerms(*kept["before"]), CreditTerms(*kept["after"])
        put_terms(customer_id=customer.pk, terms=before, expected=after, why="undo", actor=request.user)
    except signing.BadSignature:
        messages.error(request, _("Ya no se puede deshacer."))
    except (TermsError, Refused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Quedó como estaba."))
    return redirect("customer_credit", customer.pk)


def seen_of(days: int | None, limit: int | None) -> str:
    """What an advice says, as the form carries it."""
    return f"{days}:{limit}"


def _back(request: CompanyRequest, customer: Customer) -> HttpResponse:
    return redirect("credit") if request.POST.get("from") == "list" else redirect("customer_credit", customer.pk)
