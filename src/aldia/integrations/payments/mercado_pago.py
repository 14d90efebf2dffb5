"""Mercado Pago: hosted Checkout Pro for cards, cash and SPEI, without its SDK.

Preferences:   https://www.mercadopago.com.mx/developers/es/reference/preferences/_checkout_preferences/post
Payments:      https://www.mercadopago.com.mx/developers/es/reference/payments/_payments_search/get
Refunds:       https://www.mercadopago.com.mx/developers/es/reference/chargebacks/_payments_id_refunds/post
Chargebacks:   https://www.mercadopago.com.mx/developers/es/reference/chargebacks/_chargebacks_id/get
Notices:       https://www.mercadopago.com.mx/developers/es/docs/your-integrations/notifications/webhooks

What is signed is the id of what changed, the request's own id and the time, never the body: so a notice is only a
reason to look, and what to look at is taken from what was signed. Notices of QR codes are not signed at all: refused.
What is made and paid carries our key (`external_reference`), and the key is the id of a payment here: a preference has
an id and each of its payments another one. All payments of one key are added up: it may be paid in two goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aldia.domain.ports.payments import (
    Asked,
    BadSignature,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    PaymentState,
    ProviderFailure,
    Refund,
    Seen,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.payments import mercado_pago_objects as objects
from aldia.integrations.payments.base import Base
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import (
    UNREADABLE,
    https,
    identifier,
    json_object,
    mapping,
    moment,
    name_of,
    number,
    text,
)
from aldia.integrations.payments.signing import any_fits, in_force, parts_of, refuse_unfresh

OXXO = Limits(10_00, 10_000_00)  # https://docs.stripe.com/payments/oxxo: the store's own cap, whoever asks
KINDS = {
    Method.CARD: frozenset({"credit_card", "debit_card", "prepaid_card"}),
    Method.STORE: frozenset({"ticket", "atm"}),
    Method.SPEI: frozenset({"bank_transfer"}),
}
CHARGEBACK = "cb-"
PAGE, MOST_PAGES = 50, 20
OWN = "users/me"  # whose credentials they are


class MercadoPago(Base):
    """The company's own Mercado Pago account."""

    api: str = "https://api.mercadopago.com"
    name: ClassVar[str] = "mercado_pago"
    label: ClassVar[str] = "Mercado Pago"
    countries: ClassVar[frozenset[str]] = frozenset({"MX", "CL", "CO"})
    currencies: ClassVar[frozenset[str]] = frozenset({"MXN", "CLP", "COP"})
    methods: ClassVar[tuple[Method, ...]] = (Method.CARD, Method.STORE, Method.SPEI)
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("access_token", gettext_noop("Access Token"), is_secret=True, help="APP_USR-… · TEST-…"),
        Field(
            "webhook_secret",
            gettext_noop("Clave secreta de las notificaciones"),
            is_secret=True,
            required=False,
            help=gettext_noop("La da Mercado Pago al guardar los Webhooks. Al renovarla van las dos, con una coma."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En mercadopago.com.mx/developers, Tus integraciones, crea una aplicación de pagos en línea con Checkout "
        "Pro. 2. En Credenciales de producción copia el Access Token. 3. En Webhooks → Configurar notificaciones pega "
        "la dirección de abajo y marca los eventos Pagos (payment) y Contracargos (topic_chargebacks_wh). 4. Copia la "
        "clave secreta que aparece al guardar. El efectivo acepta de $10 a $10,000 por pago."
    )

    @property
    def _peer(self) -> Peer:
        headers = {"Authorization": f"Bearer {self.secret('access_token')}"}
        return Peer(self.api, headers, [*self._secrets.values()], key_header="X-Idempotency-Key")

    def limits(self, method: Method, currency: str) -> Limits | None:
        if method == Method.CARD:
            return Limits(1) if currency in self.currencies else None
        if currency != "MXN":
            return None
        return {Method.STORE: OXXO, Method.SPEI: Limits(1)}.get(method)

    def ask(self, asked: Asked) -> Offer:
        """A preference; one of the same key is looked for first, since the API promises nothing of its keys here."""
        limits = self.limits(asked.method, asked.currency)
        if limits is None or not limits.allows(asked.amount):
            raise ProviderFailure("amount", "Mercado Pago no acepta ese importe con ese método.", permanent=True)
        with understood(moving=True):
            for found in self._preferences(asked.key):
                return self._offer(found, asked.key)
            made = self._peer.ask("POST", "/checkout/preferences", key=asked.key, json=self._wanted(asked))
            return self._offer(made, asked.key)

    def _wanted(self, asked: Asked) -> dict[str, Any]:
        kept = KINDS[asked.method]
        excluded = sorted(set().union(*KINDS.values()) - kept)
        title = text(asked.description, 200) or "Pago"
        body: dict[str, Any] = {
            "items": [
                {
                    "id": asked.key,
                    "title": title,
                    "quantity": 1,
                    "currency_id": asked.currency,
                    "unit_price": number(asked.amount, asked.currency),
                }
            ],
            "external_reference": asked.key,
            "metadata": {"customer": text(asked.customer_reference, 100)},
            "notification_url": with_query(asked.notify_url, "source_news=webhooks"),
            "back_urls": dict.fromkeys(("success", "pending", "failure"), asked.return_url),
            "auto_return": "approved",
            "payment_methods": {"excluded_payment_types": [{"id": each} for each in excluded]},
        }
        payer = {"name": text(asked.customer_name, 100), "email": text(asked.customer_email, 150)}
        body["payer"] = {name: value for name, value in payer.items() if value}
        if asked.expires_at:
            body |= {"expires": True, "expiration_date_to": asked.expires_at.isoformat(timespec="milliseconds")}
        return body

    def _offer(self, preference: Mapping[str, Any], key: str) -> Offer:
        name = "sandbox_init_point" if self.secret("access_token").startswith("TEST-") else "init_point"
        until = moment(preference.get("expiration_date_to")) if preference.get("expires") else None
        return Offer(identifier(key), url=https(preference[name]), expires_at=until)

    def fetch(self, provider_id: str) -> Seen:
        """By our key; or by the id of a payment or a chargeback, as notices name them: what is seen has our key."""
        with understood(moving=False):
            if provider_id.startswith(CHARGEBACK):
                path = f"/v1/chargebacks/{_id(provider_id.removeprefix(CHARGEBACK))}"
                return self.fetch(identifier(self._peer.ask("GET", path)["payments"][0]))
            key, known = _id(provider_id), list[Mapping[str, Any]]()
            if provider_id.isdigit():
                known.append(self._peer.ask("GET", f"/v1/payments/{provider_id}"))
                key = text(known[0].get("external_reference"), 64)
                if not key:
                    raise ProviderFailure("not_ours", "Ese pago de Mercado Pago no es de Aldía.", permanent=True)
            payments = {each["id"]: each for each in [*self._payments(key), *known]}
            about = next(iter(payments.values()), None) or next(self._preferences(key), None)
            if about is None:
                raise ProviderFailure("not_found", "Mercado Pago no conoce ese pago.", permanent=True)
            return objects.seen_of(identifier(key), key, objects.currency_of(about), list(payments.values()))

    def _preferences(self, key: str) -> Iterator[Mapping[str, Any]]:
        """What was asked for under a key of ours."""
        found = self._peer.ask("GET", "/checkout/preferences/search", params={"external_reference": key})
        for each in found.get("elements") or []:
            preference = self._peer.ask("GET", f"/checkout/preferences/{identifier(each['id'])}")
            if preference.get("external_reference") == key:
                yield preference

    def _payments(self, key: str) -> Iterator[Mapping[str, Any]]:
        """Every payment made under a key of ours, page by page."""
        query = {"external_reference": key, "sort": "date_created", "criteria": "asc", "limit": str(PAGE)}
        for page in range(MOST_PAGES):
            found = self._peer.ask("GET", "/v1/payments/search", params={**query, "offset": str(page * PAGE)})
            results = found["results"]
            yield from (each for each in results if text(each.get("external_reference"), 64) == key)
            if len(results) < PAGE:
                return

    def cancel(self, provider_id: str) -> Seen:
        """End the preference and what waits to be paid under it."""
        seen = self.fetch(provider_id)
        if seen.state not in (PaymentState.CREATED, PaymentState.PENDING):
            return seen
        with understood(moving=True):
            for preference in self._preferences(seen.key):
                ended = {"expires": True, "expiration_date_to": preference["date_created"]}
                self._peer.ask("PUT", f"/checkout/preferences/{identifier(preference['id'])}", json=ended)
            for each in self._payments(seen.key):
                if each["status"] in objects.WAITING:
                    path = f"/v1/payments/{identifier(each['id'])}"
                    self._peer.ask("PUT", path, key=f"cancel-{each['id']}", json={"status": "cancelled"})
        found = self.fetch(seen.key)
        return found if found.received else objects.ended(found)

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        seen = self.fetch(provider_id)
        with understood(moving=True):
            for each in self._payments(seen.key):
                if objects.refundable(each, seen.currency) >= amount:
                    path = f"/v1/payments/{identifier(each['id'])}/refunds"
                    body = {"amount": number(amount, seen.currency)}
                    found = self._peer.ask("POST", path, key=key, json=body)
                    if found.get("status") in ("rejected", "cancelled"):
                        raise ProviderFailure("refund", "Mercado Pago no pudo devolver el dinero.", permanent=True)
                    return Refund(identifier(found["id"]), objects.major(found["amount"], seen.currency))
        raise ProviderFailure("not_paid", "No hay un pago del que se pueda devolver esa cantidad.", permanent=True)

    def check(self) -> str:
        found = mapping(self._peer.ask("GET", f"/{OWN}"))
        name, site = text(found.get("nickname"), 80), text(found.get("site_id"), 10)
        mode = "de prueba" if self.secret("access_token").startswith("TEST-") else "real"
        return f"Conectado con la cuenta {name or text(found.get('id'), 40)} ({site}), en modo {mode}."

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        subject, stamp = verify(headers, query, self.secret("webhook_secret"))
        try:
            notice = json_object(body)
            told = mapping(notice.get("data")).get("id")
            if told is not None and str(told).lower() != subject.lower():
                raise ValueError("the body names another payment than what was signed")
            kind = text(query.get("type") or notice.get("type"), 100)
            if kind not in ("payment", "topic_chargebacks_wh") or not subject:
                return []
            about = identifier(subject if kind == "payment" else CHARGEBACK + subject)
            name = name_of(kind, subject, headers.get("x-request-id", ""), stamp)
            return [Notice(name, kind, subject=about, at=moment(notice.get("date_created")))]
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of Mercado Pago") from None


def verify(headers: Mapping[str, str], query: Mapping[str, str], secret: str) -> tuple[str, str]:
    """What was signed: the id and the time. Raise `BadSignature`.

    The time comes in seconds or in milliseconds; the id is signed as it is or, as the guide says, in lower case.
    """
    stamp, signatures = parts_of(headers.get("x-signature", ""), "ts")
    refuse_unfresh(headers, int(stamp) // 1000 if len(stamp) > 11 else int(stamp))
    subject, request = query.get("data.id", "").strip(), headers.get("x-request-id", "").strip()
    secrets = in_force(secret)
    manifests = {manifest(each, request, stamp) for each in (subject, subject.lower())}
    if not any(any_fits(secrets, each.encode("utf-8", "replace"), signatures) for each in sorted(manifests)):
        raise BadSignature
    return subject, stamp


def manifest(subject: str, request: str, stamp: str) -> str:
    """The text that Mercado Pago signs; a part that is missing is left out."""
    parts = (("id", subject), ("request-id", request), ("ts", stamp))
    return "".join(f"{name}:{value};" for name, value in parts if value)


def with_query(address: str, query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{query}" if address else ""


def _id(value: str) -> str:
    try:
        return identifier(value)
    except ValueError:
        raise ProviderFailure("not_found", "Mercado Pago no conoce ese pago.", permanent=True) from None
