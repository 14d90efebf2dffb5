"""The bank behind the built-in test provider: what a real one keeps on its own machines, in one table of ours.

Only the adapter (`integrations.payments.sandbox`) and `payments.operations.sandbox` touch it. What a charge still has
to tell us is in its `notices`, oldest first:

    {"id", "kind", "at": when it is due (ISO), "times": how often it is told, "sent": how often it was,
     "then": totals of the charge from then on, "key": of the refund it is about, "amount"}
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from aldia.domain.ports.payments import Asked, Method, Payer, PaymentState, ProviderFailure
from aldia.integrations.payments.sandbox import Charge
from aldia.payments.addresses import sandbox_url
from aldia.payments.models import ProviderAccount, SandboxCharge
from aldia.queue.claiming import database_now
from aldia.tenancy.models import Company
from aldia.tenancy.scope import transaction

OPEN = frozenset({PaymentState.CREATED, PaymentState.PENDING})
PAID = frozenset({PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED})
TRANSFER = "transfer"  # the key of what nobody asked for: money that came into a CLABE by itself
TOTALS = ("state", "received", "refunded", "disputed", "fee", "failure")


class SandboxBank:
    """`integrations.payments.sandbox.Bank` over `SandboxCharge`, for one account of the company in scope."""

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account

    def create(self, asked: Asked) -> Charge:
        """The charge of that key: a new one, or the one there is."""
        row = self._of_key(asked.key)
        if row is None:
            try:
                with transaction():
                    row = self._insert(asked)
            except IntegrityError:  # the same question, asked twice at once
                row = SandboxCharge.objects.get(account=self.account, key=asked.key)
        return charge_of(row)

    def get(self, provider_id: str) -> Charge | None:
        """The charge of that id."""
        row = SandboxCharge.objects.filter(account=self.account, provider_id=provider_id).first()
        return charge_of(row) if row else None

    def incoming(self, since: datetime, until: datetime) -> list[Charge]:
        """What was paid into collection accounts in between."""
        rows = SandboxCharge.objects.filter(account=self.account, paid_at__gte=since, paid_at__lt=until)
        return [charge_of(row) for row in rows.exclude(paid_into="").order_by("paid_at", "id")]

    def cancel(self, provider_id: str) -> Charge:
        """Close a charge that nobody paid; a paid one stays as it is."""
        with transaction():
            row = self._locked(provider_id)
            if row.state in OPEN:
                tell(row, "payment.expired", at=database_now(), then={"state": PaymentState.EXPIRED})
                row.save()
        return charge_of(row)

    def refund(self, provider_id: str, amount: int, key: str) -> str:
        """Send money back, once for each key; the refund's id."""
        with transaction():
            row = self._locked(provider_id)
            again = next((each for each in row.notices if key and each.get("key") == key), None)
            if again is not None:
                return f"dev_{again['id'][4:]}"
            refund_row(row, amount, key=key, at=database_now())
            row.save()
        return f"dev_{row.notices[-1]['id'][4:]}"

    def _of_key(self, key: str) -> SandboxCharge | None:
        return SandboxCharge.objects.filter(account=self.account, key=key).first() if key else None

    def _insert(self, asked: Asked) -> SandboxCharge:
        return SandboxCharge.objects.create(
            company_id=self.account.company_id, account=self.account, provider_id=new_id("pago"), key=asked.key,
            method=asked.method, currency=asked.currency, amount=asked.amount, description=asked.description[:300],
            payer=asked.customer_name[:200], return_url=asked.return_url[:500], paid_into="",
            expires_at=asked.expires_at,
        )  # fmt: skip

    def _locked(self, provider_id: str) -> SandboxCharge:
        rows = SandboxCharge.objects.select_for_update().filter(account=self.account, provider_id=provider_id)
        row = rows.first()
        if row is None:
            raise ProviderFailure("not_found", _("El banco de pruebas no conoce ese pago."), permanent=True)
        return row


def charge_of(row: SandboxCharge) -> Charge:
    """What the adapter is told of a charge."""
    return Charge(
        provider_id=row.provider_id,
        method=Method(row.method),
        currency=row.currency,
        amount=row.amount,
        state=PaymentState(row.state),
        received=row.received,
        refunded=row.refunded,
        disputed=row.disputed,
        fee=row.fee,
        key=row.key,
        url=sandbox_url(Company.objects.get(pk=row.company_id), row.provider_id),
        paid_at=row.paid_at,
        paid_into=row.paid_into,
        trace=trace_of(row),
        reference=row.description if row.paid_into else "",
        concept=row.description,
        payer=Payer(name=row.payer),
        failure=row.failure,
        expires_at=row.expires_at,
    )


def trace_of(row: SandboxCharge) -> str:
    """The key of the rail, as SPEI gives each transfer one."""
    return f"PRUEBA{row.provider_id[-14:].upper()}" if row.method == Method.SPEI and row.received else ""


def new_id(prefix: str) -> str:
    """An id of the bank's own that nobody guesses."""
    return f"{prefix}_{uuid.uuid4().hex}"


def refund_row(row: SandboxCharge, amount: int, *, at: datetime, key: str = "") -> None:
    """Send part or all of a paid charge back."""
    left = row.received - row.refunded - row.disputed
    if row.state not in PAID or not 0 < amount <= left:
        raise ProviderFailure("not_refundable", _("De ese pago no se puede devolver esa cantidad."), permanent=True)
    back = row.refunded + amount
    state = row.state if row.disputed else PaymentState.REFUNDED if back >= row.received else PaymentState.SUCCEEDED
    then = {"state": state, "refunded": back}
    tell(row, "payment.refunded", at=at, then=then, key=key, amount=amount)


def tell(
    row: SandboxCharge,
    kind: str,
    *,
    at: datetime,
    then: Mapping[str, Any],
    later: bool = False,
    quiet: bool = False,
    key: str = "",
    amount: int = 0,
) -> None:
    """Note what is to be told and when. `later`: it also happens only then; `quiet`: it happens and nobody is told."""
    notice = {
        "id": new_id("evt"), "kind": kind, "at": at.isoformat(), "times": 0 if quiet else 1, "sent": 0,
        "then": {name: str(value) if name in ("state", "failure") else value for name, value in then.items()}
        if later else {}, "key": key, "amount": amount,
    }  # fmt: skip
    if not later:
        happen(row, then)
    row.notices = [*row.notices, notice]
    row.notify_after = next_due(row)


def happen(row: SandboxCharge, then: Mapping[str, Any]) -> None:
    """Let the totals of a charge be what they become."""
    for name in TOTALS:
        if name in then:
            setattr(row, name, then[name])


def next_due(row: SandboxCharge) -> datetime | None:
    """When the charge has something to tell next; None when it told everything."""
    waiting = [datetime.fromisoformat(each["at"]) for each in row.notices if each["sent"] < each["times"]]
    return min(waiting, default=None)
