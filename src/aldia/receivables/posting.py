"""The posting kernel: every change of money becomes one balanced entry, chained to the one before it.

A `Book` is opened inside an operation's transaction. Opening it locks the head of the company's ledger chain, so that
writers of one company take turns: balances read after that are current. `close` writes all entries at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from aldia.domain.ledger import Posting
from aldia.receivables.chart import account_of, accounts
from aldia.receivables.models import JournalEntry, JournalLine
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.chains import Head, digest, lock_chain, move_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User

CHAIN = "ledger"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what an entry is about; the receivable and the credit go on the lines of their own accounts."""

    customer: uuid.UUID | None = None
    receivable: uuid.UUID | None = None
    credit: uuid.UUID | None = None


@dataclass(slots=True)
class EntryRow:
    """A row of `JournalEntry` about to be written: plain, because thousands are made in one import."""

    id: uuid.UUID
    company_id: uuid.UUID
    seq: int
    on: date
    kind: str
    key: str
    actor_id: uuid.UUID | None
    memo: str
    prev_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A row of `JournalLine` about to be written."""

    id: uuid.UUID
    company_id: uuid.UUID
    entry_id: uuid.UUID
    account_id: uuid.UUID
    customer_id: uuid.UUID | None
    receivable_id: uuid.UUID | None
    credit_id: uuid.UUID | None
    amount: int
    currency: str


class Unbalanced(AssertionError):
    """Postings that do not sum to zero in each currency: a fault of ours, nothing is written."""


class Book:
    """Collects the entries of one transaction and writes them in one go."""

    def __init__(self, *, actor: User | None) -> None:
        self.head: Head = lock_chain(CHAIN)
        self._actor = actor
        self._accounts = accounts()
        self._entries: list[EntryRow] = []
        self._lines: list[LineRow] = []
        self._seq, self._hash = self.head.seq, self.head.hash

    def post(
        self, *, kind: str, key: str, on: date, postings: Iterable[Posting], subject: Subject, memo: str = ""
    ) -> None:
        """Add one entry. `key` is unique per company: the same change never posts twice."""
        actor_id = self._actor.pk if self._actor is not None else None
        entry = EntryRow(uuid7(), self.head.company_id, self._seq + 1, on, kind, key, actor_id, memo[:300])
        lines = [self._line(entry, posting, subject) for posting in postings]
        assert_balanced(lines)
        self._seq, entry.prev_hash = entry.seq, self._hash
        entry.hash = self._hash = digest(prev_hash=entry.prev_hash, body=entry_body(entry, lines))
        self._entries.append(entry)
        self._lines += lines

    def _line(self, entry: EntryRow, posting: Posting, subject: Subject) -> LineRow:
        return LineRow(
            id=uuid7(),
            company_id=self.head.company_id,
            entry_id=entry.id,
            account_id=self._accounts.get(posting.role) or account_of(posting.role),
            customer_id=subject.customer,
            receivable_id=subject.receivable if posting.role == "receivable" else None,
            credit_id=subject.credit if posting.role == "customer_credit" else None,
            amount=posting.amount,
            currency=posting.currency,
        )

    def close(self) -> None:
        """Write what was posted and move the head of the chain."""
        if not self._entries:
            return
        insert_rows(self._entries, JournalEntry)
        insert_rows(self._lines, JournalLine)
        move_chain(self.head, seq=self._seq, link=self._hash)
        self._entries, self._lines = [], []


def assert_balanced(lines: Iterable[LineRow]) -> None:
    """Raise `Unbalanced` unless the lines sum to zero in each currency."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount
    if any(sums.values()):
        raise Unbalanced(str(sums))


def entry_body(entry: EntryRow | JournalEntry, lines: Iterable[LineRow | JournalLine]) -> dict[str, Any]:
    """What the hash of an entry covers: itself and its lines, in the order of their ids."""
    return {
        "id": str(entry.id),
        "company": str(entry.company_id),
        "seq": entry.seq,
        "on": entry.on.isoformat(),
        "kind": entry.kind,
        "key": entry.key,
        "actor": str(entry.actor_id or ""),
        "memo": entry.memo,
        "lines": [line_body(line) for line in sorted(lines, key=lambda line: line.id)],
    }


def line_body(line: LineRow | JournalLine) -> list[Any]:
    return [
        str(line.id),
        str(line.account_id),
        str(line.customer_id or ""),
        str(line.receivable_id or ""),
        str(line.credit_id or ""),
        line.amount,
        line.currency,
    ]
