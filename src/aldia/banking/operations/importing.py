"""Movements enter an account: what is on file is recognised, what is new is kept, what is doubtful waits for a person.

Files and feeds come the same way. The account's row is locked, so that two imports at once give the union of both.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount, BankMovement, StatementFile, StatementImport, StatementState
from aldia.banking.operations.storing import Row, entered, of_movement
from aldia.domain.statements.model import Movement, Statement
from aldia.domain.statements.ordering import merged
from aldia.domain.statements.overlap import Assignment, Entry, Pair, assign, dedupe_keys
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_SKIPPED = 2_000  # rows that are told one by one


class ImportRefused(ValueError):
    """Movements that do not belong into this account, or an account that takes none; nothing was written."""


@dataclass(slots=True)
class _Known:
    """What is on file of an account from a day on."""

    entries: list[Entry]
    feed_ids: dict[str, Hashable]
    keys: set[str]


def bring_in(
    *,
    account_id: uuid.UUID,
    statement: Statement | Sequence[Movement],
    source: str,
    file_id: uuid.UUID | None = None,
    part: int = 0,
    feed_ids: Sequence[str] = (),
    actor: User | None,
    now: datetime,
) -> StatementImport:
    """Bring a statement (or the movements of a feed) into an account, in one transaction. Raises `ImportRefused`.

    `source`: file, pull or push. `feed_ids` are the feed's names of the movements, one each: the same name is the same
    movement whatever else changed. A part of a file that is in the account already is not read again: its import is
    returned. What a feed brings without anything new leaves no import: the one returned is not kept.
    """
    whole = statement if isinstance(statement, Statement) else Statement(movements=tuple(statement))
    with transaction():
        account = _taken(account_id)
        before = _imported(account, file_id, part)
        if before is not None:
            return before
        rows = entered(whole.movements, feed_ids)
        if any(row.movement.currency != account.currency for row in rows):
            raise ImportRefused(_("El estado de cuenta no está en %(code)s, la moneda de la cuenta.") % {
                "code": account.currency
            })  # fmt: skip
        done = _import_of(account, whole, source, file_id, part, actor, now)
        _store(account, done, rows)
        if file_id is None and not done.new and not done.doubtful:
            return done
        detail = {"account": account.pk, "source": source, "new": done.new, "known": done.known}
        audit.record(
            actor=actor, verb="banking.statement_imported", object_type="statementimport", object_id=done.pk,
            detail=detail | {"doubtful": done.doubtful, "from": done.first_on, "to": done.last_on},
        )  # fmt: skip
    crashpoint("after_statement")
    return done


def lock_account(account_id: uuid.UUID) -> BankAccount:
    """The account, locked against other imports until the transaction ends. Raises `ImportRefused`."""
    account = BankAccount.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise ImportRefused(_("Esa cuenta ya no existe."))
    return account


def _taken(account_id: uuid.UUID) -> BankAccount:
    account = lock_account(account_id)
    if account.archived_at is not None:
        raise ImportRefused(_("La cuenta «%(name)s» está archivada: actívala antes de importar.") % {
            "name": account.name
        })  # fmt: skip
    return account


def _imported(account: BankAccount, file_id: uuid.UUID | None, part: int) -> StatementImport | None:
    """The import of the same bytes that stands, if any."""
    if file_id is None:
        return None
    same = StatementFile.objects.filter(pk=file_id).values("sha256")
    found = StatementImport.objects.filter(
        account=account, part=part, state=StatementState.IMPORTED, file__sha256__in=same
    )
    return found.first()


def _import_of(
    account: BankAccount,
    whole: Statement,
    source: str,
    file_id: uuid.UUID | None,
    part: int,
    actor: User | None,
    now: datetime,
) -> StatementImport:
    days = [movement.booked_on for movement in whole.movements]
    first, last = whole.period or ((min(days), max(days)) if days else (None, None))
    opening, closing = balances_of(whole)
    skipped = [
        {"line": row.line, "code": row.code, "why": row.why, "text": row.text.replace("\x00", "")}
        for row in whole.skipped[:MAX_SKIPPED]
    ]
    return StatementImport(
        company_id=current_company_id(), account=account, file_id=file_id, part=part, source=source,
        first_on=first, last_on=last, opening=opening, closing=closing, read=len(whole.movements), skipped=skipped,
        proof=dataclasses.asdict(whole.proof), imported_at=now, imported_by=actor,
    )  # fmt: skip


def balances_of(whole: Statement) -> tuple[int | None, int | None]:
    """The balances before the first and after the last movement: as the file states them, else by running balance."""
    opening, closing = whole.declared.opening, whole.declared.closing
    moved = whole.movements
    amounts = [movement.amount for movement in moved]
    places = [at for at, movement in enumerate(moved) if movement.balance is not None]
    if whole.proof.state != "partial" and places:
        first, last = places[0], places[-1]
        if opening is None:
            opening = (moved[first].balance or 0) - sum(amounts[: first + 1])
        if closing is None:
            closing = (moved[last].balance or 0) + sum(amounts[last + 1 :])
    return opening, closing


# What is new


def foresee(*, account: BankAccount, statement: Statement) -> tuple[int, int, int]:
    """How many movements would be new, known and doubtful if the statement came in now. Writes nothing."""
    rows = entered(statement.movements)
    found = _compare(_on_file(account, min((row.movement.booked_on for row in rows), default=None)), rows)
    return len(found.new), len(found.known), len(found.review)


def _store(account: BankAccount, done: StatementImport, rows: Sequence[Row]) -> None:
    """Compare with what is on file, keep what is not, and count."""
    first = min((row.movement.booked_on for row in rows), default=None)
    known = _on_file(account, first)
    found = _compare(known, rows)
    new = set(found.new)
    doubts = {pair.incoming: pair for pair in found.review}
    kept = [row for row in rows if row.entry.key in doubts or row.entry.key in new]
    done.new, done.known, done.doubtful = len(new), len(found.known), len(doubts)
    if done.file_id is None and not kept:
        return
    done.seen = [str(pair.stored) for pair in found.known] if done.file_id else []
    done.save(force_insert=True)
    crashpoint("in_statement")
    keys = dedupe_keys(str(account.pk), [row.entry for row in kept], known.entries, known.keys)
    ids = {row.entry.key: uuid7() for row in kept}
    places = _places(known, rows, found, ids)
    insert_rows(
        [
            of_movement(row, pk=ids[row.entry.key], account=account, statement=done, seq=places[ids[row.entry.key]],
                        key=key, pair=doubts.get(row.entry.key))
            for row, key in zip(kept, keys, strict=True)
        ],
        BankMovement,
    )  # fmt: skip
    _move(known, places)


def _on_file(account: BankAccount, first: Any) -> _Known:
    if first is None:
        return _Known([], {}, set())
    columns = ("pk", "booked_on", "amount", "text_key", "balance", "trace_key", "seq", "feed_id", "dedupe_key")
    found = BankMovement.objects.filter(account=account, booked_on__gte=first).order_by("booked_on", "seq", "id")
    known = _Known([], {}, set())
    for *plain, feed_id, key in found.values_list(*columns):
        known.entries.append(Entry(*plain))
        known.keys.add(key)
        if feed_id:
            known.feed_ids[feed_id] = plain[0]
    return known


def _compare(known: _Known, rows: Sequence[Row]) -> Assignment:
    """Rows that a feed names are what they were; all others are compared as sets, those of another name left out."""
    sure = [Pair(row.entry.key, known.feed_ids[row.feed_id], "feed") for row in rows if row.feed_id in known.feed_ids]
    named = {pair.incoming for pair in sure}
    rest = [row for row in rows if row.entry.key not in named]
    gone = {pair.stored for pair in sure}
    if any(row.feed_id for row in rest):
        gone |= set(known.feed_ids.values())
    found = assign([entry for entry in known.entries if entry.key not in gone], [row.entry for row in rest])
    return dataclasses.replace(found, known=(*sure, *found.known))


# The order within each day


def _places(
    known: _Known, rows: Sequence[Row], found: Assignment, ids: dict[Hashable, uuid.UUID]
) -> dict[Hashable, int]:
    """The number within its day of every movement of the days that the file tells."""
    same: dict[Hashable, Hashable] = {pair.incoming: pair.stored for pair in found.known}
    days: dict[Any, tuple[list[Hashable], list[Hashable]]] = {}
    for row in rows:
        key = row.entry.key
        days.setdefault(row.movement.booked_on, ([], []))[1].append(key if key in same else ids[key])
    for entry in known.entries:
        if entry.booked_on in days:
            days[entry.booked_on][0].append(entry.key)
    places: dict[Hashable, int] = {}
    for stored, incoming in days.values():
        places |= {key: at for at, key in enumerate(merged(stored, incoming, same), 1)}
    return places


def _move(known: _Known, places: dict[Hashable, int]) -> None:
    """Give movements on file their new number where new ones came before them."""
    moved = [
        BankMovement(pk=cast(uuid.UUID, entry.key), seq=places[entry.key])
        for entry in known.entries
        if entry.key in places and places[entry.key] != entry.seq
    ]
    BankMovement.objects.bulk_update(moved, ["seq"], batch_size=500)
