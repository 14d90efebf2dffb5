"""From the address to the company: /e/<slug>/… is served in that company's scope, to its members only.

The prefix is taken off the path before the URLconf reads it and put on every address that `reverse` makes, so that
links, forms and redirects stay within the company a tab was opened for, whatever other tabs do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import set_script_prefix
from django.utils import translation

from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import company_scope
from aldia.web.reading import in_one_reading

PREFIX = re.compile(r"^/e/(?P<slug>[-a-z0-9]+)(?P<rest>/.*)$")
Answer = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Spanish, unless the person (or a visitor's cookie) chose another language: the browser's own is not asked."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class CompanyMiddleware:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.company = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        match = PREFIX.match(request.path_info)
        if match is None:
            set_script_prefix("/")
            return _with_messages(request, self.get_response(request))
        if not request.user.is_authenticated:
            return redirect(f"/cuenta/login/?next={quote(request.get_full_path())}")
        return self._in_company(request, match["slug"], match["rest"])

    def _in_company(self, request: HttpRequest, slug: str, rest: str) -> HttpResponse:
        company = Company.objects.filter(slug=slug).first()
        membership = company and membership_of(cast(User, request.user), company)
        if company is None or membership is None:
            raise Http404
        request.company, request.membership = company, membership  # type: ignore[attr-defined]
        request.path_info = rest
        if request.session.get("last_company") != slug:
            request.session["last_company"] = slug
        set_script_prefix(f"/e/{slug}/")
        try:
            with company_scope(company.pk):
                return _with_messages(request, in_one_reading(request, lambda: self.get_response(request)))
        finally:
            set_script_prefix("/")


def membership_of(user: User, company: Company) -> Membership | None:
    """The person's active membership in a company."""
    with company_scope(company.pk):
        return Membership.objects.filter(user=user, suspended_at__isnull=True).first()


def _with_messages(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Messages of a request made by htmx travel in a header, unless a page that shows them follows."""
    if not getattr(request, "htmx", False) or response.status_code >= 300 or "HX-Redirect" in response:
        return response
    if "HX-Refresh" in response or "HX-Trigger" in response:
        return response
    storage = get_messages(request)
    said = [{"text": str(message), "level": LEVELS.get(message.level_tag, "info")} for message in storage]
    if said:
        response["HX-Trigger"] = json.dumps({"aldia:messages": said})
    return response


LEVELS = {"error": "danger", "warning": "warning", "success": "success"}
