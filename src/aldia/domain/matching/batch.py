"""A day's movements together: the surest apply first, the rest is looked at again, and who claims the same asks.

The answer does not depend on the order in which the movements come: within a round all are decided on the same books.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from aldia.domain.matching import sentences as say
from aldia.domain.matching.candidates import case_of
from aldia.domain.matching.deciding import settled, weigh
from aldia.domain.matching.identity import Identity, identity
from aldia.domain.matching.index import Index
from aldia.domain.matching.model import BankMovement, Decision, Hypothesis, Outcome, Payer, Reason
from aldia.domain.matching.overlay import Overlay
from aldia.domain.matching.payer import identify
from aldia.domain.matching.references import Citing, read_citing
from aldia.domain.matching.settings import Settings
from aldia.domain.matching.trust import Trust
from aldia.domain.matching.vetoes import NEVER, PARTS, SURE

APPLIED = frozenset({Outcome.AUTO, Outcome.POLICY})
Read = tuple[BankMovement, Citing, Payer]


def decide_batch(
    movements: Iterable[BankMovement], index: Index, *, settings: Settings, trust: Trust
) -> list[Decision]:
    """One decision for each movement, in the order given. What applies changes the books for the later ones, day by
    day; `index` itself is not changed.
    """
    ordered = sorted(movements, key=lambda each: (each.booked_on, each.key))
    books = Overlay(index)
    decided: dict[str, Decision] = {}
    reads: list[Read] = []
    for movement in _without_copies(ordered, decided):
        if decision := settled(movement, index):
            decided[movement.key] = decision
        else:
            read = (movement, read_citing(movement, settings.concept_limits), identify(movement, index))
            books.expect(read[0], read[2].customer)
            reads.append(read)
    for _, day in groupby(reads, key=lambda read: read[0].booked_on):
        _Day(list(day), books, settings, trust, decided).run()
    return [decided[movement.key] for movement in movements]


def _without_copies(ordered: Sequence[BankMovement], decided: dict[str, Decision]) -> list[BankMovement]:
    first: dict[Identity, str] = {}
    kept = []
    for movement in ordered:
        known = first.setdefault(identity(movement), movement.key)
        if known == movement.key:
            kept.append(movement)
        else:
            reason = Reason("duplicate", say.KINDS["duplicate"], {})
            decided[movement.key] = Decision(movement.key, Outcome.DUPLICATE, reasons=(reason,), undoes=known)
    return kept


class _Day:
    """The deposits of one day, decided in rounds until nothing more applies."""

    def __init__(
        self, reads: list[Read], books: Overlay, settings: Settings, trust: Trust, decided: dict[str, Decision]
    ) -> None:
        self.reads = {read[0].key: read for read in reads}
        self.books = books
        self.settings = settings
        self.trust = trust
        self.decided = decided
        self.pending = set(self.reads)
        self.clashed: set[str] = set()

    def run(self) -> None:
        self._decide(self.pending)
        for tier in (_is_cited, _is_any):
            while True:
                ready = [key for key in sorted(self.pending) if self._is_ready(key, tier)]
                clashes = self._clashes(ready)
                applied = [key for key in ready if key not in clashes]
                if not applied:
                    break
                self._apply(applied)
        # what only lacks a record asks for the same reasons, so that its record is that of what would apply
        self._clashes([key for key in sorted(self.pending) if _is_unopposed(self.decided[key])])

    def _is_ready(self, key: str, tier: Callable[[Hypothesis], bool]) -> bool:
        decision = self.decided[key]
        return decision.outcome in APPLIED and decision.hypothesis is not None and tier(decision.hypothesis)

    def _decide(self, keys: Iterable[str]) -> None:
        for key in keys:
            movement, citing, payer = self.reads[key]
            decision = weigh(case_of(movement, self.books, self.settings, citing, payer), self.trust)
            if key in self.clashed and decision.outcome in APPLIED:
                decision = _asked(decision)
            self.decided[key] = decision

    def _clashes(self, ready: Sequence[str]) -> set[str]:
        """Those that claim more of a document than it owes: all of them become questions."""
        claims: dict[str, list[str]] = defaultdict(list)
        for key in ready:
            for allocation in _hypothesis(self.decided[key]).allocations:
                claims[allocation.document].append(key)
            for known, _ in _hypothesis(self.decided[key]).known:
                claims[known].append(key)
        found = {key for claimants in claims.values() if len(claimants) > 1 for key in claimants}
        found |= self._parts_of_what_others_want(ready)
        for key in found - self.clashed:
            self.decided[key] = _asked(self.decided[key])
        self.clashed |= found
        return found

    def _parts_of_what_others_want(self, ready: Sequence[str]) -> set[str]:
        """A part paid of a document that another deposit of the day, still a question, may pay too."""
        parts = {key for key in ready if _hypothesis(self.decided[key]).family in PARTS}
        if not parts:
            return parts
        wanted: dict[str, set[str]] = defaultdict(set)
        for key in self.pending:
            best = self.decided[key].hypothesis
            for document in best.documents if best and (best.family not in NEVER or best.support in SURE) else ():
                wanted[document].add(key)
        return {key for key in parts if any(wanted[each] - {key} for each in _hypothesis(self.decided[key]).documents)}

    def _apply(self, keys: Sequence[str]) -> None:
        changed: set[str] = set()
        for key in keys:
            best = _hypothesis(self.decided[key])
            changed |= self.books.apply(best)
        self.pending -= set(keys)
        self._decide(sorted(key for key in self.pending if not changed.isdisjoint(self.decided[key].touched)))


def _is_unopposed(decision: Decision) -> bool:
    return decision.outcome is Outcome.PROPOSE and decision.hypothesis is not None and not decision.hypothesis.vetoes


def _is_cited(hypothesis: Hypothesis) -> bool:
    return hypothesis.support in SURE


def _is_any(hypothesis: Hypothesis) -> bool:
    return True


def _hypothesis(decision: Decision) -> Hypothesis:
    if decision.hypothesis is None:
        raise ValueError("nothing to apply")
    return decision.hypothesis


def _asked(decision: Decision) -> Decision:
    best = replace(_hypothesis(decision), vetoes=("clash",))
    reason = Reason("clash", say.VETOES["clash"], {})
    return replace(decision, outcome=Outcome.PROPOSE, hypothesis=best, reasons=(*decision.reasons, reason))
