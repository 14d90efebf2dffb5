"""Payment links: asking one customer for money by an address that only it knows; taking the address back."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.payments.models import LinkedDebt, LinkPolicy, PaymentLink
from aldia.payments.tokens import LINK, Tokens, payment_settings, token_hash
from aldia.receivables.models import Receivable
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

STANDING = "standing"  # the link that reminders carry: everything the customer owes in a currency
MAX_DEBTS = 500
MAX_DAYS = 366
FRESH = timedelta(days=7)


class LinkError(ValueError):
    """A link that cannot be made as asked; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link and the token of its address, which can be said again by `payments.tokens` only."""

    link: PaymentLink
    token: str


def create_link(
    *,
    customer_id: uuid.UUID,
    receivable_ids: Collection[uuid.UUID] = (),
    covers_all: bool = False,
    policy: str,
    amount: int | None = None,
    currency: str,
    now: datetime,
    expires_at: datetime,
    actor: User | None,
    note: str = "",
    purpose: str = "",
    order: Receivable | None = None,
    key: uuid.UUID | None = None,
    tokens: Tokens | None = None,
) -> NewLink:
    """Make a link for one customer and one currency: over the documents named, or over whatever it owes when opened.

    `amount`: what a FIXED link asks, minor units. `key` is the link's id: repeating it returns the first one.
    Raises `LinkError`.
    """
    _check(policy, amount, now, expires_at)
    with transaction():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()  # a key sent twice
        if key is not None and (found := PaymentLink.objects.filter(pk=key).first()) is not None:
            return _said(found, tokens)
        if customer is None or customer.generic or not customer.collecting:
            raise LinkError(_("A ese cliente no se le cobra: no puede tener una liga de pago."))
        rows = [] if covers_all else _named(customer_id, currency, receivable_ids)
        row_id, tokens = key or uuid7(), tokens or Tokens()
        token = tokens.of(LINK, row_id)
        link = PaymentLink(
            id=row_id, company_id=current_company_id(), customer=customer, token_hash=token_hash(token),
            currency=currency, covers_all=covers_all, policy=policy, note=note.strip()[:300], purpose=purpose[:20],
            amount=amount if policy == LinkPolicy.FIXED else None, order=order, expires_at=expires_at,
            created_by=actor,
        )  # fmt: skip
        link.save(force_insert=True)
        insert_rows([_debt(link, row) for row in rows])
        _audit(actor, "payments.link_created", link, {
            "customer": customer_id, "currency": currency, "policy": policy, "amount": amount, "purpose": purpose,
            "receivables": sorted(str(row.pk) for row in rows), "covers_all": covers_all, "expires_at": expires_at,
        })  # fmt: skip
    return NewLink(link, token)


def standing_link(
    *, customer_id: uuid.UUID, currency: str, now: datetime, actor: User | None = None, tokens: Tokens | None = None
) -> NewLink:
    """The link that messages carry, over all that a customer owes in a currency: reused while it lives a week more."""
    with transaction():
        Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()  # two writers make one link
        usable = PaymentLink.objects.filter(
            customer_id=customer_id, currency=currency, purpose=STANDING, covers_all=True, revoked_at__isnull=True,
            expires_at__gt=now + FRESH,
        )  # fmt: skip
        found = usable.order_by("-expires_at", "-id").first()
        if found is not None:
            return _said(found, tokens)
        settings = payment_settings()
        policy = LinkPolicy.FULL if settings.policy == LinkPolicy.FULL else LinkPolicy.PARTIAL
        return create_link(
            customer_id=customer_id, covers_all=True, policy=policy, currency=currency, now=now,
            expires_at=now + timedelta(days=max(settings.link_days, FRESH.days + 1)), purpose=STANDING, actor=actor,
            tokens=tokens,
        )  # fmt: skip


def revoke_link(*, link_id: uuid.UUID, actor: User | None) -> PaymentLink:
    """Take a link back: it opens no payment any more. Done twice, it is done once. Raises `LinkError`."""
    with transaction():
        link = PaymentLink.objects.select_for_update().filter(pk=link_id).first()
        if link is None:
            raise LinkError(_("Esa liga no existe."))
        if link.revoked_at is None:
            PaymentLink.objects.filter(pk=link.pk).update(revoked_at=Now())
            link.refresh_from_db(fields=["revoked_at"])
            _audit(actor, "payments.link_revoked", link, {"customer": link.customer_id})
    return link


def _check(policy: str, amount: int | None, now: datetime, expires_at: datetime) -> None:
    if policy not in LinkPolicy.values:
        raise LinkError(_("Di cuánto se puede pagar con la liga."))
    if policy == LinkPolicy.FIXED and (amount is None or amount <= 0):
        raise LinkError(_("Escribe el importe que pide la liga: mayor que cero."))
    if expires_at <= now:
        raise LinkError(_("La liga debe vencer después de hoy."))
    if expires_at > now + timedelta(days=MAX_DAYS):
        raise LinkError(_("Una liga dura a lo más un año."))


def _named(customer_id: uuid.UUID, currency: str, receivable_ids: Collection[uuid.UUID]) -> list[Receivable]:
    wanted = set(receivable_ids)
    if not wanted:
        raise LinkError(_("Elige al menos un documento."))
    if len(wanted) > MAX_DEBTS:
        raise LinkError(_("Son demasiados documentos: a lo más 500."))
    rows = list(Receivable.objects.filter(id__in=wanted, customer_id=customer_id, currency=currency).order_by("id"))
    if len(rows) != len(wanted):
        raise LinkError(_("Los documentos deben ser de un solo cliente y de una sola moneda."))
    if not any(row.balance for row in rows):
        raise LinkError(_("De esos documentos ya no se debe nada."))
    return rows


def _said(link: PaymentLink, tokens: Tokens | None) -> NewLink:
    return NewLink(link, (tokens or Tokens()).of(LINK, link.pk))


def _debt(link: PaymentLink, row: Receivable) -> LinkedDebt:
    return LinkedDebt(id=uuid7(), company_id=link.company_id, link=link, receivable=row)


def _audit(actor: User | None, verb: str, link: PaymentLink, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="payment_link", object_id=link.pk, detail=detail)
