"""STP (SPEI)."""

from __future__ import annotations

from typing import ClassVar

from aldia.domain.ports.payments import Asked, Field, Method, Offer, Seen
from aldia.integrations.payments.base import Base


class Stp(Base):
    name: ClassVar[str] = "stp"
    label: ClassVar[str] = "STP (SPEI)"
    methods: ClassVar[tuple[Method, ...]] = (Method.SPEI,)
    opens_accounts: ClassVar[bool] = True
    refunds: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = ()

    def ask(self, asked: Asked) -> Offer:
        raise NotImplementedError

    def fetch(self, provider_id: str) -> Seen:
        raise NotImplementedError

    def check(self) -> str:
        raise NotImplementedError
