"""What a date of a schedule says and costs: its content under the prices of that day, with the words of its period.

A charge note's content is {"concept", "amount"} (minor units); an invoice's is a draft as JSON (`domain.fiscal.drafts`)
without its date, its folio and its parties, which are those of the day on which it is issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from aldia.domain import recurrence
from aldia.domain.fiscal.drafts import DraftDocument, DraftLine, from_json, half_up, to_json
from aldia.domain.recurrence_words import fill_words
from aldia.recurring.models import PriceChange, Schedule, ScheduleKind

HUNDRED_PERCENT = 100_00
MOST_CONCEPT = 300  # characters of a receivable's concept: a period takes more of them than its placeholder
_CENT = 10_000  # a price's millionths in one cent


def document_of(content: Mapping[str, Any]) -> DraftDocument:
    """An invoice's content as a draft. Raises `draft_json.BadContent`."""
    draft = from_json(content)
    assert isinstance(draft, DraftDocument)  # noqa: S101 - a schedule never holds a complement
    return draft


def content_on(schedule: Schedule, on: date, changes: Iterable[PriceChange] | None = None) -> dict[str, Any]:
    """The content as the prices of a date have it; each change builds on the one before."""
    found: dict[str, Any] = dict(schedule.content)
    rows = schedule.prices.order_by("from_on") if changes is None else changes
    for change in rows:
        if change.from_on > on:
            break
        found = (
            dict(change.content) if change.content is not None else raised(schedule.kind, found, change.percent or 0)
        )
    return found


def raised(kind: str, content: Mapping[str, Any], percent: int) -> dict[str, Any]:
    """The content with every price `percent` hundredths of a percent higher, rounded half up to cents."""
    if kind == ScheduleKind.CHARGE_NOTE:
        return {**content, "amount": _raise(content["amount"], percent)}
    draft = document_of(content)
    return to_json(replace(draft, lines=tuple(_raised_line(line, percent) for line in draft.lines)))


def _raised_line(line: DraftLine, percent: int) -> DraftLine:
    """A price in whole cents stays one; a finer one keeps its six decimals."""
    unit = 1 if line.price_micro % _CENT else _CENT
    price = half_up(line.price_micro * (HUNDRED_PERCENT + percent), HUNDRED_PERCENT * unit) * unit
    return replace(line, price_micro=price, discount=_raise(line.discount, percent))


def _raise(amount: int, percent: int) -> int:
    return half_up(amount * (HUNDRED_PERCENT + percent), HUNDRED_PERCENT)


def amount_of(kind: str, content: Mapping[str, Any]) -> int:
    """What it comes to, in minor units."""
    return int(content["amount"]) if kind == ScheduleKind.CHARGE_NOTE else document_of(content).total


def worded(schedule: Schedule, on: date, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its placeholders filled by the period that the date bills."""
    span = recurrence.billed(recurrence.from_json(schedule.rule), on)
    if schedule.kind == ScheduleKind.CHARGE_NOTE:
        return {**content, "concept": fill_words(content["concept"], span)[:MOST_CONCEPT]}
    draft = document_of(content)
    lines = tuple(replace(line, description=fill_words(line.description, span)) for line in draft.lines)
    conditions, note = fill_words(draft.conditions, span), fill_words(draft.note, span)
    return to_json(replace(draft, lines=lines, conditions=conditions, note=note))


def texts_of(kind: str, content: Mapping[str, Any]) -> list[str]:
    """Every text in which a placeholder may stand."""
    if kind == ScheduleKind.CHARGE_NOTE:
        return [content["concept"]]
    draft = document_of(content)
    return [*(line.description for line in draft.lines), draft.conditions, draft.note]
