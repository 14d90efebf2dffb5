"""The mailbox ("Buzón"): what would have been sent, while nothing leaves the house. Read like mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.sms import measure
from aldia.integrations.channels.mailbox import PREFIX
from aldia.messaging import accounts
from aldia.messaging.models import Channel, Delivery, Message
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Listing, Search
from aldia.web.views.messages.common import visible_messages
from aldia.web.views.messages.record import for_reader, papers
from aldia.web.views.messages.sent import drawn, searched

BOX = Listing(
    key="mailbox",
    columns=(Column("at", gettext_lazy("Fecha"), sort="created_at", always=True),),
    filters=(
        Search(placeholder=gettext_lazy("Buscar asunto, cliente o dirección")),
        Choice("channel", gettext_lazy("Canal"), Channel.choices),
    ),
    sort="-at",
    apply=lambda rows, values: _matching(rows, values),
    page_size=30,
)


def _matching(rows: QuerySet[Message], values: dict[str, Any]) -> QuerySet[Message]:
    if values.get("channel"):
        rows = rows.filter(channel=values["channel"])
    return searched(rows, values.get("q", ""))


def in_mailbox(request: CompanyRequest) -> QuerySet[Message]:
    """The messages that the built-in mailbox took, of those that the person may see."""
    took = Delivery.objects.filter(message=OuterRef("pk"), provider_id__startswith=PREFIX)
    return visible_messages(request).filter(Exists(took))


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    return _page(request, None)


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, message_id: UUID) -> HttpResponse:
    return _page(request, get_object_or_404(in_mailbox(request), pk=message_id))


def _page(request: CompanyRequest, chosen: Message | None) -> HttpResponse:
    """List and message; without one chosen, a wide screen reads the newest and a phone sees the list."""
    page = BOX.page(request, in_mailbox(request))
    page.rows = drawn(page)  # type: ignore[assignment]
    message = chosen or (page.rows[0].message if page.rows else None)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "message": message,
        "is_reading": chosen is not None,
        "is_all": all(accounts.is_mailbox(accounts.default_account(each), each) for each in (Channel.EMAIL,)),
        **(_opened(for_reader(request, message)) if message else {}),
    }
    return render(request, "messages/mailbox.html", context)


def _opened(message: Message) -> dict[str, Any]:
    return {
        "deliveries": list(message.deliveries.order_by("is_copy", "id")),
        "sender": accounts.sender_of(message.account),
        "attachments": papers(message),
        "frame_url": reverse("message_frame", args=[message.pk]),
        "sms": measure(message.text) if message.channel == Channel.SMS else None,
    }
