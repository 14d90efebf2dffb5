"""What a person makes the test provider do: pay, fail, refund, dispute, repeat itself, keep silent. Nobody is charged.

Everything ends as a signed notice like a real provider's: `deliver` hands what is due to the same inbox. A company
that has a provider of real money has no test provider: nothing here moves its books.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.ports.payments import Method, PaymentState, ProviderFailure
from aldia.integrations.payments.sandbox import Sandbox
from aldia.payments import providers, sandbox
from aldia.payments.models import CollectionAccount, InboxEvent, ProviderAccount, SandboxCharge
from aldia.payments.operations import inbox
from aldia.tenancy.scope import current_company_id, transaction

LONGEST_WAIT = 24 * 60  # minutes
MOST_TIMES = 20
CARD_FEE = (360, 300)  # 3.60 % and $3.00, and the tax on both: what a card costs in this country, more or less


class SandboxError(ValueError):
    """What the test provider cannot do with a payment; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to happen. Amounts in minor units; `minutes` to wait; `times` to repeat; `quiet`: untold."""

    action: str
    amount: int = 0
    minutes: int = 0
    times: int = 1
    quiet: bool = False


def act(*, provider_id: str, wish: Wish, now: datetime) -> SandboxCharge:
    """Make something happen to a charge. Raises `SandboxError`."""
    effect = ACTIONS.get(wish.action)
    if effect is None:
        raise SandboxError(_("El banco de pruebas no sabe hacer eso."))
    with transaction():
        row = (
            SandboxCharge.objects.select_for_update().select_related("account").filter(provider_id=provider_id).first()
        )
        if row is None:
            raise SandboxError(_("El banco de pruebas no conoce ese pago."))
        _check_open(row.account)
        try:
            effect(row, wish, now)
        except ProviderFailure as error:
            raise SandboxError(error.text) from error
        row.save()
    return row


def simulate_transfer(
    *, clabe: str, amount: int, payer: str, reference: str, now: datetime, quiet: bool = False
) -> SandboxCharge:
    """Pretend that somebody sent a transfer to a customer's CLABE at the test provider. Raises `SandboxError`."""
    with transaction():
        found = CollectionAccount.objects.filter(value=clabe, account__provider=providers.SANDBOX)
        collection = found.select_related("account").first() if clabe else None
        if collection is None:
            raise SandboxError(_("Esa CLABE no es del banco de pruebas."))
        _check_open(collection.account)
        _check_amount(amount)
        row = SandboxCharge(
            company_id=current_company_id(), account=collection.account, provider_id=sandbox.new_id("spei"),
            method=Method.SPEI, currency="MXN", amount=amount, description=reference.strip()[:300],
            payer=payer.strip()[:200], paid_into=clabe,
        )  # fmt: skip
        _paid(row, amount, now, quiet=quiet)
        row.save(force_insert=True)
    return row


def deliver(*, now: datetime, provider_id: str = "", limit: int = 200) -> int:
    """Tell us everything that is due (of one charge, or of all), and look at it at once. How many were told.

    The notice is signed and verified like any other. Cut short in between, it is told again under the same id.
    """
    due = SandboxCharge.objects.filter(notify_after__lte=now)
    ids = (due.filter(provider_id=provider_id) if provider_id else due).order_by("notify_after", "id")
    return sum(_deliver_charge(charge_id, now) for charge_id in list(ids.values_list("pk", flat=True)[:limit]))


def _deliver_charge(charge_id: uuid.UUID, now: datetime) -> int:
    row, told = _take_due(charge_id, now)
    if not told:
        return 0
    adapter = providers.build(row.account)
    if not isinstance(adapter, Sandbox):
        return 0
    for notice in told:
        headers, body = adapter.sign_notice(
            event_id=notice["id"], kind=notice["kind"], provider_id=row.provider_id, key=row.key, now=now
        )
        given = {name.lower(): value for name, value in headers.items()} | {":received": now.isoformat()}
        inbox.receive(account_id=row.account_id, headers=given, query={}, body=body, now=now)
        _mark_sent(charge_id, notice["id"])
    events = InboxEvent.objects.filter(account=row.account, event_id__in={each["id"] for each in told})
    for event_id in events.filter(processed_at__isnull=True).values_list("pk", flat=True):
        inbox.process(event_id=event_id, now=now)
    return len(told)


def _take_due(charge_id: uuid.UUID, now: datetime) -> tuple[SandboxCharge, list[dict[str, Any]]]:
    """What is due: it happens now if it was to happen later. A notice told n times is in the list n times."""
    with transaction():
        row = SandboxCharge.objects.select_for_update(of=("self",)).select_related("account__secret").get(pk=charge_id)
        told: list[dict[str, Any]] = []
        for notice in row.notices:
            if notice["sent"] >= notice["times"] or datetime.fromisoformat(notice["at"]) > now:
                continue
            if notice["then"]:
                _come_true(row, notice, now)
            told += [notice] * (notice["times"] - notice["sent"])
        row.save()
    told.sort(key=lambda notice: notice.get("order", 0))
    return row, told


def _come_true(row: SandboxCharge, notice: dict[str, Any], now: datetime) -> None:
    if row.state in sandbox.OPEN:
        sandbox.happen(row, notice["then"])
        row.paid_at = now
    notice["then"] = {}


def _mark_sent(charge_id: uuid.UUID, notice_id: str) -> None:
    with transaction():
        row = SandboxCharge.objects.select_for_update().get(pk=charge_id)
        for notice in row.notices:
            if notice["id"] == notice_id and notice["sent"] < notice["times"]:
                notice["sent"] += 1
        row.notify_after = sandbox.next_due(row)
        row.save(update_fields=["notices", "notify_after"])


def _check_open(account: ProviderAccount) -> None:
    if account.disabled_at is not None or all(each.pk != account.pk for each in providers.usable_accounts()):
        raise SandboxError(_("Esta empresa ya cobra dinero de verdad: su banco de pruebas está cerrado."))


def _check_amount(amount: int) -> None:
    if not 0 < amount <= 10**13:
        raise SandboxError(_("Escribe un importe mayor que cero."))


def _must_be(row: SandboxCharge, states: frozenset[PaymentState], text: str) -> None:
    if row.state not in states:
        raise SandboxError(text)


def _paid(row: SandboxCharge, amount: int, now: datetime, *, quiet: bool = False) -> None:
    _must_be(row, sandbox.OPEN, _("Ese pago ya terminó."))
    _check_amount(amount)
    row.paid_at = now
    sandbox.tell(row, "payment.succeeded", at=now, then=_received(row, amount), quiet=quiet)


def _received(row: SandboxCharge, amount: int) -> dict[str, Any]:
    return {"state": PaymentState.SUCCEEDED, "received": amount, "fee": fee_of(row.method, amount), "failure": ""}


def fee_of(method: str, amount: int) -> int:
    """What the test provider keeps of a payment by card, minor units; the other methods cost nothing here."""
    if method != Method.CARD:
        return 0
    share, fixed = CARD_FEE
    return min(amount, (amount * share // 10_000 + fixed) * 116 // 100)


def _pay(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    _paid(row, wish.amount or row.amount, now, quiet=wish.quiet)


def _later(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    _must_be(row, sandbox.OPEN, _("Ese pago ya terminó."))
    if not 0 < wish.minutes <= LONGEST_WAIT:
        raise SandboxError(_("Escribe cuántos minutos: de 1 a 1440."))
    amount = wish.amount or row.amount
    _check_amount(amount)
    if row.state == PaymentState.CREATED:
        sandbox.tell(row, "payment.pending", at=now, then={"state": PaymentState.PENDING}, quiet=wish.quiet)
    due = now + timedelta(minutes=wish.minutes)
    sandbox.tell(row, "payment.succeeded", at=due, then=_received(row, amount), later=True)


def _ending(kind: str, state: PaymentState, failure: Any) -> Callable[[SandboxCharge, Wish, datetime], None]:
    def effect(row: SandboxCharge, wish: Wish, now: datetime) -> None:
        _must_be(row, sandbox.OPEN, _("Ese pago ya terminó."))
        then = {"state": state, "failure": str(failure)}
        sandbox.tell(row, kind, at=now, then=then, quiet=wish.quiet)

    return effect


def _refund(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    sandbox.refund_row(row, wish.amount or row.received - row.refunded - row.disputed, at=now)
    if wish.quiet:
        _hush(row)


def _dispute(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    left = row.received - row.refunded - row.disputed
    if row.state not in sandbox.PAID or left <= 0 or row.disputed:
        raise SandboxError(_("Solo se disputa un pago que se hizo y que no está ya en contracargo."))
    amount = wish.amount or left
    if not 0 < amount <= left:
        raise SandboxError(_("No se puede disputar más de lo que se pagó."))
    then = {"state": PaymentState.DISPUTED, "disputed": amount}
    sandbox.tell(row, "payment.disputed", at=now, then=then, quiet=wish.quiet, amount=amount)


def _win(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    """The company wins: what was held back is its own again."""
    _must_be_disputed(row)
    state = PaymentState.REFUNDED if row.refunded >= row.received else PaymentState.SUCCEEDED
    sandbox.tell(row, "dispute.won", at=now, then={"state": state, "disputed": 0}, quiet=wish.quiet)


def _lose(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    """The company loses: what was held back is gone for good."""
    _must_be_disputed(row)
    sandbox.tell(row, "dispute.lost", at=now, then={"state": PaymentState.DISPUTED}, quiet=wish.quiet)


def _must_be_disputed(row: SandboxCharge) -> None:
    if not row.disputed or any(each["kind"] == "dispute.lost" for each in row.notices):
        raise SandboxError(_("Ese pago no está en contracargo."))


def _repeat(row: SandboxCharge, wish: Wish, now: datetime) -> None:
    """Tell again everything that was told, so many times, in no order."""
    if not 0 < wish.times <= MOST_TIMES:
        raise SandboxError(_("Escribe cuántas veces: de 1 a 20."))
    if not row.notices:
        raise SandboxError(_("Todavía no hay avisos que repetir."))
    notices: list[Mapping[str, Any]] = []
    for each in row.notices:
        waits = bool(each["then"])
        times = each["times"] if waits else each["sent"] + wish.times
        notices.append({**each, "times": times, "order": random.random()})  # noqa: S311  a shuffle, not a secret
    row.notices = notices
    row.notify_after = sandbox.next_due(row)


def _hush(row: SandboxCharge) -> None:
    row.notices = [*row.notices[:-1], {**row.notices[-1], "times": 0}]
    row.notify_after = sandbox.next_due(row)


ACTIONS: dict[str, Callable[[SandboxCharge, Wish, datetime], None]] = {
    "pay": _pay,
    "later": _later,
    "fail": _ending("payment.failed", PaymentState.FAILED, gettext_lazy("El banco rechazó el pago.")),
    "expire": _ending("payment.expired", PaymentState.EXPIRED, ""),
    "refund": _refund,
    "dispute": _dispute,
    "win": _win,
    "lose": _lose,
    "repeat": _repeat,
}
