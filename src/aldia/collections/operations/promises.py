"""Promises to pay: recorded with what was owed then, withdrawn when they stand no more. Nobody marks one as kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.utils.translation import gettext as _

from aldia.collections.models import Promise, PromisedDebt
from aldia.domain.money import Money
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_DEBTS = 500
LONGEST = timedelta(days=366)


class PromiseError(ValueError):
    """A promise that cannot be recorded or changed as asked; the sentence is for the person."""


def record_promise(
    *,
    receivable_ids: Collection[uuid.UUID],
    amount: Money | None,
    due_on: date,
    key: uuid.UUID,
    today: date,
    actor: User | None,
    note: str = "",
) -> Promise:
    """Keep a customer's word to pay `amount` (None: all that is owed of them) of some receivables by a day.

    The receivables are of one customer and one currency, and open. `key` is the promise's id: repeating it with the
    same content returns the one recorded. Raises `PromiseError`.
    """
    if due_on < today:
        raise PromiseError(_("La fecha prometida no puede estar en el pasado."))
    if due_on > today + LONGEST:
        raise PromiseError(_("La fecha prometida está a más de un año."))
    if not 0 < len(set(receivable_ids)) <= MAX_DEBTS:
        raise PromiseError(_("Elige de 1 a 500 documentos para la promesa."))
    with transaction():
        rows = list(Receivable.objects.select_for_update().filter(id__in=set(receivable_ids)).order_by("id"))
        if repeated := _repeated(key, set(receivable_ids), amount, due_on):
            return repeated
        _check_rows(rows, len(set(receivable_ids)))
        customer_id, currency = rows[0].customer_id, rows[0].currency
        owed = sum(row.balance for row in rows)
        promised = owed if amount is None else amount.minor
        if amount is not None and amount.currency != currency:
            raise PromiseError(_("La promesa debe estar en la moneda de lo que se debe."))
        if not 0 < promised <= owed:
            raise PromiseError(_("El importe debe ser mayor que cero y no pasar de lo que se debe."))
        promise = Promise(
            id=key, company_id=current_company_id(), customer_id=customer_id, currency=currency, amount=promised,
            promised_on=today, due_on=due_on, note=note.strip()[:500], created_by=actor,
        )  # fmt: skip
        promise.save(force_insert=True)
        insert_rows([_debt(promise, row) for row in rows])
        _audit(actor, "collections.promise_recorded", promise, {
            "amount": Money(promised, currency).text, "currency": currency, "due_on": due_on,
            "receivables": sorted(str(row.pk) for row in rows),
        })  # fmt: skip
    return promise


def record_promises(
    *, receivable_ids: Collection[uuid.UUID], due_on: date, today: date, actor: User | None, note: str = ""
) -> list[Promise]:
    """One promise a customer and currency, of all that each owes of many receivables: all of them, or none.

    What is paid is left out, and what was promised today for that same day: sent twice, it is done once. Raises
    `PromiseError`.
    """
    with transaction():
        groups = _groups(receivable_ids, due_on, today)
        if not groups:
            raise PromiseError(_("Nada de lo elegido se debe, o ya se prometió hoy para ese día."))
        return [
            record_promise(
                receivable_ids=group, amount=None, due_on=due_on, key=uuid7(), today=today, actor=actor, note=note
            )
            for group in groups
        ]


def _groups(receivable_ids: Collection[uuid.UUID], due_on: date, today: date) -> list[list[uuid.UUID]]:
    found: dict[tuple[uuid.UUID, str], list[uuid.UUID]] = {}
    for part in chunks(receivable_ids):
        again = PromisedDebt.objects.filter(
            receivable_id__in=part, promise__promised_on=today, promise__due_on=due_on, promise__withdrawn_on=None
        )
        rows = Receivable.objects.filter(pk__in=part, balance__gt=0).exclude(pk__in=again.values("receivable_id"))
        for row_id, customer_id, currency in rows.order_by("id").values_list("pk", "customer_id", "currency"):
            found.setdefault((customer_id, currency), []).append(row_id)
    return [rows[start : start + MAX_DEBTS] for rows in found.values() for start in range(0, len(rows), MAX_DEBTS)]


def withdraw_promise(*, promise_id: uuid.UUID, reason: str, today: date, actor: User | None) -> Promise:
    """Say that a promise stands no more: reminders go on. Done twice, it is done once. Raises `PromiseError`."""
    if not reason.strip():
        raise PromiseError(_("Escribe por qué se retira la promesa."))
    with transaction():
        promise = Promise.objects.select_for_update().filter(pk=promise_id).first()
        if promise is None:
            raise PromiseError(_("Esa promesa no existe."))
        if promise.withdrawn_on is None:
            promise.withdrawn_on, promise.withdraw_reason = today, reason.strip()[:300]
            promise.save(update_fields=["withdrawn_on", "withdraw_reason"])
            _audit(actor, "collections.promise_withdrawn", promise, {"reason": promise.withdraw_reason})
    return promise


def withdraw_promises(*, promise_ids: Collection[uuid.UUID], reason: str, today: date, actor: User | None) -> int:
    """Withdraw many for one reason: all of them or none; how many stood. Raises `PromiseError`."""
    with transaction():
        standing = Promise.objects.filter(pk__in=list(promise_ids), withdrawn_on__isnull=True).order_by("pk")
        ids = list(standing.values_list("pk", flat=True))
        for each in ids:
            withdraw_promise(promise_id=each, reason=reason, today=today, actor=actor)
    return len(ids)


def _repeated(key: uuid.UUID, receivable_ids: set[uuid.UUID], amount: Money | None, due_on: date) -> Promise | None:
    """The promise that this key already recorded; a refusal if it was another one."""
    row = Promise.objects.filter(pk=key).first()
    if row is None:
        return None
    named = set(PromisedDebt.objects.filter(promise=row).values_list("receivable_id", flat=True))
    same_amount = amount is None or (amount.minor, amount.currency) == (row.amount, row.currency)
    if named != receivable_ids or row.due_on != due_on or not same_amount:
        raise PromiseError(_("Esa clave ya se usó para otra promesa."))
    return row


def _check_rows(rows: list[Receivable], wanted: int) -> None:
    """What the promise names (locked, so nobody pays while it is written down): open, one customer, one currency."""
    if len(rows) != wanted:
        raise PromiseError(_("Uno de los documentos elegidos no existe."))
    for row in rows:
        if not row.balance:
            raise PromiseError(_("%(number)s ya no debe nada.") % {"number": row.number})
    if len({row.customer_id for row in rows}) > 1:
        raise PromiseError(_("Una promesa es de un solo cliente."))
    if len({row.currency for row in rows}) > 1:
        raise PromiseError(_("Una promesa es de una sola moneda: haz una por cada una."))


def _debt(promise: Promise, row: Receivable) -> PromisedDebt:
    return PromisedDebt(
        id=uuid7(), company_id=promise.company_id, promise=promise, receivable=row, balance_then=row.balance
    )


def _audit(actor: User | None, verb: str, promise: Promise, detail: dict[str, object]) -> None:
    detail = {"customer": promise.customer_id, **detail}
    audit.record(actor=actor, verb=verb, object_type="promise", object_id=promise.pk, detail=detail)
