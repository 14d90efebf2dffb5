"""Coming in: the link of a mail, the code that may be asked for, a fresh link for whoever lost theirs, and leaving.

A mail scanner that opens the link fifty times changes nothing: it is told where the page is and given a cookie. Who
asks for a fresh link is answered in the same words and by the same steps whether anybody has that address or not; the
queue looks it up afterwards.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.jobs.portal import send_fresh_link
from aldia.jobs.reminders import enqueue_sending
from aldia.payments.models import PortalVisit
from aldia.payments.operations.codes import (
    CodeError,
    ask_code,
    check_code,
    code_address,
    end_visit,
    hash_of,
    masked,
)
from aldia.payments.operations.passes import PassState, known_pass, pass_state
from aldia.portal import cookies
from aldia.portal.access import PublicRequest, public
from aldia.portal.guests import BROWSER, GuestRequest, SeeOther, guest, known_guest, must_prove, name_browser, renewal
from aldia.portal.pages import show
from aldia.web import clock

STAY = timedelta(hours=8)  # then the link in the mail is opened again
EXPIRED_STAY = timedelta(minutes=30)  # time to ask for a fresh link


@public("portal_enter")
def enter(request: PublicRequest, slug: str, token: str) -> HttpResponse:
    """From the address of the mail to one that may be seen and shared: the token stays behind, in no history."""
    row, now = known_pass(token), clock.now()
    if row is None:
        return renewal(request, None, status=404)
    response = SeeOther(reverse("portal_home", args=[slug]))
    until = min(row.expires_at, now + STAY) if pass_state(row, now) == PassState.LIVE else now + EXPIRED_STAY
    cookies.remember(response, request, cookies.PASS, slug=slug, row_id=row.pk, token_hash=row.token_hash, until=until)
    name_browser(response, request, slug)
    return response


@public("portal_renew", methods=("POST",), limit=30)
def renew(request: PublicRequest, slug: str) -> HttpResponse:
    """Ask for a fresh link: of the pass that this browser came in with, or for an address."""
    row = known_guest(request, slug) if request.POST.get("own") else None
    address = request.POST.get("email", "").strip()[:254]
    if row is None:
        try:
            validate_email(address)
        except ValidationError:
            error = _("Escriba su correo completo, como nombre@empresa.mx.")
            return show(request, "portal/renewal.html", {"error": error, "typed": address}, status=422)
    send_fresh_link.enqueue(uuid4().hex, "" if row else address, str(row.pk) if row else "")
    return show(request, "portal/renewal_sent.html")


@guest("portal_code", asks_code=False)
def code(request: GuestRequest, slug: str) -> HttpResponse:
    """Ask for the code; nothing is sent by looking."""
    if not must_prove(request):
        return SeeOther(reverse("portal_home", args=[slug]))
    return _code_page(request)


@guest("portal_code_send", methods=("POST",), asks_code=False, limit=30)
def send_code(request: GuestRequest, slug: str) -> HttpResponse:
    """Send the code to the address of the pass."""
    if not must_prove(request):
        return SeeOther(reverse("portal_home", args=[slug]))
    if not request.browser:
        return _nameless(request, slug)
    try:
        ask_code(pass_id=request.portal_pass.pk, browser=request.browser, now=clock.now())
    except CodeError as error:
        return _code_page(request, error=str(error), status=422)
    enqueue_sending()
    return SeeOther(reverse("portal_code", args=[slug]))


@guest("portal_code_check", methods=("POST",), asks_code=False, limit=60)
def check(request: GuestRequest, slug: str) -> HttpResponse:
    """Let the browser in with its code."""
    if not must_prove(request):
        return SeeOther(reverse("portal_home", args=[slug]))
    if not request.browser:
        return _nameless(request, slug)
    typed = request.POST.get("code", "")[:40]
    try:
        check_code(pass_id=request.portal_pass.pk, browser=request.browser, code=typed, now=clock.now())
    except CodeError as error:
        return _code_page(request, error=str(error), is_over=error.is_over, status=422)
    return SeeOther(reverse("portal_home", args=[slug]))


@public("portal_leave", methods=("POST",))
def leave(request: PublicRequest, slug: str) -> HttpResponse:
    """Let the browser forget the pass, and close what its code opened."""
    row, browser = known_guest(request, slug), request.COOKIES.get(BROWSER, "")
    if row is not None and browser:
        end_visit(pass_id=row.pk, browser=browser, now=clock.now())
    response = show(request, "portal/left.html")
    cookies.forget(response, cookies.PASS, slug=slug)
    return response


def _code_page(request: GuestRequest, *, error: str = "", is_over: bool = False, status: int = 200) -> HttpResponse:
    row = request.portal_pass
    context = {
        "address": masked(code_address(row)),
        "waiting": not is_over and _waits(row.pk, request.browser),
        "error": error,
        "is_over": is_over,
    }
    return show(request, "portal/code.html", context, status=status)


def _waits(pass_id: UUID, browser: str) -> bool:
    """Whether a code was sent to this browser's person that may still be typed."""
    visits = PortalVisit.objects.filter(portal_pass=pass_id, browser_hash=hash_of(browser), ended_at__isnull=True)
    return bool(browser) and visits.exclude(code_hash="").filter(code_expires_at__gt=clock.now()).exists()


def _nameless(request: GuestRequest, slug: str) -> HttpResponse:
    """A browser that keeps no cookie of ours but this one: name it, and let it ask again."""
    response = SeeOther(reverse("portal_code", args=[slug]))
    name_browser(response, request, slug)
    return response
