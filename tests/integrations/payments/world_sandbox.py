"""The test provider's bank, kept in memory: what `payments.sandbox` keeps in a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from aldia.domain.ports.payments import Asked, Method, Payer, PaymentState, ProviderFailure
from aldia.integrations.payments.sandbox import Charge
from tests.integrations.payments.peers import World

PAID_AT = datetime(2026, 11, 22, 15, tzinfo=UTC)


@dataclass
class SandboxWorld(World):
    """A bank (no socket is ever asked)."""

    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)

    def create(self, asked: Asked) -> Charge:
        for charge in self.charges.values():
            if charge.key == asked.key:
                return charge
        name = f"pago_{len(self.charges) + 1}"
        charge = Charge(name, asked.method, asked.currency, asked.amount, key=asked.key, url=f"https://x/prueba/{name}")
        self.charges[name] = charge
        return charge

    def get(self, provider_id: str) -> Charge | None:
        return self.charges.get(provider_id)

    def incoming(self, since: datetime, until: datetime) -> list[Charge]:
        found = [each for each in self.charges.values() if each.paid_into and each.paid_at]
        return [each for each in found if each.paid_at and since <= each.paid_at < until]

    def cancel(self, provider_id: str) -> Charge:
        if self.charges[provider_id].state in (PaymentState.CREATED, PaymentState.PENDING):
            self.change(provider_id, state=PaymentState.EXPIRED)
        return self.charges[provider_id]

    def refund(self, provider_id: str, amount: int, key: str) -> str:
        if key not in self.refunds:
            charge = self.charges[provider_id]
            if amount > charge.received - charge.refunded:
                raise ProviderFailure("amount", "No alcanza.", permanent=True)
            self.change(provider_id, state=PaymentState.REFUNDED, refunded=charge.refunded + amount)
            self.refunds[key] = f"dev_{len(self.refunds) + 1}"
        return self.refunds[key]

    def pay(self, name: str, amount: int | None = None) -> None:
        charge = self.charges[name]
        received = charge.amount if amount is None else amount
        self.change(name, state=PaymentState.SUCCEEDED, received=received, paid_at=PAID_AT)

    def change(self, name: str, **changes: object) -> None:
        self.charges[name] = replace(self.charges[name], **changes)  # type: ignore[arg-type]

    def arrive(self, amount: int) -> str:
        name = f"abono_{len(self.charges) + 1}"
        self.charges[name] = Charge(
            name,
            Method.SPEI,
            "MXN",
            amount,
            state=PaymentState.SUCCEEDED,
            received=amount,
            paid_at=PAID_AT,
            paid_into="999180000000000013",
            trace=f"PRUEBA{amount}",
            payer=Payer(name="Cliente de prueba"),
        )
        return name
