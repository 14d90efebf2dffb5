"""The open interface for feeds of others (docs/bank-feeds.md): a service that we ask, that tells us signed, or both.

Amounts are decimal texts of the currency's major unit ("-1250.00"): nobody must know how many decimals a currency has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from aldia.domain import tax_ids
from aldia.domain.money import to_minor
from aldia.domain.ports.banks import Fed, FeedAccount, FeedEvent, FeedKind, Field, ProviderFailure
from aldia.domain.sentences import gettext_noop
from aldia.integrations.banks.base import Base, day_of, in_order, put_together, refuse_flood, signed_minor
from aldia.integrations.banks.pinned import Pinned
from aldia.integrations.payments.http import understood
from aldia.integrations.payments.reading import json_object, mapping, text
from aldia.integrations.payments.signing import verify_stamped

SIGNATURE = "aldia-signature"
MOST_PAGES, MOST_PUSHED = 500, 2_000
KINDS = {
    "movements": FeedKind.PUSHED,
    "movements.modified": FeedKind.PUSHED,  # whole, as they are now: what is on file under the name is compared
    "movements.removed": FeedKind.REMOVED,
    "account.refreshed": FeedKind.REFRESHED,
    "account.broken": FeedKind.BROKEN,
}
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
_NAME = re.compile(r"[\x21-\x7e]{1,120}")


class Generic(Base):
    """Any service that speaks the open interface."""

    name: ClassVar[str] = "generic"
    label: ClassVar[str] = gettext_noop("Otro servicio (interfaz abierta)")
    about: ClassVar[str] = gettext_noop(
        "Para el desarrollador de tu banco, agregador o ERP: consulta y avisos firmados."
    )
    countries: ClassVar[frozenset[str]] = frozenset()
    has_events: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "address",
            gettext_noop("Dirección del servicio"),
            required=False,
            help=gettext_noop("https://… Déjala vacía si el servicio solo nos avisa."),
        ),
        Field("token", gettext_noop("Token de acceso"), is_secret=True, required=False),
        Field(
            "push_secret",
            gettext_noop("Secreto con el que firma sus avisos"),
            is_secret=True,
            required=False,
            help=gettext_noop("Al menos 16 letras. Al cambiarlo escribe los dos, con una coma."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. Tu desarrollador implementa la interfaz descrita en docs/bank-feeds.md: dos consultas, o un aviso firmado. "
        "2. Escribe aquí la dirección y el token, o el secreto de sus avisos, y guarda. 3. Elige cuál de sus cuentas "
        "es esta. 4. Da al servicio la dirección de avisos, que aparece al guardar."
    )

    @property
    def pulls(self) -> bool:
        return bool(self.setting("address"))

    @property
    def _peer(self) -> Pinned:
        if not self.pulls:
            raise ProviderFailure("unsupported", "Este servicio no se consulta: él avisa.", permanent=True)
        token = self.secret("token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        allowed = tuple(each for each in self.setting("private_networks").split(",") if each.strip())
        return Pinned(self.setting("address"), headers, [*self._secrets.values()], allowed=allowed)

    def list_accounts(self) -> list[FeedAccount]:
        found = self._peer.ask("GET", "/accounts")
        with understood(moving=False):
            return [_account(each) for each in found["accounts"]]

    def iter_movements(self, account: str, since: date) -> Iterator[Fed]:
        path, cursor = f"/accounts/{quote(account, safe='')}/movements", ""
        found: list[Fed] = []
        for _page in range(MOST_PAGES):
            asked = {"since": since.isoformat()} | ({"cursor": cursor} if cursor else {})
            page = self._peer.ask("GET", path, params=asked)
            with understood(moving=False):
                found += [fed_of(each, self.country) for each in page["movements"]]
                following = text(page.get("next"), 500)
            refuse_flood(len(found))
            if not following or following == cursor:
                break
            cursor = following
        yield from in_order({fed.id: fed for fed in found}.values())

    def fetch(self, account: str, movement: str) -> Fed | None:
        path = f"/accounts/{quote(account, safe='')}/movements/{quote(movement, safe='')}"
        try:
            found = self._peer.ask("GET", path)
        except ProviderFailure as failure:
            if failure.code == "not_found":
                return None
            raise
        with understood(moving=False):
            return fed_of(found, self.country)

    def read_events(self, *, headers: Mapping[str, str], body: bytes) -> list[FeedEvent]:
        verify_stamped(headers, SIGNATURE, body, self.secret("push_secret"))
        event = json_object(body)
        name = text(event["type"], 80)
        rows, ids = event.get("movements") or [], event.get("ids") or []
        if not isinstance(rows, list) or not isinstance(ids, list) or len(rows) + len(ids) > MOST_PUSHED:
            raise ValueError("too many movements in one notice")
        try:
            movements = tuple(in_order(fed_of(each, self.country) for each in rows))
        except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise ValueError("a movement that cannot be read") from error
        return [
            FeedEvent(
                _named(event["id"]), KINDS.get(name, FeedKind.OTHER), name, text(event.get("account"), 120), movements,
                tuple(_named(each) for each in ids), text(event.get("message"), 200),
            )
        ]  # fmt: skip


def fed_of(found: Mapping[str, Any], country: str) -> Fed:
    """A movement of the open interface. Raises one of `UNREADABLE`."""
    currency = text(found["currency"], 3).upper()
    payer = mapping(found.get("payer"))
    concept, tax_id = text(found.get("concept"), 300), text(payer.get("tax_id"), 30)
    status = text(found.get("status"), 20) or "booked"
    movement = put_together(
        day_of(found["booked_on"]), signed_minor(_minor(found["amount"], currency)), currency,
        (text(found.get("description"), 600), concept), country,
        concept=concept, bank_reference=text(found.get("reference"), 60), trace_key=text(found.get("trace"), 60),
        payer_name=text(payer.get("name"), 140),
        payer_tax_id=tax_ids.normalise(country, tax_id)[:30] if tax_id else "",
        payer_account=text(payer.get("account"), 40),
        value_on=day_of(found["value_on"]) if found.get("value_on") else None,
        balance=None if found.get("balance") in (None, "") else _minor(found["balance"], currency),
    )  # fmt: skip
    return Fed(_named(found["id"]), movement, status == "booked" and movement.amount != 0)


def _minor(value: object, currency: str) -> int:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError("amounts are decimal texts")
    return to_minor(Decimal(value), currency)


def _named(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("names are at most 120 printable letters")
    return value


def _account(found: Mapping[str, Any]) -> FeedAccount:
    return FeedAccount(
        _named(found["id"]), text(found.get("name"), 100), text(found.get("number"), 40),
        text(found.get("currency"), 3).upper(), text(found.get("holder"), 200), text(found.get("bank"), 60),
    )  # fmt: skip
