"""A movement as a file or a feed tells it becomes a row of the table."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aldia.banking.models import BankAccount, BankMovement, StatementImport
from aldia.domain.folding import fold
from aldia.domain.statements.model import Movement
from aldia.domain.statements.overlap import Entry, Pair, entry_of
from aldia.payments.models import CollectionAccount
from aldia.tenancy.scope import current_company_id

WIDTHS = {
    field.name: field.max_length
    for field in BankMovement._meta.concrete_fields
    if getattr(field, "max_length", None) and field.name in {each.name for each in dataclasses.fields(Movement)}
}
CLABE = 18
BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """An incoming movement, how it is compared, its name at the feed, and the account of one customer it names."""

    movement: Movement
    entry: Entry
    feed_id: str = ""
    collection_account: str = ""


def entered(movements: Sequence[Movement], feed_ids: Sequence[str] = ()) -> list[Row]:
    """Movements ready to be compared; a pair of equal names of a feed counts once."""
    names = [name.replace("\x00", "")[:120] for name in feed_ids] or [""] * len(movements)
    own = _collection_accounts(movements)
    rows: list[Row] = []
    seen: set[str] = set()
    for at, (movement, feed_id) in enumerate(zip(map(fitted, movements), names, strict=True)):
        if feed_id and feed_id in seen:
            continue
        seen.add(feed_id)
        numbers = [number for number in _numbers(movement) if number in own] if movement.amount > 0 else []
        rows.append(Row(movement, entry_of(movement, at), feed_id, numbers[0] if len(set(numbers)) == 1 else ""))
    return rows


def fitted(movement: Movement) -> Movement:
    """The movement as the columns hold it: within their width, without the character that PostgreSQL refuses."""
    changed = {
        name: plain
        for name, width in WIDTHS.items()
        if (text := getattr(movement, name)) != (plain := text.replace("\x00", "")[:width])
    }
    for name in ("text", "text_key"):
        if "\x00" in getattr(movement, name):
            changed[name] = getattr(movement, name).replace("\x00", "")
    return dataclasses.replace(movement, **changed) if changed else movement


def of_movement(
    row: Row, *, pk: uuid.UUID, account: BankAccount, statement: StatementImport, seq: int, key: str, pair: Pair | None
) -> BankMovement:
    """The row to be inserted; with a pair, it waits until a person says whether it is new."""
    movement = row.movement
    return BankMovement(
        id=pk, company_id=current_company_id(), account=account, statement=statement, line=movement.line,
        booked_on=movement.booked_on, value_on=movement.value_on, seq=seq, amount=movement.amount,
        currency=movement.currency, balance=movement.balance, text=movement.text,
        text_key=movement.text_key or fold(movement.text), concept=movement.concept,
        bank_reference=movement.bank_reference, trace_key=movement.trace_key, payer_name=movement.payer_name,
        payer_tax_id=movement.payer_tax_id, payer_account=movement.payer_account,
        collection_account=row.collection_account, code=movement.code, kind=movement.kind,
        evidence=[{**dataclasses.asdict(each), "value": _plain(each.value)} for each in movement.evidence],
        raw=[[_plain(heading), _plain(value)] for heading, value in movement.raw],
        feed_id=row.feed_id, dedupe_key=key, doubt=pair.basis if pair else "",
        twin_id=cast(uuid.UUID, pair.stored) if pair else None,
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.replace("\x00", "")


# The account of one customer


def _numbers(movement: Movement) -> list[str]:
    """The CLABEs that a row names, the other party's left out."""
    words = " ".join((movement.text, *(value for _heading, value in movement.raw)))
    plain = "".join(char if char.isalnum() else " " for char in words).split()
    return [word for word in plain if len(word) == CLABE and word.isdecimal() and word != movement.payer_account]


def _collection_accounts(movements: Sequence[Movement]) -> set[str]:
    """Which of the CLABEs in these movements the company gave to one customer alone."""
    asked = sorted({number for movement in movements if movement.amount > 0 for number in _numbers(movement)})
    found: set[str] = set()
    for start in range(0, len(asked), BATCH):
        part = asked[start : start + BATCH]
        found |= set(CollectionAccount.objects.filter(value__in=part).values_list("value", flat=True))
    return found
