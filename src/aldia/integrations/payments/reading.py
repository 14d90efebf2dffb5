"""Reading what providers write: strict JSON, amounts without floats, text that a database keeps, moments.

Whatever is not of the published shape raises one of `UNREADABLE`, never anything else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from aldia.domain.money import MAX_MINOR, Money, round_to_minor, to_minor
from aldia.domain.tax_ids import check_clabe

UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidOperation, OverflowError)
SECRET_NAMES = frozenset({"client_secret", "secret", "security_code", "fingerprint", "network_token"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.:]{0,199}", re.ASCII)


def parsed(body: bytes) -> Any:
    """Strict JSON: no NaN, numbers with a point as Decimal. Raises `ValueError` only."""
    try:
        return json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises `ValueError`."""
    found = parsed(body)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def identifier(value: Any) -> str:
    """A provider's id, which may stand in an address. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not _ID.fullmatch(str(value)):
        raise ValueError("not an id")
    return str(value)


def identifier_or_none(value: Any) -> str:
    """A provider's id, "" where there is none."""
    return "" if value is None or value == "" else identifier(value)


def https(address: Any) -> str:
    """The address of a hosted page. Raises `ValueError` for anything but https."""
    if not isinstance(address, str) or not address.startswith("https://") or len(address) > 2000:
        raise ValueError("not an address")
    return address


def text(value: Any, limit: int = 200) -> str:
    """A provider's text on one line, without letters that no database keeps; "" for what is no text."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    kept = str(value).replace("\x00", " ").encode("utf-8", "replace").decode()
    return " ".join(kept.split())[:limit].strip()


def minor(value: Any) -> int:
    """An amount that is already in minor units. Raises `ValueError`."""
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value) <= MAX_MINOR
        and value == value.to_integral_value()
    ):
        value = int(value)
    if type(value) is not int or not 0 <= value <= MAX_MINOR:
        raise ValueError("not an amount")
    return value


def major(value: Any, currency: str) -> int:
    """Minor units of an amount that a provider writes in pesos, exactly. Raises `ValueError` or `MoneyError`."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError("not an amount")
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", value, re.ASCII):
        raise ValueError("not an amount")
    found = to_minor(Decimal(value), currency)
    if found < 0:
        raise ValueError("a negative amount")
    return found


def about(value: Any, currency: str) -> int:
    """Minor units of a fee, which may have more decimals than the currency: rounded half up. 0 for none."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise ValueError("not an amount")
    return max(0, round_to_minor(Decimal(value), currency))


def number(amount: int, currency: str) -> int | float:
    """An amount in pesos as a JSON number. A double keeps fifteen digits, which is all that an amount has."""
    written = Money(amount, currency).decimal
    if written == written.to_integral_value():
        return int(written)
    as_float = float(written)
    if Decimal(repr(as_float)) != written:
        raise ValueError("more digits than a double keeps")
    return as_float


def moment(value: Any) -> datetime | None:
    """An ISO 8601 moment with its offset, or seconds since 1970; None for anything else."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else None
        if type(value) is int and value > 0:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def milliseconds(value: Any) -> datetime | None:
    """Milliseconds since 1970, a number or its digits; None for anything else."""
    digits = str(value) if type(value) in (int, str) else ""
    return moment(int(digits) // 1000) if re.fullmatch(r"[0-9]{12,14}", digits, re.ASCII) else None


def day(value: Any) -> date | None:
    """A day written 20260131, a number or its digits; None for anything else."""
    digits = str(value) if type(value) in (int, str) else ""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if re.fullmatch(r"[0-9]{8}", digits) else None
    except ValueError:
        return None


def clabe(value: Any, *, is_live: bool) -> str:
    """A CLABE that a provider opened. Those of test accounts are invented, check digit and all. Raises `ValueError`."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{18}", value, re.ASCII):
        raise ValueError("not a CLABE")
    return check_clabe(value) if is_live else value


def mapping(value: Any) -> Mapping[str, Any]:
    """An object inside an answer, an empty one where there is none."""
    return value if isinstance(value, Mapping) else {}


def plain(value: Any, depth: int = 8) -> Any:
    """What an answer holds as it may be kept: no secrets, no floats, no letters that no database keeps."""
    if isinstance(value, Mapping):
        kept = {name: inner for name, inner in value.items() if str(name) not in SECRET_NAMES}
        return {text(str(name), 100): plain(inner, depth - 1) for name, inner in kept.items()} if depth else {}
    if isinstance(value, list | tuple):
        return [plain(inner, depth - 1) for inner in value[:50]] if depth else []
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return text(value, 500)
    return value if value is None or (isinstance(value, bool | int) and abs(value) < 2**53) else text(str(value))


def name_of(*parts: Any) -> str:
    """A name for an event whose provider gives none: the same content has the same name, however it is written."""
    written = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:40]


def pem_blocks(pasted: str) -> list[bytes]:
    """The PEM blocks in a text (RFC 7468), however its lines were lost on the way through a form."""
    flat = pasted.replace("\\n", "\n")
    found = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", flat, re.DOTALL | re.ASCII)
    return [_wrapped(label, inner) for label, inner in found]


def _wrapped(label: str, inner: str) -> bytes:
    if ":" not in inner:  # older keys carry headers, which need their lines as they are
        inner = "".join(inner.split())
        inner = "\n".join(inner[at : at + 64] for at in range(0, len(inner), 64))
    return f"-----BEGIN {label}-----\n{inner.strip()}\n-----END {label}-----\n".encode()
