"""Signatures of notices: over the raw bytes, compared in constant time, fresh, with any of the secrets in force.

Stripe's scheme, which Fintoc and our test provider share: `t=<seconds>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over
`<t>.<body>` (https://docs.stripe.com/webhooks#verify-manually). Each delivery is signed anew, so 300 seconds are enough
for the past. For the future we give 60: clocks that differ by more are wrong ones, and a notice that will be fresh for
long can be kept by whoever sees it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aldia.domain.ports.payments import BadSignature

PAST, FUTURE = timedelta(seconds=300), timedelta(seconds=60)
MOST_SIGNATURES = 10


def in_force(secret: str) -> list[bytes]:
    """The secrets in a field: while one is being changed there are two, separated by a comma."""
    return [each.strip().encode("utf-8", "replace") for each in secret.split(",") if each.strip()]


def hex_of(secret: bytes, message: bytes) -> str:
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def stamped(secret: str, moment: datetime, body: bytes) -> str:
    """The header of Stripe's scheme for a body signed at a moment."""
    seconds = str(int(moment.timestamp()))
    return f"t={seconds},v1={hex_of(in_force(secret)[0], seconds.encode() + b'.' + body)}"


def verify_stamped(headers: Mapping[str, str], name: str, body: bytes, secret: str) -> None:
    """Raise `BadSignature` unless a header of Stripe's scheme fits the body and is fresh."""
    stamps, signatures = parts_of(headers.get(name, ""))
    refuse_unfresh(headers, int(stamps))
    if not any_fits(in_force(secret), stamps.encode() + b"." + body, signatures):
        raise BadSignature


def parts_of(header: str, stamp: str = "t") -> tuple[str, list[str]]:
    """The one time and the signatures of a header. Raise `BadSignature`: a second time is a second header."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _is, value in pairs if name == stamp]
    signatures = [value for name, _is, value in pairs if name == "v1"]
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,14}", stamps[0], re.ASCII):
        raise BadSignature
    if not 1 <= len(signatures) <= MOST_SIGNATURES:
        raise BadSignature
    return stamps[0], signatures


def any_fits(secrets: list[bytes], message: bytes, signatures: list[str]) -> bool:
    """Whether any of the signatures is right for any of the secrets; all of them are compared."""
    given = [each.encode("utf-8", "replace") for each in signatures]
    fits = False
    for secret in secrets:
        expected = hex_of(secret, message).encode()
        for each in given:
            fits |= hmac.compare_digest(expected, each)
    return fits


def refuse_unfresh(headers: Mapping[str, str], seconds: int) -> None:
    """Raise `BadSignature` for what was signed too long before it came, or after. `:received` is when it came."""
    try:
        came = datetime.fromisoformat(headers.get(":received", ""))
        signed = datetime.fromtimestamp(seconds, UTC)
        age = came - signed
    except (ValueError, OverflowError, OSError, TypeError):
        raise BadSignature from None
    if not -FUTURE <= age <= PAST:
        raise BadSignature


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in constant time; an empty one is the same as nothing."""
    alike = hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
    return alike and bool(one)
