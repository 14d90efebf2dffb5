"""Payment orders: what a customer owes without an invoice, with the link to pay it, sent by itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import override

from aldia.customers.models import Contact, ContactRole, Customer
from aldia.domain.calendars import short_date
from aldia.domain.money import Money, format_money
from aldia.messaging.look import look_of_company
from aldia.messaging.models import Channel, Guarantee, Message, Purpose, Template
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.queries.messages import suppressed_among
from aldia.messaging.rendering import Rendered, render
from aldia.payments.addresses import link_url
from aldia.payments.models import LinkPolicy, PaymentLink
from aldia.payments.operations.links import MAX_DAYS, LinkError, create_link
from aldia.payments.tokens import payment_settings
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.receivables.operations.charges import ReceivableError, open_charge
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

MAX_ADDRESSES = 20
GRACE = timedelta(days=7)  # the link lives on a little after the order is due
PURPOSE = "order"
COLUMNS = ("folio", "concepto", "vencimiento", "total")


class OrderError(ValueError):
    """An order that cannot be made as asked; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was opened: what is owed, the link that asks for it, and the message that carries it (None: nobody)."""

    receivable: Receivable
    link: PaymentLink
    token: str
    message: Message | None


def create_order(
    *, customer_id: uuid.UUID, amount: Money, concept: str, due_on: date, key: uuid.UUID, actor: User | None,
    now: datetime, today: date, addresses: Sequence[str] | None = None, note: str = "",
) -> Order:  # fmt: skip
    """Open the receivable and its link at once, and write the e-mail that carries the link.

    `addresses`: None for the customer's own contacts, () for nobody. `key` is the receivable's id: repeating it gives
    the order that was made. Raises `OrderError`.
    """
    if not concept.strip():
        raise OrderError(_("Escribe qué se cobra."))
    given = _checked(addresses) if addresses is not None else None
    with transaction():
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
        customer = Customer.objects.get(pk=customer_id)
        message = _write(customer, row, made.token, given, note, actor, now, today)
        audit.record(
            actor=actor, verb="payments.order_created", object_type="receivable", object_id=row.pk,
            detail={"customer": customer_id, "amount": amount.text, "currency": amount.currency, "link": made.link.pk,
                    "message": message.pk if message is not None else ""},
        )  # fmt: skip
    return Order(row, made.link, made.token, message)


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


def _write(
    customer: Customer, row: Receivable, token: str, given: list[str] | None, note: str, actor: User | None,
    now: datetime, today: date,
) -> Message | None:  # fmt: skip
    """The message of the order, in the outbox; None when there is nobody to write to."""
    to = [Recipient(each) for each in given] if given is not None else _contacts(customer)
    closed = suppressed_among(channel=Channel.EMAIL, addresses=[each.address for each in to])
    to = [each for each in to if each.address.strip().lower() not in closed]
    if not to:
        return None
    company = Company.objects.get(pk=current_company_id())
    language = customer.language[:2] or "es"
    with override(language):
        rendered = _rendered(company, customer, row, link_url(company, token), to[0].name, note, today)
    return write_message(
        key=f"order:{row.pk}", channel=Channel.EMAIL, purpose=Purpose.DIRECT, customer_id=customer.pk, recipients=to,
        rendered=rendered, on_day=today, guarantee=Guarantee.AT_LEAST, created_by=actor, language=language,
        reason=_("Orden de pago %(number)s") % {"number": row.number}, facts={"order": str(row.pk)},
    )  # fmt: skip


def _contacts(customer: Customer) -> list[Recipient]:
    """Who collections are written to; where nobody is, the main contact."""
    rows = Contact.objects.filter(customer=customer, no_email=False).exclude(email="")
    people = list(rows.order_by("-is_primary", "created_at", "id"))
    chosen = [each for each in people if each.role == ContactRole.COLLECTIONS] or people[:1]
    return [Recipient(each.email, each.name, each.pk) for each in chosen[:MAX_ADDRESSES]]


def _rendered(
    company: Company, customer: Customer, row: Receivable, url: str, contact: str, note: str, today: date
) -> Rendered:
    total = format_money(row.total, row.currency, home=company.currency, decimal=company_decimal(company))
    body = "\n\n".join(
        [
            _("Estimado cliente{% if contacto %}, {{ contacto }}{% endif %}:"),
            _("*{{ empresa }}* le pide el pago de *{{ total }}*, a más tardar el {{ vencimiento }}."),
            "{{ tabla }}",
            "{% if mensaje %}{{ mensaje }}{% endif %}",
            "{{ liga_de_pago }}",
            _("Al pagar por esta liga, el pago se registra solo y recibe su comprobante por correo."),
        ]
    )
    template = Template(
        name="orden_de_pago", purpose=Purpose.DIRECT, channel=Channel.EMAIL, language=customer.language[:2] or "es",
        subject=_("Orden de pago {{ folio }} por {{ total }} · {{ empresa }}"), body=body,
    )  # fmt: skip
    due = short_date(row.due_on)
    line = {"folio": row.number, "tipo": str(row.get_kind_display()), "vencimiento": due, "total": total,
            "saldo": total, "moneda": row.currency, "concepto": row.concept, "emision": short_date(today)}  # fmt: skip
    context: dict[str, str | list[dict[str, str]]] = {
        "cliente": customer.trade_name or customer.legal_name, "razon_social": customer.legal_name,
        "rfc": customer.tax_id, "contacto": contact, "empresa": str(company), "total": total, "cuantos": "1",
        "folio": row.number, "vencimiento": due, "mensaje": note, "liga_de_pago": url, "documentos": [line],
        "fecha": short_date(today),
    }  # fmt: skip
    return render(template=template, context=context, look=look_of_company(), columns=COLUMNS)


def company_decimal(company: Company) -> str:
    """The decimal mark of the company's country."""
    return "," if company.country in ("CL", "CO", "ES") else "."
