"""Following receivables through the seven steps: what moved until a day is written down once, and never rewritten."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta

from aldia.collections.models import ReceivableStep, StepMove
from aldia.domain.steps import OUTSIDE, Facts, passages
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, Receivable
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id, transaction

LOOK_BACK = timedelta(days=90)  # how far before the first following the history begins
LATE_NEWS = timedelta(days=7)  # what came in and was paid with dates from so long before the latest move is looked at
CHUNK = 1000
FactsOf = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Facts]]


def follow(*, on: date, facts_of: FactsOf) -> int:
    """Write what moved from step to step until the end of `on`; how many moves. Done twice, it is done once.

    A receivable's moves go on from its last one: a fact that comes late (a payment of the day before yesterday) moves
    it on its own day, if nothing was written of it since. The first time, history begins `LOOK_BACK` before: what was
    open then enters from outside on that day. A thousand receivables are one transaction: cut short, it goes on.
    """
    begin = _begin(on)
    written = 0
    for part in chunks(_to_look_at(on, begin), CHUNK):
        written += _follow_some(part, begin, on, facts_of)
    return written


def _begin(on: date) -> date:
    first = StepMove.objects.order_by("on").values_list("on", flat=True).first()
    return min(first or on - LOOK_BACK, on)


def _to_look_at(on: date, begin: date) -> Iterator[uuid.UUID]:
    """What is open, what was open when last followed, and what came and went meanwhile."""
    latest = StepMove.objects.order_by("-on").values_list("on", flat=True).first()
    since = begin if latest is None else min(latest, on) - LATE_NEWS
    opened = Receivable.objects.filter(balance__gt=0, issued_on__lte=on).values_list("pk", flat=True)
    closed = ReceivableStep.objects.filter(receivable__balance=0).values_list("receivable_id", flat=True)
    paid = Allocation.objects.filter(on__gte=since, receivable__balance=0).values_list("receivable_id", flat=True)
    voided = Receivable.objects.filter(voided_on__gte=since).values_list("pk", flat=True)
    seen = set(closed)
    gone = {*paid, *voided} - seen
    if latest is not None:
        for part in chunks(gone):
            gone = gone - set(StepMove.objects.filter(receivable_id__in=part).values_list("receivable_id", flat=True))
    yield from sorted({*opened, *seen, *gone})


def _follow_some(ids: Collection[uuid.UUID], begin: date, on: date, facts_of: FactsOf) -> int:
    with transaction():
        known = {row.receivable_id: row for row in ReceivableStep.objects.select_for_update().filter(pk__in=_of(ids))}
        left = _last_moves([each for each in ids if each not in known])
        currencies = dict(Receivable.objects.filter(pk__in=ids).values_list("pk", "currency"))
        moves: list[StepMove] = []
        for key, facts in facts_of(ids).items():
            moves += _moves_of(key, facts, known.get(key), left.get(key), begin, on, currencies[key])
        insert_rows(moves)
        _remember({move.receivable_id: move for move in moves}, known)
    return len(moves)


def _of(ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    return list(ReceivableStep.objects.filter(receivable_id__in=ids).values_list("pk", flat=True))


def _last_moves(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, date]:
    """When those that are outside now went out."""
    rows = StepMove.objects.filter(receivable_id__in=ids).order_by("on", "id")
    return dict(rows.values_list("receivable_id", "on"))


def _moves_of(
    key: uuid.UUID, facts: Facts, known: ReceivableStep | None, left: date | None, begin: date, on: date, currency: str
) -> list[StepMove]:
    """From where it was last; what was never followed comes from outside, on the day that history begins or later."""
    if known is not None:
        start, after = known.step, known.since
    else:
        start, after = OUTSIDE, left or begin - timedelta(days=1)
    walked = passages(facts, start=start, after=after, until=on)
    company_id = current_company_id()
    return [
        StepMove(
            id=uuid7(), company_id=company_id, receivable_id=key, on=each.on, from_step=each.from_step,
            to_step=each.to_step, balance=each.balance, currency=currency,
        )
        for each in walked
    ]  # fmt: skip


def _remember(last: Mapping[uuid.UUID, StepMove], known: Mapping[uuid.UUID, ReceivableStep]) -> None:
    """Where each that moved is now; who is outside is not remembered."""
    gone = [known[key].pk for key, move in last.items() if move.to_step == OUTSIDE and key in known]
    ReceivableStep.objects.filter(pk__in=gone).delete()
    fresh, moved = [], []
    for key, move in last.items():
        if move.to_step == OUTSIDE:
            continue
        row = known.get(key)
        if row is None:
            fresh.append(
                ReceivableStep(
                    id=uuid7(), company_id=move.company_id, receivable_id=key, step=move.to_step, since=move.on
                )
            )
        else:
            row.step, row.since = move.to_step, move.on
            moved.append(row)
    insert_rows(fresh)
    ReceivableStep.objects.bulk_update(moved, ["step", "since"], batch_size=500)
