"""A message that a person writes to one customer now, by any channel: seen exactly as it will go, then sent.

It starts from a template and every word may be changed. It is no reminder: it takes no step's place and no cap holds it
up; but the person is told what would have (a pause, a promise, a dispute…). Who asked not to be written to is not.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, Customer
from aldia.customers.operations.versions import NotThere, Refused
from aldia.domain.reminders import Why
from aldia.messaging.models import Channel, Message, Purpose, Template
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.operations.templates import Words, check
from aldia.messaging.queries.messages import suppressed_among
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.scanning import TemplateError
from aldia.payments.operations.carried import Carried
from aldia.reminders.attachments import StatementPdf, Wanted, enclosures
from aldia.reminders.carrying import facts_of_carried, values_of, wanted_of
from aldia.reminders.content import Debt, context_of, open_debts
from aldia.reminders.drafting import recipients_for
from aldia.reminders.operations.composing import facts_of, write_debts
from aldia.reminders.queries.contacts import ADDRESSES, OPT_OUTS
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

MOST_EXTRA = 20


class OneOffError(Refused):
    """A message that cannot go as asked; `field` is one of subject, body, to, extra, channel, receivables ("": all)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for. `subject` and `body` are words with placeholders, as in a template.

    `contact_ids` empty and no `extra`: whoever its reminders go to. `receivable_ids` empty: everything that is open.
    `extra`: more addresses of the same channel.
    """

    customer_id: uuid.UUID
    channel: str
    subject: str
    body: str
    contact_ids: tuple[uuid.UUID, ...] = ()
    extra: tuple[str, ...] = ()
    receivable_ids: tuple[uuid.UUID, ...] = ()
    copy_me: bool = False
    attach_pdf: bool = False
    attach_xml: bool = False
    attach_statement: bool = False
    attach_sheet: bool = False
    template_id: uuid.UUID | None = None
    purpose: str = Purpose.DIRECT

    @property
    def has_files(self) -> bool:
        return self.attach_pdf or self.attach_xml or self.attach_statement or self.attach_sheet


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that would have held a reminder up: why, and how many documents it is about (0: the customer)."""

    why: str
    documents: int = 0


@dataclass(frozen=True, slots=True)
class OneOff:
    """Exactly what will go, to whom, and what the person should know before."""

    customer: Customer
    rendered: Rendered
    recipients: tuple[Recipient, ...]
    debts: tuple[Debt, ...]
    warnings: tuple[Warning, ...]
    sender_name: str
    reply_to: str
    carried: Carried


def preview_one_off(*, order: Order, actor: User, as_of: datetime) -> OneOff:
    """What would go, written nowhere. Raises `OneOffError` with the field at fault, `NotThere`."""
    turn = Round.at(Company.objects.get(pk=current_company_id()), as_of).as_preview()
    return _prepared(order, actor, turn)


def send_one_off(
    *,
    order: Order,
    key: uuid.UUID,
    actor: User,
    as_of: datetime,
    statement_pdf: StatementPdf | None = None,
    statement_sheet: StatementPdf | None = None,
) -> Message:
    """Write the message, ready to leave; the same `key` returns the first one. Raises `OneOffError`, `NotThere`.

    The interface sends it (it is in the outbox). Files are made first, in no transaction.
    """
    if known := Message.objects.filter(key=f"direct:{key}").first():
        return known
    turn = Round.at(Company.objects.get(pk=current_company_id()), as_of)
    one = _prepared(order, actor, turn)
    files = []
    if order.has_files and order.channel in (Channel.EMAIL, Channel.LETTER):
        files = enclosures(
            customer_id=order.customer_id,
            document_ids=[debt.document_id for debt in one.debts if debt.document_id is not None],
            wanted=_wanted(order, turn),
            today=turn.today,
            statement_pdf=statement_pdf,
            statement_sheet=statement_sheet,
        )
    with transaction():
        known = Message.objects.filter(key=f"direct:{key}").first()
        if known is not None:
            return known
        message = write_message(
            key=f"direct:{key}",
            channel=order.channel,
            purpose=order.purpose,
            customer_id=order.customer_id,
            recipients=one.recipients,
            rendered=one.rendered,
            on_day=turn.today,
            attachments=files,
            template=Template.objects.filter(pk=order.template_id).first() if order.template_id else None,
            facts=facts_of(one.debts) | facts_of_carried(one.carried),
            created_by=actor,
            language=one.customer.language,
            sender_name=one.sender_name,
            reply_to=one.reply_to,
        )
        write_debts(message, one.debts)
        detail = {"customer": order.customer_id, "channel": order.channel, "addresses": len(one.recipients)}
        audit.record(actor=actor, verb="messages.written", object_type="message", object_id=message.pk, detail=detail)
    return message


def _wanted(order: Order, turn: Round) -> Wanted:
    """The files; the statement goes with every invoice where the company said so."""
    has_invoices = order.attach_pdf or order.attach_xml
    statement = order.attach_statement or (has_invoices and turn.carrier.settings.attach_statement)
    limit = turn.settings.attach_limit_kb
    return Wanted(order.attach_pdf, order.attach_xml, statement, limit, sheet=order.attach_sheet)


def _prepared(order: Order, actor: User, turn: Round) -> OneOff:
    customer = Customer.objects.select_related("portfolio__collector").filter(pk=order.customer_id).first()
    if customer is None:
        raise NotThere
    if order.channel not in Channel.values or not turn.has_channel(order.channel):
        raise OneOffError(_("Falta configurar este medio en Configuración → Canales."), "channel")
    standing = standing_of(Span.of([customer.pk]), today=turn.today, sending=turn.sending)
    debts = _debts(order, customer, standing, turn)
    recipients = _recipients(order, customer, standing, actor)
    reply_to = actor.email if actor.email else turn.speaker(customer, order.channel).reply_to
    speaker = replace(turn.speaker(customer, order.channel), name=actor.get_full_name(), reply_to=reply_to)
    words = Words("-", purpose=order.purpose, channel=order.channel, subject=order.subject, body=order.body)
    template = Template(
        purpose=order.purpose, channel=order.channel, subject=order.subject, body=order.body,
        language=customer.language,
    )  # fmt: skip
    try:
        check(words=words)
        carried = _carried(template, customer, recipients, debts, turn)
        rendered = render(
            template=template,
            context=context_of(
                speaker=speaker,
                customer=customer,
                contact=recipients[0].name if order.channel != Channel.LETTER else "",
                debts=debts,
                voice=Voice.of(turn.company, customer.language),
                today=turn.today,
                extra=values_of(carried, turn),
            ),
            look=turn.look,
        )
    except TemplateError as error:
        raise OneOffError(str(error), error.field) from error
    warnings = _warnings(customer, debts, standing, turn)
    return OneOff(customer, rendered, recipients, tuple(debts), warnings, speaker.name, reply_to, carried)


def _carried(
    template: Template, customer: Customer, recipients: Sequence[Recipient], debts: Sequence[Debt], turn: Round
) -> Carried:
    """The links and the account that the words speak of; made only for what is really sent."""
    wanted = wanted_of(
        template=template, customer=customer, channel=template.channel, recipients=recipients, debts=debts, turn=turn,
        by_hand=True,
    )  # fmt: skip
    return turn.carrier.carry([wanted])[0]


def _debts(order: Order, customer: Customer, standing: Standing, turn: Round) -> list[Debt]:
    """The chosen documents with all that they owe: a person knows what is contested and may speak of it."""
    found = open_debts([customer.pk], standing, turn.today).get(customer.pk, [])
    wanted = set(order.receivable_ids)
    if wanted - {debt.receivable_id for debt in found}:
        raise OneOffError(_("Alguno de los documentos ya no se debe. Vuelve a elegirlos."), "receivables")
    return [replace(debt, asked=debt.owed) for debt in found if not wanted or debt.receivable_id in wanted]


def _recipients(order: Order, customer: Customer, standing: Standing, actor: User) -> tuple[Recipient, ...]:
    """The people chosen, the addresses added, and a copy; each address once. Raises `OneOffError`."""
    if order.channel == Channel.LETTER:
        return recipients_for(customer, order.channel, standing)
    column = ADDRESSES[Channel(order.channel)]
    chosen: list[Recipient] = []
    for contact in Contact.objects.filter(customer=customer, pk__in=order.contact_ids).order_by("-is_primary", "id"):
        address = str(getattr(contact, column))
        if getattr(contact, OPT_OUTS[Channel(order.channel)]):
            raise OneOffError(_("%(who)s pidió no recibir mensajes por este medio.") % {"who": contact}, "to")
        if address:
            chosen.append(Recipient(address, contact.name, contact.pk))
    extra = _named(_extra(order), customer, order.channel)
    if not order.contact_ids and not extra:
        chosen = list(recipients_for(customer, order.channel, standing))
    if not chosen and not extra:
        raise OneOffError(_("Elige a quién, o escribe una dirección."), "to")
    _refuse_suppressed(order.channel, chosen, "to")
    _refuse_suppressed(order.channel, extra, "extra")
    copy = [Recipient(actor.email, actor.get_full_name(), is_copy=True)]
    return (*chosen, *extra, *(copy if order.copy_me and order.channel == Channel.EMAIL else []))


def _named(addresses: Sequence[str], customer: Customer, channel: str) -> list[Recipient]:
    """Addresses somebody wrote; one of a person on file is that person's."""
    rows = Contact.objects.filter(customer=customer).order_by("-is_primary", "id") if addresses else []
    known = {str(getattr(row, ADDRESSES[Channel(channel)])).lower(): row for row in reversed(list(rows))}
    found = []
    for each in addresses:
        row = known.get(each.lower())
        found.append(Recipient(each, row.name, row.pk) if row else Recipient(each))
    return found


def _extra(order: Order) -> list[str]:
    addresses = list(dict.fromkeys(each.strip() for each in order.extra if each.strip()))
    if len(addresses) > MOST_EXTRA:
        raise OneOffError(_("Son demasiadas direcciones: hasta %(n)d.") % {"n": MOST_EXTRA}, "extra")
    for address in addresses if order.channel == Channel.EMAIL else ():
        try:
            validate_email(address)
        except ValidationError as error:
            raise OneOffError(_("«%(address)s» no es un correo.") % {"address": address[:80]}, "extra") from error
    return addresses


def _refuse_suppressed(channel: str, recipients: Sequence[Recipient], field: str) -> None:
    blocked = suppressed_among(channel, [each.address for each in recipients])
    for each in recipients:
        if each.address.lower() in blocked:
            sentence = _("A %(address)s ya no se le escribe: rebotó o pidió no recibir mensajes.")
            raise OneOffError(sentence % {"address": each.address}, field)


def _warnings(customer: Customer, debts: Sequence[Debt], standing: Standing, turn: Round) -> tuple[Warning, ...]:
    """What would have held a reminder of these documents up today."""
    found = []
    if customer.pk in standing.off:
        found.append(Warning(standing.off[customer.pk]))
    held = Counter(str(debt.hold.why) for debt in debts if debt.hold is not None and customer.pk not in standing.off)
    found += [Warning(why, count) for why, count in sorted(held.items())]
    if turn.today in standing.reminded_on.get(customer.pk, ()):
        found.append(Warning(Why.FREQUENCY))
    return tuple(found)
