"""What the engine says of movements, written: a decision row only where it says something else than before."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from aldia.banking.encoding import hypothesis_json, payer_json, reason_json, verdict_json
from aldia.banking.models import BankMovement, MatchDecision, QueueKey
from aldia.banking.operations.requeueing import QUEUED
from aldia.banking.queue_keys import Key
from aldia.banking.standing import standing_of
from aldia.domain.matching import Decision, Trust
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id

PART = 400
_UNSAID = frozenset({"record"})  # figures that grow by themselves: no new decision
_NAMES = ("outcome", "hypothesis", "alternatives", "reasons", "payer", "undoes_id")


def locked(movement_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, BankMovement]:
    """The movements that still wait, locked in one order."""
    ids = sorted(movement_ids)
    found: dict[uuid.UUID, BankMovement] = {}
    for start in range(0, len(ids), PART):
        rows = BankMovement.objects.select_for_update(no_key=True)
        part = rows.filter(pk__in=ids[start : start + PART], state__in=QUEUED).order_by("pk")
        found |= {row.pk: row for row in part}
    return found


def decision_row(decision: Decision, movement_id: uuid.UUID, *, trust: Trust, now: datetime) -> MatchDecision:
    """The row that keeps a decision, not written yet."""
    best = decision.hypothesis
    return MatchDecision(
        id=uuid7(), company_id=current_company_id(), movement_id=movement_id, decided_at=now,
        class_key=best.class_key if best else "", customer_id=id_of(best.customer) if best else None,
        chance_ppm=best.chance_ppm if best else 0, score=best.score if best else 0,
        trust=verdict_json(trust.verdict(best.class_key)) if best and best.class_key else {},
        **_words(decision),
    )  # fmt: skip


def say(kept: MatchDecision, decision: Decision, *, now: datetime) -> None:
    """Write on the movement what was said last; a page that shows the old word is stale then."""
    certainty, why = standing_of(decision)
    BankMovement.objects.filter(pk=kept.movement_id).update(
        outcome=kept.outcome, class_key=kept.class_key, score=kept.score, certainty=certainty, why=why,
        payer_id=id_of(decision.payer.customer), decision_id=kept.pk, decided_at=now, version=F("version") + 1,
    )  # fmt: skip


def same_words(rows: Collection[BankMovement], decisions: dict[uuid.UUID, Decision]) -> set[uuid.UUID]:
    """The movements of which the engine says what it said before."""
    of = {row.decision_id: row.pk for row in rows if row.decision_id}
    ids = list(of)
    same: set[uuid.UUID] = set()
    for start in range(0, len(ids), PART):
        for kept in MatchDecision.objects.filter(pk__in=ids[start : start + PART]):
            before = _fingerprint({name: getattr(kept, name) for name in _NAMES})
            if before == _fingerprint(_words(decisions[of[kept.pk]])):
                same.add(of[kept.pk])
    return same


def write_keys(keys: dict[uuid.UUID, frozenset[Key]]) -> None:
    """Keep the keys of movements in step with their decisions."""
    ids = sorted(keys)
    company_id = current_company_id()
    fresh: list[QueueKey] = []
    for start in range(0, len(ids), PART):
        part = ids[start : start + PART]
        there: dict[uuid.UUID, dict[Key, uuid.UUID]] = {pk: {} for pk in part}
        for row in QueueKey.objects.filter(movement_id__in=part):
            there[row.movement_id][row.kind, row.value] = row.pk
        gone = [pk for movement, known in there.items() for key, pk in known.items() if key not in keys[movement]]
        _delete(gone)
        fresh += [
            QueueKey(id=uuid7(), company_id=company_id, movement_id=movement, kind=kind, value=value)
            for movement, known in there.items()
            for kind, value in sorted(keys[movement] - known.keys())
        ]
    insert_rows(fresh)


def _delete(key_ids: Sequence[uuid.UUID]) -> None:
    for start in range(0, len(key_ids), PART):
        QueueKey.objects.filter(pk__in=key_ids[start : start + PART]).delete()


def _words(decision: Decision) -> dict[str, Any]:
    """What a decision says, as it is kept."""
    best = decision.hypothesis
    return {
        "outcome": decision.outcome.value,
        "hypothesis": hypothesis_json(best) if best else None,
        "alternatives": [hypothesis_json(each) for each in decision.alternatives],
        "reasons": [reason_json(each) for each in decision.reasons],
        "payer": payer_json(decision.payer),
        "undoes_id": id_of(decision.undoes),
    }


def _fingerprint(words: dict[str, Any]) -> str:
    reasons = [each for each in words["reasons"] if each["code"] not in _UNSAID]
    return json.dumps({**words, "reasons": reasons}, sort_keys=True, default=str)


def id_of(key: str) -> uuid.UUID | None:
    """The id that a key of the engine stands for, None for none."""
    return uuid.UUID(key) if key else None
