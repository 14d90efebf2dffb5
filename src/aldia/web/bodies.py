"""The raw body of a request that somebody outside sends: whole and within a size, or the answer that refuses it."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse


def body_within(request: HttpRequest, most: int) -> bytes | HttpResponse:
    """The bytes as they came; 413 for more than `most` (before they are read, where the sender says so), 400 for a
    length that is none.
    """
    try:
        if int(request.headers.get("content-length") or 0) > most:
            return HttpResponse(status=413)
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except ValueError:
        return HttpResponse(status=400)
    return body if len(body) <= most else HttpResponse(status=413)
