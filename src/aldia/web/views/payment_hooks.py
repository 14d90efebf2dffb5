"""The address that payment providers call: verify over the raw bytes, keep once, answer at once, and nothing else.

What is forged, stale or too large leaves no row. What was kept is a reason for a job to ask the provider; the
timetable finds it again should the job be lost.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from aldia.jobs.payments import enqueue_inbox
from aldia.payments.models import ProviderAccount
from aldia.payments.operations.inbox import receive_for
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.access import open_to_all
from aldia.web.bodies import body_within
from aldia.web.limits import limited

log = structlog.get_logger("aldia.web.hooks")
MAX_BYTES = 1024 * 1024


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
@limited("payment_hook", limit=30_000, seconds=60)
def receive(request: HttpRequest, hook_company: UUID, hook_token: str) -> HttpResponse:
    if getattr(request, "company", None) is not None or not hook_token or "\x00" in hook_token:
        return HttpResponse(status=404)
    with company_scope(hook_company):  # of a company that is not there no account is found
        account = ProviderAccount.objects.select_related("secret").filter(hook_token=hook_token).first()
        if account is None:
            return HttpResponse(status=404)
        if request.method != "POST":
            return HttpResponse(status=204)  # a provider looks whether somebody is there
        return _take(request, account)


def _take(request: HttpRequest, account: ProviderAccount) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = clock.now()
    headers |= {":url": request.build_absolute_uri(), ":received": now.isoformat()}
    headers[":address"] = get_adapter().get_client_ip(request)  # where it came from, as our own proxy says
    body = body_within(request, MAX_BYTES)
    if isinstance(body, HttpResponse):
        return body
    received = receive_for(
        account=account, headers=headers, query=request.GET.dict(), body=body, now=now, on_kept=enqueue_inbox
    )
    if received.status in (400, 403):
        log.warning("notice_refused", account=str(account.pk), provider=account.provider, status=received.status)
    return HttpResponse(received.body_json, status=received.status, content_type="application/json")
