"""Limits on what a person, or an address on the internet, may do how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse

from aldia.tenancy.limits import spend
from aldia.web import clock
from aldia.web.views.errors import answer

View = TypeVar("View", bound=Callable[..., HttpResponse])
HOUR = 3600


def limited(kind: str, *, limit: int, seconds: int = HOUR) -> Callable[[View], View]:
    """Answer 429 to the writes of who passes the limit: a person who is signed in, else an address (IP)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in ("GET", "HEAD", "OPTIONS") and not spend(
                kind=kind, who=_who(request), limit=limit, seconds=seconds, now=clock.now()
            ):
                refusal = answer(request, 429)
                refusal.headers["Retry-After"] = str(seconds)
                return refusal
            return view(request, *args, **kwargs)

        return counted  # type: ignore[return-value]

    return decorate


def _who(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"ip {get_adapter().get_client_ip(request)}"
