"""The address that providers of channels call: verify over the raw bytes, keep once, answer at once.

What is forged leaves no row. What was kept is applied by a job; the tick finds it again should the job be lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from aldia.domain.ports.channels import BadSignature, Event
from aldia.integrations.channels.notices import storable
from aldia.jobs.messaging import enqueue_notices
from aldia.messaging import accounts
from aldia.messaging.models import ChannelAccount
from aldia.messaging.operations.events import keep_notice
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.access import open_to_all
from aldia.web.bodies import body_within
from aldia.web.limits import limited

log = structlog.get_logger("aldia.web.hooks")
MAX_BYTES = 1024 * 1024
# Evidence of who sent it; a password that came along (Basic) is none, and is not kept.
KEPT_HEADERS = frozenset(
    {
        ":received", ":url", "content-type", "x-twilio-signature", "x-hub-signature-256", "svix-id",
        "svix-timestamp", "svix-signature", "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    }
)  # fmt: skip


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
@limited("channel_hook", limit=6000, seconds=60)
def receive(request: HttpRequest, hook_company: UUID, hook_token: str) -> HttpResponse:
    if getattr(request, "company", None) is not None or not Company.objects.filter(pk=hook_company).exists():
        return HttpResponse(status=404)
    with company_scope(hook_company):
        account = ChannelAccount.objects.select_related("secret").filter(hook_token=hook_token).first()
        if account is None or not hook_token:
            return HttpResponse(status=404)
        if request.method != "POST":
            return _challenge(request, account)
        return _take(request, account)


def _take(request: HttpRequest, account: ChannelAccount) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers |= {":url": request.build_absolute_uri(), ":received": clock.now().isoformat()}
    body = body_within(request, MAX_BYTES)
    if isinstance(body, HttpResponse):
        return body
    try:
        adapter = accounts.build(account)
        events = [storable(each) for each in adapter.read_notice(headers=headers, query=request.GET.dict(), body=body)]
        text = body.decode()
    except BadSignature:
        return HttpResponse(status=403)
    except accounts.NoChannel:
        return HttpResponse(status=503)  # the account's secrets cannot be opened here: let the provider come back
    except ValueError as error:
        log.warning("unreadable_notice", account=str(account.pk), adapter=account.adapter, error=type(error).__name__)
        return HttpResponse(status=400)
    if not events:
        return HttpResponse(status=204)
    kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
    notice = keep_notice(account=account, event_id=name_of(events), body=text, headers=kept, events=events)
    if notice is not None:
        enqueue_notices()
    return HttpResponse(status=204)


def _challenge(request: HttpRequest, account: ChannelAccount) -> HttpResponse:
    """Meta asks whether the address is ours, before it sends anything; others look whether somebody is there."""
    try:
        challenge = getattr(accounts.build(account), "challenge", None)
        if challenge is None:
            return HttpResponse(status=204)
        return HttpResponse(challenge(request.GET.dict()), content_type="text/plain")
    except (BadSignature, accounts.NoChannel):
        return HttpResponse(status=403)


def name_of(events: Sequence[Event]) -> str:
    """One name for all that a notice says: told again, even written otherwise, it is the same."""
    keys = sorted(event.event_key for event in events)
    return keys[0] if len(keys) == 1 and len(keys[0]) <= 200 else hashlib.sha256("\n".join(keys).encode()).hexdigest()
