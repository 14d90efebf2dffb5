"""Payments asked of a provider: started with a key of ours, refunded. No network inside a transaction.

What a payment is now is asked in `looking`; what a person decides of one that waits is in `reviewing`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money, format_money
from aldia.domain.ports.payments import Asked, Method, Provider, ProviderFailure, ProviderUnknown
from aldia.payments import providers
from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink, ProviderAccount
from aldia.payments.operations.looking import AFTER, AttemptError, NotNow, ask, locked, refresh
from aldia.payments.operations.reviewing import (
    assign_attempt,
    close_review,
    confirm_distinct,
    confirm_proof,
    link_to_credit,
)
from aldia.payments.queries.links import LinkState, link_view
from aldia.payments.queries.providers import why_not
from aldia.receivables.models import Receivable
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

LIVES = {
    Method.CARD: timedelta(days=1), Method.STORE: timedelta(days=3), Method.SPEI: timedelta(days=5),
    Method.TRANSFER: timedelta(days=5),
}  # fmt: skip
MAX_CHOSEN = 500
IN_DOUBT = "refund_in_doubt"  # the key of a refund that was asked for and not answered
__all__ = [
    "AttemptError", "NotNow", "assign_attempt", "close_review", "confirm_distinct", "confirm_proof", "link_to_credit",
    "refresh", "refund", "start",
]  # fmt: skip


def start(
    *, customer_id: uuid.UUID, link_id: uuid.UUID | None = None, account_id: uuid.UUID, method: str, amount: Money,
    chosen: Mapping[uuid.UUID, int], key: uuid.UUID, return_url: str, base_url: str, now: datetime,
) -> PaymentAttempt:  # fmt: skip
    """Begin a payment: the row with its key first, then the provider is asked; what it offers is in `offer["shown"]`.

    The same key again returns the same attempt, asked for again if its asking was cut short. Raises `AttemptError`.
    """
    found = PaymentAttempt.objects.select_related("account__secret").filter(pk=key).first()
    if found is None:
        account = _account(account_id)
        _check_method(account, method, amount)
        found = _begin(
            customer_id, link_id, account, Method(method), amount, chosen, key, return_url, base_url, now
        )  # fmt: skip
        crashpoint("after_attempt")
    elif (found.customer_id, found.amount, found.currency, found.method) != (
        customer_id, amount.minor, amount.currency, method,
    ):  # fmt: skip
        raise AttemptError(_("Esa clave ya se usó para otro pago."))
    if found.offer.get("shown"):
        return found
    try:
        found = ask(found, now=now)
    except ProviderFailure as failure:
        raise AttemptError(_("%(provider)s no aceptó el pago: %(why)s") % {
            "provider": found.account.name, "why": failure.text,
        }) from failure  # fmt: skip
    except NotNow as error:
        raise AttemptError(_("El proveedor no contesta en este momento. Inténtalo otra vez en un minuto.")) from error
    crashpoint("after_offer")
    return found


def refund(*, attempt_id: uuid.UUID, amount: int, key: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """Send money back (minor units), and bring the books in line with what the provider says then.

    The same key again sends nothing more. Raises `AttemptError`; where it is not known whether the provider did it,
    asking again with the same key finds out.
    """
    adapter, provider_id, name = _note_refund(attempt_id, amount, key, actor)
    try:
        adapter.refund(provider_id, amount, name)
    except ProviderUnknown as error:
        raise AttemptError(_("No sabemos si la devolución se hizo. Vuelve a pedirla: no se hará dos veces.")) from error
    except ProviderFailure as failure:
        _no_doubt(attempt_id, name)
        raise AttemptError(_("La devolución no se hizo: %(why)s") % {"why": failure.text}) from failure
    crashpoint("after_refund")
    _no_doubt(attempt_id, name)
    try:
        return refresh(attempt_id=attempt_id, now=now)
    except (NotNow, ProviderFailure):  # it was done; the janitor sees it
        PaymentAttempt.objects.filter(pk=attempt_id).update(check_after=now, checks=0)
        return PaymentAttempt.objects.get(pk=attempt_id)


def _note_refund(attempt_id: uuid.UUID, amount: int, key: uuid.UUID, actor: User | None) -> tuple[Provider, str, str]:
    """Write down that a refund is asked for, before it is; by which key it is asked for.

    One of which nobody knows whether it was made is found out about before any other: the same amount is that one.
    """
    with transaction():
        attempt = locked(attempt_id)
        asked = attempt.offer.get("refunds", {})
        adapter = _adapter(attempt.account)
        if asked.get(key.hex, amount) != amount:
            raise AttemptError(_("Esa clave ya se usó para otra devolución."))
        doubt = attempt.offer.get(IN_DOUBT) or key.hex
        if doubt != key.hex and asked[doubt] != amount:
            words = {"amount": format_money(asked[doubt], attempt.currency)}
            raise AttemptError(_("No sabemos si se hizo una devolución de %(amount)s: vuelve a pedirla antes.") % words)
        if doubt not in asked:
            if not adapter.refunds:
                raise AttemptError(_("Este proveedor no devuelve pagos: hazlo desde tu banco y registra el ajuste."))
            if not 0 < amount <= attempt.net:
                raise AttemptError(_("Se puede devolver hasta lo que queda de ese pago."))
            asked = {**asked, key.hex: amount}
            _audit(actor, "payments.refund_asked", attempt, {"amount": amount, "currency": attempt.currency})
        attempt.offer = {**attempt.offer, "refunds": asked, IN_DOUBT: doubt}
        attempt.save(update_fields=["offer"])
        return adapter, attempt.provider_id, doubt


def _no_doubt(attempt_id: uuid.UUID, key: str) -> None:
    """The provider said what became of a refund."""
    with transaction():
        attempt = locked(attempt_id)
        if attempt.offer.get(IN_DOUBT) == key:
            attempt.offer = {**attempt.offer, IN_DOUBT: ""}
            attempt.save(update_fields=["offer"])


def _begin(
    customer_id: uuid.UUID, link_id: uuid.UUID | None, account: ProviderAccount, method: Method, amount: Money,
    chosen: Mapping[uuid.UUID, int], key: uuid.UUID, return_url: str, base_url: str, now: datetime,
) -> PaymentAttempt:  # fmt: skip
    """The row of a payment about to be asked for, with all that is needed to ask for it again."""
    with transaction():
        payers = Customer.objects.select_for_update(no_key=True)  # a form sent twice at once waits for the first
        customer = payers.filter(pk=customer_id, generic=False).first()
        if (found := PaymentAttempt.objects.select_related("account__secret").filter(pk=key).first()) is not None:
            return found
        if customer is None:
            raise AttemptError(_("Ese cliente no puede pagar por aquí."))
        link = _link(link_id, customer, amount, now) if link_id is not None else None
        _check_chosen(customer_id, amount, chosen)
        expires = now + LIVES[method]
        asked = _asked(customer, link, account, method, amount, key, return_url, base_url, expires)
        attempt = PaymentAttempt(
            id=key, company_id=current_company_id(), account=account, customer=customer, link=link, method=method,
            currency=amount.currency, amount=amount.minor, chosen={str(k): v for k, v in chosen.items()},
            offer={"asked": asked}, expires_at=expires, check_after=now + AFTER[0],
        )  # fmt: skip
        attempt.save(force_insert=True)
        _audit(None, "payments.started", attempt, {
            "customer": customer_id, "link": link_id or "", "account": account.pk, "method": method,
            "amount": amount.text, "currency": amount.currency,
        })  # fmt: skip
    return attempt


def _asked(
    customer: Customer, link: PaymentLink | None, account: ProviderAccount, method: Method, amount: Money,
    key: uuid.UUID, return_url: str, base_url: str, expires: datetime,
) -> dict[str, object]:  # fmt: skip
    """What the provider is asked, as JSON (`domain.ports.payments.Asked`)."""
    company = Company.objects.get(pk=current_company_id())
    contacts = list(Contact.objects.filter(customer=customer).order_by("-is_primary", "created_at", "id"))
    own = CollectionAccount.objects.filter(customer=customer, account=account, closed_at__isnull=True).first()
    asked = Asked(
        key=str(key), method=method, amount=amount.minor, currency=amount.currency,
        description=((link.note if link is not None else "") or _("Pago a %(company)s") % {"company": company})[:200],
        customer_reference=customer.pk.hex, return_url=return_url,
        notify_url=f"{base_url.rstrip('/')}{providers.hook_path(account)}", customer_name=customer.legal_name,
        customer_email=next((each.email for each in contacts if each.email), ""),
        customer_phone=next((each.phone for each in contacts if each.phone), ""),
        language=customer.language[:2] or "es", collection_account=own.value if own is not None else "",
    )  # fmt: skip
    names = (name for name in Asked.__slots__ if name not in ("method", "expires_at"))
    return {name: getattr(asked, name) for name in names} | {
        "method": method.value, "expires_at": expires.isoformat(),
    }  # fmt: skip


def _link(link_id: uuid.UUID, customer: Customer, amount: Money, now: datetime) -> PaymentLink:
    link = PaymentLink.objects.filter(pk=link_id, customer=customer, currency=amount.currency).first()
    if link is None:
        raise AttemptError(_("Esa liga no existe."))
    view = link_view(link, now)
    if view.state is LinkState.PAID:
        raise AttemptError(_("Esta liga ya está pagada."))
    if view.state is not LinkState.LIVE:
        raise AttemptError(_("Esta liga ya no sirve para pagar. Pide una nueva."))
    if not view.least <= amount.minor <= view.most:
        raise AttemptError(_("Con esta liga no se puede pagar ese importe."))
    return link


def _check_method(account: ProviderAccount, method: str, amount: Money) -> None:
    adapter = _adapter(account)
    if method not in account.methods or method not in adapter.methods:
        raise AttemptError(_("Esa forma de pago no está disponible."))
    if reason := why_not(adapter.limits(Method(method), amount.currency), amount.minor, amount.currency):
        raise AttemptError(_("Esa forma de pago no sirve para este importe. %(why)s") % {"why": reason})


def _check_chosen(customer_id: uuid.UUID, amount: Money, chosen: Mapping[uuid.UUID, int]) -> None:
    if amount.minor <= 0:
        raise AttemptError(_("El importe debe ser mayor que cero."))
    if len(chosen) > MAX_CHOSEN or any(value <= 0 for value in chosen.values()) or sum(chosen.values()) > amount.minor:
        raise AttemptError(_("Lo elegido no cuadra con el importe. Revísalo."))
    mine = Receivable.objects.filter(pk__in=list(chosen), customer_id=customer_id, currency=amount.currency)
    if mine.count() != len(chosen):
        raise AttemptError(_("Los documentos deben ser del cliente y de la moneda del pago."))


def _account(account_id: uuid.UUID) -> ProviderAccount:
    account = next((each for each in providers.usable_accounts() if each.pk == account_id), None)
    if account is None:
        raise AttemptError(_("Esa forma de pago no está disponible."))
    return account


def _adapter(account: ProviderAccount) -> Provider:
    try:
        return providers.build(account)
    except providers.NoProvider as error:
        raise AttemptError(str(error)) from error


def _audit(actor: User | None, verb: str, attempt: PaymentAttempt, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="payment_attempt", object_id=attempt.pk, detail=detail)
