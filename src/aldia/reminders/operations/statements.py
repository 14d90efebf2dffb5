"""Sending a customer its statement of account by e-mail: the words a person wrote, the paper, and the live one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from aldia.messaging.models import Channel, Message, Purpose
from aldia.messaging.richtext import from_html
from aldia.receivables.models import Receivable
from aldia.reminders.attachments import StatementPdf
from aldia.reminders.operations.one_off import OneOff, OneOffError, Order, preview_one_off, send_one_off
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id

ALL, OVERDUE = "open", "overdue"  # which documents the message shows and the files list
MOST_LETTERS = 10_000


def send_statement(
    *,
    customer_id: uuid.UUID,
    subject: str,
    body_html: str,
    addresses: Sequence[str],
    copy_to_me: bool,
    attach_pdf: bool,
    key: uuid.UUID,
    actor: User,
    now: datetime,
    attach_sheet: bool = False,
    shows: str = ALL,
    statement_pdf: StatementPdf | None = None,
    statement_sheet: StatementPdf | None = None,
) -> Message:
    """Write the statement's mail, each address with its own way into the live one; the same `key` sends it once.

    `body_html` comes from the editor and is cleaned here; it may hold placeholders. Raises `OneOffError` with the field
    at fault, `NotThere`.
    """
    order = statement_order(
        customer_id=customer_id, subject=subject, body_html=body_html, addresses=addresses, copy_to_me=copy_to_me,
        attach_pdf=attach_pdf, attach_sheet=attach_sheet, shows=shows, now=now,
    )  # fmt: skip
    return send_one_off(
        order=order, key=key, actor=actor, as_of=now, statement_pdf=statement_pdf, statement_sheet=statement_sheet
    )


def preview_statement(*, order: Order, actor: User, now: datetime) -> OneOff:
    """What would go, written nowhere; its links open nothing. Raises `OneOffError`, `NotThere`."""
    return preview_one_off(order=order, actor=actor, as_of=now)


def statement_order(
    *,
    customer_id: uuid.UUID,
    subject: str,
    body_html: str,
    addresses: Sequence[str],
    now: datetime,
    copy_to_me: bool = False,
    attach_pdf: bool = True,
    attach_sheet: bool = False,
    shows: str = ALL,
) -> Order:
    """The message as `one_off` takes it. Raises `OneOffError`."""
    body = from_html(body_html)
    if not body:
        raise OneOffError(_("Escribe el mensaje."), "body")
    if len(body) > MOST_LETTERS:
        raise OneOffError(_("El mensaje es demasiado largo."), "body")
    if not any(each.strip() for each in addresses):
        raise OneOffError(_("Escribe a qué correo se manda."), "addresses")
    return Order(
        customer_id=customer_id,
        channel=Channel.EMAIL,
        subject=subject,
        body=body,
        extra=tuple(addresses),
        receivable_ids=overdue_of(customer_id, now) if shows == OVERDUE else (),
        copy_me=copy_to_me,
        attach_statement=attach_pdf,
        attach_sheet=attach_sheet,
        purpose=Purpose.STATEMENT,
    )


def overdue_of(customer_id: uuid.UUID, now: datetime) -> tuple[uuid.UUID, ...]:
    """What a customer owes that fell due before today, the oldest first."""
    zone = ZoneInfo(Company.objects.values_list("time_zone", flat=True).get(pk=current_company_id()))
    rows = Receivable.objects.filter(customer_id=customer_id, balance__gt=0, due_on__lt=now.astimezone(zone).date())
    return tuple(rows.order_by("due_on", "id").values_list("pk", flat=True))
