"""The history of flow: what came into each step and left it in a period, and the documents behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.models import StepMove
from aldia.collections.queries import step_flow
from aldia.domain.money import Money
from aldia.domain.steps import OUTSIDE, STEPS
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.queries import lists
from aldia.reporting.queries.figures import periods
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import months
from aldia.web.listing import Column, Listing, Page
from aldia.web.step_words import STEP_WORDS, step_name
from aldia.web.views.collecting.lists import sheet_name
from aldia.web.views.receivables.table import sheet_response
from aldia.web.views.reports_common import Asked

PERIODS = (
    ("month", gettext_lazy("Este mes")),
    ("last_month", gettext_lazy("Mes pasado")),
    ("week", gettext_lazy("Últimos 7 días")),
    ("quarter", gettext_lazy("Últimos 3 meses")),
)
MOST_POINTS = 13
MOVES = Listing(
    key="step_moves",
    columns=(
        Column("on", gettext_lazy("Día"), sort="on", always=True),
        Column("number", gettext_lazy("Folio")),
        Column("customer", gettext_lazy("Cliente"), sort="receivable__customer__legal_name"),
        Column("move", gettext_lazy("Paso")),
        Column("balance", gettext_lazy("Debía entonces"), sort="balance", numeric=True),
        Column("now", gettext_lazy("Debe hoy"), numeric=True),
    ),
    sort="-on",
)


class _Span:
    """The period that the address asks for; the days that are over, since history begins."""

    def __init__(self, asked: Asked, begin: date) -> None:
        yesterday = asked.today - timedelta(days=1)
        spans = {**periods(yesterday), "week": (yesterday - timedelta(days=6), yesterday)}
        typed = asked.text("first") or asked.text("last")
        self.period = "" if typed else asked.choice("period", dict(PERIODS), "month")
        first, last = spans[self.period or "month"]
        first, last = asked.day("first", _("Desde")) or first, asked.day("last", _("Hasta")) or last
        last = min(last, yesterday)
        if first > last:
            asked.errors.append(_("El periodo empieza después de terminar."))
            first, last = spans["month"]
        self.first, self.last = max(first, begin + timedelta(days=1)), last

    @property
    def is_empty(self) -> bool:
        return self.first > self.last


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    asked, begin = Asked(request), step_flow.begins_on()
    if begin is None:
        return render(request, "steps/flow_empty.html", {})
    span, currency, portfolio = _Span(asked, begin), asked.currency() or asked.home, asked.portfolio()
    context: dict[str, Any] = {
        "asked": asked,
        "span": span,
        "begin": begin,
        "currency": currency,
        "currencies": lists.currencies(asked.home),
        "portfolio": portfolio,
        "portfolios": asked.portfolios(),
        "periods": _tabs(span, currency, portfolio),
    }
    if not span.is_empty:
        found = step_flow.period(
            sight=asked.sight, first=span.first, last=span.last, begin=begin, currency=currency, portfolio=portfolio
        )
        rows = step_flow.moves(asked.sight, currency=currency, portfolio=portfolio)
        url = _Url({"first": span.first, "last": span.last, "currency": currency, "portfolio": portfolio})
        context |= {
            "found": found,
            "rows": [_row(found, step, url) for step in STEPS],
            "out": _linked(found.into(OUTSIDE), url.to(None, OUTSIDE)),
            "new": _linked(found.out_of(OUTSIDE), url.to(OUTSIDE, None)),
            "matrix": [(step, step_name(step, outside=_("De fuera")), _matrix_row(found, step, url))
                       for step in (*STEPS, OUTSIDE)],
            "heads": [*(step_name(step) for step in STEPS), _("Pagada o cancelada")],
            "chart": _chart(rows, begin, span),
            "query": urlencode(url.keep),
        }  # fmt: skip
    return render(request, "steps/flow.html", context)


class _Url:
    """Addresses of the moves behind a figure."""

    def __init__(self, keep: dict[str, Any]) -> None:
        self.keep = {name: str(value) for name, value in keep.items() if value}

    def to(self, from_step: int | None, to_step: int | None) -> str:
        asked = {"from": from_step, "to": to_step}
        steps = {name: value for name, value in asked.items() if value is not None}
        return f"{reverse('steps_moves')}?{urlencode(self.keep | steps)}"


def _linked(flow: step_flow.Flow, url: str) -> dict[str, Any]:
    return {"flow": flow, "url": url if flow.count else ""}


def _row(found: step_flow.Period, step: int, url: _Url) -> dict[str, Any]:
    return {
        "step": step,
        "words": STEP_WORDS[step],
        "before": found.before[step],
        "came": _linked(found.into(step), url.to(None, step)),
        "left": _linked(found.out_of(step), url.to(step, None)),
        "closed": _linked(found.between(step, OUTSIDE), url.to(step, OUTSIDE)),
        "after": found.after[step],
        "days": found.days.get(step),
    }


def _matrix_row(found: step_flow.Period, step: int, url: _Url) -> list[dict[str, Any]]:
    return [_linked(found.between(step, to), url.to(step, to)) for to in (*STEPS, OUTSIDE)]


def _tabs(span: _Span, currency: str, portfolio: str) -> list[dict[str, Any]]:
    keep = {"currency": currency, **({"portfolio": portfolio} if portfolio else {})}
    return [
        {"label": label, "url": f"?{urlencode({'period': name, **keep})}", "active": name == span.period}
        for name, label in PERIODS
    ]


def _chart(rows: QuerySet[StepMove], begin: date, span: _Span) -> charts.BarChart:
    """How many stood in each step at the end of some days of the period, at most one bar a day."""
    first, days = max(begin, span.first - timedelta(days=1)), (span.last - span.first).days + 1
    apart = max(1, -(-days // (MOST_POINTS - 1)))
    points = sorted({span.last - timedelta(days=back) for back in range(0, days + 1, apart)} & _between(first, span))
    series = [charts.Series(str(STEP_WORDS[step].name), f"s{step}") for step in STEPS]
    bars = [
        charts.Bar(f"{on.day} {months()[on.month - 1]}", tuple(max(0, stood[step]) for step in STEPS))
        for on, stood in step_flow.stocks(rows, points)
    ]
    return charts.stacked_bars(series=series, columns=bars, text=lambda n: f"{n:,}", axis=lambda n: f"{n:,}")


def _between(first: date, span: _Span) -> set[date]:
    return {first + timedelta(days=after) for after in range((span.last - first).days + 1)}


@require_safe
@needs(permissions.VIEW)
def moves(request: CompanyRequest) -> HttpResponse:
    """The documents that went from one step to another in a period."""
    asked = Asked(request)
    span, from_step, to_step, rows = _moves(asked)
    page: Page[Any] = MOVES.page(request, rows.select_related("receivable", "receivable__customer"))
    for row in page.rows:
        row.came, row.went = _ends(row)
    query = request.GET.urlencode()
    context = {"page": page, "span": span, "title": _title(from_step, to_step), "query": query}
    return render(request, "steps/moves.html", context)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """The same documents in Excel; without steps, every move of the period."""
    span, _from, _to, rows = _moves(Asked(request))
    columns = [
        SheetColumn(_("Día"), "day", 12),
        SheetColumn(_("Paso anterior"), width=24),
        SheetColumn(_("Paso siguiente"), width=24),
        SheetColumn(_("Folio")),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Debía entonces"), "money"),
        SheetColumn(_("Debe hoy"), "money"),
    ]
    name = f"{sheet_name(request, _('movimientos-entre-pasos'))}-{span.first}-{span.last}"
    found = rows.select_related("receivable__customer").order_by("on", "id")
    return sheet_response(_("Movimientos"), columns, _cells(found), name)


def _moves(asked: Asked) -> tuple[_Span, int | None, int | None, QuerySet[StepMove]]:
    begin = step_flow.begins_on() or asked.today
    span, from_step, to_step = _Span(asked, begin), _step(asked, "from"), _step(asked, "to")
    found = step_flow.moves(asked.sight, currency=asked.currency(), portfolio=asked.portfolio())
    rows = step_flow.moves_between(
        found, first=span.first, last=span.last, begin=begin, from_step=from_step, to_step=to_step
    )
    return span, from_step, to_step, rows


def _ends(row: StepMove) -> tuple[str, str]:
    """The names of where it came from and where it went."""
    came = step_name(row.from_step, outside=_("Nueva"))
    return came, step_name(row.to_step, outside=_("Pagada o cancelada"))


def _cells(rows: QuerySet[StepMove]) -> Iterator[list[Cell]]:
    for row in rows.iterator(chunk_size=1000):
        debt = row.receivable
        yield [
            row.on, *_ends(row), debt.number, debt.customer.tax_id, debt.customer.legal_name, debt.currency,
            Money(row.balance, debt.currency), Money(debt.balance, debt.currency),
        ]  # fmt: skip


def _step(asked: Asked, name: str) -> int | None:
    text = asked.choice(name, [str(step) for step in (OUTSIDE, *STEPS)])
    return int(text) if text else None


def _title(from_step: int | None, to_step: int | None) -> str:
    came = "" if from_step is None else step_name(from_step, outside=_("Nuevas"))
    went = "" if to_step is None else step_name(to_step, outside=_("Pagadas o canceladas"))
    if came and went:
        return f"{came} → {went}"
    if went:
        return _("Llegaron a %(step)s") % {"step": went} if to_step else went
    return (_("Salieron de %(step)s") % {"step": came} if from_step else came) or _("Movimientos entre pasos")
