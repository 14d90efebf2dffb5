"""Health: "ok" or "fail" for whoever asks; what was seen, for those who run the company's installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aldia.queue.health import probes
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web.access import open_to_all
from aldia.web.clock import now


@open_to_all
@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """200 or 503; JSON unless a browser asks."""
    found = probes(now=now(), data_dir=settings.DATA_DIR)
    is_well = all(probe.is_well for probe in found)
    may_see = allows(getattr(request, "membership", None), permissions.MANAGE_JOBS)
    shown = found if may_see else []
    status = 200 if is_well else 503
    if may_see and "text/html" in request.headers.get("Accept", ""):
        return render(request, "jobs/health.html", {"probes": shown, "is_well": is_well}, status=status)
    body: dict[str, object] = {"status": "ok" if is_well else "fail"}
    if may_see:
        body["probes"] = [{"name": each.name, "ok": each.is_well, "seen": each.seen} for each in shown]
    return JsonResponse(body, status=status)
