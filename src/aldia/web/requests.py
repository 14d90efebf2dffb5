"""One log line per request, under an id that also goes back in the answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse

from aldia.tenancy.ids import uuid7

log = structlog.get_logger("aldia.web")
GIVEN = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
QUIET = ("/static/", "/salud/")


class RequestLogMiddleware:
    """The outermost middleware: every line logged while a request is served carries its id, person and company."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN.match(given) else str(uuid7())
        path, started = request.path, time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            if response.status_code >= 500 or not path.startswith(QUIET):
                _write(request, path, response.status_code, time.perf_counter() - started)
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def _write(request: HttpRequest, path: str, status: int, seconds: float) -> None:
    company, user = getattr(request, "company", None), getattr(request, "user", None)
    log.info(
        "request",
        method=request.method,
        path=path,
        status=status,
        ms=round(seconds * 1000, 1),
        company=_id(getattr(company, "pk", None)),
        user=_id(getattr(user, "pk", None)),
    )


def _id(key: UUID | None) -> str | None:
    return str(key) if key else None
