"""Antigüedad de saldos: on screen, in Excel and as a paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from aldia.receivables.queries import lists
from aldia.reporting import exports, papers, sheets, words
from aldia.reporting.queries import aging as aging_queries
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import Aging, AgingRow
from aldia.reporting.queries.drill import Drill
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import (
    Asked,
    amounts,
    file_name,
    pdf,
    ranges_text,
    rows_url,
    series_of,
    shares,
    too_long,
    xlsx,
)
from aldia.web.views.reports_downloads import offer

PAGE_SIZE = 100
GROUP_NAMES = {
    aging_queries.CUSTOMER: gettext_lazy("Cliente"),
    aging_queries.PORTFOLIO: gettext_lazy("Cartera"),
    aging_queries.CURRENCY: gettext_lazy("Moneda"),
}
SORTS = ("total", "overdue", "name")


@require_safe
@needs(permissions.VIEW)
def aging(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = _aging(asked)
    page = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "found": found,
        "asked": asked,
        "page": page,
        "sections": [_section(found, total, list(page), asked) for total in found.totals],
        "heads": words.range_labels(found.ranges),
        "group": GROUP_NAMES[found.by],
        "groups": GROUP_NAMES.items(),
        "ranges": ranges_text(found.ranges),
        "currencies": lists.currencies(asked.home),
        "currency": asked.currency(),
        "portfolios": asked.portfolios(),
        "portfolio": asked.portfolio(),
        "sort": asked.choice("sort", SORTS, "total"),
        "query": request.GET.urlencode(),
        "is_past": found.as_of < asked.today,
        "series": series_of(found.ranges),
    }
    return render(request, "reports/aging.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EXPORT)
def aging_xlsx(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = _aging(asked)
    name = file_name("antiguedad", request.company.slug, found.as_of, ending="xlsx")
    if len(found.rows) > exports.AT_ONCE:
        order = exports.order_aging(found, _wanted(asked), asked.sight, ending="xlsx", name=name)
        return offer(request, order, len(found.rows))
    return xlsx(sheets.aging_sheets(found, company=request.company), name)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EXPORT)
def aging_pdf(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = _aging(asked)
    name = file_name("antiguedad", request.company.slug, found.as_of, ending="pdf")
    if len(found.rows) > exports.MOST_ON_PAPER:
        return too_long(request)
    if len(found.rows) > papers.MAX_ROWS:
        order = exports.order_aging(found, _wanted(asked), asked.sight, ending="pdf", name=name)
        return offer(request, order, len(found.rows))
    return pdf(papers.aging_pdf(found, company=request.company, today=asked.today), name)


def _wanted(asked: Asked) -> aging_queries.Wanted:
    return aging_queries.Wanted(
        currency=asked.currency(), portfolio=asked.portfolio(), sort=asked.choice("sort", SORTS, "total")
    )


def _aging(asked: Asked) -> Aging:
    return aging_queries.aging(
        sight=asked.sight,
        as_of=asked.day("as_of", _("Fecha")) or asked.today,
        today=asked.today,
        home=asked.home,
        ranges=asked.ranges(),
        by=asked.choice("by", aging_queries.GROUPS, aging_queries.CUSTOMER),
        wanted=_wanted(asked),
    )


def _section(found: Aging, total: AgingRow, rows: list[AgingRow], asked: Asked) -> dict[str, Any]:
    """One currency of the page: its rows of this page and its total, each amount with the address of its rows."""
    text = amounts(total.currency, asked.request)
    mine = [row for row in rows if row.currency == total.currency]
    return {
        "currency": total.currency,
        "rows": [_cells(found, row, asked) for row in mine],
        "total": _cells(found, total, asked, is_total=True),
        "shares": shares(total.buckets, found.ranges, text),
        "overdue_percent": f"{1000 * total.overdue // total.total / 10:.1f} %" if total.total > 0 else "",
    }


def _cells(found: Aging, row: AgingRow, asked: Asked, *, is_total: bool = False) -> dict[str, Any]:
    base = _group(found, row, asked.portfolio(), is_total)

    def url(first: Any, last: Any) -> str:
        rows = Drill(drill.OWED, row.currency, as_of=found.as_of, due_from=first, due_to=last, **base)
        return rows_url(rows, include_off=asked.include_off)

    def figure(minor: int, first: Any, last: Any) -> tuple[str, str]:
        return words.figure(minor, row.currency, asked.request.company) if minor else "", url(first, last)

    spans = [found.ranges.due_span(bucket, found.as_of) for bucket in range(found.ranges.size)]
    cells = [figure(minor, *span) for minor, span in zip(row.buckets, spans, strict=True)]
    return {
        "row": row,
        "url": url(None, None),
        "statement": reverse("customer_statement", args=[row.key]) if "customer" in base else "",
        "cells": cells,
        "overdue": figure(row.overdue, None, found.as_of - timedelta(days=1)),
        "total": figure(row.total, None, None),
    }


def _group(found: Aging, row: AgingRow, portfolio: str, is_total: bool) -> dict[str, Any]:
    """What narrows the rows of a figure to its group."""
    if is_total or found.by == aging_queries.CURRENCY:
        return {"portfolio": portfolio}
    if found.by == aging_queries.PORTFOLIO:
        return {"portfolio": row.key}
    return {"customer": row.key, "portfolio": portfolio}
