"""Background jobs of a company: what waits, what runs, and what stopped and needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.queue import operations, queries
from aldia.queue.models import Job, JobState
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs

MOST = 100
STATES = (
    (JobState.DEAD, gettext_lazy("Detenidos")),
    (JobState.READY, gettext_lazy("En espera")),
    (JobState.RUNNING, gettext_lazy("En curso")),
    (JobState.DONE, gettext_lazy("Terminados")),
)
NAMES = {
    "aldia.jobs.customers.switch_customers_on": gettext_lazy("Prender clientes"),
    "aldia.jobs.documents.import_batch": gettext_lazy("Leer documentos"),
    "aldia.jobs.documents.verify_seals": gettext_lazy("Verificar sellos y timbres"),
    "aldia.jobs.receivables.presume_pue": gettext_lazy("Presumir pagadas las PUE"),
}


@dataclass(frozen=True)
class Row:
    """A job as the page shows it: `error` is the first line of what went wrong."""

    job: Job
    name: str
    error: str


@require_safe
@needs(permissions.MANAGE_JOBS)
def index(request: CompanyRequest) -> HttpResponse:
    counts = queries.counts_by_state()
    state = request.GET.get("estado", "")
    if state not in JobState.values:
        state = JobState.DEAD
    tabs = [
        {"label": label, "url": f"{reverse('jobs')}?estado={each}", "active": each == state, "count": counts[each]}
        for each, label in STATES
    ]
    rows = [_row(job) for job in queries.company_jobs(state)[:MOST]]
    context = {"rows": rows, "tabs": tabs, "state": state, "is_cut": counts[state] > MOST, "most": MOST}
    return render(request, "jobs/index.html", context)


@require_POST
@needs(permissions.MANAGE_JOBS)
def requeue(request: CompanyRequest, job_id: UUID) -> HttpResponse:
    _known(job_id)
    try:
        operations.requeue_job(job_id=job_id, actor=request.user)
    except (operations.JobNotDead, operations.JobIsBack) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("El trabajo vuelve a intentarse."))
    return redirect("jobs")


@require_POST
@needs(permissions.MANAGE_JOBS)
def discard(request: CompanyRequest, job_id: UUID) -> HttpResponse:
    _known(job_id)
    try:
        operations.discard_job(job_id=job_id, actor=request.user)
    except operations.JobNotDead as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("El trabajo se descartó; la bitácora guarda qué era."))
    return redirect("jobs")


def _known(job_id: UUID) -> None:
    if not queries.company_jobs().filter(pk=job_id).exists():
        raise Http404


def _row(job: Job) -> Row:
    name = NAMES.get(job.task_path) or job.task_path.rsplit(".", 1)[-1].replace("_", " ")
    return Row(job, str(name), job.last_error.split("\n", 1)[0][:300])
