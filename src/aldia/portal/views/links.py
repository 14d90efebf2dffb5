"""The page of a payment link: who asks, for what, how much of it, and by which way it is paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.domain.money import Money
from aldia.domain.ports.payments import Method
from aldia.payments.addresses import base_url, link_url
from aldia.payments.directions import directions_of
from aldia.payments.models import PaymentAttempt, PaymentLink
from aldia.payments.operations.attempts import AttemptError, start
from aldia.payments.queries.links import LinkState, LinkView, find_link, link_view, methods_for
from aldia.payments.queries.providers import MethodOffer
from aldia.payments.tokens import LINK, Tokens, token_hash
from aldia.portal import cookies
from aldia.portal.access import PublicRequest, public, speak
from aldia.portal.choosing import Choice, key_of, read_choice
from aldia.portal.guests import SeeOther
from aldia.portal.pages import refusal, show
from aldia.portal.qr import qr_svg
from aldia.web import clock
from aldia.web.formatting import day_text

CLOSED = {LinkState.EXPIRED: "expired", LinkState.REVOKED: "revoked"}
TRANSFERS = (Method.SPEI, Method.TRANSFER)
View = Callable[..., HttpResponse]


class LinkRequest(PublicRequest):
    """A request that `with_link` let through: typing only."""

    link: PaymentLink


def with_link(kind: str, **limits: Any) -> Callable[[View], View]:
    """Serve a page of the link that this browser opened; the link is looked up again on every page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def let_in(request: LinkRequest, slug: str, **kwargs: Any) -> HttpResponse:
            entered = cookies.entered(request, cookies.LINK, slug=slug)
            rows = PaymentLink.objects.select_related("customer", "order")
            link = rows.filter(pk=entered.row_id).first() if entered else None
            if link is None or entered is None or not entered.opens(link.token_hash):
                return refusal(request, "outside")
            speak(request, link.customer.language[:2])
            request.link = link
            return view(request, slug=slug, **kwargs)

        return public(kind, **limits)(let_in)

    return decorate


@public("pay_link")
def enter(request: PublicRequest, slug: str, token: str) -> HttpResponse:
    """Come in with the token: a cookie and the clean address. Nothing is written, however often it is opened."""
    link = find_link(token)
    if link is None:
        return refusal(request, "unknown")
    speak(request, link.customer.language[:2])
    why = CLOSED.get(link_view(link, clock.now()).state)
    if why:
        return refusal(request, why)
    response = SeeOther(reverse("pay_link", args=[slug]))
    cookies.remember(
        response, request, cookies.LINK, slug=slug, row_id=link.pk, token_hash=link.token_hash, until=link.expires_at
    )
    return response


@with_link("pay_link", methods=("GET", "HEAD", "POST"), limit=60)
def page(request: LinkRequest, slug: str) -> HttpResponse:
    view = link_view(request.link, clock.now())
    if view.state in CLOSED:
        return refusal(request, CLOSED[view.state])
    if request.method == "POST":
        return _pay(request, view)
    return _page(request, view, read_choice(request.GET, view, request.company))


@with_link("pay_link")
def ways(request: LinkRequest, slug: str) -> HttpResponse:
    """The piece of the page that depends on the amount: the ways to pay it, and the button."""
    view = link_view(request.link, clock.now())
    if view.state is not LinkState.LIVE:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("pay_link", args=[slug])
        return response
    choice = read_choice(request.GET, view, request.company)
    context = {"view": view, "choice": choice, **_offers(view, choice, request.GET.get("way", ""))}
    return show(request, "portal/_ways.html", context)


@with_link("pay_link")
def qr(request: LinkRequest, slug: str) -> HttpResponse:
    """The link as a picture, for paper and for the telephone that lies beside the computer."""
    token = Tokens().of(LINK, request.link.pk)
    if token_hash(token) != request.link.token_hash:
        raise Http404
    response = HttpResponse(qr_svg(link_url(request.company, token)), content_type="image/svg+xml")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _pay(request: LinkRequest, view: LinkView) -> HttpResponse:
    """Start the payment and go where it is paid. Sent twice, it is one payment."""
    if view.state is not LinkState.LIVE:  # somebody else paid meanwhile
        return SeeOther(reverse("pay_link", args=[request.company.slug]))
    choice = read_choice(request.POST, view, request.company)
    offer = _chosen_offer(view, choice, request.POST.get("way", ""))
    error = choice.error or (_("Elija cómo quiere pagar.") if offer is None else offer.reason)
    key = key_of(request.POST.get("key", ""), view.link.pk, choice, offer) if offer else None
    if error or offer is None:
        return _page(request, view, choice, error=error, status=422)
    if key is None:
        return refusal(request, "stale")
    try:
        attempt = _start(request, view, choice, offer, key)
    except AttemptError as refused:
        return _page(request, view, choice, error=str(refused), status=422)
    return SeeOther(_next(attempt, request.company.slug))


def _start(request: LinkRequest, view: LinkView, choice: Choice, offer: MethodOffer, key: Any) -> PaymentAttempt:
    back = reverse("pay_attempt", args=[request.company.slug, key])
    return start(
        customer_id=view.link.customer_id, link_id=view.link.pk, account_id=offer.account.pk, method=offer.method,
        amount=Money(choice.amount, view.currency), chosen=choice.chosen, key=key,
        return_url=request.build_absolute_uri(back), base_url=base_url(), now=clock.now(),
    )  # fmt: skip


def _next(attempt: PaymentAttempt, slug: str) -> str:
    """The provider's page; our own where we say what to do, or where there is nothing to do any more."""
    shown = attempt.offer.get("shown", {})
    if attempt.state in ("created", "pending") and shown.get("url") and not shown.get("value"):
        return str(shown["url"])
    return reverse("pay_attempt", args=[slug, attempt.pk])


def _chosen_offer(view: LinkView, choice: Choice, way: str) -> MethodOffer | None:
    offers = methods_for(view.link, choice.amount, view.currency)
    return next((each for each in offers if way_of(each) == way), None)


def way_of(offer: MethodOffer) -> str:
    """What the form says for an offer."""
    return f"{offer.account.pk}:{offer.method}"


def _offers(view: LinkView, choice: Choice, way: str) -> dict[str, Any]:
    """The offers for the template, and which one is marked."""
    offers = methods_for(view.link, choice.amount, view.currency)
    rows = [{"offer": each, "way": way_of(each), **_words(each)} for each in offers]
    usable = [row["way"] for row in rows if row["offer"].is_open]
    marked = way if way in usable else usable[0] if usable else ""
    several = len({each.account.pk for each in offers}) > 1
    return {"offers": rows, "marked": marked, "several": several, "is_test": any(each.is_test for each in offers)}


def _words(offer: MethodOffer) -> dict[str, str]:
    return {
        Method.CARD: {"icon": "credit-card", "hint": _("Se confirma al momento.")},
        Method.SPEI: {"icon": "building-bank", "hint": _("Desde la app de su banco; se confirma en minutos.")},
        Method.STORE: {"icon": "building-store", "hint": _("Con un código en la caja; se confirma al día siguiente.")},
        Method.TRANSFER: {"icon": "building-bank", "hint": _("Se confirma cuando la empresa la ve en su banco.")},
    }[offer.method]


def _page(request: LinkRequest, view: LinkView, choice: Choice, *, error: str = "", status: int = 200) -> HttpResponse:
    if view.state is LinkState.PAID:
        return show(request, "portal/link_paid.html", {"view": view}, status=status)
    context = {
        "view": view,
        "choice": choice,
        "error": error,
        "key": uuid4(),
        "waiting": [_started(request, each) for each in view.waiting[-3:]],
        "expires": day_text(_day(request, view.link.expires_at)),
        "partial": view.policy == "partial" and view.most > view.least,
        "some": view.policy == "partial" and len(view.documents) > 1,
        "folded": len(view.documents) > 5 and choice.mode != "some",
        "directions": directions_of([view.link.customer_id]).get(view.link.customer_id),
        **_offers(view, choice, request.POST.get("way", "")),
    }
    context["has_spei"] = any(row["offer"].method in TRANSFERS and row["offer"].is_open for row in context["offers"])
    response = show(request, "portal/link.html", context, status=status)
    # The provider's page is where the form ends up, and browsers ask the policy about that too.
    response._csp_update = {"form-action": ["https:", _origin(base_url())]}  # type: ignore[attr-defined]
    return response


def _started(request: LinkRequest, attempt: PaymentAttempt) -> dict[str, Any]:
    began = _day(request, attempt.created_at)
    return {"pk": attempt.pk, "amount": attempt.amount, "currency": attempt.currency, "created_on": began}


def _day(request: LinkRequest, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(request.company.time_zone)).date()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
