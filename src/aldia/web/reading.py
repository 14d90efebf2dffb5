"""Reads of one page share one transaction on PostgreSQL, so that it is told the company once."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from aldia.tenancy.scope import announce


def in_one_reading(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer to a request of the company in scope; writes open their own transaction in the operation."""
    if connection.vendor == "postgresql" and request.method in ("GET", "HEAD"):
        with transaction.atomic():
            announce()
            return answer()
    return answer()
