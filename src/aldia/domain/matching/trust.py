"""What may apply by itself: classes proven before, and those that the company's own record has earned.

Every decision has a class (`Hypothesis.class_key`). A person's answer, or a blind review, makes it right or wrong and
the record of its class grows: in shadow too, while it only proposes. A class applies while its own bound holds loosely
and all that apply together hold the promise of the whole; it pauses by itself when its record says that it does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product

from aldia.domain.matching.bounds import lower_ppm, upper_ppm
from aldia.domain.matching.settings import Settings

# Folios cited, exact sum, payer identified by other means; or our own link, the bank's own key. How often these were
# wrong: docs/benchmarks.md.
PROVEN = frozenset({"exact|folio|known|-"}) | {
    f"{family}|told|{payer}|-"
    for family, payer in product(("declared", "known", "payout"), ("known", "near", "unknown"))
}


class State(StrEnum):
    """Where a class stands: PROVEN and EARNED apply (while young up to a cap), SHADOW proposes, PAUSED was wrong."""

    PROVEN = "proven"
    EARNED = "earned"
    SHADOW = "shadow"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Record:
    """Judged cases of a class. In shadow they are proposals that nothing vetoed; applied, those undone are wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def cases(self) -> int:
        return self.right + self.wrong

    @property
    def bound_ppm(self) -> int:
        """With 95 % confidence at most so many in a million are wrong."""
        return upper_ppm(self.wrong, self.cases)

    def plus(self, other: Record) -> Record:
        return Record(self.right + other.right, self.wrong + other.wrong)


@dataclass(frozen=True, slots=True)
class Promise:
    """Error bounds in parts per million: of each class by itself, and of all that applies. `young` cases of its own
    must be right before a class goes beyond the young cap; `review_per_mille` of what applied is reviewed blindly.
    """

    class_ppm: int = 10_000
    whole_ppm: int = 1_000
    young: int = 200
    review_per_mille: int = 15


@dataclass(frozen=True, slots=True)
class Verdict:
    """One class for the scorecard. `bound_ppm` is of its own record."""

    class_key: str
    state: State
    record: Record
    young: bool

    @property
    def bound_ppm(self) -> int:
        return self.record.bound_ppm


NO_RECORD = Record()


@dataclass(frozen=True, slots=True)
class Trust:
    """The verdict on every class that has a record; classes without one are proven or in shadow."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    proven: frozenset[str] = PROVEN

    def verdict(self, class_key: str) -> Verdict:
        known = self.verdicts.get(class_key)
        if known:
            return known
        state = State.PROVEN if class_key in self.proven else State.SHADOW
        return Verdict(class_key, state, NO_RECORD, young=True)

    def applies(self, class_key: str, amount: int, settings: Settings) -> bool:
        """Whether a movement of this class and amount (minor units) may apply by itself."""
        if settings.mode == "shadow":
            return False
        verdict = self.verdict(class_key)
        if verdict.state not in (State.PROVEN, State.EARNED):
            return False
        return amount <= (settings.young_cap if verdict.young else settings.cap)


COLD = Trust()


def earn(
    records: Mapping[str, Record],
    *,
    promise: Promise | None = None,
    proven: frozenset[str] = PROVEN,
    unseen: Mapping[str, Record] | None = None,
) -> Trust:
    """The trust that the records give. Classes are admitted in a fixed order, proven and simple ones first, each if
    its own bound holds and the bound of all admitted so far, together, does (fixed-sequence testing, as in *Learn then
    Test*, https://arxiv.org/abs/2110.01052).

    `unseen` is what applied by itself and no review drew: those that stand (right) and those undone (wrong). It can
    only take trust away: the undone are weighed against all that applied, the judged cases must hold without it.
    """
    promise = promise or Promise()
    verdicts: dict[str, Verdict] = {}
    whole = unseen_whole = NO_RECORD
    for key in sorted(records, key=lambda each: (each not in proven, strength(each), each)):
        record = records[key]
        applied = unseen.get(key, NO_RECORD) if unseen else NO_RECORD
        state = _state(record, whole, promise, key in proven)
        if applied.cases and state in (State.PROVEN, State.EARNED):
            state = _state(record.plus(applied), whole.plus(unseen_whole), promise, key in proven)
        if state in (State.PROVEN, State.EARNED):
            whole, unseen_whole = whole.plus(record), unseen_whole.plus(applied)
        verdicts[key] = Verdict(key, state, record.plus(Record(0, applied.wrong)), young=record.right < promise.young)
    return Trust(verdicts, proven)


def _state(record: Record, whole: Record, promise: Promise, is_proven: bool) -> State:
    if record.wrong and lower_ppm(record.wrong, record.cases) > promise.whole_ppm:
        return State.PAUSED
    if is_proven:
        return State.PROVEN
    together = whole.plus(record)
    if record.bound_ppm <= promise.class_ppm and together.bound_ppm <= promise.whole_ppm:
        return State.EARNED
    return State.SHADOW


_SUPPORTS = ("told", "folio", "complement", "portal", "number", "reference", "part", "history")
_PAYERS = ("known", "near", "unknown", "other")


def strength(class_key: str) -> tuple[int, int, str, str]:
    """The fixed order of admission: by what is known of the payer and cited, never by how it turned out."""
    family, support, payer, band = class_key.split("|")
    cited = _SUPPORTS.index(support) if support in _SUPPORTS else len(_SUPPORTS)
    return (_PAYERS.index(payer) + cited, cited, band, family)


def is_reviewed(movement: str, promise: Promise) -> bool:
    """Whether an automatic match goes to blind review: by its key alone, so that nobody can tell before."""
    digest = hashlib.sha256(movement.encode()).digest()
    return int.from_bytes(digest[:4], "big") % 1_000 < promise.review_per_mille
