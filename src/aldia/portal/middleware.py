"""Public pages do not know the staff: whoever is signed in here looks at them like everybody else."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PUBLIC = re.compile(r"^/(?:l|p|prueba|marca)/")


class WithoutStaffSession:
    """Stands before the sessions: on a public address the staff's cookie does not exist, so it is neither read nor
    renewed, and nothing of it can reach a page that strangers see."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if PUBLIC.match(request.path_info):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            request.COOKIES.pop("messages", None)
        return self.get_response(request)
