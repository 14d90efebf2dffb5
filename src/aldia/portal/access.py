"""Public pages: of one company, for its customers, without an account.

    @public("portal_page", methods=("GET", "HEAD", "POST"))
    def page(request: PublicRequest, slug: str, …) -> HttpResponse:
        ...                 # request.company is there; queries see that company only

The language is the browser's (Spanish or English; `speak` changes it to the customer's own), the staff's session is
unknown here and no address leaks or is kept by browsers and search engines (`portal.middleware`). A form must carry
`<input type="hidden" name="proof" value="{{ proof }}">`. `Http404` is the page of a link that does not work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from aldia.portal import cookies
from aldia.portal.pages import refusal
from aldia.tenancy.limits import spend
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.access import open_to_all

READS = ("GET", "HEAD")
HOUR = 3600
NUL = "\x00"  # PostgreSQL keeps no such letter: no address and no row has one
View = Callable[..., HttpResponse]


class PublicRequest(HttpRequest):
    """A request that `public` let through: typing only."""

    company: Company


def public(
    kind: str, *, methods: Iterable[str] = READS, limit: int = 120, seconds: int = HOUR
) -> Callable[[View], View]:
    """Serve a page of the company whose slug is in the address. `limit`: writes of one address (IP) in `seconds`."""
    allowed = tuple(methods)

    def decorate(view: View) -> View:
        @wraps(view)
        def served(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            if getattr(request, "company", None) is not None:  # under the staff's prefix it does not exist
                raise Http404
            with translation.override(_language(request)):
                response = _in_company(request, slug, lambda: _answer(request, slug, kwargs))
                response.headers.setdefault("Content-Language", translation.get_language() or "es")
            patch_vary_headers(response, ["Accept-Language", "Cookie"])
            return response

        def _answer(request: HttpRequest, slug: str, kwargs: dict[str, Any]) -> HttpResponse:
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            if request.method not in READS:
                if not may(request, kind, limit=limit, seconds=seconds):
                    return too_many(request, seconds)
                request.POST = _readable(request.POST)  # type: ignore[assignment]
                if not cookies.is_proven(request):
                    return refusal(request, "stale")
            request.GET = _readable(request.GET)  # type: ignore[assignment]
            return view(request, slug=slug, **kwargs)

        return open_to_all(csrf_exempt(served))  # the proof of the form stands in for the token of the session

    return decorate


def may(request: HttpRequest, kind: str, *, limit: int, seconds: int = HOUR, who: str = "") -> bool:
    """Count one more of `kind` by an address (or by `who`), shared by all processes; False once it is too many."""
    by = who or f"ip {get_adapter().get_client_ip(request)}"
    return spend(kind=kind, who=by, limit=limit, seconds=seconds, now=clock.now())


def too_many(request: HttpRequest, seconds: int = HOUR) -> HttpResponse:
    """The page of whoever has to wait."""
    response = refusal(request, "too_many")
    response.headers["Retry-After"] = str(seconds)
    return response


def speak(request: HttpRequest, language: str) -> None:
    """Go on in the customer's language, for the rest of this page."""
    if language in dict(settings.LANGUAGES):
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]


def _in_company(request: HttpRequest, slug: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    company = None if NUL in request.path_info else Company.objects.filter(slug=slug).first()
    if company is None:
        return refusal(request, "unknown")
    request.company = company  # type: ignore[attr-defined]
    with company_scope(company.pk):
        try:
            return answer()
        except Http404:
            return refusal(request, "unknown")


def _readable(data: QueryDict) -> QueryDict:
    """What was sent, without the letter that no database keeps."""
    if not any(NUL in text for _name, values in data.lists() for text in values):
        return data
    found = data.copy()
    for name, values in data.lists():
        found.setlist(name, [text.replace(NUL, "") for text in values])
    return found


def _language(request: HttpRequest) -> str:
    """The first of the browser's languages that we speak; the house's own when there is none."""
    ours = dict(settings.LANGUAGES)
    for wish, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wish.split("-")[0] in ours:
            return str(wish.split("-")[0])
    return settings.LANGUAGE_CODE
