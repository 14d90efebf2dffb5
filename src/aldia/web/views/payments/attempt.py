"""One payment on line: its story, what it paid, and what a person may do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers import queries as customer_queries
from aldia.customers.operations.versions import Refused
from aldia.domain.ports.payments import ProviderFailure, ProviderUnknown
from aldia.integrations import registry
from aldia.payments.models import PaymentAttempt
from aldia.payments.operations import attempts as operations
from aldia.payments.providers import NoProvider
from aldia.payments.queries.attempts import suspects_of
from aldia.receivables.models import Credit
from aldia.receivables.operations.payments import live_allocations
from aldia.receivables.queries.sight import Sight
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text, day_text, decimal_mark
from aldia.web.forms_payments import RefundForm, SeenForm
from aldia.web.limits import limited
from aldia.web.payment_words import grouped_clabe, method_label, review_of
from aldia.web.views.payments.common import BOOKS, attempt_or_404, say_form
from aldia.web.views.payments.story import story_of
from aldia.web.views.receivables.common import sight

FOUND = 12
REFUSALS = (operations.AttemptError, operations.NotNow, Refused, NoProvider, *BOOKS)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    attempt = attempt_or_404(request, payment_attempt_id)
    return render(request, "payments/attempt.html", context_of(request, attempt))


def context_of(request: CompanyRequest, attempt: PaymentAttempt) -> dict[str, Any]:
    """What the page of a payment draws."""
    kind = registry.payment_provider(attempt.account.provider)
    credit = attempt.credit
    left = attempt.received - attempt.refunded - attempt.disputed
    return {
        "attempt": attempt,
        "method": method_label(attempt.method),
        "reason": review_of(attempt.review) if attempt.review else None,
        "suspects": [_suspect(sight(request), each.credit_id) for each in suspects_of(attempt)],
        "allocations": live_allocations(credit) if credit is not None else [],
        "events": story_of(attempt, request.company),
        "facts": _facts(request, attempt),
        "left": left,
        "can_refund": left > 0 and kind is not None and kind.refunds and bool(attempt.provider_id),
        "can_look": kind is not None and bool(attempt.provider_id),
        "refund_form": RefundForm(attempt=attempt, decimal=decimal_mark(request.company), auto_id="refund_%s"),
        "seen_form": SeenForm(auto_id="seen_%s"),
        "is_test": not attempt.account.is_live,
        **_search(request),
    }


def _suspect(whose: Sight, credit_id: UUID) -> Credit | None:
    """A payment on file that may be the same money, if the person may see it."""
    rows = whose.narrow(Credit.objects.select_related("customer", "created_by"))
    return rows.filter(pk=credit_id).first()


def _facts(request: CompanyRequest, attempt: PaymentAttempt) -> list[tuple[str, Any]]:
    payer, company = attempt.payer or {}, request.company
    fee = amount_text(attempt.fee, attempt.currency, company) if attempt.fee else ""
    return [
        (_("Cuenta"), attempt.account.name),
        (_("Cómo"), method_label(attempt.method)),
        (_("Número en el proveedor"), attempt.provider_id),
        (_("Clave de rastreo"), attempt.trace),
        (_("Entró a"), grouped_clabe(attempt.collection.value) if attempt.collection else ""),
        (_("Pagó"), payer.get("name", "")),
        (_("RFC de quien pagó"), payer.get("tax_id", "")),
        (_("Banco de quien pagó"), payer.get("bank", "")),
        (_("Comisión"), fee),
        (_("Pagado el"), day_text(attempt.paid_on) if attempt.paid_on else ""),
        (_("Por qué no pasó"), attempt.failure),
    ]


def _search(request: CompanyRequest) -> dict[str, Any]:
    """Customers that the search box of an unknown payer found."""
    text = request.GET.get("q", "").strip()[:100]
    if not text:
        return {"q": "", "found": []}
    rows = customer_queries.matching(sight(request).customers(), customer_queries.Filter(text))
    return {"q": text, "found": list(rows.order_by("legal_name")[:FOUND])}


@require_safe
@needs(permissions.RECORD_PAYMENTS)
def customers(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """The answers of the search box for the payer, as it is typed in."""
    attempt = attempt_or_404(request, payment_attempt_id)
    return render(request, "payments/_payers.html", {"attempt": attempt, **_search(request)})


@require_POST
@needs(permissions.RECORD_PAYMENTS)
@limited("payment_look", limit=120)
def look_again(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """Ask the provider what it is now."""

    def run(attempt: PaymentAttempt) -> str:
        seen = operations.refresh(attempt_id=attempt.pk, now=clock.now())
        return _("El proveedor dice: %(state)s.") % {"state": str(seen.get_state_display()).lower()}

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.ADJUST_BALANCES)
@limited("payment_refund", limit=60)
def refund(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """Send money back."""
    attempt = attempt_or_404(request, payment_attempt_id)
    form = RefundForm(request.POST, attempt=attempt, decimal=decimal_mark(request.company), auto_id="refund_%s")
    if not form.is_valid():
        context = context_of(request, attempt) | {"refund_form": form, "opened": "refund"}
        return render(request, "payments/attempt.html", context, status=422)
    amount, key = form.cleaned_data["amount"], form.cleaned_data["key"]

    def run(attempt: PaymentAttempt) -> str:
        operations.refund(attempt_id=attempt.pk, amount=amount, key=key, actor=request.user, now=clock.now())
        words = {"amount": amount_text(amount, attempt.currency, request.company)}
        return _("Se pidió devolver %(amount)s. Lo que pagaba vuelve a estar por cobrar.") % words

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def assign(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """The money of an unknown payer is this customer's."""
    chosen = customer_queries.as_uuid(request.POST.get("customer", ""))
    if chosen is None:
        messages.warning(request, _("Elige de la lista de qué cliente es."))
        return redirect("payment_attempt", attempt_or_404(request, payment_attempt_id).pk)
    customer = get_object_or_404(sight(request).customers(), pk=chosen)

    def run(attempt: PaymentAttempt) -> str:
        operations.assign_attempt(
            attempt_id=attempt.pk, customer_id=customer.pk, actor=request.user, now=clock.now()
        )  # fmt: skip
        return _("El pago es de %(name)s y quedó registrado.") % {"name": customer}

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def distinct(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """«Es otro pago»."""

    def run(attempt: PaymentAttempt) -> str:
        operations.confirm_distinct(attempt_id=attempt.pk, actor=request.user, now=clock.now())
        return _("Es otro pago: quedó registrado.")

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def same(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """«Es el mismo»: of the payments that look like it."""
    credit_id = customer_queries.as_uuid(request.POST.get("credit", ""))
    credit = _suspect(sight(request), credit_id) if credit_id else None
    if credit is None:
        raise Http404

    def run(attempt: PaymentAttempt) -> str:
        operations.link_to_credit(
            attempt_id=attempt.pk, credit_id=credit.pk, actor=request.user, now=clock.now()
        )  # fmt: skip
        return _("Es el mismo pago: no se registró dos veces.")

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def proven(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """A person saw the money."""

    def run(attempt: PaymentAttempt) -> str:
        operations.confirm_proof(attempt_id=attempt.pk, actor=request.user, now=clock.now())
        return _("Confirmado: el pago quedó registrado.")

    return _do(request, payment_attempt_id, run)


@require_POST
@needs(permissions.RECORD_PAYMENTS)
def seen(request: CompanyRequest, payment_attempt_id: UUID) -> HttpResponse:
    """A person looked and there is nothing more to do."""
    form = SeenForm(request.POST)
    if not form.is_valid():
        say_form(request, form)
        return redirect("payment_attempt", attempt_or_404(request, payment_attempt_id).pk)

    def run(attempt: PaymentAttempt) -> str:
        today = clock.today(request.company)
        operations.close_review(
            attempt_id=attempt.pk, actor=request.user, today=today, reason=form.cleaned_data["reason"]
        )  # fmt: skip
        return _("Quedó como visto.")

    return _do(request, payment_attempt_id, run)


def _do(request: CompanyRequest, attempt_id: UUID, run: Callable[[PaymentAttempt], str]) -> HttpResponse:
    """Run it and say what came of it; a refusal, or a provider that does not answer, is a sentence."""
    attempt = attempt_or_404(request, attempt_id)
    try:
        messages.success(request, run(attempt))
    except REFUSALS as error:
        messages.error(request, str(error))
    except ProviderFailure as error:
        messages.error(request, _("El proveedor contestó: %(text)s") % {"text": error.text})
    except ProviderUnknown:
        messages.warning(request, _("El proveedor no contestó. Vuelve a intentarlo en un momento."))
    return redirect("payment_attempt", attempt.pk)
