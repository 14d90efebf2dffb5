"""From the address to the company: /e/<slug>/… is served in that company's scope, to its members only.

The prefix is taken off the path before the URLconf reads it and put on every address that `reverse` makes, so that
links, forms and redirects stay within the company a tab was opened for, whatever other tabs do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import set_script_prefix
from django.utils import translation

from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import announce, company_scope

PREFIX = re.compile(r"^/e/(?P<slug>[-a-z0-9]+)(?P<rest>/.*)$")


class CompanyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.company = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        match = PREFIX.match(request.path_info)
        if match is None:
            set_script_prefix("/")
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect(f"/cuenta/login/?next={request.get_full_path()}")
        return self._in_company(request, match["slug"], match["rest"])

    def _in_company(self, request: HttpRequest, slug: str, rest: str) -> HttpResponse:
        company = Company.objects.filter(slug=slug).first()
        membership = company and membership_of(cast(User, request.user), company)
        if company is None or membership is None:
            raise Http404
        request.company, request.membership = company, membership  # type: ignore[attr-defined]
        request.path_info = rest
        set_script_prefix(f"/e/{slug}/")
        try:
            with company_scope(company.pk), translation.override(cast(User, request.user).language):
                return self._answer(request)
        finally:
            set_script_prefix("/")

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """Reads of one page share one transaction on PostgreSQL; writes open their own in the operation."""
        if connection.vendor == "postgresql" and request.method in ("GET", "HEAD"):
            with transaction.atomic():
                announce()
                return self.get_response(request)
        return self.get_response(request)


def membership_of(user: User, company: Company) -> Membership | None:
    """The person's active membership in a company."""
    with company_scope(company.pk):
        return Membership.objects.filter(user=user, suspended_at__isnull=True).first()
