"""How much of the money on the books the bank has shown already."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import F, Sum

from aldia.banking.models import Match, MatchLine
from aldia.receivables.clusters import chunks


def recognised(credit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Minor units of each credit that live matches account for: what arrived and what was kept of it."""
    found: dict[uuid.UUID, int] = {}
    for part in chunks(set(credit_ids)):
        rows = MatchLine.objects.filter(known__in=part, match__undone_at__isnull=True).values_list("known")
        found |= dict(rows.annotate(whole=Sum(F("amount") + F("difference"))).order_by("known"))
    return found


def matches_of(credit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Match]]:
    """The live matches that recorded or recognised each credit, oldest first."""
    found: dict[uuid.UUID, list[Match]] = {}
    live = Match.objects.filter(undone_at__isnull=True).select_related("movement").order_by("applied_at", "id")
    for match in live.filter(credit__in=credit_ids):
        found.setdefault(match.credit_id, []).append(match)  # type: ignore[arg-type]
    lines = MatchLine.objects.filter(known__in=credit_ids, match__undone_at__isnull=True)
    known = {(line.match_id, line.known_id) for line in lines}
    by_id = live.in_bulk({match_id for match_id, _credit in known})
    for match_id, credit_id in sorted(known, key=lambda each: (by_id[each[0]].applied_at, each[0])):
        found.setdefault(credit_id, []).append(by_id[match_id])  # type: ignore[arg-type]
    return found
