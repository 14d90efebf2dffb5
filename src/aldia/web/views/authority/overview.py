"""How the connection with SAT stands: e.firma, last and next synchronisation, what is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aldia.authority.models import AuthorityConnection, RunState, SyncRun, Trigger
from aldia.authority.operations import connections, runs
from aldia.authority.queries import overview as queries
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.jobs.authority import enqueue_step
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_authority import EfirmaForm, WishesForm
from aldia.web.limits import limited
from aldia.web.views import errors
from aldia.web.views.authority import words
from aldia.web.views.banking.accounts import see_all
from aldia.web.views.payments.common import version_of

ENDS_SOON = timedelta(days=30)
SHOWN = 5


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest) -> HttpResponse:
    see_all(request)
    connection = queries.connection()
    if connection is None:
        return render(request, "authority/unconnected.html", {"runs": _listed(SHOWN)})
    now = clock.now()
    running = queries.current_run()
    context = {
        "connection": connection,
        "is_over": connection.valid_to <= now,
        "ends_soon": connection.valid_to <= now + ENDS_SOON,
        "running": running,
        "bar": bar(running) if running else None,
        "runs": _listed(SHOWN),
        "missing": queries.missing_count(),
    }
    return render(request, "authority/overview.html", context)


def _listed(limit: int) -> list[dict[str, Any]]:
    return [listed(row) for row in queries.runs(limit=limit)]


def listed(row: SyncRun) -> dict[str, Any]:
    """A run as a row of a table."""
    return {
        "row": row,
        "title": words.run_title(row),
        "brought": words.brought(row),
        "colour": words.RUN_COLOURS[RunState(row.state)],
    }


def bar(run: SyncRun) -> dict[str, Any]:
    """How far a run is, as its bar draws it; asked for again while it runs."""
    step = queries.progress(run.pk)
    is_over = run.state != RunState.RUNNING
    return {
        "step": step,
        "total": step.requests + step.packages,
        "done": step.finished + step.packages_imported,
        "standing": run.message if is_over else words.standing(step),
        "poll_url": "" if is_over else reverse("authority_progress", args=[run.pk]),
    }


@require_safe
@needs(permissions.VIEW)
def progress(request: CompanyRequest, run_id: UUID) -> HttpResponse:
    """The bar alone, asked for every few seconds; the whole page once the run is over."""
    see_all(request)
    run = queries.run(run_id)
    if run is None:
        raise Http404
    response = render(request, "authority/_progress.html", {"bar": bar(run)})
    if run.state != RunState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_AUTHORITY)
@limited("efirma", limit=30)
def connect(request: CompanyRequest) -> HttpResponse:
    """Give the e.firma, or a new one in its place."""
    connection = queries.connection()
    today = clock.today(request.company)
    if request.method != "POST":
        return _ask_for_it(request, EfirmaForm(connection=connection, today=today), connection)
    form = EfirmaForm(request.POST, request.FILES, connection=connection, today=today)
    if form.is_valid() and _connected(request, form):
        messages.success(request, _("La e.firma quedó guardada y cifrada. La primera sincronización ya empezó."))
        return redirect("authority")
    return _ask_for_it(request, form, connection, status=422)


def _ask_for_it(
    request: CompanyRequest, form: EfirmaForm, connection: AuthorityConnection | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "connection": connection}
    return render(request, "authority/connect.html", context, status=status)


@sensitive_variables()
def _connected(request: CompanyRequest, form: EfirmaForm) -> bool:
    given = form.cleaned_data
    try:
        row = connections.connect(
            cer=given["cer"], key=given["key"], password=given["password"], now=clock.now(), since=given["since"],
            actor=request.user, **form.wishes(),
        )  # fmt: skip
    except Refused as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return False
    trigger = Trigger.ASKED if row.runs.exists() else Trigger.FIRST
    _begin(request, row, trigger)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_AUTHORITY)
def change(request: CompanyRequest) -> HttpResponse:
    """How often, and what is asked for."""
    connection = queries.connection()
    if connection is None:
        return redirect("authority")
    form = WishesForm(request.POST if request.method == "POST" else None, connection=connection)
    if request.method == "POST" and form.is_valid():
        try:
            connections.change(
                connection_id=connection.pk, version=version_of(request), now=clock.now(), actor=request.user,
                **form.wishes(),
            )  # fmt: skip
        except Refused as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        except Stale as error:
            return errors.conflict(request, str(error))
        else:
            messages.success(request, _("Guardado."))
            return redirect("authority")
    context = {"form": form, "connection": connection}
    return render(request, "authority/change.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(permissions.MANAGE_AUTHORITY)
def revoke(request: CompanyRequest) -> HttpResponse:
    """Delete the e.firma."""
    connection = queries.connection()
    if connection is None:
        return redirect("authority")
    try:
        connections.revoke(
            connection_id=connection.pk, version=version_of(request), now=clock.now(), actor=request.user
        )
    except NotThere as error:
        raise Http404 from error
    except Stale as error:
        return errors.conflict(request, str(error))
    messages.success(request, _("La e.firma se borró. Lo que ya se trajo se queda."))
    return redirect("authority")


@require_POST
@needs(permissions.IMPORT_DOCUMENTS)
@limited("sat_sync", limit=20)
def sync(request: CompanyRequest) -> HttpResponse:
    """Begin a synchronisation now."""
    see_all(request)
    connection = queries.connection()
    if connection is not None and _begin(request, connection, Trigger.ASKED):
        messages.success(request, _("Empezó. Puedes salir de esta página: sigue sola."))
    return redirect("authority")


def _begin(request: CompanyRequest, connection: AuthorityConnection, trigger: str) -> bool:
    try:
        runs.start(connection=connection, trigger=trigger, now=clock.now(), asked_by=request.user)
    except (runs.AlreadyRunning, connections.NotConnected) as problem:
        messages.error(request, str(problem))
        return False
    enqueue_step()
    return True
