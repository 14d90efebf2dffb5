"""Synchronisations, one by one: what was asked, what SAT answered, what came."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.authority.models import RunState, SyncRun, Trigger
from aldia.authority.operations import runs
from aldia.authority.queries import overview as queries
from aldia.customers.operations.versions import NotThere, Refused
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Listing
from aldia.web.views.authority import words
from aldia.web.views.authority.overview import bar, listed
from aldia.web.views.banking.accounts import see_all


def _filtered(rows: QuerySet[SyncRun], values: dict[str, Any]) -> QuerySet[SyncRun]:
    return rows.filter(**{name: values[name] for name in ("state", "trigger") if name in values})


LIST = Listing(
    key="sat_runs",
    columns=(
        Column("title", gettext_lazy("Periodo"), always=True),
        Column("started_at", gettext_lazy("Empezó"), sort="started_at"),
        Column("trigger", gettext_lazy("Por qué")),
        Column("brought", gettext_lazy("Qué trajo")),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Choice("state", gettext_lazy("Estado"), RunState.choices),
        Choice("trigger", gettext_lazy("Por qué"), Trigger.choices),
    ),
    sort="-started_at",
    apply=_filtered,
)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    see_all(request)
    page = LIST.page(request, SyncRun.objects.select_related("asked_by"))
    page.extra["listed"] = {row.pk: listed(row) for row in page.rows}
    return render(request, "authority/history.html", {"page": page})


@require_safe
@needs(permissions.VIEW)
def detail(request: CompanyRequest, run_id: UUID) -> HttpResponse:
    see_all(request)
    run = queries.run(run_id)
    if run is None:
        raise Http404
    context = {
        "run": run,
        "listed": listed(run),
        "is_running": run.state == RunState.RUNNING,
        "bar": bar(run),
        "requests": words.all_asked(queries.requests(run.pk)),
    }
    return render(request, "authority/run.html", context)


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
def cancel(request: CompanyRequest, run_id: UUID) -> HttpResponse:
    """Ask for no more of a run."""
    see_all(request)
    try:
        runs.cancel(run_id=run_id, now=clock.now(), actor=request.user)
    except NotThere as error:
        raise Http404 from error
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Se detuvo. Lo que ya llegó se queda."))
    return redirect("authority_run", run_id)
