"""Who came in with a link: a signed cookie of one address, never the staff's session.

It carries the id of the link's row and the hash of its token, so opening a link writes nothing, and a link whose token
was made anew, or that was revoked, lets nobody in any more: every page looks the row up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from aldia.web import clock

LINK, PASS = "link", "pass"
PATHS = {LINK: "/l/{}/", PASS: "/p/{}/"}
NAMES = {LINK: "aldia_liga", PASS: "aldia_portal"}
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Entered:
    """What the cookie says: which row, and the hash that its token had when it was opened."""

    row_id: UUID
    token_hash: str

    def opens(self, token_hash: str) -> bool:
        """Whether the row still has the token that was opened."""
        return compare_digest(self.token_hash, token_hash)


def remember(
    response: HttpResponse,
    request: HttpRequest,
    kind: str,
    *,
    slug: str,
    row_id: UUID,
    token_hash: str,
    until: datetime,
) -> None:
    """Let the browser in until then, on the pages of this company and kind only."""
    value = signing.dumps([row_id.hex, token_hash], salt=_salt(kind, slug))
    left = min(until - clock.now(), LONGEST)
    put(response, request, NAMES[kind], value, path=PATHS[kind].format(slug), seconds=max(0, int(left.total_seconds())))


def entered(request: HttpRequest, kind: str, *, slug: str) -> Entered | None:
    """Who the browser came in as; None when it did not, or when the cookie is not ours."""
    try:
        value: Any = signing.loads(request.COOKIES.get(NAMES[kind], ""), salt=_salt(kind, slug), max_age=LONGEST)
        return Entered(UUID(value[0]), str(value[1]))
    except (signing.BadSignature, ValueError, TypeError, IndexError, AttributeError):
        return None


def forget(response: HttpResponse, kind: str, *, slug: str) -> None:
    """Let the browser out."""
    response.delete_cookie(NAMES[kind], path=PATHS[kind].format(slug), samesite="Lax")


def put(response: HttpResponse, request: HttpRequest, name: str, value: str, *, path: str, seconds: int) -> None:
    """Set a cookie that scripts cannot read and other sites do not send with forms; Secure wherever there is https."""
    response.set_cookie(
        name, value, max_age=seconds, path=path, httponly=True, samesite="Lax", secure=request.is_secure()
    )


def proof(request: HttpRequest) -> str:
    """What a form of a public page carries to show that the page of this very visitor made it."""
    kept = [request.COOKIES.get(name, "") for name in NAMES.values()]
    return salted_hmac("aldia.portal.form", "\n".join(["/".join(request.path_info.split("/")[:3]), *kept])).hexdigest()


def is_proven(request: HttpRequest) -> bool:
    """Whether a form came from a page of ours. (Pages without a referrer send no `Origin` that could be compared.)"""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    return compare_digest(request.POST.get("proof", "").encode(), proof(request).encode())


def _salt(kind: str, slug: str) -> str:
    return f"aldia.portal.{kind}.{slug}"
