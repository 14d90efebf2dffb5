"""Inicio: how the company stands today, and the first steps of a new one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from aldia.domain.calendars import add_months
from aldia.domain.money import exponent
from aldia.receivables.queries.states import company_ranges
from aldia.reporting import words
from aldia.reporting.queries import dashboard as board
from aldia.reporting.queries import drill
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.indicators import indicators_of
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import months
from aldia.web.views.reports_common import Asked, amounts, indicator, rows_url, series_of, shares

SHOWN_INDICATORS = ("dso", "countback", "cei", "rotation")


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """The dashboard; the first steps while nothing is collected yet."""
    progress = board.progress()
    if progress.is_new:
        return render(request, "home/welcome.html", {"steps": _steps(progress)})
    asked = Asked(request)
    currency = asked.currency() or asked.home
    found = board.dashboard(
        sight=asked.sight, today=asked.today, home=asked.home, currency=currency, ranges=company_ranges()
    )
    text = amounts(currency, request)
    context = {
        "found": found,
        "currency": currency,
        "tabs": _currency_tabs(found, currency),
        "links": {name: rows_url(getattr(found, name).drill) for name in _FIGURES},
        "change": _change(found),
        "month": date_format(asked.today, "F"),
        "month_before": date_format(add_months(asked.today.replace(day=1), -1), "F"),
        "top": [
            {
                "row": row,
                "url": rows_url(Drill(drill.OWED, currency, customer=board.customer_id(row))),
                "shares": shares(row.buckets, found.ranges, text),
            }
            for row in found.top
        ],
        "series": series_of(found.ranges),
        "work": [_work(each, request) for each in board.work(sight=asked.sight, today=asked.today, home=asked.home)],
    }
    return render(request, "home/index.html", context)


_FIGURES = ("owed", "overdue", "due_7", "due_30", "collected", "collected_before", "presumed", "in_favour")


@require_safe
@needs(permissions.VIEW)
def chart(request: CompanyRequest) -> HttpResponse:
    """The aging of the last six months, drawn when the page is already there."""
    asked = Asked(request)
    currency, ranges = asked.currency() or asked.home, company_ranges()
    found = board.history(sight=asked.sight, today=asked.today, currency=currency, ranges=ranges)
    unit = 10 ** exponent(currency)
    bars = [
        charts.Bar(
            months()[end.month - 1],
            tuple(max(0, minor) for minor in buckets),
            f"{reverse('report_aging')}?as_of={end.isoformat()}&currency={currency}",
        )
        for end, buckets in found
    ]
    drawn = charts.stacked_bars(
        series=series_of(ranges),
        columns=bars,
        text=amounts(currency, request),
        axis=lambda minor: charts.short_text(minor, unit),
    )
    return render(request, "home/_chart.html", {"chart": drawn, "currency": currency})


@require_safe
@needs(permissions.VIEW)
def indicators(request: CompanyRequest) -> HttpResponse:
    """DSO and its like over the last 90 days."""
    asked = Asked(request)
    currency, first = asked.currency() or asked.home, add_months(asked.today, -3)
    found = indicators_of(sight=asked.sight, currency=currency, first=first, last=asked.today, today=asked.today)
    context = {
        "values": [indicator(found.value(key), request) for key in SHOWN_INDICATORS],
        "currency": currency,
        "first": first,
    }
    return render(request, "home/_indicators.html", context)


def _currency_tabs(found: board.Dashboard, currency: str) -> list[dict[str, Any]]:
    """A tab for each currency in which something is owed; none when there is only one."""
    names = [total.currency for total in found.totals]
    if names in ([], [currency]):
        return []
    names = names if currency in names else [currency, *names]
    return [{"label": name, "url": f"?currency={name}", "active": name == currency} for name in names]


def _change(found: board.Dashboard) -> dict[str, Any] | None:
    """Collected this month against the same days of the one before, in thousandths."""
    before = found.collected_same_days.amount
    if not before:
        return None
    thousandths = 1000 * (found.collected.amount - before) // before
    return {"is_up": thousandths >= 0, "text": f"{abs(thousandths) / 10:.1f} %"}


def _steps(progress: board.Progress) -> list[dict[str, Any]]:
    """The road of the first day: each step with where to go."""
    steps = [
        (
            _("Sube tus CFDI"),
            _("Los XML o el ZIP que descargas del SAT. Aldía lee facturas, notas de crédito y complementos de pago."),
            "cloud-upload",
            _("Importar"),
            ("imports",),
            progress.has_documents,
        ),
        (
            _("Prende a tus clientes"),
            _("Elige a quiénes les cobras con Aldía: al prenderlos se abre lo que ya te deben."),
            "toggle-right",
            _("Ver clientes"),
            ("customers", "customer_list"),
            progress.has_customers_on,
        ),
        (
            _("Mira quién te debe"),
            _("Cuánto, desde cuándo y con qué antigüedad, al centavo."),
            "chart-bar",
            _("Ver antigüedad"),
            ("report_aging",),
            progress.has_receivables,
        ),
    ]
    current = next((index for index, step in enumerate(steps) if not step[5]), len(steps) - 1)
    return [
        {
            "number": index + 1,
            "title": title,
            "text": text,
            "icon": icon,
            "action": action,
            "url": _first_url(names),
            "done": done,
            "current": index == current,
        }
        for index, (title, text, icon, action, names, done) in enumerate(steps)
    ]


def _first_url(names: tuple[str, ...]) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _work(each: board.Work, request: CompanyRequest) -> dict[str, Any]:
    """An item of «Para hoy»: words, icon, tint, where it leads."""
    label, icon, tint, url = _about_work(each)
    note = words.by_currency(each.amounts, request.company)
    return {"label": label, "icon": icon, "tint": tint, "url": url, "count": each.count, "note": note}


def _about_work(each: board.Work) -> tuple[str, str, str, str]:
    n, customers = each.count, _first_url(("customers", "customer_list"))
    imports, review = _first_url(("imports",)), rows_url(Drill(drill.REVIEW))
    known = {
        "imports_failed": (ngettext("Importación detenida", "Importaciones detenidas", n), "file-off", "red", imports),
        "imports_running": (
            ngettext("Importación en curso", "Importaciones en curso", n),
            "file-upload",
            "azure",
            imports,
        ),
        "review": (ngettext("Pago por revisar", "Pagos por revisar", n), "zoom-question", "yellow", review),
        "online": (
            ngettext("Pago en línea por revisar", "Pagos en línea por revisar", n),
            "world",
            "yellow",
            f"{reverse('payment_attempts')}?tab=review",
        ),
        "to_reconcile": (
            ngettext("Movimiento por conciliar", "Movimientos por conciliar", n),
            "list-check",
            "yellow",
            reverse("reconcile_inbox"),
        ),
        "reported": (
            ngettext("Aviso de pago por revisar", "Avisos de pago por revisar", n),
            "message-dollar",
            "yellow",
            f"{reverse('reports')}?tab=waiting",
        ),
        "in_favour": (
            ngettext("Saldo a favor por aplicar", "Saldos a favor por aplicar", n),
            "coin",
            "green",
            rows_url(Drill(drill.IN_FAVOUR)),
        ),
        "lines_exceeded": (
            ngettext("Línea de crédito excedida", "Líneas de crédito excedidas", n),
            "gauge",
            "red",
            customers,
        ),
        "to_switch_on": (
            ngettext("Cliente apagado con facturas", "Clientes apagados con facturas", n),
            "toggle-left",
            "gray",
            f"{customers}?state=off",
        ),
    }
    return known[each.key]
