"""Money that came before its invoice pays it when it arrives, where there is no doubt which it is.

Only documents that arrived after the money was explained count: what was owed then was left unpaid knowingly. In this
order: what the payer's words cite; an amount that is exactly what one new document owes, or what all of them owe
together; what fell due first, where that was agreed with the customer. Anything else is a person's to say
(`queries.advances.waiting`), and what a person took back is not applied again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from aldia.banking.encoding import deposit_of
from aldia.banking.models import BankMovement, Match, MatchingSettings, PayerAgreement
from aldia.banking.operations.movements import lock_customers
from aldia.banking.queries.advances import Waiting, waiting
from aldia.banking.settings import SHADOW
from aldia.domain.matching import BankMovement as Deposit
from aldia.domain.matching import references
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Receivable
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

RULE = "bank_advance"
Share = tuple[Receivable, int]


def apply_advances(*, customer_ids: Collection[uuid.UUID] | None = None, today: date, actor: User | None = None) -> int:
    """Apply what is left of the bank's money to what arrived since; return how many applications were made.

    One transaction a customer. Done twice, it is done once. Where a company lets nothing apply by itself, this does
    not either: it waits for a person.
    """
    if actor is None and MatchingSettings.objects.filter(mode=SHADOW).exists():
        return 0
    candidates = {each.credit.customer_id for each in waiting(customer_ids) if each.arrived}
    return sum(_apply_to(customer_id, today, actor) for customer_id in sorted(candidates))


def _apply_to(customer_id: uuid.UUID, today: date, actor: User | None) -> int:
    with transaction():
        lock_customers([customer_id])
        desk = Desk(actor=actor)  # locks the ledger: what is free and what is owed stays as read below
        made = 0
        agreed = PayerAgreement.objects.filter(customer=customer_id, oldest_first=True).exists()
        all_waiting = waiting([customer_id])
        for each in all_waiting:
            others = [other for other in all_waiting if other is not each]
            applied = [(row, amount) for row, amount in _shares(each, others, agreed) if _is_untouched(each, row)]
            for row, amount in applied:
                on = max(each.credit.received_on, row.issued_on)
                same = desk.held(row)
                desk.apply(each.credit, same, amount=amount, credit_amount=amount, on=on, rule=RULE)
                made += 1
            if applied:
                _audit(each, applied, actor)
        desk.close()
    return made


def _shares(each: Waiting, others: Sequence[Waiting], agreed: bool) -> list[Share]:
    """What a payment pays of what arrived; empty where it is not certain."""
    rows = [row for row in each.arrived if row.balance > 0]
    if not rows:
        return []
    if cited := _cited(each.match, rows):
        return _oldest_first(each.free, cited)
    rivals = [other for other in others if other.credit.currency == each.credit.currency and other.free == each.free]
    exact = [row for row in rows if row.balance == each.free]
    if len(exact) == 1 and not rivals:
        return [(exact[0], each.free)]
    if not exact and sum(row.balance for row in rows) == each.free:
        return [(row, row.balance) for row in rows]
    return _oldest_first(each.free, rows) if agreed else []


def _oldest_first(free: int, rows: Sequence[Receivable]) -> list[Share]:
    shares: list[Share] = []
    for row in rows:
        amount = min(free, row.balance)
        if amount:
            shares.append((row, amount))
            free -= amount
    return shares


def _cited(match: Match, rows: Sequence[Receivable]) -> list[Receivable]:
    """Documents that the payer's words name by series and folio, UUID or order: a bare number is not enough."""
    citing = references.read_citing(_deposit(match.movement), frozenset())
    return [row for row in rows if any(_names(token, row) for token in citing.tokens)]


def _names(token: references.Token, row: Receivable) -> bool:
    if token.kind == references.UUID:
        return row.uuid_start == token.number[:8].upper()
    if token.kind == references.ORDER:
        return bool(row.purchase_order) and _bare(row.purchase_order) == _bare(token.number)
    if token.kind == references.SERIES:
        return (row.series, row.folio) == (token.series, token.number)
    return token.kind == references.KEYWORD and row.folio == token.number


def _bare(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())


def _deposit(movement: BankMovement) -> Deposit:
    return deposit_of(movement, country=movement.account.country)


def _is_untouched(each: Waiting, row: Receivable) -> bool:
    """Whether nobody took this money back from this document before."""
    return not Allocation.objects.filter(credit=each.credit, receivable=row, reversal_of__isnull=False).exists()


def _audit(each: Waiting, applied: Sequence[Share], actor: User | None) -> None:
    detail = {
        "customer": each.credit.customer_id, "match": each.match.pk, "currency": each.credit.currency,
        "receivables": {str(row.id): amount for row, amount in applied},
    }  # fmt: skip
    audit.record(
        actor=actor, verb="banking.advance_applied", object_type="credit", object_id=each.credit.id, detail=detail
    )
