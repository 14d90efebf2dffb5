"""Fintoc: a CLABE per customer, whose incoming SPEI transfers it tells us of, without its SDK.

CLABE:         https://docs.fintoc.com/api/business-accounts-api/account-numbers/account-numbers-create
Transfers:     https://docs.fintoc.com/api/transfers-api/transfers/transfer-object
Keys:          https://docs.fintoc.com/api/fintoc-api/idempotent-requests (kept for at least 24 hours)
Returns:       https://docs.fintoc.com/guides/transfers/inbound-transfers/returning-an-inbound-transfer
Notices:       https://docs.fintoc.com/guides/home/webhooks

Sending money back needs a signature key of its own (JWS) that we do not hold: it is done in Fintoc's dashboard, and its
notice tells us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from aldia.domain.clabe import bank_of
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
    Payer,
    PaymentState,
    ProviderFailure,
    Seen,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.payments.base import Base, to_own_account
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import (
    UNREADABLE,
    clabe,
    identifier,
    json_object,
    mapping,
    minor,
    moment,
    plain,
    text,
)
from aldia.integrations.payments.signing import verify_stamped

VERSION = "2023-11-15"
EVENTS = (
    "transfer.inbound.succeeded", "transfer.inbound.returned", "transfer.inbound.rejected",
    "transfer.inbound.return_failed",
)  # fmt: skip
STATES = {
    "succeeded": PaymentState.SUCCEEDED,
    "return_pending": PaymentState.SUCCEEDED,  # the money is still here, and stays if the return fails
    "returned": PaymentState.REFUNDED,
    "pending": PaymentState.PENDING,
    "rejected": PaymentState.FAILED,
    "failed": PaymentState.FAILED,
}
PAGE, MOST_PAGES = 100, 50
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


class Fintoc(Base):
    """The company's own account at Fintoc (Mexico)."""

    api: str = "https://api.fintoc.com"
    name: ClassVar[str] = "fintoc"
    label: ClassVar[str] = "Fintoc"
    methods: ClassVar[tuple[Method, ...]] = (Method.SPEI,)
    opens_accounts: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("secret_key", gettext_noop("Clave secreta"), is_secret=True, help="sk_live_… · sk_test_…"),
        Field("account_id", gettext_noop("Identificador de la cuenta que recibe"), help="acc_…"),
        Field(
            "webhook_secret",
            gettext_noop("Secreto del webhook"),
            is_secret=True,
            required=False,
            help=gettext_noop("whsec_… Lo da Fintoc al crear el webhook. Al cambiarlo escribe los dos, con una coma."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En dashboard.fintoc.com, Desarrolladores → API Keys, copia la clave secreta. 2. En Cuentas copia el "
        "identificador (acc_…) de la cuenta en pesos que recibe. 3. En Desarrolladores → Webhooks agrega la dirección "
        "de abajo con los eventos transfer.inbound.succeeded, transfer.inbound.returned, transfer.inbound.rejected y "
        "transfer.inbound.return_failed. 4. Copia aquí el secreto del webhook (whsec_…). Cada cliente recibe su CLABE; "
        "lo que llegue a ella se aplica solo, a cualquier hora. Las devoluciones se hacen en el panel de Fintoc."
    )

    @property
    def _peer(self) -> Peer:
        headers = {"Authorization": self.secret("secret_key"), "Fintoc-Version": VERSION}
        return Peer(self.api, headers, [*self._secrets.values()])

    def limits(self, method: Method, currency: str) -> Limits | None:
        return Limits(1) if method == Method.SPEI and currency == "MXN" else None

    def ask(self, asked: Asked) -> Offer:
        return to_own_account(self, asked)

    def fetch(self, provider_id: str) -> Seen:
        found = self._peer.ask("GET", f"/v2/transfers/{_id(provider_id)}")
        with understood(moving=False):
            if found["direction"] != "inbound":
                raise ProviderFailure("not_ours", "Esa transferencia no es un pago recibido.", permanent=True)
            return seen_of(found)

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        """Asked for by days, which is all that the list takes, and then by the minute."""
        query = {
            "account_id": self.setting("account_id"),
            "direction": "inbound",
            "since": since.date().isoformat(),
            "until": (until.date() + timedelta(days=1)).isoformat(),
            "limit": str(PAGE),
        }
        with understood(moving=False):
            found = [seen_of(each) for each in self._pages("/v2/transfers", query) if each["direction"] == "inbound"]
        return [each for each in found if each.paid_at is None or since <= each.paid_at < until]

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        body = {
            "account_id": self.setting("account_id"),
            "description": text(asked.customer_name, 100),
            "metadata": {"aldia_key": asked.key, "customer": text(asked.customer_reference, 100)},
        }
        found = self._peer.ask("POST", "/v2/account_numbers", key=asked.key, json=body)
        with understood(moving=True):
            value = clabe(found["number"], is_live=found.get("mode") != "test")
            bank = bank_of(value) or "Fintoc"
            return OpenedAccount(AccountKind.CLABE, value, provider_id=identifier(found["id"]), bank=bank)

    def check(self) -> str:
        account = self.setting("account_id")
        found = self._peer.ask("GET", f"/v2/accounts/{_id(account)}")
        with understood(moving=False):
            mode = "real" if found.get("mode") == "live" else "de prueba"
            owner = text(mapping(found.get("entity")).get("holder_name"), 100) or identifier(found["id"])
            if text(found.get("currency"), 3).upper() not in ("", "MXN"):
                raise ProviderFailure("currency", "Esa cuenta de Fintoc no es en pesos mexicanos.", permanent=True)
        return f"Conectado con la cuenta de {owner}, en modo {mode}."

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        verify_stamped(headers, "fintoc-signature", body, self.secret("webhook_secret"))
        try:
            event = json_object(body)
            kind, about = text(event["type"], 100), event["data"]
            if kind not in EVENTS:
                return []
            at = moment(event.get("created_at"))
            return [Notice(identifier(event["id"]), kind, subject=identifier(about["id"]), at=at)]
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of Fintoc") from None

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Every object of a list. Of the address of the next page only the query is used: the rest is ours."""
        wanted: Mapping[str, str] = query
        for _page in range(MOST_PAGES):
            found, headers = self._peer.exchange("GET", path, params=dict(wanted))
            if not isinstance(found, list):
                raise ValueError("not a list")
            yield from found
            following = _NEXT.search(headers.get("link", ""))
            if following is None:
                return
            wanted = dict(parse_qsl(urlsplit(following[1]).query))


def seen_of(transfer: Mapping[str, Any]) -> Seen:
    """An incoming transfer in our words."""
    state = STATES[transfer["status"]]
    amount = minor(transfer["amount"])
    taken = state in (PaymentState.SUCCEEDED, PaymentState.REFUNDED)
    own, other = mapping(transfer.get("account_number")), mapping(transfer.get("counterparty"))
    return Seen(
        identifier(transfer["id"]),
        state,
        text(transfer["currency"], 3).upper(),
        received=amount if taken else 0,
        refunded=amount if state == PaymentState.REFUNDED else 0,
        method=Method.SPEI,
        paid_at=moment(transfer.get("transaction_date")),
        paid_into=text(own.get("number"), 40),
        trace=text(transfer.get("tracking_key"), 60),
        reference=text(transfer.get("reference_id"), 60),
        concept=text(transfer.get("comment")),
        payer=Payer(
            name=text(other.get("holder_name")),
            tax_id=text(other.get("holder_id"), 20).upper(),
            account=text(other.get("account_number"), 40),
            bank=text(mapping(other.get("institution")).get("name"), 100),
        ),
        failure=text(transfer.get("return_reason"), 300),
        raw=plain(transfer),
    )


def _id(value: str) -> str:
    try:
        return identifier(value)
    except ValueError:
        raise ProviderFailure("not_found", "Fintoc no conoce eso.", permanent=True) from None
