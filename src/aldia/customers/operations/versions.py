"""Edits of a row that two people may have open: the second to save is told, and overwrites nothing."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.utils.translation import gettext as _

from aldia.customers.models import Contact, CreditLine, Customer, Portfolio

Row = TypeVar("Row", Customer, Contact, CreditLine, Portfolio)


class Refused(ValueError):
    """What a person asked for cannot be done; `field` names the input it is about ("" if none)."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class NotThere(LookupError):
    """The row does not exist in the company in scope (any more)."""


class Stale(Exception):
    """Somebody saved the row after the form was drawn; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            _("Alguien guardó cambios aquí mientras editabas. Revisa cómo quedó y vuelve a escribir lo tuyo.")
        )


def take(model: type[Row], row_id: uuid.UUID, version: int) -> Row:
    """Lock a row that is about to be edited. Raises `NotThere`, or `Stale` if it is not the version that was shown."""
    row = model._default_manager.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NotThere
    if row.version != version:
        raise Stale
    return row


def change(row: Row, values: dict[str, object]) -> dict[str, list[object]]:
    """Set the values that differ and save them with the next version; return {field: [before, after]}."""
    before: dict[str, object] = {name: getattr(row, name) for name in values}
    differing: list[str] = [name for name, value in values.items() if before[name] != value]
    for name in differing:
        setattr(row, name, values[name])
    if differing:
        row.version += 1
        row.save(update_fields=[*differing, "version"])
    return {name: [plain(before[name]), plain(values[name])] for name in differing}


def plain(value: object) -> object:
    """A value as the audit keeps it."""
    return value if isinstance(value, str | int | bool | None) else str(value)
