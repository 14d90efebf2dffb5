"""Public pages do not know the staff, and no answer under a public address is kept or told on."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PUBLIC = re.compile(r"^/(?:l|p|prueba|marca)/")


HEADERS = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex, nofollow"}


class WithoutStaffSession:
    """Stands before everything that answers: on a public address the staff's cookie does not exist, so it is neither
    read nor renewed, and nothing of it can reach a page that strangers see. Redirects to https or to the slash that
    was forgotten, and pages of errors, have an address with a token too: they are kept as little as the pages are."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not PUBLIC.match(request.path_info):
            return self.get_response(request)
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        request.COOKIES.pop("messages", None)
        response = self.get_response(request)
        response.headers["Referrer-Policy"] = "no-referrer"  # stricter than the house's own
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
