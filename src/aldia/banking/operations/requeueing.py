"""What changed in the books calls for a new decision on the queued movements that it could concern, and on no other.

Every change of what somebody owes or paid is an entry of the ledger: `follow_books` reads the entries since the last
round, so that no operation has to remember to tell. What moves no money (learned payers, names, agreements) is told.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from aldia.banking import queue_keys as kinds
from aldia.banking.indexing.documents import order_of
from aldia.banking.indexing.rows import PART, here, parts, text_id
from aldia.banking.models import BankMovement, MatchingSettings, MovementState
from aldia.banking.queue_keys import Key, amount_key
from aldia.receivables.models import Receivable
from aldia.tenancy.reading import fetch, marks
from aldia.tenancy.scope import transaction

QUEUED = (MovementState.PENDING, MovementState.PARTIAL)
MOST_ENTRIES = 100_000  # more since the last round: the whole queue is decided again

_CHANGES = """
SELECT l.customer_id, l.receivable_id, l.amount FROM receivables_journalentry e
JOIN receivables_journalline l ON l.entry_id = e.id
WHERE e.company_id = %s AND e.seq > %s AND e.seq <= %s AND l.customer_id IS NOT NULL"""
_WITH = "SELECT movement_id FROM banking_queuekey WHERE company_id = %s AND kind = %s AND value IN ({})"
MOST_AT_ONCE = 40  # keys of several kinds that are asked for in one query
_LAST = "SELECT seq FROM receivables_journalentry WHERE company_id = %s ORDER BY seq DESC LIMIT 1"


def requeue(
    *,
    customer_ids: Collection[uuid.UUID] = (),
    receivable_ids: Collection[uuid.UUID] = (),
    amounts: Collection[tuple[str, int]] = (),
    aliases: Collection[tuple[str, str]] = (),
) -> int:
    """Mark queued movements to be decided again: those that a customer, a document, an amount (currency, minor units)
    or a learned payer (kind, value) could concern. Returns how many; `reconcile()` then decides them.
    """
    keys = {(kinds.CUSTOMER, str(each)) for each in customer_ids}
    keys |= {amount_key(currency, amount) for currency, amount in amounts}
    keys |= {(kind, value) for kind, value in aliases}
    with transaction():
        keys |= _of_documents({str(each): set() for each in receivable_ids})
        return _mark(keys)


def requeue_all() -> int:
    """Mark the whole queue: what every decision rests on has changed."""
    return BankMovement.objects.filter(state__in=QUEUED, decided_at__isnull=False).update(decided_at=None)


def follow_books() -> int:
    """Mark what the ledger's new entries could concern; how many movements. The settings of the company must exist."""
    with transaction():
        settings = MatchingSettings.objects.select_for_update().get()
        last = fetch(_LAST, [here()])
        until = last[0][0] if last else 0
        if until <= settings.seen_seq:
            return 0
        marked = _changed_since(settings.seen_seq, until)
        settings.seen_seq = until
        settings.save(update_fields=["seen_seq"])
    return marked


def _changed_since(since: int, until: int) -> int:
    if not BankMovement.objects.filter(state__in=QUEUED, decided_at__isnull=False).exists():
        return 0
    if until - since > MOST_ENTRIES:
        return requeue_all()
    keys: set[Key] = set()
    documents: dict[str, set[int]] = {}
    for customer, receivable, amount in fetch(_CHANGES, [here(), since, until]):
        keys.add((kinds.CUSTOMER, text_id(customer)))
        if receivable is not None:
            documents.setdefault(text_id(receivable), set()).add(abs(amount))
    return _mark(keys | _of_documents(documents))


def _of_documents(moved: dict[str, set[int]]) -> set[Key]:
    """By what documents may be meant: customer, number, and what they owe now or owed before they were paid."""
    keys: set[Key] = set()
    fields = ("id", "customer_id", "currency", "balance", "series", "folio", "uuid_start", "purchase_order")
    for part in parts(moved):
        rows = Receivable.objects.filter(pk__in=[uuid.UUID(str(each)) for each in part]).values_list(*fields)
        for receivable, customer, currency, balance, series, folio, start, order in rows:
            keys.add((kinds.CUSTOMER, str(customer)))
            keys.update(amount_key(currency, balance + amount) for amount in (0, *moved[str(receivable)]))
            keys.update(
                (kind, value)
                for kind, value in ((kinds.SERIES, series), (kinds.FOLIO, folio), (kinds.UUID, start))
                if value
            )
            if order:
                keys.add((kinds.ORDER, order_of(order)))
    return keys


def _mark(keys: Collection[Key]) -> int:
    """Mark the queued movements with any of these keys."""
    marked = 0
    for part in _in_parts(movements_with(keys)):
        again = BankMovement.objects.filter(pk__in=part, state__in=QUEUED, decided_at__isnull=False)
        marked += again.update(decided_at=None)
    return marked


def movements_with(keys: Iterable[Key]) -> list[uuid.UUID]:
    """The queued movements that have any of these keys."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in keys:
        by_kind.setdefault(kind, set()).add(value[: kinds.WIDTH])
    questions = [(kind, part) for kind, values in by_kind.items() for part in _in_parts(sorted(values))]
    if sum(len(part) for _kind, part in questions) > MOST_AT_ONCE:
        rows = [row for kind, part in questions for row in fetch(_WITH.format(marks(part)), [here(), kind, *part])]
    elif questions:
        sql = " UNION ALL ".join(_WITH.format(marks(part)) for _kind, part in questions)
        rows = fetch(sql, [value for kind, part in questions for value in (here(), kind, *part)])
    else:
        rows = []
    return sorted({uuid.UUID(text_id(row[0])) for row in rows})


def _in_parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + PART] for start in range(0, len(values), PART))
