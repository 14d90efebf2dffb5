"""What feeds share: settings and secrets, and a movement put together from what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from aldia.domain.money import MAX_MINOR
from aldia.domain.ports.banks import Fed, ProviderFailure
from aldia.domain.statements.blocks import movement
from aldia.domain.statements.model import Movement
from aldia.domain.statements.movements import with_evidence

MOST_MOVEMENTS = 50_000  # of one question: more is a fault of the other side, not a busy month


class Base:
    """The settings and secrets that an adapter is built with."""

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self._settings, self._secrets = settings, secrets

    def setting(self, name: str) -> str:
        return self._settings.get(name, "").strip()

    def secret(self, name: str) -> str:
        return self._secrets.get(name, "").strip()

    @property
    def country(self) -> str:
        return self.setting("country") or "MX"

    @property
    def pulls(self) -> bool:
        return True


def signed_minor(value: object) -> int:
    """An amount in minor units, with its sign (0: of no use, but no fault either). Raises `ValueError`."""
    if type(value) is not int or abs(value) > MAX_MINOR:
        raise ValueError("not an amount")
    return value


def day_of(value: object) -> date:
    """The day that a feed books a movement on ("2026-11-20", "2026-11-20T00:00:00Z"): the bank's, in no zone."""
    if not isinstance(value, str):
        raise ValueError("not a day")
    return date.fromisoformat(value[:10])


def put_together(
    booked_on: date, amount: int, currency: str, texts: Iterable[str], country: str, **more: object
) -> Movement:
    """A movement with what its words say; `more` are the columns that the feed has apart (payer, concept, balance…)."""
    pieces: list[str] = []
    for piece in texts:
        if piece and not any(piece in other for other in pieces):
            pieces.append(piece)
    return with_evidence(movement(0, booked_on, amount, currency, " | ".join(pieces), **more), "", country)


def in_order(found: Iterable[Fed]) -> list[Fed]:
    """Oldest first and numbered, as a statement has them: feeds answer newest first."""
    kept = list(found)
    if len(kept) > 1 and kept[0].movement.booked_on > kept[-1].movement.booked_on:
        kept.reverse()
    kept.sort(key=lambda each: each.movement.booked_on)
    return [replace(each, movement=replace(each.movement, line=line)) for line, each in enumerate(kept, 1)]


def refuse_flood(count: int) -> None:
    """Stop a question that never ends."""
    if count > MOST_MOVEMENTS:
        raise ProviderFailure("too_many", "Son demasiados movimientos para una sola consulta.", permanent=True)
