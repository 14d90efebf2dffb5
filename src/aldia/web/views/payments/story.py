"""The story of a payment on line: begun, told by the provider, posted, sent back."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.payments.models import AttemptState, InboxEvent, PaymentAttempt
from aldia.receivables.models import Allocation
from aldia.tenancy.models import AuditEvent, Company
from aldia.web.formatting import amount_html

MOST_EVENTS = 50
ENDS = {
    AttemptState.SUCCEEDED: ("circle-check", "green"),
    AttemptState.FAILED: ("circle-x", "red"),
    AttemptState.EXPIRED: ("hourglass", "gray"),
    AttemptState.REFUNDED: ("receipt-refund", "purple"),
    AttemptState.DISPUTED: ("alert-triangle", "red"),
    AttemptState.PENDING: ("clock", "yellow"),
    AttemptState.CREATED: ("clock", "gray"),
}
SAID = {
    "payments.attempt_assigned": ("user-check", "azure"),
    "payments.attempt_refunded": ("receipt-refund", "purple"),
    "payments.refund_asked": ("receipt-refund", "purple"),
    "payments.review_closed": ("eye", "gray"),
    "payments.attempt_same": ("copy", "gray"),
    "payments.attempt_distinct": ("check", "azure"),
    "payments.attempt_confirmed": ("check", "green"),
}


def story_of(attempt: PaymentAttempt, company: Company) -> list[dict[str, Any]]:
    """What happened to a payment, newest first."""
    events = [_begun(attempt, company), *_notices(attempt), *_by_people(attempt), *_posted(attempt, company)]
    if attempt.seen_at is not None:
        icon, tint = ENDS[AttemptState(attempt.state)]
        title = _("El proveedor dice: %(state)s") % {"state": str(attempt.get_state_display()).lower()}
        events.append(_event(icon, tint, title, attempt.seen_at, text=attempt.failure))
    zone = ZoneInfo(company.time_zone)
    return sorted(events, key=lambda each: _moment(each["when"], zone), reverse=True)


def _begun(attempt: PaymentAttempt, company: Company) -> dict[str, Any]:
    amount = amount_html(attempt.amount, attempt.currency, company)
    if attempt.collection_id is not None and attempt.link_id is None:
        return _event("building-bank", "azure", _("Llegó una transferencia"), attempt.created_at, amount=amount)
    title = _("El cliente empezó a pagar con la liga") if attempt.link_id else _("El cliente empezó a pagar")
    url = reverse("payment_link", args=[attempt.link_id]) if attempt.link_id else ""
    return _event("player-play", "azure", title, attempt.created_at, amount=amount, url=url)


def _notices(attempt: PaymentAttempt) -> list[dict[str, Any]]:
    rows = InboxEvent.objects.filter(attempt=attempt).defer("body", "headers").order_by("-received_at")[:MOST_EVENTS]
    return [
        _event("plug", "gray", _("Aviso del proveedor: %(kind)s") % {"kind": row.kind or "—"}, row.received_at,
               text=row.outcome)
        for row in rows
    ]  # fmt: skip


def _by_people(attempt: PaymentAttempt) -> list[dict[str, Any]]:
    """What people decided about it, as the audit keeps it."""
    rows = AuditEvent.objects.filter(object_type="payment_attempt", object_id=str(attempt.pk))
    found = []
    for row in rows.select_related("actor").order_by("-seq")[:MOST_EVENTS]:
        if row.actor is None:
            continue
        icon, tint = SAID.get(row.verb, ("user", "gray"))
        text = str(row.detail.get("reason") or "")
        found.append(_event(icon, tint, _verb(row.verb), row.created_at, text=text, who=row.actor.get_full_name()))
    return found


def _verb(verb: str) -> str:
    names = {
        "payments.attempt_assigned": _("Se dijo de qué cliente es"),
        "payments.attempt_refunded": _("Se pidió devolver dinero"),
        "payments.refund_asked": _("Se pidió devolver dinero"),
        "payments.review_closed": _("Se marcó como visto"),
        "payments.attempt_same": _("Es el mismo que otro pago"),
        "payments.attempt_distinct": _("Es otro pago"),
        "payments.attempt_confirmed": _("Se confirmó que el dinero llegó"),
    }
    return names.get(verb, _("Una persona decidió"))


def _posted(attempt: PaymentAttempt, company: Company) -> list[dict[str, Any]]:
    """Its payment in the books, and what that paid."""
    credit = attempt.credit
    if credit is None:
        return []
    url = reverse("credit", args=[credit.pk])
    amount = amount_html(credit.amount, credit.currency, company)
    numbers = Allocation.objects.filter(credit=credit, reversal_of__isnull=True, reversal__isnull=True)
    paid = ", ".join(numbers.order_by("id").values_list("receivable__number", flat=True)[:10])
    events = [_event("cash", "green", _("Quedó registrado"), credit.created_at, amount=amount, url=url, text=paid)]
    if credit.reversed_on is not None:
        events.append(_event("arrow-back-up", "red", _("Se deshizo el registro"), credit.reversed_on, url=url))
    return events


def _event(icon: str, tint: str, title: str, when: date, **more: Any) -> dict[str, Any]:
    return {"icon": icon, "tint": tint, "title": title, "when": when, **more}


def _moment(when: date, zone: ZoneInfo) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time.max, zone)
