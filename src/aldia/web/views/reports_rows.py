"""The rows behind any figure, and Saldos vencidos: on screen and in Excel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from aldia.receivables.queries import states
from aldia.reporting import exports, sheets, words
from aldia.reporting.queries import drill
from aldia.reporting.queries.drill import BadDrill, Drill
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.views.reports_common import Asked, file_name, receivable_url, rows_url, xlsx
from aldia.web.views.reports_downloads import offer

PAGE_SIZE = 100
TITLES = {
    drill.OWED: gettext_lazy("Documentos por cobrar"),
    drill.SALES: gettext_lazy("Ventas a crédito"),
    drill.RETURNS: gettext_lazy("Notas de crédito"),
    drill.COLLECTED: gettext_lazy("Cobrado"),
    drill.PRESUMED: gettext_lazy("Pagos presuntos (PUE)"),
    drill.IN_FAVOUR: gettext_lazy("Saldos a favor por aplicar"),
    drill.REVIEW: gettext_lazy("Pagos y créditos por revisar"),
}


@require_safe
@needs(permissions.VIEW)
def rows(request: CompanyRequest) -> HttpResponse:
    """The documents (or payments) that sum to a figure."""
    return _rows_page(request, _read_drill(request), _("Detalle"))


@require_safe
@needs(permissions.VIEW)
def overdue(request: CompanyRequest) -> HttpResponse:
    """Saldos vencidos: every document that is late today, the oldest first."""
    asked = Asked(request)
    wanted = Drill(drill.OWED, asked.currency(), due_to=asked.today - timedelta(days=1), portfolio=asked.portfolio())
    return _rows_page(request, wanted, _("Reportes"), title=_("Saldos vencidos"))


def _rows_page(request: CompanyRequest, wanted: Drill, pretitle: str, title: str = "") -> HttpResponse:
    asked = Asked(request)
    found = drill.ordered(drill.rows_behind(wanted, sight=asked.sight, today=asked.today), wanted)
    sums = drill.sums_behind(wanted, sight=asked.sight, today=asked.today, home=asked.home)
    page = Paginator(found, PAGE_SIZE)
    page.count = sum(each.count for each in sums)  # already known: saves counting again
    shown = page.get_page(request.GET.get("page"))
    as_of = wanted.as_of or asked.today
    of_receivables = wanted.what in drill.OF_RECEIVABLES
    context = {
        "title": title or TITLES[wanted.what],
        "pretitle": pretitle,
        "lead": _about(wanted, as_of),
        "sums": sums,
        "page": shown,
        "rows": [_shown(row, of_receivables, as_of) for row in shown],
        "of_receivables": of_receivables,
        "as_of": as_of,
        "is_past": as_of < asked.today,
        "xlsx_url": rows_url(wanted, include_off=asked.include_off).replace(
            reverse("report_rows"), reverse("report_rows_xlsx"), 1
        ),
    }
    return render(request, "reports/rows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EXPORT)
def rows_xlsx(request: CompanyRequest) -> HttpResponse:
    asked, wanted = Asked(request), _read_drill(request)
    sums = drill.sums_behind(wanted, sight=asked.sight, today=asked.today, home=asked.home)
    as_of = wanted.as_of or asked.today
    title = f"{TITLES[wanted.what]} · {_about(wanted, as_of)}"
    name, count = file_name(TITLES[wanted.what], as_of, ending="xlsx"), sum(each.count for each in sums)
    if count > exports.AT_ONCE:
        return offer(request, exports.order_rows(wanted, asked.sight, name=name, title=title), count)
    found = drill.ordered(drill.rows_behind(wanted, sight=asked.sight, today=asked.today), wanted)
    made = sheets.drill_sheets(found.iterator(chunk_size=2000), wanted, sums, title=title, as_of=as_of)
    return xlsx(made, name)


def _read_drill(request: CompanyRequest) -> Drill:
    try:
        return Drill.read(request.GET)
    except BadDrill:
        raise Http404 from None


def _about(wanted: Drill, as_of: Any) -> str:
    """Which rows they are, in words."""
    parts = []
    if wanted.what == drill.OWED:
        parts.append(_("lo que se debía al %(day)s") % {"day": day_text(as_of)})
        if wanted.due_from and wanted.due_to:
            span = {"first": day_text(wanted.due_from), "last": day_text(wanted.due_to)}
            parts.append(_("con vencimiento del %(first)s al %(last)s") % span)
        elif wanted.due_from:
            parts.append(_("que vence el %(day)s o después") % {"day": day_text(wanted.due_from)})
        elif wanted.due_to:
            parts.append(_("que venció el %(day)s o antes") % {"day": day_text(wanted.due_to)})
    elif wanted.first and wanted.last:
        span = {"first": day_text(wanted.first), "last": day_text(wanted.last)}
        parts.append(_("del %(first)s al %(last)s") % span)
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _shown(row: Any, of_receivables: bool, as_of: Any) -> dict[str, Any]:
    if not of_receivables:
        return {"row": row, "kind": words.credit_name(row.kind), "state": states.credit_state(row)}
    late = (as_of - row.due_on).days
    kind = words.kind_name(row.kind)
    return {"row": row, "kind": kind, "late": max(0, late), "url": receivable_url(row.pk)}
