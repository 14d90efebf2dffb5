"""What was written to a customer, or about a receivable, and what was not, and why: the same lines in both places."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.messaging.models import Channel, DeliveryState, MessageState, Purpose
from aldia.reminders.models import CandidateState
from aldia.reminders.queries.history import Entry, history_of_customer, history_of_receivable
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_html
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.customers.record import show
from aldia.web.views.messages.common import CHANNEL_ICONS, PROBLEMS
from aldia.web.views.reminders.common import why_text

PAGE = 50
TITLES: dict[str, Any] = {
    Purpose.BEFORE: gettext_lazy("Recordatorio antes de vencer"),
    Purpose.ON_DAY: gettext_lazy("Recordatorio del día que vence"),
    Purpose.AFTER: gettext_lazy("Recordatorio de vencido"),
    Purpose.PAID: gettext_lazy("Gracias por el pago"),
    Purpose.RECEIPT: gettext_lazy("Recibo de pago"),
    Purpose.STATEMENT: gettext_lazy("Estado de cuenta"),
    Purpose.ORDER: gettext_lazy("Orden de pago"),
    Purpose.DOCUMENT: gettext_lazy("Documento emitido"),
    Purpose.DIRECT: gettext_lazy("Mensaje directo"),
    Purpose.NOTICE: gettext_lazy("Aviso a la empresa"),
    "repeat": gettext_lazy("Recordatorio repetido"),
}


@require_safe
@needs(permissions.VIEW)
def customer(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """The tab "Mensajes" of the customer's file."""
    row = customer_or_404(request, customer_id)
    start = _start(request)
    entries = history_of_customer(row.pk, limit=PAGE + 1, offset=start)
    context = {
        "events": [told(each, request.company) for each in entries[:PAGE]],
        "customer_key": str(row.pk),
        "older": start + PAGE if len(entries) > PAGE else None,
        "newer": max(0, start - PAGE) if start else None,
    }
    return show(request, row, "customer_messages", "messages/customer.html", **context)


def _start(request: CompanyRequest) -> int:
    text = request.GET.get("from", "")
    return min(int(text), 5_000) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def with_messages(events: list[dict[str, Any]], receivable_id: UUID, company: Company) -> list[dict[str, Any]]:
    """The story of a receivable with what was written about it put where it belongs, newest first."""
    written = [told(each, company, named=False) for each in history_of_receivable(receivable_id)]
    zone = ZoneInfo(company.time_zone)
    return sorted([*written, *events], key=lambda each: _moment(each["when"], zone), reverse=True)


def _moment(when: date | datetime, zone: ZoneInfo) -> datetime:
    """A day without an hour counts from its beginning."""
    return when if isinstance(when, datetime) else datetime.combine(when, time(), zone)


def told(entry: Entry, company: Company, *, named: bool = True) -> dict[str, Any]:
    """A line of the history as the timeline draws it. `named`: say which documents it was about."""
    return _written(entry, company, named) if entry.message_id else _silent(entry)


def _written(entry: Entry, company: Company, named: bool) -> dict[str, Any]:
    to = ", ".join(each.name or each.address for each in entry.addresses if not each.is_copy)
    parts = [entry.subject, _("Para %(to)s") % {"to": to} if to else ""]
    if named and entry.debts:
        parts.append(", ".join(each.number for each in entry.debts[:6]) + ("…" if len(entry.debts) > 6 else ""))
    became, tint, icon = _became(entry)
    asked = entry.debts[0].asked if len(entry.debts) == 1 else None
    return {
        "icon": icon or CHANNEL_ICONS.get(Channel(entry.channel), "mail"),
        "tint": tint,
        "title": f"{TITLES.get(entry.purpose, entry.purpose)} · {became}",
        "text": " · ".join(part for part in [*parts, *_errors(entry)] if part),
        "when": _latest(entry),
        "url": reverse("message", args=[entry.message_id]),
        "amount": amount_html(asked.minor, asked.currency, company) if asked else "",
    }


def _latest(entry: Entry) -> datetime:
    return max((each.at for each in entry.addresses if each.at), default=entry.at)


def _errors(entry: Entry) -> list[str]:
    if entry.state == MessageState.CANCELLED:
        return [why_text(entry.why, entry.why)]
    return list(dict.fromkeys(each.error for each in entry.addresses if each.error))


def _became(entry: Entry) -> tuple[str, str, str]:
    """What became of it in a few words, the colour of that, and an icon where the channel's own says too little."""
    states = {each.state for each in entry.addresses}
    if DeliveryState.UNKNOWN in states:
        return _("no se sabe si llegó"), "yellow", "zoom-question"
    if entry.state == MessageState.AWAITING:
        return _("espera aprobación"), "yellow", "hourglass"
    if entry.state == MessageState.CANCELLED:
        return _("no se envió"), "gray", "ban"
    if entry.state == MessageState.READY:
        return _("por enviar"), "azure", ""
    if states & {DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.FAILED} and not states & _ARRIVED:
        return str(_PROBLEM[next(each for each in PROBLEMS if each in states)]), "red", "mail-off"
    if DeliveryState.OPENED in states:
        return _("abierto"), "purple", "mail-opened"
    return (_("entregado") if DeliveryState.DELIVERED in states else _("enviado")), "green", ""


_ARRIVED = {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED}
_PROBLEM: dict[str, Any] = {
    DeliveryState.FAILED: gettext_lazy("falló"),
    DeliveryState.BOUNCED: gettext_lazy("rebotó"),
    DeliveryState.COMPLAINED: gettext_lazy("lo marcaron como no deseado"),
}


def _silent(entry: Entry) -> dict[str, Any]:
    """A step that became no message: still to come, part of another, or skipped with its reason."""
    title = str(TITLES.get(entry.purpose, entry.purpose))
    words = {
        CandidateState.PLANNED: (_("por enviar"), "azure", "clock"),
        CandidateState.MERGED: (_("va en otro mensaje"), "gray", "files"),
        CandidateState.SKIPPED: (_("no se envió"), "gray", "ban"),
    }
    became, tint, icon = words.get(CandidateState(entry.state), (entry.state, "gray", "point"))
    said = why_text(entry.why, entry.detail) if entry.why else ""
    text = " ".join(dict.fromkeys(part for part in (said, entry.detail) if part))
    return {"icon": icon, "tint": tint, "title": f"{title} · {became}", "text": text, "when": entry.on}
