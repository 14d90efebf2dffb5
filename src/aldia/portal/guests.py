"""Customers who came in with a pass: every page of the statement of account goes through `guest`.

    @guest("portal_report", methods=("GET", "HEAD", "POST"), needs="may_report")
    def report(request: GuestRequest, slug: str) -> HttpResponse:
        ...    # request.customer, request.portal_pass, request.options are there; so are request.company and its scope

Opening a page writes nothing: not a session, not a stamp. The pass is looked up again on every page, so that what was
revoked a moment ago is over. Where the company asks for a code, a browser that has not given it gets no further than
the page that asks for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from aldia.customers.models import Customer
from aldia.payments.models import PortalPass, PortalSettings
from aldia.payments.operations.codes import is_verified, masked
from aldia.payments.operations.passes import PassState, is_on_file, pass_state, portal_settings
from aldia.portal import cookies
from aldia.portal.access import HOUR, READS, PublicRequest, may, public, speak, too_many
from aldia.portal.pages import show
from aldia.web import clock
from aldia.web.reading import in_one_reading

BROWSER = "aldia_visita"
View = Callable[..., HttpResponse]


class GuestRequest(PublicRequest):
    """A request that `guest` let through: typing only."""

    portal_pass: PortalPass
    customer: Customer
    options: PortalSettings
    browser: str


class SeeOther(HttpResponseRedirect):
    """Go on by GET, whatever brought you here."""

    status_code = 303


def guest(
    kind: str,
    *,
    methods: Iterable[str] = READS,
    needs: str = "",
    asks_code: bool = True,
    limit: int = 120,
    seconds: int = HOUR,
    pace: int = 0,
) -> Callable[[View], View]:
    """Serve a page of the customer whose pass this browser came in with. `needs`: the setting that must be on.

    `pace`: how often one pass may ask for it in `seconds`, whatever the method: for what takes work to make.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def let_in(request: GuestRequest, slug: str, **kwargs: Any) -> HttpResponse:
            row = known_guest(request, slug)
            if row is None:
                return renewal(request, None, status=403)
            speak(request, row.customer.language[:2])
            if pass_state(row, clock.now()) != PassState.LIVE:
                return renewal(request, row, status=410)
            request.portal_pass, request.customer, request.options = row, row.customer, portal_settings()
            request.browser = request.COOKIES.get(BROWSER, "")
            if needs and not getattr(request.options, needs):
                raise Http404
            if asks_code and must_prove(request):
                return SeeOther(reverse("portal_code", args=[slug]))
            if pace and not may(request, kind, limit=pace, seconds=seconds, who=f"pass {row.pk}"):
                return too_many(request, seconds)
            return view(request, slug=slug, **kwargs)

        def answered(request: GuestRequest, slug: str, **kwargs: Any) -> HttpResponse:
            return in_one_reading(request, lambda: let_in(request, slug, **kwargs))

        return public(kind, methods=methods, limit=limit, seconds=seconds)(wraps(view)(answered))

    return decorate


def known_guest(request: HttpRequest, slug: str) -> PortalPass | None:
    """The pass that this browser opened in the company in scope, whatever became of it since."""
    entered = cookies.entered(request, cookies.PASS, slug=slug)
    if entered is None:
        return None
    row = PortalPass.objects.select_related("customer").filter(pk=entered.row_id).first()
    return row if row is not None and entered.opens(row.token_hash) else None


def must_prove(request: GuestRequest) -> bool:
    """Whether the company asks for a code and this browser has not given it."""
    if not request.options.asks_code:
        return False
    return not is_verified(pass_id=request.portal_pass.pk, browser=request.browser, now=clock.now())


def renewal(request: HttpRequest, row: PortalPass | None, *, status: int) -> HttpResponse:
    """The one page of every link that does not open any more, or never did: with how to get another one."""
    own = row is not None and row.revoked_at is None and is_on_file(row)
    context = {"address": masked(row.address) if own and row is not None else "", "known": own}
    return show(request, "portal/renewal.html", context, status=status)


def name_browser(response: HttpResponse, request: HttpRequest, slug: str) -> None:
    """Give a browser a random word of its own, which a code is bound to."""
    if not request.COOKIES.get(BROWSER):
        path = cookies.PATHS[cookies.PASS].format(slug)
        seconds = int(cookies.LONGEST.total_seconds())
        cookies.put(response, request, BROWSER, secrets.token_urlsafe(32), path=path, seconds=seconds)
