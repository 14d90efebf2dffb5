"""What complementos de pago a set of receipts of money needs, beside those there are. Pure: amounts are minor units.

Rules (RMF 2.7.1.32, https://www.sat.gob.mx/normatividad/41506/resolucion-miscelanea-fiscal, and the guide to fill in
the complement, http://omawww.sat.gob.mx/tramitesyservicios/Paginas/recepcion_de_pagos.htm): one per receipt of money,
or one a month per receiver with a `Pago` node for each; due the fifth natural day of the month after the payment, no
weekend moves it. One whose money was undone or moved is cancelled: motive 01 with the one that substitutes it (which
is issued first), 02 where nothing is left to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from aldia.domain.calendars import add_months, month_end

PUE_WATCH_DAY = 25

Pair = tuple[str, str]  # a receipt of money and the document that it pays


@dataclass(frozen=True, slots=True)
class Line:
    """What a receipt pays of a document: `amount` in the document's currency, `share` in the money's."""

    amount: int
    share: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in, as the books have it: what it pays now of documents that need a complement."""

    id: str
    customer: str
    currency: str
    paid_on: date
    lines: Mapping[str, Line]


class Phase(StrEnum):
    OPEN = "open"  # a draft: it can still change
    FLYING = "flying"  # on its way to the stamp: nothing can be changed until it is there
    STANDING = "standing"  # stamped and in force
    ENDING = "ending"  # its cancellation is under way


@dataclass(frozen=True, slots=True)
class Paper:
    """A complement of ours. `group`: what it was drafted for. `is_stuck`: its cancellation is left to a person."""

    id: str
    phase: Phase
    group: str
    lines: Mapping[Pair, Line]
    replaces: str = ""
    is_stuck: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that there should be: `paper` is the one to change, "" for a new one."""

    group: str
    customer: str
    lines: Mapping[Pair, Line]
    paper: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """A complement to cancel: with the stamped one that substitutes it (motive 01), or with none (02)."""

    paper: str
    successor: str = ""


@dataclass(slots=True)
class Plan:
    """`live`: papers whose word counts as it is; of the others nothing does any more."""

    drafts: list[Draft] = field(default_factory=list)
    discards: list[str] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    live: set[str] = field(default_factory=set)


def plan(receipts: Iterable[Receipt], papers: Sequence[Paper], *, is_monthly: bool) -> Plan:
    """Say which drafts there should be, and which complements should end, for the books to be told as they are."""
    by_id = {receipt.id: receipt for receipt in receipts}
    wanted = {(receipt.id, key): line for receipt in by_id.values() for key, line in receipt.lines.items()}
    found = Plan()
    successors = {paper.replaces: paper for paper in papers if paper.replaces and paper.phase is not Phase.ENDING}
    taken: set[Pair] = set()
    stale: list[Paper] = []
    for paper in sorted(papers, key=_standing_order):
        successor = successors.get(paper.id)
        if paper.phase is Phase.FLYING or (paper.phase is Phase.STANDING and paper.is_stuck):
            _take(found, wanted, taken, paper)
        elif paper.phase is Phase.STANDING:
            if successor is not None and successor.phase is Phase.STANDING:
                found.endings.append(Ending(paper.id, successor.id))
            elif successor is not None and successor.phase is Phase.FLYING:
                continue
            elif taken.isdisjoint(paper.lines) and all(wanted.get(pair) == line for pair, line in paper.lines.items()):
                _take(found, wanted, taken, paper)
            else:
                stale.append(paper)
    for paper in stale:
        _replace(found, wanted, paper, by_id, successors.get(paper.id))
    _draft_the_rest(found, wanted, by_id, papers, is_monthly)
    kept = {draft.paper for draft in found.drafts}
    found.discards = [paper.id for paper in papers if paper.phase is Phase.OPEN and paper.id not in kept]
    return found


def _standing_order(paper: Paper) -> int:
    """What cannot be changed first; last what is in force only because nobody would let it go."""
    if paper.phase is Phase.FLYING:
        return 0
    return 2 if paper.is_stuck else 1


def _take(found: Plan, wanted: dict[Pair, Line], taken: set[Pair], paper: Paper) -> None:
    """What a paper says needs no other. Nothing is said twice: one that repeats another does not count."""
    if taken.isdisjoint(paper.lines):
        found.live.add(paper.id)
        taken.update(paper.lines)
    for pair in paper.lines:
        wanted.pop(pair, None)


def _replace(
    found: Plan, wanted: dict[Pair, Line], paper: Paper, receipts: Mapping[str, Receipt], successor: Paper | None
) -> None:
    """A complement that no longer says what the books say: what is left of its money goes into its substitute."""
    own = {receipt for receipt, _key in paper.lines}
    left = {pair: wanted.pop(pair) for pair in [pair for pair in wanted if pair[0] in own]}
    if not left:
        found.endings.append(Ending(paper.id))
        return
    customer = receipts[next(iter(left))[0]].customer
    open_one = successor.id if successor is not None and successor.phase is Phase.OPEN else ""
    found.drafts.append(Draft(f"for:{paper.id}", customer, left, open_one, paper.id))


def _draft_the_rest(
    found: Plan,
    wanted: Mapping[Pair, Line],
    receipts: Mapping[str, Receipt],
    papers: Iterable[Paper],
    is_monthly: bool,
) -> None:
    groups: dict[str, dict[Pair, Line]] = {}
    for pair, line in wanted.items():
        groups.setdefault(group_of(receipts[pair[0]], is_monthly=is_monthly), {})[pair] = line
    drafts = {paper.group: paper.id for paper in papers if paper.phase is Phase.OPEN and not paper.replaces}
    for group, lines in groups.items():
        customer = receipts[next(iter(lines))[0]].customer
        found.drafts.append(Draft(group, customer, lines, drafts.get(group, "")))


def group_of(receipt: Receipt, *, is_monthly: bool) -> str:
    """What a receipt is drafted with: itself, or all of its customer's in that month and currency."""
    if not is_monthly:
        return receipt.id
    return f"{receipt.customer}:{receipt.paid_on:%Y-%m}:{receipt.currency}"


# ---- the place of an instalment -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """An instalment that a complement in force says of a document. `number` None: it does not say which."""

    number: int | None
    paid: int


@dataclass(frozen=True, slots=True)
class Place:
    """NumParcialidad, ImpSaldoAnt, and what instalments before it paid. `lacks`: by how much the balance is short."""

    number: int
    before: int
    earlier: int
    lacks: int = 0


def place(*, total: int, noted: int, said: Sequence[Said], paid: int) -> Place:
    """The next instalment of a document of which credit notes took `noted` off.

    Its number is the first that no complement in force has, so the substitute of one in the middle takes its place; the
    balance before it is the total less the notes and less the instalments before it.
    """
    used = {each.number for each in said if each.number is not None}
    taken = set(range(1, len(said) + 1)) if len(used) < len(said) else used
    number = next(each for each in range(1, len(taken) + 2) if each not in taken)
    earlier = sum(each.paid for each in said if each.number is None or each.number < number)
    before = total - noted - earlier
    return Place(number, max(before, paid), min(earlier, total - paid), max(0, paid - before))


# ---- when -------------------------------------------------------------------------------------------------------


def due_on(paid_on: date, *, day: int = 5) -> date:
    """The last day to stamp the complement of a payment: a natural day of the next month (or its last day)."""
    first = add_months(paid_on.replace(day=1), 1)
    return min(first + timedelta(days=max(1, day) - 1), month_end(first))


class Urgency(StrEnum):
    LATE = "late"
    TODAY = "today"
    SOON = "soon"  # its month is over: the days that are left are counted
    CALM = "calm"


def urgency(due: date, today: date) -> Urgency:
    """How pressing a complement is."""
    if due < today:
        return Urgency.LATE
    if due == today:
        return Urgency.TODAY
    return Urgency.SOON if (due.year, due.month) == (today.year, today.month) else Urgency.CALM


def tells_today(today: date, *, day: int = 5) -> bool:
    """Whether the company is told today of what is due: from the first of the month, and when it was the last day."""
    return today.day in {1, max(1, day - 2), day, day + 1}


class Risk(StrEnum):
    """A PUE invoice that nobody paid (RMF 2.7.1.39): it had to be paid in full by the last day of its month."""

    WATCH = "watch"  # its month ends soon
    BROKEN = "broken"  # its month is over: cancel with 01 and issue again as PPD
    OTHER_FORM = "other_form"  # it was paid, but not as it says


def pue_risk(issued_on: date, *, balance: int, today: date) -> Risk | None:
    """What threatens an invoice that says that it is paid in one exhibition, None when nothing does (yet)."""
    if balance <= 0:
        return None
    if month_end(issued_on) < today:
        return Risk.BROKEN
    return Risk.WATCH if today.day >= PUE_WATCH_DAY else None
