"""What an adapter is while it does not say otherwise: it opens no accounts, sends nothing back, tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, NoReturn

from aldia.domain import clabe
from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    BadSignature,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    OpenedAccount,
    ProviderFailure,
    Refund,
    Seen,
)


class Base:
    """The parts of a provider that not every provider has. `api` is where it lives: settings cannot move it."""

    api: str = ""
    countries: ClassVar[frozenset[str]] = frozenset({"MX"})
    currencies: ClassVar[frozenset[str]] = frozenset({"MXN"})
    fields: ClassVar[tuple[Field, ...]] = ()
    methods: ClassVar[tuple[Method, ...]] = ()
    opens_accounts: ClassVar[bool] = False
    refunds: ClassVar[bool] = False
    has_notices: ClassVar[bool] = True
    help: ClassVar[str] = ""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self._settings, self._secrets = dict(settings), dict(secrets)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def limits(self, method: Method, currency: str) -> Limits | None:
        return Limits() if method in self.methods and currency in self.currencies else None

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        return []

    def cancel(self, provider_id: str) -> Seen:
        unsupported()

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        unsupported()

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        unsupported()

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        raise BadSignature

    def answer(self, notices: list[Notice]) -> tuple[int, str]:
        return 200, "{}"

    def setting(self, name: str, default: str = "") -> str:
        return str(self._settings.get(name) or default).strip()

    def secret(self, name: str) -> str:
        return str(self._secrets.get(name) or "").strip()


def unsupported() -> NoReturn:
    """Say that the provider has no such thing."""
    raise ProviderFailure("unsupported", "Este proveedor no ofrece esa operación.", permanent=True)


def to_own_account(provider: Base, asked: Asked) -> Offer:
    """A transfer to the customer's own CLABE; nothing is made at the provider, so there is no id to ask about."""
    limits = provider.limits(asked.method, asked.currency)
    if limits is None or not limits.allows(asked.amount):
        raise ProviderFailure("amount", "Ese método no acepta ese importe.", permanent=True)
    if not asked.collection_account:
        raise ProviderFailure("no_account", "El cliente todavía no tiene su CLABE.", permanent=True)
    value = asked.collection_account
    return Offer("", value=value, kind=AccountKind.CLABE, bank=clabe.bank_of(value))
