"""Stripe: hosted Checkout for cards and OXXO, a CLABE per customer for SPEI, without its SDK.

Checkout:      https://docs.stripe.com/api/checkout/sessions
OXXO:          https://docs.stripe.com/payments/oxxo (MXN 10 to 10,000 a voucher, 1 to 7 days)
SPEI:          https://docs.stripe.com/payments/customer-balance/funding-instructions
Refunds:       https://docs.stripe.com/api/refunds      Disputes: https://docs.stripe.com/api/disputes
Amounts:       https://docs.stripe.com/currencies#zero-decimal, #minimum-and-maximum-charge-amounts
Keys:          https://docs.stripe.com/api/idempotent_requests (kept for at least 24 hours)
Notices:       https://docs.stripe.com/webhooks

The id of a payment is that of its Checkout Session, or `cus_…:ccsbtxn_…` for money that came into a CLABE. Such money
waits in the customer's cash balance and would go back after 75 days: looking at it also takes it out, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    OpenedAccount,
    PaymentState,
    ProviderFailure,
    ProviderUnknown,
    Refund,
    Seen,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.payments import stripe_objects as objects
from aldia.integrations.payments.base import Base, to_own_account
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import UNREADABLE, https, identifier, json_object, mapping, moment, text
from aldia.integrations.payments.signing import verify_stamped

VERSION = "2024-06-20"
TYPES = {Method.CARD: "card", Method.STORE: "oxxo"}
LOCALES = {"es": "es-419", "en": "en"}
SPEI = {"bank_transfer[type]": "mx_bank_transfer", "currency": "mxn", "funding_type": "bank_transfer"}
PAGE, MOST_PAGES = 100, 50


class Stripe(Base):
    """The company's own Stripe account."""

    api: str = "https://api.stripe.com"
    name: ClassVar[str] = "stripe"
    label: ClassVar[str] = "Stripe"
    countries: ClassVar[frozenset[str]] = frozenset({"MX", "ES"})
    methods: ClassVar[tuple[Method, ...]] = (Method.CARD, Method.STORE, Method.SPEI)
    opens_accounts: ClassVar[bool] = True
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "secret_key", gettext_noop("Clave secreta (o restringida)"), is_secret=True, help="sk_live_… · rk_live_…"
        ),
        Field(
            "webhook_secret",
            gettext_noop("Secreto de firma del webhook"),
            is_secret=True,
            required=False,
            help=gettext_noop("whsec_… Lo da Stripe al crear el destino. Al cambiarlo escribe los dos, con una coma."),
        ),
        Field(
            "store_days",
            gettext_noop("Días para pagar en OXXO"),
            required=False,
            default="3",
            choices=tuple((str(days), str(days)) for days in range(1, 8)),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En dashboard.stripe.com, Desarrolladores → Claves de API, copia la clave secreta. Con una restringida, da "
        "permiso de escritura a Checkout Sessions, Customers, PaymentIntents, Refunds y Cash balance, y de lectura a "
        "Charges, Disputes, Events y Balance transactions. 2. En Configuración → Métodos de pago activa tarjetas, OXXO "
        "y transferencias bancarias. 3. En Desarrolladores → Webhooks crea un destino con la dirección de abajo y los "
        "eventos: checkout.session.completed, checkout.session.async_payment_succeeded, "
        "checkout.session.async_payment_failed, checkout.session.expired, charge.refunded, refund.updated, "
        "refund.failed, charge.dispute.created, charge.dispute.updated, charge.dispute.closed, "
        "charge.dispute.funds_withdrawn, charge.dispute.funds_reinstated y customer_cash_balance_transaction.created. "
        "4. Copia aquí el secreto de firma (whsec_…). OXXO acepta de $10 a $10,000 por pago y confirma al día "
        "siguiente hábil."
    )

    @property
    def _peer(self) -> Peer:
        headers = {"Authorization": f"Bearer {self.secret('secret_key')}", "Stripe-Version": VERSION}
        return Peer(self.api, headers, [*self._secrets.values()])

    def limits(self, method: Method, currency: str) -> Limits | None:
        return objects.limits(method, currency)

    def ask(self, asked: Asked) -> Offer:
        limits = self.limits(asked.method, asked.currency)
        if limits is None or not limits.allows(asked.amount):
            raise ProviderFailure("amount", "Stripe no acepta ese importe con ese método.", permanent=True)
        if asked.method == Method.SPEI:
            return to_own_account(self, asked)
        found = self._peer.ask("POST", "/v1/checkout/sessions", key=f"ask-{asked.key}", data=self._session(asked))
        with understood(moving=True):
            return Offer(identifier(found["id"]), url=https(found["url"]), expires_at=moment(found.get("expires_at")))

    def _session(self, asked: Asked) -> dict[str, str]:
        form = {
            "mode": "payment",
            "payment_method_types[0]": TYPES[asked.method],
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": asked.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(objects.to_stripe(asked.amount, asked.currency)),
            "line_items[0][price_data][product_data][name]": text(asked.description, 200) or "Pago",
            "client_reference_id": asked.key,
            "metadata[aldia_key]": asked.key,
            "metadata[customer]": text(asked.customer_reference, 100),
            "payment_intent_data[metadata][aldia_key]": asked.key,
            "payment_intent_data[description]": text(asked.description, 200) or "Pago",
            "success_url": asked.return_url,
            "cancel_url": asked.return_url,
            "locale": LOCALES.get(asked.language, "auto"),
        }
        if asked.customer_email:
            form["customer_email"] = text(asked.customer_email, 254)
        if asked.method == Method.STORE:
            form["payment_method_options[oxxo][expires_after_days]"] = self.setting("store_days", "3")
        return form

    def fetch(self, provider_id: str) -> Seen:
        if provider_id.startswith("cus_"):
            return self._funding(provider_id)
        if provider_id.startswith("pi_"):
            return self._of_intent(provider_id)
        query = {"expand[]": "payment_intent.latest_charge.balance_transaction"}
        session = self._peer.ask("GET", f"/v1/checkout/sessions/{_id(provider_id)}", params=query)
        with understood(moving=False):
            return objects.seen_of_session(session, self._disputes(objects.charge_of(session.get("payment_intent"))))

    def _of_intent(self, intent_id: str) -> Seen:
        """Notices of refunds and disputes name the PaymentIntent: what it belongs to."""
        query = {"payment_intent": _id(intent_id), "limit": "1"}
        with understood(moving=False):
            sessions = self._peer.ask("GET", "/v1/checkout/sessions", params=query)["data"]
            if sessions:
                return self.fetch(identifier(sessions[0]["id"]))
            intent = self._peer.ask("GET", f"/v1/payment_intents/{_id(intent_id)}")
            funding = mapping(intent.get("metadata")).get("aldia_funding")
            if not funding:
                raise not_ours()
            return self._funding(f"{identifier(intent['customer'])}:{identifier(funding)}")

    def _funding(self, provider_id: str) -> Seen:
        """Money that came into a customer's CLABE, taken out of the cash balance as a payment of its own."""
        customer_id, _colon, funding_id = provider_id.partition(":")
        path = f"/v1/customers/{_id(customer_id)}"
        with understood(moving=False):
            customer = self._peer.ask("GET", path)
            if not mapping(customer.get("metadata")).get("aldia_account"):
                raise not_ours()
            funding = self._peer.ask("GET", f"{path}/cash_balance_transactions/{_id(funding_id)}")
            if funding["type"] != "funded":
                raise not_ours()
            clabe = objects.clabe_of(self._peer.ask("POST", f"{path}/funding_instructions", data=SPEI, moves=False))
            intent = self._intent_for(customer_id, funding)
            return objects.seen_of_funding(provider_id, funding, clabe, intent)

    def _intent_for(self, customer_id: str, funding: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The payment that took the money; made now if there is none and the money is still there."""
        expand = {"customer": customer_id, "expand[]": "data.latest_charge.balance_transaction"}
        for intent in self._pages("/v1/payment_intents", expand):
            if mapping(intent.get("metadata")).get("aldia_funding") == funding["id"]:
                return intent
        balance = self._peer.ask("GET", f"/v1/customers/{_id(customer_id)}/cash_balance")
        available = mapping(balance.get("available")).get(funding["currency"])
        if not isinstance(available, int) or available < funding["net_amount"]:
            return None  # the company applied it by hand, or sent it back
        try:
            form = objects.intent_for(customer_id, funding) | {"expand[]": "latest_charge.balance_transaction"}
            return self._peer.ask("POST", "/v1/payment_intents", key=f"take-{funding['id']}", data=form)  # type: ignore[no-any-return]
        except ProviderUnknown as error:  # looked at again, it is found or made with the same key
            raise ProviderFailure("connection", str(error), permanent=False) from None

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        """From the list of events, which Stripe keeps for 30 days (https://docs.stripe.com/api/events)."""
        query = {
            "type": "customer_cash_balance_transaction.created",
            "created[gte]": str(int(since.timestamp())),
            "created[lt]": str(int(until.timestamp()) + 1),
        }
        seen: dict[str, Seen] = {}
        with understood(moving=False):
            for event in self._pages("/v1/events", query):
                for notice in objects.notices_of(event):
                    if notice.subject not in seen:
                        try:
                            seen[notice.subject] = self._funding(notice.subject)
                        except ProviderFailure as failure:
                            if not failure.permanent:
                                raise
        return list(seen.values())

    def cancel(self, provider_id: str) -> Seen:
        seen = self.fetch(provider_id)
        if seen.state == PaymentState.CREATED:
            path = f"/v1/checkout/sessions/{_id(provider_id)}/expire"
        elif seen.state == PaymentState.PENDING and seen.raw.get("payment_intent"):
            path = f"/v1/payment_intents/{_id(str(seen.raw['payment_intent']))}/cancel"
        else:
            return seen
        try:
            self._peer.ask("POST", path, key=f"cancel-{provider_id}")
        except ProviderFailure as failure:
            if not failure.permanent:
                raise
        return self.fetch(provider_id)  # it may just have been paid

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        if provider_id.startswith("cus_"):
            text = "Las transferencias SPEI se devuelven desde el panel de Stripe."
            raise ProviderFailure("unsupported", text, permanent=True)
        seen = self.fetch(provider_id)
        if not seen.raw.get("payment_intent"):
            raise ProviderFailure("not_paid", "Ese pago no tiene qué devolver.", permanent=True)
        form = {
            "payment_intent": str(seen.raw["payment_intent"]),
            "amount": str(objects.to_stripe(amount, seen.currency)),
            "metadata[aldia_key]": key,
        }
        found = self._peer.ask("POST", "/v1/refunds", key=f"refund-{key}", data=form)
        with understood(moving=True):
            if found["status"] in ("failed", "canceled"):
                raise ProviderFailure("refund", "Stripe no pudo devolver el dinero.", permanent=True)
            return Refund(identifier(found["id"]), objects.from_stripe(found["amount"], found["currency"]))

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        """A Stripe customer with its CLABE. One of the same key is looked for first: keys are forgotten in a day."""
        with understood(moving=True):
            search = {"query": f"metadata['aldia_key']:'{_id(asked.key)}'"}
            found = self._peer.ask("GET", "/v1/customers/search", params=search)["data"]
            customer = found[0] if found else self._new_customer(asked)
            customer_id = identifier(customer["id"])
            path = f"/v1/customers/{customer_id}/funding_instructions"
            instructions = self._peer.ask("POST", path, key=f"clabe-{asked.key}", data=SPEI)
            spei = objects.spei_of(instructions)
            return OpenedAccount(
                AccountKind.CLABE,
                objects.clabe_of(instructions),
                provider_id=customer_id,
                bank=text(spei.get("bank_name"), 100),
                beneficiary=text(spei.get("account_holder_name")),
            )

    def _new_customer(self, asked: AccountAsked) -> Mapping[str, Any]:
        form = {
            "name": text(asked.customer_name, 250),
            "metadata[aldia_key]": asked.key,
            "metadata[aldia_account]": "1",
            "metadata[customer]": text(asked.customer_reference, 100),
        }
        if asked.customer_email:
            form["email"] = text(asked.customer_email, 254)
        return self._peer.ask("POST", "/v1/customers", key=f"customer-{asked.key}", data=form)  # type: ignore[no-any-return]

    def check(self) -> str:
        if self.secret("secret_key").startswith("pk_"):
            raise ProviderFailure("key", "Esa es la clave publicable: hace falta la secreta (sk_…).", permanent=True)
        account = self._peer.ask("GET", "/v1/account")
        name = text(mapping(mapping(mapping(account).get("settings")).get("dashboard")).get("display_name"), 80)
        live = "real" if "_live_" in self.secret("secret_key") else "de prueba"
        ready = "" if mapping(account).get("charges_enabled") else " Stripe todavía no le permite cobrar."
        return f"Conectado con la cuenta {name or text(mapping(account).get('id'), 60)}, en modo {live}.{ready}"

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        verify_stamped(headers, "stripe-signature", body, self.secret("webhook_secret"))
        try:
            return objects.notices_of(json_object(body))
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of Stripe") from None

    def _disputes(self, charge: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if not charge.get("disputed"):
            return []
        return list(self._pages("/v1/disputes", {"charge": identifier(charge["id"])}))

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every object of a list, page by page (https://docs.stripe.com/api/pagination)."""
        after: dict[str, str] = {}
        for _page in range(MOST_PAGES):
            found = self._peer.ask("GET", path, params={**query, **after, "limit": str(PAGE)})
            yield from found["data"]
            if not found.get("has_more") or not found["data"]:
                return
            after = {"starting_after": identifier(found["data"][-1]["id"])}


def not_ours() -> ProviderFailure:
    return ProviderFailure("not_ours", "Ese movimiento de Stripe no es de un cobro de Aldía.", permanent=True)


def _id(value: str) -> str:
    """An id as part of an address. Raises `ProviderFailure` for what cannot be one."""
    try:
        return identifier(value)
    except ValueError:
        raise ProviderFailure("not_found", "Stripe no conoce ese pago.", permanent=True) from None
