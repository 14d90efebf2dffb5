"""How the columns of a bank's file are read: found by the program, corrected by a person, remembered by fingerprint.

A mapping travels as JSON (`to_json`, `from_json`): it is stored per organisation under the fingerprint of the header
row, and passed back in when a file with the same header comes.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aldia.domain.currencies import CURRENCIES
from aldia.domain.folding import fold
from aldia.domain.sentences import gettext_noop
from aldia.domain.statements.errors import BadMapping
from aldia.domain.statements.model import Answer, Value

ROLES = (
    "date", "value_date", "time", "desc", "long_desc", "concept", "debit", "credit", "amount", "flag", "balance",
    "ref", "trace", "payer_name", "payer_id", "payer_account", "payee_name", "payee_id", "payee_account", "account",
    "currency", "branch", "code", "status",
)  # fmt: skip
SIGNS = ("", "columns", "flag", "signed", "inverted", "all_in", "all_out", "balance")
MAX_COLUMN = 500


@dataclass(frozen=True, slots=True)
class Mapping:
    """`roles` pairs a role with its column (from 0). Empty fields are decided by each file.

    `sign`: columns, flag, signed, inverted (as card statements do), all_in, all_out, balance. `header` False: the file
    has no header row. `confirmed`: a person looked at it, so it also decides what the file leaves open.
    """

    fingerprint: str = ""
    roles: tuple[tuple[str, int], ...] = ()
    decimal: str = ""
    date_order: str = ""
    sign: str = ""
    currency: str = ""
    bank: str = ""
    header: bool = True
    confirmed: bool = False

    def column(self, role: str) -> int | None:
        return next((at for name, at in self.roles if name == role), None)

    def answered(self, code: str, value: Answer) -> Mapping:
        """The mapping with the answer to a question of that code. `roles` takes "role=column, role=column"."""
        if code == "roles":
            return dataclasses.replace(self, roles=_roles(_pairs(str(value))), confirmed=True)
        if code not in ("decimal", "date_order", "sign", "currency"):
            raise BadMapping(why=gettext_noop("esa pregunta no existe"))
        changed = self.to_json() | {code: value, "confirmed": True}
        return Mapping.from_json(changed)

    def with_roles(self, roles: dict[str, int]) -> Mapping:
        """The mapping with the columns that a person chose."""
        return dataclasses.replace(self, roles=_roles(roles), confirmed=True)

    def to_json(self) -> dict[str, Any]:
        """Plain values only; `from_json` gives the same mapping back."""
        return dataclasses.asdict(self) | {"roles": dict(self.roles)}

    @classmethod
    def from_json(cls, data: object) -> Mapping:
        """What was stored or sent. Raises `BadMapping` with a sentence, whatever it is given."""
        if not isinstance(data, dict):
            raise BadMapping(why=gettext_noop("no es un objeto JSON"))
        known = {field.name for field in dataclasses.fields(cls)}
        if set(data) - known:
            raise BadMapping(why=gettext_noop("tiene campos desconocidos"))
        _check(data)
        roles = _roles(data.get("roles", {}))
        return cls(**{**data, "roles": roles})


def _check(data: dict[str, Any]) -> None:
    for name in ("fingerprint", "decimal", "date_order", "sign", "currency", "bank"):
        if not isinstance(data.get(name, ""), str):
            raise BadMapping(why=gettext_noop("un campo no es texto"))
    for name in ("header", "confirmed"):
        if not isinstance(data.get(name, True), bool):
            raise BadMapping(why=gettext_noop("un campo no es verdadero ni falso"))
    allowed = {"decimal": ("", ".", ","), "date_order": ("", "DMY", "MDY"), "sign": SIGNS}
    for name, values in allowed.items():
        if data.get(name, "") not in values:
            raise BadMapping(why=gettext_noop("un campo tiene un valor que no existe"))
    if data.get("currency") and data["currency"] not in CURRENCIES:
        raise BadMapping(why=gettext_noop("la moneda no existe"))


def _pairs(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in text.split(","):
        name, _, at = pair.strip().partition("=")
        if not at.strip().isdecimal() or len(at.strip()) > 4:
            raise BadMapping(why=gettext_noop("una columna no es un número"))
        found[name.strip()] = int(at)
    return found


def _roles(roles: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(roles, dict):
        raise BadMapping(why=gettext_noop("las columnas no son un objeto"))
    for name, at in roles.items():
        if name not in ROLES or type(at) is not int or not 0 <= at < MAX_COLUMN:
            raise BadMapping(why=gettext_noop("una columna o su papel no existe"))
    if len(set(roles.values())) < len(roles):
        raise BadMapping(why=gettext_noop("una columna tiene dos papeles"))
    return tuple(sorted(roles.items(), key=lambda pair: pair[1]))


def fingerprint(cells: Sequence[Value]) -> str:
    """The name of a header row: the same for accents, case, blanks and empty columns at the end."""
    words = [fold(cell) if isinstance(cell, str) else "" for cell in cells]
    while words and not words[-1]:
        words.pop()
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:32]


def shape_fingerprint(columns: int, kinds: Sequence[str]) -> str:
    """The name of a file without header: how many columns it has and what kind of thing is in each."""
    return "shape-" + hashlib.sha256(f"{columns}:{','.join(kinds)}".encode()).hexdigest()[:26]
