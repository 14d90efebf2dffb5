"""The address that feeds of bank movements call: verify over the raw bytes, keep once, answer at once, nothing else.

What is forged, stale or too large leaves no row. The timetable finds what was kept, should the job be lost.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from aldia.banking.models import BankAccount
from aldia.banking.operations.feed_events import receive as keep
from aldia.jobs.bank_feeds import enqueue_events
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.access import open_to_all
from aldia.web.bodies import body_within
from aldia.web.limits import limited

log = structlog.get_logger("aldia.web.hooks")
MAX_BYTES = 2 * 1024 * 1024


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
@limited("bank_hook", limit=30_000, seconds=60)
def receive(request: HttpRequest, hook_company: UUID, hook_token: str) -> HttpResponse:
    if getattr(request, "company", None) is not None or not hook_token or "\x00" in hook_token:
        return HttpResponse(status=404)
    with company_scope(hook_company):  # of a company that is not there no account is found
        rows = BankAccount.objects.select_related("secret").filter(archived_at__isnull=True)
        account = rows.filter(hook_token=hook_token).first()
        if account is None:
            return HttpResponse(status=404)
        if request.method != "POST":
            return HttpResponse(status=204)  # a service looks whether somebody is there
        return _take(request, account)


def _take(request: HttpRequest, account: BankAccount) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = clock.now()
    body = body_within(request, MAX_BYTES)
    if isinstance(body, HttpResponse):
        return body
    headers[":received"] = now.isoformat()
    received = keep(account=account, headers=headers, body=body, now=now, on_kept=enqueue_events)
    if received.status in (400, 403):
        log.warning("bank_notice_refused", account=str(account.pk), feed=account.feed, status=received.status)
    return HttpResponse(b"{}", status=received.status, content_type="application/json")
