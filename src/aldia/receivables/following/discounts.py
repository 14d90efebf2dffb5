"""Discounts for paying early: given when the money that settles the rest came in time, gone when that money goes.

The discount is a function of what is applied and when it came (`domain.charges.early.given`). A person who takes it off
is obeyed: no rule gives it again. A credit note that names the document takes the place of the discount, because in
Mexico that note is how the discount is documented.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.documents.models import DocumentRelation
from aldia.domain.charges import early
from aldia.receivables.charge_rules import RuleBook, discount_book, is_on, tiers_for
from aldia.receivables.clusters import chunks
from aldia.receivables.models import (
    Allocation,
    Credit,
    CreditKind,
    DiscountRefusal,
    DiscountRule,
    Receivable,
    ReceivableKind,
)
from aldia.receivables.successors import first_days
from aldia.tenancy.ids import uuid7

if TYPE_CHECKING:
    from aldia.receivables.desk import Desk

SOURCE = "discount_rule"
GIVEN, UNDONE, NOTED = "early", "early_undone", "early_noted"
BY_PERSON = frozenset({"unassigned", "reversed"})
MONEY = frozenset({CreditKind.PAYMENT, CreditKind.ADVANCE})


@dataclass(slots=True)
class Applied:
    """What is applied to one receivable: money by day, the discount of a rule, and everything else."""

    money: list[tuple[date, int]] = field(default_factory=list)
    discounts: list[Allocation] = field(default_factory=list)
    other: int = 0

    @property
    def discount(self) -> int:
        return sum(each.amount for each in self.discounts)


@dataclass(frozen=True, slots=True)
class Terms:
    """The discount that a document was promised."""

    rule: DiscountRule
    tiers: tuple[early.Tier, ...]


def follow(desk: Desk) -> None:
    """Give and take back the discounts of what the desk touches."""
    if not DiscountRule.objects.filter(starts_on__isnull=False).exists():
        return
    _refuse(desk)
    rows = {each.receivable_id: each.receivable for each in desk.pending}
    _yield_to_notes(desk, rows)
    promised = terms_of(list(rows.values()))
    for receivable_id, applied in applied_to(list(rows), desk).items():
        row = rows[receivable_id]
        terms = promised.get(receivable_id)
        wanted = 0 if row.voided_on or terms is None else _given(row, terms, applied)
        if wanted != applied.discount:
            _settle(desk, row, applied, wanted, terms)


def _given(row: Receivable, terms: Terms, applied: Applied) -> int:
    base = row.total - applied.other
    return early.given(tiers=terms.tiers, base=base, money=applied.money, pro_rata=terms.rule.pro_rata)


def _settle(desk: Desk, row: Receivable, applied: Applied, wanted: int, terms: Terms | None) -> None:
    on = max(each.on for each in desk.pending if each.receivable_id == row.id)
    for each in applied.discounts:
        desk.give_back(each, on=on, rule=UNDONE)
    if not wanted or terms is None:
        return
    day = max(on, *(day for day, _amount in applied.money))  # not before one that was taken back was gone
    credit = desk.record(
        Credit(
            id=uuid7(),
            customer_id=row.customer_id,
            kind=CreditKind.DISCOUNT,
            source=SOURCE,
            external_key=f"{terms.rule.id}:{uuid7()}",
            currency=row.currency,
            amount=wanted,
            received_on=day,
            note=_("Pronto pago: %(rule)s") % {"rule": terms.rule.name},
        )
    )
    desk.apply(credit, row, amount=wanted, credit_amount=wanted, on=max(day, row.issued_on), rule=GIVEN)


def _refuse(desk: Desk) -> None:
    """Remember which discounts a person took off."""
    for each in desk.pending:
        if each.amount < 0 and each.rule in BY_PERSON and each.credit.source == SOURCE:
            DiscountRefusal.objects.get_or_create(
                company_id=desk.company_id, receivable_id=each.receivable_id, defaults={"refused_by": desk.actor}
            )


def notes_of(desk: Desk) -> list[Credit]:
    """The credit notes in hand with something left."""
    return [row for row in desk.credits if row.kind == CreditKind.CREDIT_NOTE and row.document_id and row.remaining]


def _yield_to_notes(desk: Desk, rows: dict[uuid.UUID, Receivable]) -> None:
    """Put a credit note that names a document in the place of its discount."""
    for note in notes_of(desk):
        keys = DocumentRelation.objects.filter(document_id=note.document_id).values_list("to_key", flat=True)
        named = {row.id: desk.held(row) for row in Receivable.objects.filter(key__in=[key for key in keys if key])}
        for receivable_id, applied in applied_to(list(named), desk).items():
            row, amount = named[receivable_id], min(applied.discount, note.remaining)
            if not amount or row.currency != note.currency:
                continue
            on = max(note.received_on, row.issued_on)
            for each in applied.discounts:
                desk.give_back(each, on=on, rule=NOTED)
            row = desk.held(row)  # the row that now owes it again
            note.held = max(0, note.held - amount)
            desk.apply(note, row, amount=amount, credit_amount=amount, on=on, rule=NOTED)
            rows[receivable_id] = row


def applied_to(ids: list[uuid.UUID], desk: Desk | None = None) -> dict[uuid.UUID, Applied]:
    """What is applied to receivables, with what a desk has not written yet."""
    found = {each: Applied() for each in ids}
    pending = desk.pending if desk else []
    undone = {each.reversal_of_id for each in pending}
    live = Allocation.objects.filter(reversal_of__isnull=True, reversal__isnull=True).select_related(
        "credit", "receivable"
    )
    rows = [row for part in chunks(ids) for row in live.filter(receivable_id__in=part)]
    fresh = [each for each in pending if each.amount > 0 and each.receivable_id in found]
    since = first_days({row.credit_id: row.credit for row in [*rows, *fresh]}.values())
    for row in [*rows, *fresh]:
        if row.id in undone:
            continue
        sums = found[row.receivable_id]
        if row.credit.source == SOURCE:
            sums.discounts.append(row)
        elif row.credit.kind in MONEY:
            sums.money.append((since.get(row.credit_id, row.credit.received_on), row.amount))
        else:
            sums.other += row.amount
    return found


def terms_of(rows: list[Receivable]) -> dict[uuid.UUID, Terms]:
    """The discount promised to each receivable: its own offer first, else the best rule of the day it was issued."""
    rows = [row for row in rows if row.kind != ReceivableKind.LATE_FEE and row.voided_on is None]
    ids = [row.id for row in rows]
    refused = {
        each
        for part in chunks(ids)
        for each in DiscountRefusal.objects.filter(receivable_id__in=part).values_list("receivable_id", flat=True)
    }
    own = {
        rule.receivable_id: rule
        for part in chunks(ids)
        for rule in DiscountRule.objects.filter(receivable_id__in=part, ended_on__isnull=True).order_by("id")
    }
    book = discount_book()
    folders = _folders({row.customer_id for row in rows}) if book.rules else {}
    found = {}
    for row in rows:
        rule = own.get(row.id) or _by_rule(book, row, folders.get(row.customer_id))
        if rule is not None and row.id not in refused:
            found[row.id] = Terms(rule, tiers_for(rule, row))
    return found


def _by_rule(book: RuleBook[DiscountRule], row: Receivable, folder: uuid.UUID | None) -> DiscountRule | None:
    rules = book.applying(row.customer_id, folder, row.currency)
    return next((rule for rule in rules if is_on(rule, row.issued_on)), None)


def _folders(customers: set[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    found: dict[uuid.UUID, uuid.UUID | None] = {}
    for part in chunks(customers):
        found |= dict(Customer.objects.filter(pk__in=part).values_list("pk", "portfolio_id"))
    return found
