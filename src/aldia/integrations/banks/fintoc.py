"""Fintoc's movements: accounts that somebody linked with their bank, in Mexico and Chile, without its SDK.

Accounts:   https://docs.fintoc.com/api/movements-api/accounts/accounts-object
Movements:  https://docs.fintoc.com/api/movements-api/movements/movements-object
Lists:      https://docs.fintoc.com/api/movements-api/movements/movements-list (pages of at most 300)
Changes:    https://docs.fintoc.com/changelog/webhook-de-cambios-en-los-movimientos
Notices:    https://docs.fintoc.com/docs/webhooks-validating

The list gives confirmed movements only, unless asked for all. Amounts are minor units of ISO 4217: pesos in Chile,
centavos in Mexico.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from aldia.domain import tax_ids
from aldia.domain.ports.banks import Fed, FeedAccount, FeedEvent, FeedKind, Field, ProviderFailure
from aldia.domain.sentences import gettext_noop
from aldia.integrations.banks.base import Base, day_of, in_order, put_together, refuse_flood, signed_minor
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import identifier, json_object, mapping, text
from aldia.integrations.payments.signing import verify_stamped

VERSION = "2023-11-15"
PAGE, MOST_PAGES = 300, 200
SIGNATURE = "fintoc-signature"
KINDS = {
    "account.refresh_intent.succeeded": FeedKind.REFRESHED,
    "account.refresh_intent.movements_modified": FeedKind.MODIFIED,
    "account.refresh_intent.movements_removed": FeedKind.REMOVED,
    "account.refresh_intent.rejected": FeedKind.BROKEN,
    "account.refresh_intent.failed": FeedKind.OTHER,  # it tries again by itself
    "link.credentials_changed": FeedKind.BROKEN,
    "link.created": FeedKind.OTHER,
}
_MOVEMENT = re.compile(r"mov_[A-Za-z0-9]{4,80}", re.ASCII)
MOST_NESTED = 6


class Fintoc(Base):
    """A link of the company with its bank."""

    api: str = "https://api.fintoc.com"
    name: ClassVar[str] = "fintoc"
    label: ClassVar[str] = "Fintoc"
    about: ClassVar[str] = gettext_noop("Lee los movimientos de tu banco en México y Chile varias veces al día.")
    countries: ClassVar[frozenset[str]] = frozenset({"MX", "CL"})
    has_events: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("secret_key", gettext_noop("Clave secreta"), is_secret=True, help="sk_live_… · sk_test_…"),
        Field("link_token", gettext_noop("Token del link con tu banco"), is_secret=True, help="link_…_token_…"),
        Field(
            "webhook_secret",
            gettext_noop("Secreto del webhook"),
            is_secret=True,
            required=False,
            help=gettext_noop("whsec_… Lo da Fintoc al crear el webhook. Al cambiarlo escribe los dos, con una coma."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En dashboard.fintoc.com, Desarrolladores → API Keys, copia la clave secreta. 2. En Links conecta tu banco "
        "y copia el token del link: Fintoc solo lo muestra una vez. 3. Guarda y elige cuál de sus cuentas es esta. "
        "4. En Desarrolladores → Webhooks agrega la dirección de avisos con los eventos de account.refresh_intent y "
        "link.credentials_changed, y copia aquí su secreto (whsec_…). Sin webhook, los movimientos se piden igual cada "
        "pocas horas."
    )

    @property
    def _peer(self) -> Peer:
        headers = {"Authorization": self.secret("secret_key"), "Fintoc-Version": VERSION}
        return Peer(self.api, headers, [*self._secrets.values()])

    def list_accounts(self) -> list[FeedAccount]:
        found = self._peer.ask("GET", "/v1/accounts", params={"link_token": self.secret("link_token")})
        with understood(moving=False):
            return [_account(each) for each in found if not each.get("removed_from_link")]

    def iter_movements(self, account: str, since: date) -> Iterator[Fed]:
        path = f"/v1/accounts/{identifier(account)}/movements"
        asked = {"link_token": self.secret("link_token"), "since": since.isoformat(), "per_page": str(PAGE)}
        found: list[Fed] = []
        seen: set[str] = set()
        for page in range(1, MOST_PAGES + 1):
            rows = self._peer.ask("GET", path, params={**asked, "page": str(page)})
            with understood(moving=False):
                fresh = [fed for each in rows if (fed := self._fed(each)).id not in seen]
            seen |= {fed.id for fed in fresh}
            found += fresh
            refuse_flood(len(found))
            if len(rows) < PAGE:
                break
        yield from in_order(found)

    def fetch(self, account: str, movement: str) -> Fed | None:
        path = f"/v1/accounts/{identifier(account)}/movements/{identifier(movement)}"
        try:
            found = self._peer.ask("GET", path, params={"link_token": self.secret("link_token")})
        except ProviderFailure as failure:
            if failure.code == "not_found":
                return None
            raise
        with understood(moving=False):
            return self._fed(found)

    def read_events(self, *, headers: Mapping[str, str], body: bytes) -> list[FeedEvent]:
        verify_stamped(headers, SIGNATURE, body, self.secret("webhook_secret"))
        event = json_object(body)
        data, name = mapping(event.get("data")), text(event["type"], 80)
        kind = KINDS.get(name, FeedKind.OTHER)
        account = text(data.get("account_id") or data.get("refreshed_object_id"), 120)
        ids = tuple(dict.fromkeys(_named(data))) if kind in (FeedKind.MODIFIED, FeedKind.REMOVED) else ()
        words = text(data.get("public_error") or data.get("status"), 200)
        return [FeedEvent(identifier(event["id"]), kind, name, account, (), ids, words)]

    def _fed(self, found: Mapping[str, Any]) -> Fed:
        amount = signed_minor(found["amount"])
        other = mapping(found.get("sender_account" if amount > 0 else "recipient_account"))
        bank = mapping(other.get("institution"))
        country = text(bank.get("country"), 2).upper() or self.country
        concept = text(found.get("comment"), 300)
        tax_id = text(other.get("holder_id"), 30)
        movement = put_together(
            day_of(found["post_date"]), amount, text(found["currency"], 3).upper(),
            (text(found.get("description"), 600), concept), self.country,
            concept=concept, bank_reference=text(found.get("reference_id"), 60),
            payer_name=text(other.get("holder_name"), 140),
            payer_tax_id=tax_ids.normalise(country, tax_id)[:30] if tax_id else "",
            payer_account=text(other.get("number"), 40),
        )  # fmt: skip
        status = text(found.get("status"), 20) or "confirmed"
        is_booked = status == "confirmed" and not found.get("pending") and amount != 0
        return Fed(identifier(found["id"]), movement, is_booked)


def _account(found: Mapping[str, Any]) -> FeedAccount:
    return FeedAccount(
        identifier(found["id"]), text(found.get("official_name") or found.get("name"), 100),
        text(found.get("number"), 40), text(found.get("currency"), 3).upper(), text(found.get("holder_name"), 200),
    )  # fmt: skip


def _named(found: Any, depth: int = 0) -> Iterator[str]:
    """The names of movements anywhere in what was told: as texts, or as the `id` of an object."""
    if isinstance(found, str):
        if _MOVEMENT.fullmatch(found):
            yield found
    elif depth < MOST_NESTED and isinstance(found, dict | list):
        for each in found.values() if isinstance(found, dict) else found:
            yield from _named(each, depth + 1)
