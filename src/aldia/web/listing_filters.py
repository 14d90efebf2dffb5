"""Filters of a list: each reads one parameter strictly. A wrong value is left out and named, never an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from aldia.domain.money import BadMoney, parse_money

MAX_TEXT = 100


class BadFilter(ValueError):
    """A parameter that cannot be read; its text is for the person."""


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    label: Any = ""

    kind = "text"

    def read(self, text: str) -> Any:
        return text

    def context(self, params: Mapping[str, str]) -> dict[str, Any]:
        """What the filters bar draws."""
        return {"kind": self.kind, "name": self.name, "label": self.label, "value": params.get(self.name, "")}


@dataclass(frozen=True, slots=True)
class Search(Filter):
    """Free text: trimmed, without control characters, at most 100 characters."""

    name: str = "q"
    label: Any = ""
    placeholder: Any = ""

    kind = "search"

    def read(self, text: str) -> str:
        return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:MAX_TEXT]

    def context(self, params: Mapping[str, str]) -> dict[str, Any]:
        return Filter.context(self, params) | {"placeholder": self.placeholder or _("Buscar")}


@dataclass(frozen=True, slots=True)
class Choice(Filter):
    """One of fixed values: pairs of value and label."""

    choices: Sequence[tuple[str, Any]] = ()

    kind = "choice"

    def read(self, text: str) -> str:
        if text not in {str(value) for value, _label in self.options()}:
            raise BadFilter(_("no es una opción"))
        return text

    def options(self) -> Sequence[tuple[Any, Any]]:
        return self.choices

    def context(self, params: Mapping[str, str]) -> dict[str, Any]:
        return Filter.context(self, params) | {"options": [(str(value), label) for value, label in self.options()]}


@dataclass(frozen=True, slots=True)
class Pick(Choice):
    """One of the rows of the company in scope: `choices` is a function that reads the pairs when the page is made."""

    choices: Callable[[], Sequence[tuple[Any, Any]]] = tuple  # type: ignore[assignment]

    def options(self) -> Sequence[tuple[Any, Any]]:
        return self.choices()  # type: ignore[operator, no-any-return]


@dataclass(frozen=True, slots=True)
class Day(Filter):
    """A date, as `<input type="date">` sends it."""

    kind = "day"

    def read(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise BadFilter(_("no es una fecha")) from None


@dataclass(frozen=True, slots=True)
class Amount(Filter):
    """An amount as people type it; read as minor units of `currency`."""

    currency: str = "MXN"

    kind = "amount"

    def read(self, text: str) -> int:
        try:
            return parse_money(text, self.currency).minor
        except BadMoney as error:
            raise BadFilter(str(error)) from None


def read_filters(filters: Sequence[Filter], params: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What was asked and can be read, and a sentence for each parameter that cannot."""
    values: dict[str, Any] = {}
    errors = []
    for each in filters:
        text = params.get(each.name, "").strip()
        if not text:
            continue
        try:
            value = each.read(text.replace("\x00", ""))
        except BadFilter as error:
            errors.append(f"{each.label or each.name}: {error}")
            continue
        if value != "":
            values[each.name] = value
    return values, errors
