"""What the pages of messages share: whose messages a person sees, how each stands, and a frame that runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from aldia.customers.operations.versions import Refused
from aldia.messaging.models import Channel, Delivery, DeliveryState, Message, MessageState, Template
from aldia.messaging.operations.delivering import NotUnknown
from aldia.messaging.operations.outbox import AlreadyLeft, NotAwaiting
from aldia.messaging.operations.suppressions import NotSuppressed
from aldia.messaging.scanning import TemplateError
from aldia.web.access import CompanyRequest

# What a message looks like is drawn in a frame of its own: inline styles, as mail has them, and nothing else. Nothing
# is fetched, sent, opened or run, and to the browser it is a stranger to our pages (an opaque origin).
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
CHANNEL_ICONS = {
    Channel.EMAIL: "mail",
    Channel.SMS: "message",
    Channel.WHATSAPP: "brand-whatsapp",
    Channel.LETTER: "certificate",
}
PROBLEMS = (DeliveryState.FAILED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED)
REACHED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED)
# The state of a message with several deliveries is the one that most needs to be known.
_WORST_FIRST = (
    DeliveryState.UNKNOWN,
    DeliveryState.COMPLAINED,
    DeliveryState.BOUNCED,
    DeliveryState.FAILED,
    DeliveryState.SENDING,
    DeliveryState.OPENED,
    DeliveryState.DELIVERED,
    DeliveryState.SENT,
    DeliveryState.QUEUED,
    DeliveryState.CANCELLED,
)
REFUSALS = (Refused, TemplateError, NotAwaiting, AlreadyLeft, NotUnknown, NotSuppressed)
WHY_UNKNOWN = _(
    "Se perdió la conexión después de entregar el mensaje: puede que haya salido y puede que no. No se repite solo."
)


def visible_messages(request: CompanyRequest) -> QuerySet[Message]:
    """The messages that the person may see: who has only the own portfolios sees those of their customers."""
    rows = Message.objects.select_related("customer")
    if request.membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=request.membership.user_id)
    return rows


def message_or_404(request: CompanyRequest, message_id: UUID) -> Message:
    rows = visible_messages(request).select_related("account", "template", "approved_by", "created_by")
    return get_object_or_404(rows, pk=message_id)


def delivery_or_404(request: CompanyRequest, delivery_id: UUID) -> Delivery:
    mine = visible_messages(request).values("pk")
    rows = Delivery.objects.select_related("message__customer").filter(message__in=mine)
    return get_object_or_404(rows, pk=delivery_id)


def template_or_404(template_id: UUID) -> Template:
    return get_object_or_404(Template.objects, pk=template_id)


def shown_state(message: Message, deliveries: Sequence[Delivery]) -> str:
    """The key in `statuses.STATUSES` that says how a message stands."""
    found = {each.state for each in deliveries}
    if DeliveryState.UNKNOWN in found:
        return "msg_unknown"
    if message.state != MessageState.DONE:
        return f"msg_{message.state}"
    worst = next((state for state in _WORST_FIRST if state in found), None)
    return f"msg_{worst}" if worst else "msg_sent"


def title_of(message: Message) -> str:
    """What a message is called: its subject, else how it begins (an SMS has none)."""
    return message.subject or Truncator(" ".join(message.text.split())).chars(80) or str(message.get_purpose_display())


def framed(html: str) -> HttpResponse:
    """Somebody's HTML as a page that can only be looked at; as it is, because it is shown as it goes or went."""
    answer = HttpResponse(html, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
