"""Learned payers as they stand on a day: which identify a customer, which only might, which are shared or blocked."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, Q

from aldia.banking.models import Match, MatchHow, PayerAlias
from aldia.domain.folding import fold
from aldia.domain.matching import Alias, aliases

MOST = 500


class Standing(StrEnum):
    """What a learned payer is worth: `strong` says who paid; `young` needs another confirmation, `faded` a new one;
    `shared` pays for several customers and never says who; `blocked` was rejected; `revoked` was forgotten by a person.
    """

    STRONG = "strong"
    YOUNG = "young"
    FADED = "faded"
    SHARED = "shared"
    BLOCKED = "blocked"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class LearnedPayer:
    """A row of the list. `weight` are confirmations in thousandths as they count today; `rests` live matches that
    would not have been made without it, `reopens` those of them that applied by themselves.
    """

    alias: PayerAlias
    standing: Standing
    weight: int
    rests: int
    reopens: int


def alias_of(row: PayerAlias) -> Alias:
    """A learned payer as the engine takes it."""
    return Alias(
        row.kind, row.value, str(row.customer_id), row.confirmed, row.rejected, row.confirmed_on, row.rejected_on
    )


def learned_payers(
    *, on: date, search: str = "", standing: str = "", customer_id: uuid.UUID | None = None
) -> list[LearnedPayer]:
    """Learned payers, those of the same id together, at most `MOST`; `standing` and `search` narrow the list."""
    rows = PayerAlias.objects.select_related("customer").exclude(confirmed=0, rejected=0, revoked_at__isnull=True)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if words := fold(search):
        bare = "".join(char for char in search.upper() if char.isalnum())
        rows = rows.filter(Q(customer__search__contains=words) | Q(value__contains=words) | Q(value__contains=bare))
    found = list(rows.order_by("kind", "value", "customer__legal_name", "id")[:MOST])
    shown = _shown(found, on)
    return [payer for payer in shown if standing in ("", payer.standing)]


def learned_payer(*, alias_id: uuid.UUID, on: date) -> LearnedPayer | None:
    """One of them."""
    row = PayerAlias.objects.select_related("customer").filter(pk=alias_id).first()
    return _shown([row], on)[0] if row else None


def rested(alias_id: uuid.UUID) -> list[Match]:
    """Live matches that rest on a learned payer, newest first."""
    rows = Match.objects.filter(rests_on_id=alias_id, undone_at__isnull=True)
    return list(rows.select_related("movement", "customer").order_by("-applied_at", "-id")[:MOST])


def _shown(rows: Sequence[PayerAlias], on: date) -> list[LearnedPayer]:
    family = _of_same_payer(rows)
    rests = _rests([row.pk for row in rows])
    return [
        LearnedPayer(
            row,
            standing_of(row, family[row.kind, row.value], on),
            aliases.weight(alias_of(row), on),
            *rests.get(row.pk, (0, 0)),
        )
        for row in rows
    ]


def standing_of(row: PayerAlias, family: Sequence[Alias], on: date) -> Standing:
    """What one is worth beside all customers that the same payer was seen to pay for (`family`)."""
    own = alias_of(row)
    if row.revoked_at is not None:
        return Standing.REVOKED
    if not row.confirmed or aliases.is_blocked(own, on):
        return Standing.BLOCKED
    if own.customer in aliases.shared(family, on):
        return Standing.SHARED
    if aliases.strong(family, on) == own.customer:
        return Standing.STRONG
    enough = row.confirmed >= aliases.STRONG_CONFIRMATIONS
    return (
        Standing.FADED if enough and aliases.weight(own, on) < aliases.STRONG_CONFIRMATIONS * 1000 else Standing.YOUNG
    )


def _of_same_payer(rows: Iterable[PayerAlias]) -> dict[tuple[str, str], list[Alias]]:
    """What the engine would be told of each payer, whichever of its rows the list shows."""
    values = {row.value for row in rows}
    found: dict[tuple[str, str], list[Alias]] = defaultdict(list)
    for row in PayerAlias.objects.filter(value__in=values, revoked_at__isnull=True, confirmed__gt=0):
        found[row.kind, row.value].append(alias_of(row))
    return found


def _rests(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    rows = Match.objects.filter(rests_on_id__in=ids, undone_at__isnull=True)
    by_itself = Q(how__in=(MatchHow.AUTO, MatchHow.POLICY))
    counted = rows.values_list("rests_on_id").annotate(n=Count("id"), own=Count("id", filter=by_itself))
    return {alias_id: (n, own) for alias_id, n, own in counted}
