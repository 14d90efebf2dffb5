"""Uploads that overlap: which movements of a file are already stored, which are new, which a person must look at.

No key of a movement is enough: banks truncate texts, re-order days, and two payments may truly be equal. So sets are
compared: inside one day and one signed amount, rows are assigned one to one, the surest evidence first, and each stored
row is used once. What is left is new: the same file twice adds nothing, two true twins stay two, three against two give
one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from aldia.domain.folding import fold
from aldia.domain.statements.model import Movement

PREFIX = 20
MIN_TRACE = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement as it is compared. `key` is whatever the caller knows it by; `seq` its place within its day."""

    key: Hashable
    booked_on: date
    amount: int
    text_key: str
    balance: int | None = None
    trace_key: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """An incoming row that is a stored one, and what says so: trace, text_and_balance, balance, text, prefix."""

    incoming: Hashable
    stored: Hashable
    basis: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Every incoming row is in exactly one list, in the order of the file. `review` rows are neither stored nor
    dropped until a person says: each comes with the stored row that it may be.
    """

    new: tuple[Hashable, ...]
    known: tuple[Pair, ...]
    review: tuple[Pair, ...]


def entry_of(movement: Movement, key: Hashable) -> Entry:
    """A movement of a preview, ready to be compared."""
    return Entry(
        key,
        movement.booked_on,
        movement.amount,
        movement.text_key or fold(movement.text),
        movement.balance,
        movement.trace_key,
        movement.seq,
    )


def assign(stored: Iterable[Entry], incoming: Sequence[Entry]) -> Assignment:
    """Compare a file with what is stored of the same account and currency, from the file's first day on.

    `incoming` is oldest first. Pure and deterministic: the caller locks the account while it stores the result.
    """
    if not incoming:
        return Assignment((), (), ())
    first = min(entry.booked_on for entry in incoming)
    kept = [entry for entry in stored if entry.booked_on >= first]
    before_cut = _before_cut(kept, incoming, first)
    pool = [entry for entry in kept if entry.key not in before_cut]
    own_keys = _own_keys(incoming)
    groups: dict[tuple[date, int], tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for entry in pool:
        groups[entry.booked_on, entry.amount][0].append(entry)
    for entry in incoming:
        groups[entry.booked_on, entry.amount][1].append(entry)
    found: dict[Hashable, Pair] = {}
    for there, here in groups.values():
        if there and here:
            found |= _assign_group(there, here, own_keys)
    doubtful = _doubtful(kept, incoming, first, found)
    pairs = [(entry.key, found.get(entry.key)) for entry in incoming]
    return Assignment(
        tuple(key for key, pair in pairs if pair is None),
        tuple(pair for key, pair in pairs if pair and key not in doubtful and pair.basis != "balance_only"),
        tuple(pair for key, pair in pairs if pair and (key in doubtful or pair.basis == "balance_only")),
    )


# Keys of the bank


def is_telling(trace: str) -> bool:
    """Whether a key could name one movement: six letters or digits at least, and not one character repeated."""
    bare = [char for char in trace if char.isalnum()]
    return len(bare) >= MIN_TRACE and len(set(bare)) > 1


def _own_keys(incoming: Sequence[Entry]) -> set[str]:
    """Keys that occur once in the file; what banks print on many rows (9990008) names none."""
    counts = Counter(entry.trace_key for entry in incoming if is_telling(entry.trace_key))
    return {trace for trace, count in counts.items() if count == 1}


# One day and one amount


def _assign_group(there: Sequence[Entry], here: Sequence[Entry], own_keys: set[str]) -> dict[Hashable, Pair]:
    """One to one, tier by tier."""
    matching = _Matching(list(there), list(here), own_keys)
    matching.by_key("trace", matching.trace_of, same_trace=True)
    matching.by_key("text_and_balance", lambda entry: _with_balance(entry, entry.text_key))
    matching.by_prefix("balance", lambda entry: entry.balance)
    matching.by_key("text", lambda entry: (entry.text_key,))
    matching.by_prefix("prefix", lambda entry: 0)
    matching.by_key("balance_only", lambda entry: _with_balance(entry, ""))
    return matching.found


def _with_balance(entry: Entry, text: str) -> Hashable:
    return None if entry.balance is None else (text, entry.balance)


class _Matching:
    """The state of one group: who is still free on each side."""

    def __init__(self, there: list[Entry], here: list[Entry], own_keys: set[str]) -> None:
        self.there, self.here, self.own_keys = there, here, own_keys
        self.found: dict[Hashable, Pair] = {}
        self._traces_there = Counter(entry.trace_key for entry in there)

    def trace_of(self, entry: Entry) -> Hashable:
        """The key of a row if it names it alone; None otherwise."""
        known = entry.trace_key in self.own_keys or self._traces_there[entry.trace_key] == 1
        return entry.trace_key if is_telling(entry.trace_key) and known else None

    def by_key(self, basis: str, key_of: Callable[[Entry], Hashable], same_trace: bool = False) -> None:
        """Rows with the same key (None: no key). Rows that have a trace go first: they have fewer partners."""
        free: dict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
        for entry in reversed(self.there):
            key = key_of(entry)
            if key is not None:
                free[key][bool(self.trace_of(entry))].append(entry)
        for entry in sorted(self.here, key=lambda entry: not self.trace_of(entry)):
            places = free.get(key_of(entry)) if key_of(entry) is not None else None
            if places is None:
                continue
            plain, traced = places
            if same_trace or not self.trace_of(entry):
                partner = traced.pop() if traced else plain.pop() if plain else None
            else:
                partner = plain.pop() if plain else None
            if partner:
                self._pair(entry, partner, basis)
        self._forget()

    def by_prefix(self, basis: str, key_of: Callable[[Entry], Hashable]) -> None:
        """Rows with the same key whose texts are cut at different lengths; the longest texts choose first."""
        free: dict[tuple[Hashable, str, bool], list[Entry]] = defaultdict(list)
        for entry in reversed(self.there):
            free[key_of(entry), entry.text_key[:PREFIX], bool(self.trace_of(entry))].append(entry)
        longer: dict[tuple[Hashable, str], set[str]] = defaultdict(set)
        for key, text, _traced in free:
            for length in range(1, len(text) + 1):
                longer[key, text[:length]].add(text)
        for entry in sorted(self.here, key=lambda entry: (-len(entry.text_key[:PREFIX]), not self.trace_of(entry))):
            key, text = key_of(entry), entry.text_key[:PREFIX]
            if key is None or not text:
                continue
            shorter = [text[:length] for length in range(len(text), 0, -1)]
            candidates = (*shorter, *sorted(longer[key, text], key=lambda other: (-len(other), other)))
            partner = self._first_free(free, key, candidates, traced=not self.trace_of(entry))
            if partner:
                self._pair(entry, partner, basis)
        self._forget()

    def _first_free(
        self,
        free: dict[tuple[Hashable, str, bool], list[Entry]],
        key: Hashable,
        texts: Iterable[str],
        traced: bool,
    ) -> Entry | None:
        """A stored row with one of these texts; one that has a trace only for a row that has none."""
        for text in texts:
            for with_trace in (True, False) if traced else (False,):
                rows = free.get((key, text, with_trace))
                if rows:
                    return rows.pop()
        return None

    def _pair(self, entry: Entry, partner: Entry, basis: str) -> None:
        self.found[entry.key] = Pair(entry.key, partner.key, basis)

    def _forget(self) -> None:
        used = {pair.stored for pair in self.found.values()}
        self.there = [entry for entry in self.there if entry.key not in used]
        self.here = [entry for entry in self.here if entry.key not in self.found]


# A file that begins in the middle of a day


def _before_cut(stored: Sequence[Entry], incoming: Sequence[Entry], first: date) -> set[Hashable]:
    """Stored rows of the first day that certainly come before the file: up to the balance with which it opens.

    Only when exactly one stored balance of that day is the file's opening, and no row of the file repeats one before.
    """
    opening_row = incoming[0]
    if opening_row.booked_on != first or opening_row.balance is None:
        return set()
    opening = opening_row.balance - opening_row.amount
    day = sorted((entry for entry in stored if entry.booked_on == first), key=lambda entry: entry.seq)
    if not day or day[0].balance is None or day[0].balance - day[0].amount == opening:
        return set()
    places = [at for at, entry in enumerate(day) if entry.balance == opening]
    if len(places) != 1:
        return set()
    earlier = day[: places[0] + 1]
    here = {(entry.amount, entry.balance) for entry in incoming if entry.booked_on == first}
    traces = {entry.trace_key for entry in incoming if is_telling(entry.trace_key)}
    if any((entry.amount, entry.balance) in here or entry.trace_key in traces for entry in earlier):
        return set()
    return {entry.key for entry in earlier}


def _doubtful(
    stored: Sequence[Entry], incoming: Sequence[Entry], first: date, found: dict[Hashable, Pair]
) -> set[Hashable]:
    """Twins that a file without balances cannot tell: its first day is the last one stored, and only part of that
    day's rows are in it. Then an equal row may be the same or another one of the afternoon.
    """
    day = [entry for entry in stored if entry.booked_on == first]
    if not day or any(entry.booked_on > first for entry in stored):
        return set()
    here = [entry for entry in incoming if entry.booked_on == first]
    if any(entry.balance is not None for entry in here) and any(entry.balance is not None for entry in day):
        return set()
    weak = [entry for entry in here if entry.key in found and found[entry.key].basis in ("text", "prefix")]
    matched = sum(entry.key in found for entry in here)
    return {entry.key for entry in weak} if 0 < matched < len(day) else set()


# The guard in the database


def dedupe_keys(
    account: str, incoming: Sequence[Entry], already: Iterable[Entry] = (), taken: Collection[str] = ()
) -> list[str]:
    """A key for each new row, unique within the account: its ordinal counts the equal ones already stored.

    It only stops two imports that run at once; which rows are new is decided by `assign`. `taken` are keys in use: an
    import that was undone may have left ordinals that do not follow each other.
    """
    seen = Counter((entry.booked_on, entry.amount, entry.text_key) for entry in already)
    keys = []
    for entry in incoming:
        same = (entry.booked_on, entry.amount, entry.text_key)
        seen[same] += 1
        while (key := _key(account, entry, seen[same])) in taken:
            seen[same] += 1
        keys.append(key)
    return keys


def _key(account: str, entry: Entry, ordinal: int) -> str:
    plain = "\x1f".join((account, entry.booked_on.isoformat(), str(entry.amount), entry.text_key, str(ordinal)))
    return hashlib.sha256(plain.encode()).hexdigest()
