"""After the provider's page: the truth about a payment, while it is waited for and when it is over."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.http import Http404, HttpResponse
from django.urls import reverse

from aldia.domain.money import minor_text
from aldia.domain.ports.payments import ProviderFailure
from aldia.integrations.typesetting import CannotSet
from aldia.jobs.reminders import enqueue_thanks
from aldia.payments.directions import grouped
from aldia.payments.models import PaymentAttempt
from aldia.payments.operations.attempts import NotNow, refresh
from aldia.payments.providers import SANDBOX
from aldia.payments.queries.providers import LABELS
from aldia.portal.access import may
from aldia.portal.pages import refusal, show
from aldia.portal.views.links import LinkRequest, with_link
from aldia.receivables.papers import receipt_name, receipt_pdf
from aldia.web import clock

OPEN = ("created", "pending")
LOOK_EVERY = 10  # seconds between two questions to the provider, whoever waits
log = structlog.get_logger("aldia.portal")


@with_link("pay_attempt")
def status(request: LinkRequest, slug: str, attempt_id: UUID) -> HttpResponse:
    """What became of a payment. The page that waits asks again; the provider is asked then, not when it is opened."""
    attempt = _attempt(request, attempt_id)
    if attempt.state in OPEN and (request.headers.get("HX-Request") or "r" in request.GET):
        attempt = _look(request, attempt)
    return show(request, "portal/attempt.html", _context(request, attempt))


@with_link("pay_attempt")
def receipt(request: LinkRequest, slug: str, attempt_id: UUID) -> HttpResponse:
    """The receipt of a payment that was posted, as a PDF."""
    attempt = _attempt(request, attempt_id)
    if attempt.credit is None or attempt.credit.reversed_on is not None:
        raise Http404
    try:
        pdf = receipt_pdf(attempt.credit)
    except CannotSet:
        log.exception("receipt_not_set", attempt=str(attempt.pk))
        return refusal(request, "no_paper")
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{receipt_name(attempt.credit)}"'
    return response


def _attempt(request: LinkRequest, attempt_id: UUID) -> PaymentAttempt:
    rows = PaymentAttempt.objects.select_related("account", "credit__customer", "customer")
    attempt = rows.filter(pk=attempt_id, link=request.link).first()
    if attempt is None:
        raise Http404
    return attempt


def _look(request: LinkRequest, attempt: PaymentAttempt) -> PaymentAttempt:
    if not may(request, "pay_look", limit=1, seconds=LOOK_EVERY, who=str(attempt.pk)):
        return attempt
    try:
        if refresh(attempt_id=attempt.pk, now=clock.now()).posted:
            enqueue_thanks()
    except (NotNow, ProviderFailure) as error:
        log.info("not_seen", attempt=str(attempt.pk), why=str(error))
    return _attempt(request, attempt.pk)


def _context(request: LinkRequest, attempt: PaymentAttempt) -> dict[str, Any]:
    shown = attempt.offer.get("shown", {})
    value, url = shown.get("value", ""), shown.get("url", "")
    credit = attempt.credit if attempt.credit and attempt.credit.reversed_on is None else None
    return {
        "attempt": attempt,
        "outcome": _outcome(attempt),
        "shown": shown,
        "grouped": grouped(value),
        "plain": minor_text(attempt.amount, attempt.currency),
        "is_test": attempt.account.provider == SANDBOX,
        "simulator": reverse("sandbox_transfer", args=[request.company.slug, value])
        if attempt.account.provider == SANDBOX and shown.get("kind") == "clabe" else "",
        "url": url if urlsplit(url).scheme in ("http", "https") else "",
        "method_label": LABELS.get(attempt.method, ""),  # type: ignore[call-overload]
        "credit": credit,
        "in_favour": credit.remaining if credit else 0,
        "short": attempt.state == "succeeded" and 0 < attempt.received < attempt.amount,
        "every": 20 if value else 4,
    }  # fmt: skip


def _outcome(attempt: PaymentAttempt) -> str:
    """What the page says: a payment that came in and waits for a person is not said to be booked."""
    if attempt.state == "succeeded":
        return "paid" if attempt.posted else "checking"
    if attempt.state in ("refunded", "disputed"):
        return str(attempt.state)
    if attempt.state in ("failed", "expired"):
        return "failed"
    return "waiting" if attempt.offer.get("shown") else "asking"
