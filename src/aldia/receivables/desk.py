"""One transaction's work on the subledger: rows, balances and entries move together or not at all.

Operations open a `Desk`, ask it to open, record, apply, undo; `close` writes everything set-based. Balances are kept in
memory on the rows it was given, which were read after the ledger was locked, so no other writer can be between.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date

from django.db import connection, models

from aldia.domain import ledger
from aldia.domain.folios import split_number, uuid_start
from aldia.domain.money import Money
from aldia.receivables.following import follow
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.posting import Book, Subject
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id

NOT_MONEY = frozenset({"write_off", "discount", "withholding", "adjustment"})


class OverApplied(ValueError):
    """More than the receivable owes, or than the credit has left, was asked to be applied."""


class Desk:
    def __init__(self, *, actor: User | None) -> None:
        self.book = Book(actor=actor)
        self.actor = actor
        self.company_id = current_company_id()
        self._new: dict[uuid.UUID, models.Model] = {}
        self._allocations: list[Allocation] = []
        self._touched: dict[uuid.UUID, Receivable | Credit] = {}

    def open(self, receivable: Receivable) -> Receivable:
        """Put a new receivable on the books; its balance is its total."""
        receivable.company_id = self.company_id
        receivable.created_by = self.actor
        receivable.balance = receivable.total
        receivable.series, receivable.folio = split_number(receivable.number)
        receivable.uuid_start = uuid_start(receivable.key)
        self._new[receivable.id] = receivable
        self._post(
            "open",
            f"open:{receivable.id}",
            receivable.issued_on,
            ledger.open_receivable(receivable.kind, Money(receivable.total, receivable.currency)),
            receivable=receivable,
            memo=receivable.number,
        )
        return receivable

    def record(self, credit: Credit) -> Credit:
        """Put a new credit on the books; all of it remains to be applied."""
        credit.company_id = self.company_id
        credit.created_by = self.actor
        credit.remaining = credit.amount
        self._new[credit.id] = credit
        self._post(
            f"credit_{credit.kind}",
            f"credit:{credit.id}",
            credit.received_on,
            ledger.record_credit(credit.kind, Money(credit.amount, credit.currency)),
            credit=credit,
            memo=credit.reference or credit.note,
        )
        return credit

    def apply(
        self, credit: Credit, receivable: Receivable, *, amount: int, credit_amount: int, on: date, rule: str
    ) -> Allocation:
        """Apply part of a credit. `amount` in the receivable's currency, `credit_amount` in the credit's."""
        if amount <= 0 or amount > receivable.balance or credit_amount > credit.remaining or credit_amount < 0:
            raise OverApplied(f"{amount} de {receivable.balance}; {credit_amount} de {credit.remaining}")
        row = self._allocation(credit, receivable, amount, credit_amount, on, rule)
        self._post(
            "allocate",
            f"allocation:{row.id}",
            on,
            ledger.allocate(Money(amount, receivable.currency), Money(credit_amount, credit.currency)),
            receivable=receivable,
            credit=credit,
        )
        return row

    def unapply(self, allocation: Allocation, *, on: date, rule: str) -> Allocation:
        """Undo an allocation by a row of its own; the credit has it left again, the receivable owes it again."""
        credit, receivable = self._rows_of(allocation)
        on = max(on, allocation.on)
        row = self._allocation(credit, receivable, -allocation.amount, -allocation.credit_amount, on, rule)
        row.reversal_of = allocation
        amount = Money(allocation.amount, receivable.currency)
        postings = ledger.reverse(ledger.allocate(amount, Money(allocation.credit_amount, credit.currency)))
        self._post("unallocate", f"allocation:{row.id}", on, postings, receivable=receivable, credit=credit)
        return row

    def give_back(self, allocation: Allocation, *, on: date, rule: str) -> None:
        """Undo an allocation; what is not money (a write-off, a withholding) has no life without it and ends, too."""
        credit = self.unapply(allocation, on=on, rule=rule).credit
        if credit.kind in NOT_MONEY and credit.remaining == credit.amount:
            self.reverse(credit, on=max(on, allocation.on), reason="Se quitó lo que ajustaba")

    def void(self, receivable: Receivable, *, on: date, code: str, reason: str) -> None:
        """Stop collecting a receivable whose allocations have been undone."""
        if receivable.balance != receivable.total:
            raise OverApplied("una cuenta por cobrar se anula cuando ya no tiene nada aplicado")
        receivable.balance, receivable.voided_on = 0, on
        receivable.void_code, receivable.void_reason = code, reason[:300]
        self._touch(receivable)
        postings = ledger.void_receivable(receivable.kind, Money(receivable.total, receivable.currency))
        self._post("void", f"void:{uuid7()}", on, postings, receivable=receivable, memo=reason)

    def revive(self, receivable: Receivable, *, on: date) -> None:
        """Collect a voided receivable again, whole."""
        receivable.balance, receivable.voided_on = receivable.total, None
        receivable.void_code = receivable.void_reason = ""
        self._touch(receivable)
        postings = ledger.open_receivable(receivable.kind, Money(receivable.total, receivable.currency))
        self._post("revive", f"revive:{uuid7()}", on, postings, receivable=receivable)

    def reverse(self, credit: Credit, *, on: date, reason: str) -> None:
        """Take back a credit whose allocations have been undone; its key at the source becomes free again."""
        if credit.remaining != credit.amount:
            raise OverApplied("un abono se revierte cuando ya no está aplicado")
        credit.remaining = credit.held = 0
        credit.reversed_on, credit.reverse_reason = max(on, credit.received_on), reason[:300]
        credit.external_key = f"{credit.external_key}~{credit.id.hex}"[:120]
        credit.review = ""
        self._touch(credit)
        postings = ledger.reverse_credit(credit.kind, Money(credit.amount, credit.currency))
        self._post("reverse_credit", f"reverse:{credit.id}", credit.reversed_on, postings, credit=credit, memo=reason)

    def touch(self, row: Receivable | Credit) -> None:
        """Save what else an operation changed on a row (held, review, links) together with the rest."""
        self._touch(row)

    @property
    def pending(self) -> list[Allocation]:
        """Allocations that are not written yet, in order."""
        return self._allocations

    @property
    def receivables(self) -> list[Receivable]:
        """The receivables that are opened or changed here."""
        return [row for row in {**self._new, **self._touched}.values() if isinstance(row, Receivable)]

    @property
    def credits(self) -> list[Credit]:
        """The credits that are recorded or changed here."""
        return [row for row in {**self._new, **self._touched}.values() if isinstance(row, Credit)]

    def held(self, row: Receivable) -> Receivable:
        """The row in hand where the desk has it already, so that no balance is changed on two copies."""
        found = self._touched.get(row.id) or self._new.get(row.id)
        return found if isinstance(found, Receivable) else row

    def close(self) -> None:
        """Write rows, balances and entries, with what follows from them."""
        follow(self)
        touched = [row for key, row in self._touched.items() if key not in self._new]
        # credits first: one taken back frees its key for the one that takes its place
        _update([row for row in touched if isinstance(row, Credit)], _CREDIT_FIELDS)
        changed = [row for row in touched if isinstance(row, Receivable)]
        _update([*changed, *self._insert_receivables()], _RECEIVABLE_FIELDS)
        insert_rows([row for row in self._new.values() if isinstance(row, Credit)])
        insert_rows(self._allocations)
        self.book.close()
        self._new, self._allocations, self._touched = {}, [], {}

    def _insert_receivables(self) -> list[Receivable]:
        """Insert the new ones; return those that name another new one, which could not be named before it was there."""
        rows = [row for row in self._new.values() if isinstance(row, Receivable)]
        naming = {row.id: row.raises_id for row in rows if row.raises_id is not None}
        for row in rows:
            row.raises_id = None
        insert_rows(rows)
        for row in rows:
            row.raises_id = naming.get(row.id)
        return [row for row in rows if row.id in naming]

    def _allocation(
        self, credit: Credit, receivable: Receivable, amount: int, credit_amount: int, on: date, rule: str
    ) -> Allocation:
        row = Allocation(
            id=uuid7(),
            company_id=self.company_id,
            credit=credit,
            receivable=receivable,
            amount=amount,
            credit_amount=credit_amount,
            on=on,
            rule=rule,
            actor=self.actor,
        )
        receivable.balance -= amount
        credit.remaining -= credit_amount
        self._touch(receivable)
        self._touch(credit)
        self._allocations.append(row)
        return row

    def _rows_of(self, allocation: Allocation) -> tuple[Credit, Receivable]:
        """The rows in hand, so that two allocations of one credit see the same remaining."""
        credit = self._touched.setdefault(allocation.credit_id, allocation.credit)
        receivable = self._touched.setdefault(allocation.receivable_id, allocation.receivable)
        assert isinstance(credit, Credit)  # noqa: S101
        assert isinstance(receivable, Receivable)  # noqa: S101
        return credit, receivable

    def _touch(self, row: Receivable | Credit) -> None:
        self._touched[row.id] = row

    def _post(
        self,
        kind: str,
        key: str,
        on: date,
        postings: Iterable[ledger.Posting],
        *,
        receivable: Receivable | None = None,
        credit: Credit | None = None,
        memo: str = "",
    ) -> None:
        owner = receivable or credit
        assert owner is not None  # noqa: S101
        subject = Subject(owner.customer_id, receivable.id if receivable else None, credit.id if credit else None)
        self.book.post(kind=kind, key=key, on=on, postings=postings, subject=subject, memo=memo)


_RECEIVABLE_FIELDS = (
    "balance",
    "document_id",
    "key",
    "raises_id",
    "voided_on",
    "void_code",
    "void_reason",
    "no_presumption",
)
_CREDIT_FIELDS = (
    "remaining",
    "held",
    "review",
    "external_key",
    "complement_id",
    "hands_off",
    "reversed_on",
    "reverse_reason",
)


def _update(rows: list[Receivable] | list[Credit], attributes: tuple[str, ...]) -> None:
    """One prepared UPDATE over many rows: an order of magnitude cheaper than CASE … WHEN or a save() each."""
    if not rows:
        return
    meta = rows[0]._meta
    concrete = {field.attname: field for field in meta.concrete_fields}
    fields = [concrete[name] for name in attributes]
    assignments = ", ".join(f'"{field.column}" = %s' for field in fields)
    sql = f'UPDATE "{meta.db_table}" SET {assignments} WHERE "id" = %s AND "company_id" = %s'  # noqa: S608
    values = [
        [
            *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields),
            meta.pk.get_db_prep_value(row.pk, connection),
            meta.pk.get_db_prep_value(row.company_id, connection),
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
