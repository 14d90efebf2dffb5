"""Flujo de efectivo: when the money comes, how sure that is, and what else is known of it, each on its own."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.cash_flow import FORTNIGHT, HALF, MONTH, QUARTER, STEPS, WEEK, Span
from aldia.forecasts.models import InvoiceForecast
from aldia.forecasts.queries import current, parts
from aldia.receivables.queries import lists
from aldia.reporting import cash_sheets
from aldia.reporting.queries import cash_flow as queries
from aldia.reporting.queries import drill
from aldia.reporting.queries.cash_flow import CashFlow, Period
from aldia.reporting.queries.drill import Drill
from aldia.reporting.sheet_papers import kept, sheets_pdf
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.collecting.common import patience_of
from aldia.web.views.regular.cash_chart import cash_chart
from aldia.web.views.reports_common import Asked, amounts, file_name, pdf, rows_url, xlsx

PAGE_SIZE, MOST = 100, 1_000
TABS = (
    (WEEK, gettext_lazy("Semanas")),
    (FORTNIGHT, gettext_lazy("Quincenas")),
    (MONTH, gettext_lazy("Meses")),
    (QUARTER, gettext_lazy("Trimestres")),
    (HALF, gettext_lazy("Semestres")),
)


@require_safe
@needs(permissions.VIEW)
def cash_flow(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    flow = _flow(asked)
    rows = [_row(flow, each, asked) for each in flow.periods]
    context = {
        "flow": flow,
        "asked": asked,
        "rows": rows,
        "total": _total(flow),
        "told": cash_sheets.told(flow, request.company),
        "step": flow.asked.step,
        "step_name": cash_sheets.step_name(flow.asked.step),
        "tabs": [
            {"label": label, "url": f"?{_query(asked, step=step)}", "active": step == flow.asked.step}
            for step, label in TABS
        ],
        "currencies": lists.currencies(asked.home),
        "currency": flow.asked.currency,
        "portfolios": asked.portfolios(),
        "portfolio": flow.asked.portfolio,
        "query": request.GET.urlencode(),
        "chart": cash_chart(
            flow, text=amounts(flow.asked.currency, request), urls=[row["expected_url"] for row in rows]
        ),
        "overdue_url": rows_url(Drill(drill.OWED, flow.asked.currency, portfolio=flow.asked.portfolio)),
        "mail_url": f"{reverse('report_schedule_new')}?{urlencode(_options(flow))}",
    }
    return render(request, "regular/cash_flow.html", context)


@require_safe
@needs(permissions.EXPORT)
def cash_flow_xlsx(request: CompanyRequest) -> HttpResponse:
    flow = _flow(Asked(request))
    return xlsx(cash_sheets.cash_flow_sheets(flow, company=request.company), _name(flow, request, "xlsx"))


@require_safe
@needs(permissions.EXPORT)
def cash_flow_pdf(request: CompanyRequest) -> HttpResponse:
    flow = _flow(Asked(request))
    sheets = kept(cash_sheets.cash_flow_sheets(flow, company=request.company))
    return pdf(sheets_pdf(sheets, company=request.company, today=flow.today), _name(flow, request, "pdf"))


@require_safe
@needs(permissions.VIEW)
def cash_flow_rows(request: CompanyRequest) -> HttpResponse:
    """The documents from which a period expects its money, those that bring most first."""
    asked, run = Asked(request), current.latest_run()
    first, last = asked.day("first", _("Desde")), asked.day("last", _("Hasta"))
    if run is None or first is None or last is None or last < first:
        raise Http404
    wanted, span = _wanted(asked), Span(first, last)
    rows = queries.invoices(run, asked.sight, wanted)
    shares, sum_, count = parts.shares_of(run, rows, first, last, MOST)
    page = Paginator(shares, PAGE_SIZE).get_page(request.GET.get("page"))
    named = InvoiceForecast.objects.filter(run=run, receivable_id__in=[each.receivable_id for each in page])
    by_id = {each.receivable_id: each for each in named.select_related("receivable__customer")}
    context = {
        "page": page,
        "rows": [(each, by_id[each.receivable_id]) for each in page],
        "span": cash_sheets.span_words(span),
        "currency": wanted.currency,
        "sum": sum_,
        "count": count,
        "most": MOST,
        "back": f"{reverse('cash_flow')}?{_query(asked)}",
        "run": run,
    }
    return render(request, "regular/cash_rows.html", context)


def _wanted(asked: Asked) -> queries.Asked:
    return queries.Asked(
        currency=asked.currency() or asked.home,
        step=asked.choice("step", STEPS, MONTH),
        portfolio=asked.portfolio(),
        with_billing=asked.text("billing") == "1",
    )


def _flow(asked: Asked) -> CashFlow:
    company = asked.request.company
    return queries.cash_flow(sight=asked.sight, asked=_wanted(asked), today=asked.today, patience=patience_of(company))


def _row(flow: CashFlow, each: Period, asked: Asked) -> dict[str, Any]:
    first, last = each.span.first, each.span.last
    due = Drill(drill.OWED, flow.asked.currency, due_from=first, due_to=last, portfolio=flow.asked.portfolio)
    rows = _query(asked, first=first.isoformat(), last=last.isoformat())
    return {
        "period": each,
        "label": cash_sheets.span_words(each.span),
        "is_part": each.inflow is not None and not each.inflow.is_whole,
        "due_url": rows_url(due) if each.due else "",
        "expected_url": f"{reverse('cash_flow_rows')}?{rows}" if each.inflow and each.inflow.expected else "",
        "bills": _bills(flow, each, asked.today),
    }


def _bills(flow: CashFlow, each: Period, today: date) -> list[Any]:
    return [bill for bill in flow.bills if each.span.holds(max(bill.due_on, today))]


def _total(flow: CashFlow) -> dict[str, int | None]:
    rows = flow.periods
    sums: dict[str, int | None] = {name: sum(getattr(each, name) for each in rows) for name in _SUMMED}
    net = sum(each.net for each in rows if each.net is not None)
    return {**sums, "expected": flow.expected if flow.run else None, "net": net if flow.run else None}


_SUMMED = ("due", "promised", "billed", "payables", "credits")


def _options(flow: CashFlow) -> dict[str, str]:
    """This flow as the options of a report that goes by mail."""
    found = {
        "report": "cash_flow",
        "step": flow.asked.step,
        "currency": flow.asked.currency,
        "portfolio": flow.asked.portfolio,
        "billing": "1" if flow.asked.with_billing else "",
    }
    return {name: value for name, value in found.items() if value}


def _query(asked: Asked, **changes: str) -> str:
    """What was asked for, with a change."""
    names = ("step", "currency", "portfolio", "billing")
    found = {name: asked.text(name) for name in names} | changes
    return urlencode({name: value for name, value in found.items() if value})


def _name(flow: CashFlow, request: CompanyRequest, ending: str) -> str:
    return file_name("flujo-de-efectivo", request.company.slug, flow.today, ending=ending)
