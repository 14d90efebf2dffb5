"""The whole life of one movement: read, decided, explained, undone, returned, archived, talked about."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from aldia.banking.models import BankMovement, Match, MatchDecision, MatchLine, MovementComment
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.tenancy.models import AuditEvent

MOST = 60
# what came first of things of one moment
ORDER = ("imported", "decided", "matched", "reviewed", "undone", "commented", "audit")


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. `what` is imported, decided, matched, undone, reviewed, commented or audit.

    `about` is the row it is about: the import, the decision, the match, the comment, the audit event.
    """

    what: str
    at: datetime
    who: str
    about: object


def story_of(movement: BankMovement) -> list[Happened]:
    """What happened, newest first."""
    found = [*_read(movement), *_decided(movement), *_matched(movement), *_commented(movement), *_audited(movement)]
    return sorted(found, key=lambda each: (each.at, ORDER.index(each.what)), reverse=True)


def matches_of(movement_ids: Sequence[uuid.UUID]) -> list[Match]:
    """Every match of the movements with its lines, newest first."""
    lines = MatchLine.objects.select_related(
        "receivable", "receivable__customer", "known", "known__customer", "reason", "reason__account", "settled_by"
    ).order_by("id")
    rows = Match.objects.filter(movement__in=list(movement_ids))
    rows = rows.select_related("customer", "credit", "applied_by", "undone_by", "rests_on", "report", "movement")
    return list(rows.prefetch_related(Prefetch("lines", queryset=lines)).order_by("-applied_at", "-id"))


def behind_receivable(receivable: Receivable) -> list[Match]:
    """The live matches whose money stands behind what was paid of a receivable: by its payment, or recognised."""
    paying = Allocation.objects.filter(receivable=receivable, reversal_of__isnull=True, reversal__isnull=True)
    return behind_credits(list(paying.values_list("credit_id", flat=True)[:200]))


def behind_credits(credit_ids: Sequence[uuid.UUID]) -> list[Match]:
    """The live matches that recorded these payments or showed that they arrived, oldest first."""
    if not credit_ids:
        return []
    recognised = MatchLine.objects.filter(known__in=list(credit_ids)).values("match")
    live = Match.objects.filter(undone_at__isnull=True).select_related("movement", "movement__account")
    rows = {each.pk: each for each in live.filter(credit__in=list(credit_ids))[:MOST]}
    rows |= {each.pk: each for each in live.filter(pk__in=recognised)[:MOST]}
    return sorted(rows.values(), key=lambda each: (each.movement.booked_on, each.pk))


@dataclass(frozen=True, slots=True)
class Restored:
    """What undoing a match would bring back: documents owed again, payments taken off, payments unseen again."""

    documents: list[tuple[Receivable, int]]
    credit: Credit | None
    seen: list[tuple[Credit, int]]
    adjustments: list[tuple[str, int]]
    report: bool
    left: int


def would_restore(match: Match) -> Restored:
    """What undoing a match (as `matches_of` gives it) would restore, for the person to read before."""
    documents, seen, adjustments, left = [], [], [], 0
    for line in match.lines.all():
        if line.receivable is not None:
            documents.append((line.receivable, line.amount + line.difference))
        elif line.known is not None:
            seen.append((line.known, line.amount))
        elif line.reason is not None:
            adjustments.append((line.reason.name, line.amount))
        else:
            left += line.amount
    return Restored(documents, match.credit, seen, adjustments, match.report_id is not None, left)


def _read(movement: BankMovement) -> list[Happened]:
    brought = movement.statement
    return [Happened("imported", brought.imported_at, _name(brought.imported_by), brought)]


def _decided(movement: BankMovement) -> list[Happened]:
    rows = MatchDecision.objects.filter(movement=movement).order_by("-decided_at", "-id")[:MOST]
    return [Happened("decided", row.decided_at, "", row) for row in rows]


def _matched(movement: BankMovement) -> list[Happened]:
    found = []
    for row in matches_of([movement.pk]):
        found.append(Happened("matched", row.applied_at, _name(row.applied_by), row))
        if row.undone_at is not None:
            found.append(Happened("undone", row.undone_at, _name(row.undone_by), row))
        if row.reviewed_at is not None:
            found.append(Happened("reviewed", row.reviewed_at, _name(row.reviewed_by), row))
    return found


def _commented(movement: BankMovement) -> list[Happened]:
    rows = MovementComment.objects.filter(movement=movement).select_related("author").order_by("-id")[:MOST]
    return [Happened("commented", row.created_at, _name(row.author), row) for row in rows]


def _audited(movement: BankMovement) -> list[Happened]:
    """What people did to it that left no row of its own: archived, taken back, given to somebody."""
    rows = AuditEvent.objects.filter(object_type="bank_movement", object_id=str(movement.pk)).select_related("actor")
    return [Happened("audit", row.created_at, _name(row.actor), row) for row in rows.order_by("-seq")[:MOST]]


def _name(person: object | None) -> str:
    return str(person) if person else ""
