"""Frozen dataclasses of drafts as JSON and back, by their own annotations: integers, texts, tuples, dates, dataclasses.

What has its default is left out, so a content written before a field existed reads as it always did.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Hashable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class BadContent(ValueError):
    """A content that is no draft; the text says which field."""


def encode(value: Any) -> Any:
    """A value of a draft as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: encode(one) for field, one in kept if one != field.default}
    if isinstance(value, tuple):
        return [encode(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def decode(kind: type[T], content: Mapping[str, Any], path: str = "") -> T:
    """The dataclass that a JSON object says. Raises `BadContent`; keys that it does not know are left."""
    given: dict[str, Any] = {}
    for name, (wanted, is_needed) in _fields(typing.cast(Hashable, kind)).items():
        where = f"{path}.{name}" if path else name
        if name in content:
            given[name] = _value(wanted, content[name], where)
        elif is_needed:
            raise BadContent(where)
    return kind(**given)


@cache
def _fields(kind: Hashable) -> dict[str, tuple[Any, bool]]:
    known: Any = kind
    hints = typing.get_type_hints(known)
    return {
        field.name: (hints[field.name], field.default is dataclasses.MISSING) for field in dataclasses.fields(known)
    }


def _value(wanted: Any, value: Any, path: str) -> Any:
    origin = typing.get_origin(wanted)
    if origin is types.UnionType:  # only ever "or None"
        return None if value is None else _value(typing.get_args(wanted)[0], value, path)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise BadContent(path)
        inner = typing.get_args(wanted)[0]
        return tuple(_value(inner, one, f"{path}.{place}") for place, one in enumerate(value))
    if dataclasses.is_dataclass(wanted):
        if not isinstance(value, Mapping):
            raise BadContent(path)
        return decode(typing.cast(type[Any], wanted), value, path)
    if wanted is datetime or wanted is date:
        return _moment(wanted, value, path)
    if type(value) is not wanted:  # a bool is no integer here
        raise BadContent(path)
    return value


def _moment(wanted: Any, value: Any, path: str) -> Any:
    try:
        return wanted.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadContent(path) from None
