"""Conekta."""

from __future__ import annotations

from typing import ClassVar

from aldia.domain.ports.payments import Asked, Field, Method, Offer, Seen
from aldia.integrations.payments.base import Base


class Conekta(Base):
    name: ClassVar[str] = "conekta"
    label: ClassVar[str] = "Conekta"
    methods: ClassVar[tuple[Method, ...]] = (
        Method.CARD,
        Method.STORE,
        Method.SPEI,
    )
    opens_accounts: ClassVar[bool] = False
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = ()

    def ask(self, asked: Asked) -> Offer:
        raise NotImplementedError

    def fetch(self, provider_id: str) -> Seen:
        raise NotImplementedError

    def check(self) -> str:
        raise NotImplementedError
