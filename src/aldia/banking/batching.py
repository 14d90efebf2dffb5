"""Movements that wait, put before the engine together with all those that could claim the same: nothing is written.

Two deposits that may pay one document must be decided together, or each would take it for its own. So a batch grows by
the queued movements that claim of the same customer (or share a tracking key) until nothing more belongs to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from aldia.banking.encoding import deposit_of
from aldia.banking.index import BooksIndex, as_index
from aldia.banking.indexing.rows import PART, here, reading, text_id
from aldia.banking.models import BankMovement
from aldia.banking.operations.requeueing import movements_with
from aldia.banking.queue_keys import Key, claims_of, keys_of
from aldia.domain.matching import BankMovement as Deposit
from aldia.domain.matching import Decision, Outcome, Reason, Settings, Trust, decide_batch
from aldia.domain.sentences import gettext_noop
from aldia.tenancy.reading import as_kept, fetch, marks, select_rows

T = TypeVar("T")
# Plain SQL: for one movement, compiling a query of the ORM costs more than all that the engine does
_QUEUED = "id IN ({}) AND state IN ('pending', 'partial') AND doubt = ''"
_MATCHED = "SELECT DISTINCT movement_id FROM banking_match WHERE company_id = %s AND movement_id IN ({})"
_OWNERS = """
SELECT value, customer_id FROM payments_collectionaccount
WHERE company_id = %s AND kind IN ('clabe', 'reference') AND NOT (value = '') AND value IN ({})"""
MOST_TOGETHER = 4_000
MOST_EXPECTED = 20  # movements of which each is asked apart; in large batches the engine's own order is as good
LEAST_DIGITS = 10  # of an account or a reference that is looked for in the words of a movement
UNDONE = gettext_noop("Alguien deshizo lo que se había aplicado: ya no se aplica solo.")
REST = gettext_noop("Es lo que falta de un movimiento que ya se explicó en parte.")
BY_ITSELF = frozenset({Outcome.AUTO, Outcome.POLICY, Outcome.REVERSAL})


@dataclass(frozen=True, slots=True)
class Weighed:
    """A movement as it was read, what the engine says of it, and the keys it rests on."""

    row: BankMovement
    deposit: Deposit
    decision: Decision
    keys: frozenset[Key]


def weigh(movement_ids: Collection[uuid.UUID], *, settings: Settings, trust: Trust) -> list[Weighed]:
    """Decide movements with all that belongs to them; the ones that joined are in the answer too."""
    with reading():
        return _Batch(settings, trust).run(movement_ids)


class _Batch:
    def __init__(self, settings: Settings, trust: Trust) -> None:
        self.settings = settings
        self.trust = trust
        self.rows: dict[uuid.UUID, BankMovement] = {}
        self.accounts: dict[str, str] = {}
        self.index = BooksIndex(has_commissions=bool(settings.commissions))

    def run(self, movement_ids: Collection[uuid.UUID]) -> list[Weighed]:
        self._take(movement_ids)
        while True:
            decided = self._decide()
            joining = [each for each in self._neighbours(decided) if each not in self.rows]
            if not joining or len(self.rows) >= MOST_TOGETHER:
                break
            before = len(self.rows)
            self._take(joining[: MOST_TOGETHER - len(self.rows)])
            if len(self.rows) == before:
                break
        index = as_index(self.index)
        return [
            Weighed(self.rows[key], deposit, decision, keys_of(deposit, decision, index, self.settings))
            for key, (deposit, decision) in decided.items()
        ]

    def _take(self, movement_ids: Collection[uuid.UUID]) -> None:
        fresh = _queued(movement_ids)
        self.rows |= {row.pk: row for row in fresh}
        self.accounts |= _accounts_in(fresh)

    def _decide(self) -> dict[uuid.UUID, tuple[Deposit, Decision]]:
        """What was undone by somebody, or is explained in part, never applies by itself again: it only proposes."""
        held = self._held()
        deposits = {
            key: deposit_of(row, country=self.settings.country, collection_account=self.accounts.get(str(key), ""))
            for key, row in self.rows.items()
        }
        if len(deposits) <= MOST_EXPECTED:
            for deposit in deposits.values():
                self.index.expect(deposit)
        free = [deposit for key, deposit in deposits.items() if key not in held]
        asked = [deposit for key, deposit in deposits.items() if key in held]
        index = as_index(self.index)
        decisions = decide_batch(free, index, settings=self.settings, trust=self.trust)
        decisions += decide_batch(asked, index, settings=replace(self.settings, mode="shadow"), trust=self.trust)
        by_key = {decision.movement: decision for decision in decisions}
        by_key |= {str(key): _asked_again(by_key[str(key)], self.rows[key]) for key in held}
        return {key: (deposit, by_key[deposit.key]) for key, deposit in deposits.items()}

    def _held(self) -> set[uuid.UUID]:
        held = {key for key, row in self.rows.items() if row.explained}
        for part in _in_parts(sorted(self.rows)):
            matched = fetch(_MATCHED.format(marks(part)), [here(), *map(as_kept, part)])
            held.update(uuid.UUID(text_id(row[0])) for row in matched)
        return held

    @staticmethod
    def _neighbours(decided: dict[uuid.UUID, tuple[Deposit, Decision]]) -> list[uuid.UUID]:
        """Queued movements that claim of the same customer, or share a tracking key."""
        shared: set[Key] = set()
        for deposit, decision in decided.values():
            shared |= claims_of(deposit, decision)
        return movements_with(shared)


def _asked_again(decision: Decision, row: BankMovement) -> Decision:
    """In place of what a company in shadow reads, why this one movement only proposes."""
    outcome = Outcome.EXCEPTION if decision.outcome is Outcome.REVERSAL else decision.outcome
    code, template = ("rest", REST) if row.explained else ("undone", UNDONE)
    reasons = [each for each in decision.reasons if each.code != "shadow"]
    return replace(decision, outcome=outcome, reasons=(*reasons, Reason(code, template, {})))


def _queued(movement_ids: Collection[uuid.UUID]) -> list[BankMovement]:
    """Those that still wait, oldest first."""
    found = [
        row
        for part in _in_parts(sorted(movement_ids))
        for row in select_rows(BankMovement, _QUEUED.format(marks(part)), part)
    ]
    return sorted(found, key=lambda row: (row.booked_on, row.pk))


def _accounts_in(rows: Iterable[BankMovement]) -> dict[str, str]:
    """The account or reference of one customer that the words of a movement carry, by movement."""
    written = {str(row.pk): _long_numbers(row) for row in rows if row.amount > 0 and not row.collection_account}
    wanted = sorted({number for numbers in written.values() for number in numbers})
    owners: dict[str, object] = {}
    for part in _in_parts(wanted):
        owners |= dict(fetch(_OWNERS.format(marks(part)), [here(), *part]))
    found = {}
    for key, numbers in written.items():
        named = [number for number in numbers if number in owners]
        if named and len({owners[number] for number in named}) == 1:
            found[key] = named[0]
    return found


def _long_numbers(row: BankMovement) -> list[str]:
    """Words of digits that may be an account of ours; the payer's own account and the tracking key are not."""
    words = " ".join((row.text, row.concept, row.bank_reference))
    plain = "".join(char if char.isalnum() else " " for char in words).split()
    others = {row.payer_account, row.trace_key}
    return [word for word in dict.fromkeys(plain) if _is_number(word) and word not in others]


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and LEAST_DIGITS <= len(word) <= 40


def _in_parts(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + PART] for start in range(0, len(values), PART))
