"""The tab «Cobro» of a customer's file: its portal, its collection account, its links, its payments on line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.payments.models import CollectionAccount, PaymentAttempt, PaymentLink, PortalPass
from aldia.payments.operations.passes import PassError, PassState, issue_pass, pass_state, revoke_pass
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.payment_words import method_label
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.customers.record import show
from aldia.web.views.payments import collecting_table
from aldia.web.views.payments.addresses import LOCKED, pass_address
from aldia.web.views.payments.links_table import drawn, with_states

SHOWN = 8
MOST_PASSES = 200


@require_safe
@needs(permissions.VIEW)
def tab(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    now = clock.now()
    links = with_states(PaymentLink.objects.filter(customer=customer).select_related("customer", "created_by"))
    attempts = PaymentAttempt.objects.filter(customer=customer).select_related("account", "customer")
    accounts = CollectionAccount.objects.filter(customer=customer).select_related("account", "customer")
    passes = list(PortalPass.objects.filter(customer=customer).order_by("-expires_at", "-id")[:SHOWN])
    own = next((each for each in passes if not each.address and pass_state(each, now) == PassState.LIVE), None)
    may_act = allows(request.membership, permissions.SEND_MESSAGES)
    context: dict[str, Any] = {
        "links": drawn(list(links.order_by("-created_at", "-id")[:SHOWN]), now),
        "attempts": [(each, method_label(each.method)) for each in attempts.order_by("-created_at", "-id")[:SHOWN]],
        "accounts": collecting_table.drawn(list(accounts.order_by("closed_at", "-created_at"))),
        "issuer": collecting_table.issuer_of(),
        "passes": [(each, str(pass_state(each, now))) for each in passes],
        "portal": own,
        # Who has the address acts as the customer (pays, reports, asks): it is not for who only looks.
        "portal_url": pass_address(request.company, own.pk) if own and may_act else "",
        "statement_send_url": _sending(customer.pk),
    }
    return show(request, customer, "customer_paying", "payments/customer.html", **context)


def _sending(customer_id: UUID) -> str:
    """Where the statement of account is sent from, where there is such a page."""
    try:
        return reverse("statement_send", args=[customer_id])
    except NoReverseMatch:
        return ""


@require_POST
@needs(permissions.SEND_MESSAGES)
def portal_open(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """A link to the portal for a person to copy."""
    customer = customer_or_404(request, customer_id)
    try:
        issue_pass(customer_id=customer.pk, actor=request.user, now=clock.now())
    except (PassError, *LOCKED) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("La liga del portal está lista para copiar."))
    return redirect("customer_paying", customer.pk)


@require_POST
@needs(permissions.SEND_MESSAGES)
def portal_renew(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Close the links to the portal and make a new one."""
    customer = customer_or_404(request, customer_id)
    _close_all(request, customer.pk)
    return portal_open(request, customer_id)


@require_POST
@needs(permissions.SEND_MESSAGES)
def portal_close(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Close every link to the portal of a customer, also those that messages carried."""
    customer = customer_or_404(request, customer_id)
    count = _close_all(request, customer.pk)
    messages.success(request, _("Se cerraron las ligas del portal (%(n)d): ya no abren nada.") % {"n": count})
    return redirect("customer_paying", customer.pk)


@require_POST
@needs(permissions.SEND_MESSAGES)
def pass_close(request: CompanyRequest, customer_id: UUID, portal_pass_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    row = get_object_or_404(PortalPass.objects.filter(customer=customer), pk=portal_pass_id)
    revoke_pass(pass_id=row.pk, actor=request.user, now=clock.now())
    messages.success(request, _("Esa liga del portal ya no abre nada."))
    return redirect("customer_paying", customer.pk)


def _close_all(request: CompanyRequest, customer_id: UUID) -> int:
    now = clock.now()
    rows = PortalPass.objects.filter(customer_id=customer_id, revoked_at__isnull=True, expires_at__gt=now)
    ids = list(rows.values_list("pk", flat=True)[:MOST_PASSES])
    for each in ids:
        revoke_pass(pass_id=each, actor=request.user, now=now)
    return len(ids)
