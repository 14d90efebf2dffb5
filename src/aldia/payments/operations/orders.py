"""Payment orders: what a customer owes without an invoice, with the link to pay it, sent by itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Contact, ContactRole, Customer
from aldia.domain.money import Money
from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.queries.messages import suppressed_among
from aldia.payments.addresses import link_url
from aldia.payments.models import LinkPolicy, PaymentLink
from aldia.payments.operations.links import MAX_DAYS, LinkError, create_link
from aldia.payments.order_letters import order_letter
from aldia.payments.tokens import payment_settings
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.receivables.operations.charges import ReceivableError, open_charge
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

MAX_ADDRESSES = 20
GRACE = timedelta(days=7)  # the link lives on a little after the order is due
PURPOSE = "order"


class OrderError(ValueError):
    """An order that cannot be made as asked; the sentence is for the person."""


Papers = Callable[[uuid.UUID, date], Sequence[Enclosure]]
"""The files that go along with an order's e-mail, of a customer as of a day: made above this app, handed in."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was opened: what is owed, the link that asks for it, and the message that carries it (None: nobody)."""

    receivable: Receivable
    link: PaymentLink
    token: str
    message: Message | None


@dataclass(frozen=True, slots=True)
class _Ask:
    """What the e-mail of an order is written from. `given`: addresses that somebody typed."""

    customer: Customer
    row: Receivable
    token: str
    given: list[str] | None
    note: str
    actor: User | None
    today: date


def create_order(
    *, customer_id: uuid.UUID, amount: Money, concept: str, due_on: date, key: uuid.UUID, actor: User | None,
    now: datetime, today: date, addresses: Sequence[str] | None = None, note: str = "", papers: Papers | None = None,
) -> Order:  # fmt: skip
    """Open the receivable and its link at once, and write the e-mail that carries the link.

    `addresses`: None for the customer's own contacts, () for nobody. `key` is the receivable's id: repeating it gives
    the order that was made, and writes what was left unwritten. Raises `OrderError`.

    `papers` makes the statement of account, which goes along where the company said so. It lists the order too and
    takes long to set: then the e-mail is written after the order is there, in a transaction of its own.
    """
    if not concept.strip():
        raise OrderError(_("Escribe qué se cobra."))
    given = _checked(addresses) if addresses is not None else None
    with transaction():
        # its customer first and the ledger after, as everybody else does
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise OrderError(_("A ese cliente no se le puede cobrar."))
        try:
            row = open_charge(
                customer_id=customer_id, kind=ReceivableKind.PAYMENT_ORDER, total=amount, issued_on=today,
                due_on=due_on, concept=concept.strip()[:300], key=key, actor=actor,
            )  # fmt: skip
            _check_same(row, customer_id, amount)
            made = create_link(
                customer_id=customer_id, receivable_ids=[row.pk], policy=_policy(), currency=amount.currency, now=now,
                expires_at=_expiry(due_on, now), actor=actor, note=note or concept, purpose=PURPOSE, order=row,
                key=uuid.uuid5(key, "link"),
            )  # fmt: skip
        except (ReceivableError, LinkError) as error:
            raise OrderError(str(error)) from error
        ask = _Ask(customer, row, made.token, given, note, actor, today)
        is_later = papers is not None and payment_settings().attach_statement
        message = None if is_later else _write(ask)
        audit.record(
            actor=actor, verb="payments.order_created", object_type="receivable", object_id=row.pk,
            detail={"customer": customer_id, "amount": amount.text, "currency": amount.currency, "link": made.link.pk,
                    "message": message.pk if message is not None else ""},
        )  # fmt: skip
    if papers is not None and is_later:
        message = _write_with(ask, papers)
    return Order(row, made.link, made.token, message)


def ask_for(*, receivable: Receivable, now: datetime, today: date, actor: User | None) -> Message | None:
    """Ask for a receivable that is there: a link to pay it, in the e-mail of an order to the customer's own contacts.

    Once per receivable; None where there is nobody to write to (no link is made). Raises `OrderError`.
    """
    with transaction():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=receivable.customer_id)
        if not _to(_Ask(customer, receivable, "", None, "", actor, today)):
            return None
        try:
            made = create_link(
                customer_id=customer.pk, receivable_ids=[receivable.pk], policy=_policy(),
                currency=receivable.currency, now=now, expires_at=_expiry(receivable.due_on, now), actor=actor,
                note=receivable.concept, purpose=PURPOSE, key=uuid.uuid5(receivable.pk, "link"),
            )  # fmt: skip
        except LinkError as error:
            raise OrderError(str(error)) from error
        return _write(_Ask(customer, receivable, made.token, None, "", actor, today))


def _write_with(ask: _Ask, papers: Papers) -> Message | None:
    """The e-mail with its files, which are made first, in no transaction."""
    to = _to(ask)
    known = Message.objects.filter(key=_key(ask.row.pk)).first()
    if known is not None or not to:
        return known
    files = papers(ask.customer.pk, ask.today)
    with transaction():
        message = _write(ask, files)
        if message is not None:
            detail = {"customer": ask.customer.pk, "channel": message.channel, "addresses": len(to)}
            audit.record(
                actor=ask.actor, verb="messages.written", object_type="message", object_id=message.pk, detail=detail
            )
    return message


def _checked(addresses: Sequence[str]) -> list[str]:
    found = [each.strip() for each in addresses if each.strip()]
    if len(found) > MAX_ADDRESSES:
        raise OrderError(_("Son demasiados correos: a lo más 20."))
    for each in found:
        try:
            validate_email(each)
        except ValidationError as error:
            raise OrderError(_("«%(address)s» no es un correo.") % {"address": each[:100]}) from error
    return found


def _check_same(row: Receivable, customer_id: uuid.UUID, amount: Money) -> None:
    if (row.customer_id, row.total, row.currency) != (customer_id, amount.minor, amount.currency):
        raise OrderError(_("Esa clave ya se usó para otra orden."))


def _policy() -> str:
    """All or nothing where the company says so; a part of it may be paid otherwise."""
    return LinkPolicy.FULL if payment_settings().policy == LinkPolicy.FULL else LinkPolicy.PARTIAL


def _expiry(due_on: date, now: datetime) -> datetime:
    """As long as links of the company live, and not before the order is due; never more than a year."""
    company = Company.objects.get(pk=current_company_id())
    after_due = datetime.combine(due_on, time.max, tzinfo=ZoneInfo(company.time_zone)) + GRACE
    usual = now + timedelta(days=payment_settings().link_days)
    return min(max(usual, after_due), now + timedelta(days=MAX_DAYS) - timedelta(minutes=1))


def _key(order_id: uuid.UUID) -> str:
    return f"order:{order_id}"


def _to(ask: _Ask) -> list[Recipient]:
    """Who is written to: the addresses given, else the customer's people; never who asked not to be."""
    to = [Recipient(each) for each in ask.given] if ask.given is not None else _contacts(ask.customer)
    closed = suppressed_among(channel=Channel.EMAIL, addresses=[each.address for each in to])
    return [each for each in to if each.address.strip().lower() not in closed]


def _write(ask: _Ask, files: Sequence[Enclosure] = ()) -> Message | None:
    """The message of the order, in the outbox; None when there is nobody to write to."""
    to, row, actor = _to(ask), ask.row, ask.actor
    if not to:
        return None
    company = Company.objects.get(pk=current_company_id())
    letter = order_letter(
        company=company, customer=ask.customer, row=row, url=link_url(company, ask.token), contact=to[0].name,
        note=ask.note, actor=actor, today=ask.today,
    )  # fmt: skip
    with override(letter.language):
        order, kind = str(ReceivableKind.PAYMENT_ORDER.label), str(row.get_kind_display())
        rendered = replace(letter.rendered, subject=letter.rendered.subject.replace(order, kind, 1))
    return write_message(
        key=_key(row.pk), channel=Channel.EMAIL, purpose=Purpose.ORDER, customer_id=ask.customer.pk, recipients=to,
        rendered=rendered, template=letter.template, attachments=files, on_day=ask.today,
        guarantee=Guarantee.AT_LEAST, created_by=actor, language=letter.language,
        reply_to=actor.email if actor else "", reason=f"{kind} {row.number}", facts={"order": str(row.pk)},
    )  # fmt: skip


def _contacts(customer: Customer) -> list[Recipient]:
    """Who collections are written to; where nobody is, the main contact."""
    rows = Contact.objects.filter(customer=customer, no_email=False).exclude(email="")
    people = list(rows.order_by("-is_primary", "created_at", "id"))
    chosen = [each for each in people if each.role == ContactRole.COLLECTIONS] or people[:1]
    return [Recipient(each.email, each.name, each.pk) for each in chosen[:MAX_ADDRESSES]]
