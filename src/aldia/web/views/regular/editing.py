"""Having a report sent: choosing it, saying when and to whom, and what may be done with it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.jobs.reminders import enqueue_sending
from aldia.receivables.queries import lists
from aldia.reporting.catalogue import REPORTS, Report
from aldia.reporting.models import ReportSchedule
from aldia.reporting.operations import schedules, sendings
from aldia.reporting.operations.schedules import ScheduleError, Stale
from aldia.reporting.options import CUSTOMER
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.forms_regular import RegularForm, initial_of
from aldia.web.limits import limited
from aldia.web.views import errors
from aldia.web.views.receivables.common import done
from aldia.web.views.regular.schedules import schedule_or_404

FIELDS = {"day": "weekday", "report": "", "customer": "option_customer", "portfolio": "option_portfolio"}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REPORTS)
def new(request: CompanyRequest) -> HttpResponse:
    """A new one: of the report in the address, with the options of the page that the person comes from."""
    report = REPORTS.get(request.GET.get("report", ""))
    if report is None:
        return redirect("report_schedules")
    if CUSTOMER in report.options and not request.GET.get("customer"):
        messages.info(request, _("Elige el cliente: desde su estado de cuenta lo programas."))
        return redirect("report_statement")
    customer = _customer(request, request.GET.get("customer", ""))
    start = {f"option_{name}": request.GET.get(name, "") for name in report.options}
    name = f"{report.title} · {customer}" if customer else str(report.title)
    start |= {"name": name, "people": [str(request.user.pk)]}
    form = _form(request, report, customer, start)
    if request.method == "POST" and form.is_valid():
        row = _saved(request, form, None)
        if row is not None:
            messages.success(request, _("Queda programado: el primero sale el %(day)s.") % {"day": _day(row)})
            return redirect("report_schedule", row.pk)
    return _page(request, form, report, customer, None)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REPORTS)
def edit(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    row = schedule_or_404(request, reportschedule_id)
    report = REPORTS.get(row.report)
    if report is None or row.archived_at is not None:
        raise Http404
    customer = _customer(request, row.options.get(CUSTOMER, ""))
    form = _form(request, report, customer, initial_of(row))
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, form, row)
        if saved is not None:
            messages.success(request, _("Guardado. El siguiente sale el %(day)s.") % {"day": _day(saved)})
            return redirect("report_schedule", row.pk)
    return _page(request, form, report, customer, row)


def _day(row: ReportSchedule) -> str:
    return day_text(row.next_on)


def _customer(request: CompanyRequest, text: str) -> Customer | None:
    if not text:
        return None
    key = customer_queries.as_uuid(text)
    rows = customer_queries.visible_to(request.membership).filter(generic=False)
    return get_object_or_404(rows, pk=key)


def _form(request: CompanyRequest, report: Report, customer: Customer | None, start: dict[str, Any]) -> RegularForm:
    portfolios = customer_queries.portfolios_visible_to(request.membership)
    return RegularForm(
        request.POST if request.method == "POST" else None,
        initial=start,
        report=report,
        customer=customer,
        portfolios=[("none", _("Sin cartera")), *((str(each.pk), each.name) for each in portfolios)],
        currencies=lists.currencies(request.company.currency),
    )


def _saved(request: CompanyRequest, form: RegularForm, row: ReportSchedule | None) -> ReportSchedule | None:
    """The saved row; None with the refusal on the form."""
    try:
        return schedules.write_schedule(
            words=form.words,
            now=clock.now(),
            actor=request.user,
            schedule_id=row.pk if row else None,
            version=form.cleaned_data.get("version") or 0,
        )
    except ScheduleError as error:
        field = FIELDS.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, str(error))
        return None


def _page(
    request: CompanyRequest, form: RegularForm, report: Report, customer: Customer | None, row: ReportSchedule | None
) -> HttpResponse:
    back = reverse("report_schedule", args=[row.pk]) if row else reverse("report_schedules")
    context = {"form": form, "report": report, "customer": customer, "row": row, "back": back}
    return render(request, "regular/form.html", context, status=422 if form.errors else 200)


def _act(
    request: CompanyRequest, schedule_id: UUID, act: Callable[..., ReportSchedule]
) -> ReportSchedule | HttpResponse:
    """One decision about a schedule that the person sees; a lost race is a 409."""
    row = schedule_or_404(request, schedule_id)
    version = request.POST.get("version", "")
    try:
        return act(
            schedule_id=row.pk,
            version=int(version) if version.isascii() and version.isdigit() else row.version,
            now=clock.now(),
            actor=request.user,
        )
    except Stale as error:
        return errors.conflict(request, str(error))
    except ReportSchedule.DoesNotExist:
        raise Http404 from None


@require_POST
@needs(permissions.MANAGE_REPORTS)
def pause(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    found = _act(request, reportschedule_id, schedules.pause)
    if isinstance(found, HttpResponse):
        return found
    done(
        request,
        _("En pausa: no sale nada mientras no lo reanudes."),
        reverse("report_schedule_resume", args=[found.pk]),
    )
    return redirect("report_schedule", found.pk)


@require_POST
@needs(permissions.MANAGE_REPORTS)
def resume(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    found = _act(request, reportschedule_id, schedules.resume)
    if isinstance(found, HttpResponse):
        return found
    messages.success(request, _("Reanudado. El siguiente sale el %(day)s.") % {"day": _day(found)})
    return redirect("report_schedule", found.pk)


@require_POST
@needs(permissions.MANAGE_REPORTS)
def archive(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    found = _act(request, reportschedule_id, schedules.archive)
    if isinstance(found, HttpResponse):
        return found
    done(request, _("Archivado: ya no sale."), reverse("report_schedule_restore", args=[found.pk]))
    return redirect("report_schedules")


@require_POST
@needs(permissions.MANAGE_REPORTS)
def restore(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    found = _act(request, reportschedule_id, schedules.restore)
    if isinstance(found, HttpResponse):
        return found
    messages.success(request, _("De vuelta. El siguiente sale el %(day)s.") % {"day": _day(found)})
    return redirect("report_schedule", found.pk)


@require_POST
@needs(permissions.MANAGE_REPORTS)
@limited("report", limit=60)
def send_now(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    """Today's, to everybody on it, at once."""
    row = schedule_or_404(request, reportschedule_id)
    try:
        sendings.send_now(schedule_id=row.pk, now=clock.now(), actor=request.user)
    except sendings.SendingError as error:
        messages.error(request, str(error))
    except ReportSchedule.DoesNotExist:
        raise Http404 from None
    else:
        enqueue_sending()
        messages.success(request, _("Va en camino."))
    return redirect("report_schedule", row.pk)


@require_POST
@needs(permissions.MANAGE_REPORTS)
@limited("report", limit=60)
def sample(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    """The same to whoever asks, and to nobody else."""
    row = schedule_or_404(request, reportschedule_id)
    key = customer_queries.as_uuid(request.POST.get("key", "")) or uuid4()
    try:
        sendings.send_sample(schedule_id=row.pk, key=key, now=clock.now(), actor=request.user)
    except sendings.SendingError as error:
        messages.error(request, str(error))
    else:
        enqueue_sending()
        messages.success(request, _("Te lo mandamos a %(address)s.") % {"address": request.user.email})
    return redirect("report_schedule", row.pk)
