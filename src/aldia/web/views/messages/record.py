"""One message: exactly what it said, to whom, what became of it, and what may still be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.sms import measure
from aldia.messaging.models import Attachment, Channel, Delivery, DeliveryEvent, DeliveryState, Message
from aldia.messaging.operations.letters import acknowledgement_of
from aldia.messaging.queries.messages import suppressed_among
from aldia.messaging.sealing import as_received
from aldia.payments.addresses import without_ways_in
from aldia.reminders.models import MessageDebt, ReminderCandidate
from aldia.reminders.queries.history import candidates_of_message
from aldia.tenancy import permissions
from aldia.tenancy.storage import DamagedFile, open_stored
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import PostedForm, ReceivedForm
from aldia.web.views import errors
from aldia.web.views.messages.common import (
    WHY_UNKNOWN,
    delivery_or_404,
    framed,
    message_or_404,
    shown_state,
    title_of,
)
from aldia.web.views.messages.preview import with_pictures
from aldia.web.views.reminders.common import why_text

# kind of event -> icon, tint, title
EVENTS: dict[str, tuple[str, str, Any]] = {
    "sent": ("send", "green", gettext_lazy("Salió")),
    "delivered": ("check", "green", gettext_lazy("Entregado")),
    "opened": ("mail-opened", "purple", gettext_lazy("Lo abrieron")),
    "clicked": ("link", "purple", gettext_lazy("Abrieron una liga")),
    "answered": ("message", "azure", gettext_lazy("Contestaron")),
    "deferred": ("hourglass", "yellow", gettext_lazy("Pidieron intentarlo más tarde")),
    "bounced": ("mail-off", "red", gettext_lazy("Rebotó")),
    "complained": ("flag", "red", gettext_lazy("Lo marcaron como no deseado")),
    "unsubscribed": ("user-off", "red", gettext_lazy("Pidieron no recibir más")),
    "failed": ("alert-triangle", "red", gettext_lazy("Falló")),
    "unknown": ("zoom-question", "yellow", gettext_lazy("No se sabe si salió")),
    "resolved": ("user-check", "azure", gettext_lazy("Una persona dijo qué pasó")),
    "cancelled": ("ban", "gray", gettext_lazy("No se envió")),
}
SUPPRESSED: dict[str, Any] = {
    "bounce": gettext_lazy("Rebotó: la dirección no existe o no recibe."),
    "complaint": gettext_lazy("Marcó un mensaje tuyo como no deseado."),
    "unsubscribe": gettext_lazy("Pidió no recibir más mensajes."),
    "person": gettext_lazy("Alguien de tu equipo la bloqueó."),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that went along."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One address of the message with its story."""

    row: Delivery
    events: list[dict[str, Any]]
    acknowledgement: Any
    posted: PostedForm | None
    received: ReceivedForm | None

    @property
    def state(self) -> str:
        return f"msg_{self.row.state}"


@dataclass(frozen=True, slots=True)
class Said:
    """What the message said of a receivable, beside how it is today."""

    debt: MessageDebt

    @property
    def paid(self) -> bool:
        return self.debt.receivable.balance == 0

    @property
    def moved(self) -> bool:
        return self.debt.receivable.due_on != self.debt.due_on


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, message_id: UUID) -> HttpResponse:
    return page(request, for_reader(request, message_or_404(request, message_id)))


def for_reader(request: CompanyRequest, message: Message) -> Message:
    """The message as this person may read it: who may not write to customers is given no way into their portal."""
    if not permissions.allows(request.membership, permissions.SEND_MESSAGES):
        message.text, message.html = without_ways_in(message.text), without_ways_in(message.html)
    return message


def page(request: CompanyRequest, message: Message, *, status: int = 200, **more: Any) -> HttpResponse:
    """Draw the page; `bound` is a letter's form that came back with a mistake, by the id of its delivery."""
    rows = list(message.deliveries.select_related("resolved_by").order_by("is_copy", "id"))
    context = {
        "message": message,
        "title": title_of(message),
        "state": shown_state(message, rows),
        "deliveries": legs(message, rows, more.pop("bound", {})),
        "unknown": [each for each in rows if each.state == DeliveryState.UNKNOWN],
        "why_unknown": WHY_UNKNOWN,
        "why": why(message),
        "cancelled_why": why_text(message.cancel_reason, message.cancel_reason),
        "suppressed": suppressed(message, rows),
        "attachments": papers(message),
        "debts": [Said(each) for each in message.debts.select_related("receivable").order_by("due_on", "id")],
        "frame_url": reverse("message_frame", args=[message.pk]),
        "sms": measure(message.text) if message.channel == Channel.SMS else None,
        **more,
    }
    return render(request, "messages/message.html", context, status=status)


def legs(message: Message, rows: Sequence[Delivery], bound: dict[UUID, Any]) -> list[Leg]:
    found: dict[UUID, list[DeliveryEvent]] = {row.pk: [] for row in rows}
    for event in DeliveryEvent.objects.filter(delivery__in=rows).order_by("at", "id"):
        found[event.delivery_id].append(event)
    is_letter = message.channel == Channel.LETTER
    return [
        Leg(
            row,
            [_told(each) for each in reversed(found[row.pk])] or _without_events(row),
            acknowledgement_of(delivery_id=row.pk) if is_letter else None,
            _form(bound.get(row.pk), PostedForm) if is_letter and row.state == DeliveryState.QUEUED else None,
            _form(bound.get(row.pk), ReceivedForm) if is_letter and row.state == DeliveryState.SENT else None,
        )
        for row in rows
    ]


def _form(bound: Any, kind: type[Any]) -> Any:
    return bound if isinstance(bound, kind) else kind()


def _told(event: DeliveryEvent) -> dict[str, Any]:
    icon, tint, title = EVENTS.get(event.kind, ("point", "gray", event.kind))
    return {"icon": icon, "tint": tint, "title": str(title), "text": event.detail, "when": event.at}


def _without_events(row: Delivery) -> list[dict[str, Any]]:
    """What the delivery itself knows, where nothing else was written down."""
    moments = (("opened", row.opened_at), ("delivered", row.delivered_at), ("sent", row.sent_at))
    return [
        {"icon": EVENTS[kind][0], "tint": EVENTS[kind][1], "title": str(EVENTS[kind][2]), "when": at}
        for kind, at in moments
        if at is not None
    ]


def papers(message: Message) -> list[Paper]:
    """The files of a message; pictures inside the HTML are part of it and not listed."""
    rows = Attachment.objects.filter(message=message, content_id="").select_related("file").order_by("position")
    return [Paper(each.name, each.file.size, reverse("message_attachment", args=[each.pk])) for each in rows]


def why(message: Message) -> list[str]:
    """Why it was written: what whoever wrote it said, and the steps that it stands for."""
    found = [message.reason] if message.reason else []
    for each in candidates_of_message(message.pk):
        found.append(_step_text(each))
    return list(dict.fromkeys(found))


def _step_text(row: ReminderCandidate) -> str:
    words = {"rule": row.step.rule, "step": row.step.get_when_display(), "number": row.receivable.number}
    return _("%(number)s: «%(step)s» de la regla «%(rule)s»") % words


def suppressed(message: Message, rows: Sequence[Delivery]) -> list[dict[str, str]]:
    """Addresses of the message that are not written to any more, each with the reason in words."""
    found = suppressed_among(message.channel, [each.address for each in rows])
    return [
        {"address": each.address, "said": str(SUPPRESSED.get(found[each.address.lower()], ""))}
        for each in rows
        if each.address.lower() in found
    ]


# What it is made of


@require_safe
@needs(permissions.VIEW)
def frame(request: CompanyRequest, message_id: UUID) -> HttpResponse:
    """The message as it went, in a page that can do nothing."""
    message = for_reader(request, message_or_404(request, message_id))
    if not message.html:
        raise Http404
    inline = Attachment.objects.filter(message=message).exclude(content_id="").values_list("content_id", "file")
    return framed(with_pictures(as_received(message), dict(inline)))


@require_safe
@needs(permissions.VIEW)
def attachment(request: CompanyRequest, attachment_id: UUID) -> HttpResponse:
    """A file that went along, always as a download: what others made is never shown inside our pages."""
    rows = Attachment.objects.select_related("file", "message")
    row = get_object_or_404(rows, pk=attachment_id)
    message_or_404(request, row.message_id)
    return _download(request, row.file, row.name)


@require_safe
@needs(permissions.VIEW)
def acknowledgement(request: CompanyRequest, delivery_id: UUID) -> HttpResponse:
    """The acknowledgement of a letter."""
    found = acknowledgement_of(delivery_id=delivery_or_404(request, delivery_id).pk)
    if found is None:
        raise Http404
    return _download(request, found, found.name)


def _download(request: CompanyRequest, file: Any, name: str) -> HttpResponse:
    try:
        stream = open_stored(file)
    except DamagedFile as error:
        return errors.answer(request, 404, str(error))
    answer = FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")
    return cast(HttpResponse, answer)
