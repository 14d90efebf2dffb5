"""Big files: asked for, made by a job while the person goes on, downloaded for a day."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.jobs.reports import enqueue_export, export_of
from aldia.queue.models import Job, JobState
from aldia.reporting import exports
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs


def offer(request: CompanyRequest, order: dict[str, Any], count: int) -> HttpResponse:
    """Instead of a file that would take long: say so, and on a POST put it in the queue."""
    if request.method == "POST":
        return redirect("report_download", enqueue_export(order, request.user))
    return render(request, "reports/big.html", {"count": count, "action": request.get_full_path()})


@require_safe
@needs(permissions.EXPORT)
def show(request: CompanyRequest, job_id: uuid.UUID) -> HttpResponse:
    """How far the file is; the same address answers the poll."""
    job = _job(request, job_id)
    context = {
        "job": job,
        "name": job.payload["args"][0]["name"],
        "is_ready": job.state == JobState.DONE,
        "is_dead": job.state == JobState.DEAD,
        "poll_url": "" if job.state in (JobState.DONE, JobState.DEAD) else reverse("report_download", args=[job.pk]),
    }
    template = "reports/_download.html" if request.htmx else "reports/download.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_safe
@needs(permissions.EXPORT)
def fetch(request: CompanyRequest, job_id: uuid.UUID) -> HttpResponse:
    """The file itself, while it is kept."""
    job = _job(request, job_id)
    if job.state != JobState.DONE or not default_storage.exists(job.result["path"]):
        raise Http404(_("Ese archivo ya no está: pídelo de nuevo."))
    stream = default_storage.open(job.result["path"], "rb")
    kind = exports.TYPES[job.result["ending"]]
    return FileResponse(stream, as_attachment=True, filename=job.result["name"], content_type=kind)  # type: ignore[return-value]


def _job(request: CompanyRequest, job_id: uuid.UUID) -> Job:
    job = export_of(job_id, request.user)
    if job is None:
        raise Http404
    return job
