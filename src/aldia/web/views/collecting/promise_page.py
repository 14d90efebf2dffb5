"""The page of one promise: what it names, what came of it and when, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.collections.queries.promises import Judged, judged
from aldia.domain.promises import PromiseState, held_parts
from aldia.messaging.models import MessageState
from aldia.receivables.models import Allocation
from aldia.receivables.queries.states import MONEY
from aldia.reminders.operations.promised import reminder_of
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_html, amount_text, day_text
from aldia.web.views.collecting.common import patience_of, promise_or_404

MOST_MONEY = 100
ENDS = {
    PromiseState.KEPT: ("check", "green"),
    PromiseState.PARTLY: ("alert-triangle", "yellow"),
    PromiseState.BROKEN: ("x", "red"),
}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, promise_id: UUID) -> HttpResponse:
    promise = promise_or_404(request, promise_id)
    today = clock.today(request.company)
    each = judged([promise], as_of=today, patience=patience_of(request.company))[0]
    context = {
        "each": each,
        "p": promise,
        "rows": _rows(each),
        "missing": max(0, each.verdict.needed - each.verdict.paid),
        "events": sorted(_events(each, request.company), key=lambda event: event["when"], reverse=True),
        "title": _("Promete %(amount)s para el %(day)s") % {
            "amount": amount_text(promise.amount, promise.currency, request.company), "day": day_text(promise.due_on),
        },
        "who": promise.created_by or _("Aldía"),
    }  # fmt: skip
    return render(request, "collecting/promise.html", context)


def _rows(each: Judged) -> list[dict[str, Any]]:
    """What it names: owed then and now, and what of it is held while the promise is open."""
    held = held_parts(each.promise.amount, [(debt.balance_then, debt.receivable.balance) for debt in each.debts])
    return [
        {"debt": debt, "row": debt.receivable, "held": part if each.is_open else 0}
        for debt, part in zip(each.debts, held, strict=True)
    ]


def _events(each: Judged, company: Company) -> Iterator[dict[str, Any]]:
    promise, verdict = each.promise, each.verdict
    yield {
        "icon": "calendar-check", "tint": "azure", "title": _("Lo prometió"), "when": promise.promised_on,
        "text": promise.note, "who": promise.created_by,
        "amount": amount_html(promise.amount, promise.currency, company),
    }  # fmt: skip
    yield from _reminded(each)
    yield from _money(each, company)
    if promise.withdrawn_on is not None:
        yield {
            "icon": "x", "tint": "gray", "title": _("Dejó de valer"), "when": promise.withdrawn_on,
            "text": promise.withdraw_reason,
        }  # fmt: skip
    if each.state in ENDS and each.state != PromiseState.KEPT:
        icon, tint = ENDS[each.state]
        title = _("Venció con una parte pagada") if verdict.paid else _("Venció sin que llegara nada")
        yield {"icon": icon, "tint": tint, "title": title, "when": each.last + timedelta(days=1)}


def _reminded(each: Judged) -> Iterator[dict[str, Any]]:
    message = reminder_of(each.pk)
    if message is not None and message.state != MessageState.CANCELLED:
        yield {"icon": "send", "tint": "azure", "title": _("Se le recordó su promesa"), "when": message.on_day}


def _money(each: Judged, company: Company) -> Iterator[dict[str, Any]]:
    """The payments of what it names since it was made."""
    rows = Allocation.objects.filter(
        receivable_id__in=[debt.receivable_id for debt in each.debts], credit__kind__in=MONEY,
        reversal_of__isnull=True, reversal__isnull=True, on__gte=each.promise.promised_on,
    )  # fmt: skip
    for row in rows.select_related("receivable").order_by("-on", "-id")[:MOST_MONEY]:
        late = row.on > each.last
        yield {
            "icon": "cash", "tint": "yellow" if late else "green", "when": row.on, "text": row.receivable.number,
            "title": _("Llegó dinero, tarde") if late else _("Llegó dinero"),
            "amount": amount_html(row.amount, each.promise.currency, company),
        }  # fmt: skip
