"""Reportes por correo: which go by themselves, one of them with what it sent, and the reports that there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.integrations.spreadsheets import Sheet
from aldia.receivables.queries.sight import sight_of
from aldia.reporting.catalogue import PDF, REPORTS, TYPES, XLSX, Ask, CannotMake, Report, make, report_of
from aldia.reporting.models import ReportSchedule
from aldia.reporting.options import CUSTOMER, OptionError, read_options
from aldia.reporting.queries import schedules as queries
from aldia.reporting.sheet_papers import cell_text
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.regular import words
from aldia.web.views.reports_common import file_name

SHOWN, PREVIEWED = 60, 12


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """The schedules, and below them every report with its page, its files and how to have it sent."""
    archived = request.GET.get("tab") == "archived"
    rows = list(_visible(request, archived=archived))
    names, since = words.names_of(rows), clock.today(request.company) - queries.LATELY * 20
    last = queries.last_of([row.pk for row in rows], since=since)
    context = {
        "lines": [_line(row, last.get(row.pk), names) for row in rows],
        "tabs": _tabs(request, archived),
        "archived": archived,
        "reports": [each for each in map(_card, REPORTS.values()) if allows(request.membership, each["permission"])],
    }
    return render(request, "regular/schedules.html", context)


def _visible(request: CompanyRequest, *, archived: bool = False) -> Any:
    """Who sees only the own portfolio sees only the own schedules: others name customers and people."""
    rows = queries.schedules(archived=archived)
    return rows.filter(owner=request.user) if request.membership.own_portfolio_only else rows


def schedule_or_404(request: CompanyRequest, schedule_id: UUID) -> ReportSchedule:
    rows = ReportSchedule.objects.select_related("owner")
    if request.membership.own_portfolio_only:
        rows = rows.filter(owner=request.user)
    return get_object_or_404(rows, pk=schedule_id)


def _tabs(request: CompanyRequest, archived: bool) -> list[dict[str, Any]]:
    count = _visible(request, archived=True).count()
    found = [{"label": _("Programados"), "url": "?", "active": not archived}]
    if count or archived:
        found.append({"label": _("Archivados"), "url": "?tab=archived", "active": archived, "count": count})
    return found


def _line(row: ReportSchedule, last: Any, names: dict[str, str]) -> dict[str, Any]:
    report = REPORTS.get(row.report)
    return {
        "row": row,
        "report": report.title if report else row.report,
        "icon": report.icon if report else "file-off",
        "when": words.when(row),
        "people": words.people(row, names),
        "last": last,
        "outcome": words.outcome(last),
    }


def _card(report: Report) -> dict[str, Any]:
    try:
        url = reverse(report.page)
    except NoReverseMatch:
        url = ""
    return {"report": report, "url": url, "files": CUSTOMER not in report.options, "permission": report.permission}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, reportschedule_id: UUID) -> HttpResponse:
    """One schedule: what it sends and to whom, how it looks today, and what became of each day."""
    row = schedule_or_404(request, reportschedule_id)
    sent = list(queries.sendings([row.pk])[: SHOWN + 1])
    preview, trouble = _preview(request, row)
    report = REPORTS.get(row.report)
    context = {
        "row": row,
        "report": report,
        "when": words.when(row),
        "facts": _facts(row),
        "sent": [(each, words.outcome(each)) for each in sent[:SHOWN]],
        "has_more": len(sent) > SHOWN,
        "preview": preview,
        "trouble": trouble,
        "today": clock.today(request.company),
    }
    return render(request, "regular/schedule.html", context)


def _facts(row: ReportSchedule) -> list[tuple[str, Any]]:
    return [
        (_("Va a"), ", ".join(words.people(row, words.names_of([row])))),
        (_("Cómo va"), words.format_name(row)),
        *words.chosen(row),
        (_("Lo programó"), str(row.owner)),
    ]


def _preview(request: CompanyRequest, row: ReportSchedule) -> tuple[list[dict[str, Any]], str]:
    """How it looks today for whoever is looking: the first rows of each sheet; or why it cannot be made."""
    try:
        report = report_of(row.report)
        if not allows(request.membership, report.permission):
            return [], _("No tienes permiso de ver este reporte.")
        options = read_options(report.options, row.options)
        found = report.sheets(_ask(request, options))
    except (CannotMake, OptionError) as error:
        return [], str(error)
    return [_table(each, request) for each in found], ""


def _ask(request: CompanyRequest, options: dict[str, str]) -> Ask:
    return Ask(request.company, sight_of(request.membership), clock.today(request.company), options)


def _table(sheet: Sheet, request: CompanyRequest) -> dict[str, Any]:
    shown, more = [], False
    for row in sheet.rows:
        if len(shown) == PREVIEWED:
            more = True
            break
        shown.append(_cells(row, sheet, request))
    footer = [_cells(row, sheet, request) for row in sheet.footer]
    heads = [(column.heading, column.kind in ("money", "whole", "percent")) for column in sheet.columns]
    return {"name": sheet.name, "heads": heads, "rows": shown, "more": more, "footer": footer}


def _cells(row: Any, sheet: Sheet, request: CompanyRequest) -> list[tuple[str, bool]]:
    return [
        (cell_text(cell, column, request.company), column.kind in ("money", "whole", "percent"))
        for cell, column in zip(row, sheet.columns, strict=True)
    ]


@require_safe
@needs(permissions.EXPORT)
def file(request: CompanyRequest) -> HttpResponse:
    """Any report as a file at once: `?report=…&format=xlsx|pdf` and its options."""
    report = REPORTS.get(request.GET.get("report", ""))
    if report is None or not allows(request.membership, report.permission):
        messages.error(request, _("Ese reporte ya no existe."))
        return redirect("report_schedules")
    ending = PDF if request.GET.get("format") == PDF else XLSX
    today = clock.today(request.company)
    try:
        options = read_options(report.options, request.GET.dict())
        made = make(report, _ask(request, options), ending=ending, stem=str(report.key))
    except (CannotMake, OptionError) as error:
        messages.error(request, str(error))
        return redirect("report_schedules")
    found = made.files[0]
    given = PDF if found.content_type == TYPES[PDF] else XLSX
    answer = HttpResponse(found.data, content_type=found.content_type)
    name = file_name(report.title, request.company.slug, today, ending=given)
    answer["Content-Disposition"] = f'{"inline" if given == PDF else "attachment"}; filename="{name}"'
    return answer
