"""What became of the link of a payment order: sent, opened, paid. For the list of what is collected without invoice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from aldia.messaging.models import Delivery, DeliveryState, Message
from aldia.payments.models import PaymentLink

BAD = (DeliveryState.BOUNCED, DeliveryState.FAILED, DeliveryState.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Sent:
    """The newest link of an order and what is known of the message that carried it."""

    link_id: UUID
    text: str
    is_bad: bool = False


def sent_of(receivable_ids: Collection[UUID]) -> dict[UUID, Sent]:
    """By order: where its link is."""
    links = PaymentLink.objects.filter(order_id__in=list(receivable_ids)).order_by("created_at", "id")
    newest = {link.order_id: link for link in links}
    if not newest:
        return {}
    keys = {f"order:{row_id}": row_id for row_id in newest}
    told: dict[UUID, list[Any]] = {}
    for each in Delivery.objects.filter(message__key__in=list(keys), is_copy=False).select_related("message"):
        told.setdefault(keys[each.message.key], []).append(each)
    written = set(Message.objects.filter(key__in=list(keys)).values_list("key", flat=True))
    found = {}
    for row_id, link in newest.items():
        text, is_bad = _said(told.get(row_id, []), f"order:{row_id}" in written)
        found[row_id] = Sent(link.pk, text, is_bad)
    return found


def _said(deliveries: list[Any], is_written: bool) -> tuple[str, bool]:
    if any(each.opened_at for each in deliveries):
        return _("Liga abierta"), False
    if any(each.sent_at for each in deliveries if each.state not in BAD):
        return _("Liga enviada"), False
    if deliveries and all(each.state in BAD for each in deliveries):
        return _("La liga no llegó"), True
    return (_("Liga por salir") if is_written else _("Liga sin enviar")), False
