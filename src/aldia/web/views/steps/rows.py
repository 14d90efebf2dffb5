"""The documents behind the board: each with its step, since when and why; on screen and in Excel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain import steps
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Receivable
from aldia.receivables.queries import lists
from aldia.reporting.queries.step_facts import facts_of
from aldia.reporting.queries.steps import open_rows, with_step
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Amount, Column, Day, Listing, Page, Pick, Search
from aldia.web.step_words import STEP_WORDS, step_name, why_text
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices, sheet_response
from aldia.web.views.reports_common import Asked

LIST = Listing(
    key="steps",
    columns=(
        Column("number", gettext_lazy("Folio"), sort="number", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("issued_on", gettext_lazy("Emisión"), sort="issued_on", shown=False),
        Column("due_on", gettext_lazy("Vence"), sort="due_on"),
        Column("why", gettext_lazy("Por qué está aquí")),
        Column("since", gettext_lazy("Desde")),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True, shown=False),
        Column("balance", gettext_lazy("Saldo"), sort="balance", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar folio, UUID, cliente u orden de compra")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("due_from", gettext_lazy("Vence desde")),
        Day("due_to", gettext_lazy("Vence hasta")),
        Amount("amount_from", gettext_lazy("Saldo desde")),
    ),
    sort="due_on",
)


@dataclass(frozen=True, slots=True)
class Row:
    """An open receivable where it stands today."""

    receivable: Receivable
    step: int
    why: str
    since: date

    @property
    def step_name(self) -> str:
        return step_name(self.step)


def _step(request: CompanyRequest) -> int:
    text = request.GET.get("step", "")
    return int(text) if text in {str(step) for step in steps.STEPS} else 0


def _asked(request: CompanyRequest) -> tuple[Listing, QuerySet[Receivable], int]:
    """The list of a step; 0 is all of them."""
    today, step = clock.today(request.company), _step(request)

    def apply(rows: QuerySet[Receivable], values: dict[str, Any]) -> QuerySet[Receivable]:
        wanted = lists.Wanted.of(values | {"tab": lists.OPEN, "text": values.get("q", "")})
        return lists.filtered(rows, wanted, today)

    rows = open_rows(Asked(request).sight, today=today).select_related("customer")
    if step:
        rows = with_step(rows, today=today, zone=ZoneInfo(request.company.time_zone)).filter(step=step)
    return replace(LIST, filters=for_person(request, LIST), apply=apply), rows, step


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows, step = _asked(request)
    page: Page[Any] = listing.page(request, rows)
    page.rows = _standing(request, page.rows)
    context = {
        "page": page,
        "step": step,
        "words": STEP_WORDS.get(step),
        "keep": {"step": step} if step else {},
        "tabs": [] if request.htmx else _tabs(step),  # type: ignore[attr-defined]
        "totals": lists.totals(listing.matching(request, rows), request.company.currency),
    }
    return render(request, "steps/rows.html", context)


def _tabs(active: int) -> list[dict[str, Any]]:
    named = [{"label": step_name(step), "url": f"?step={step}", "active": step == active} for step in steps.STEPS]
    return [*named, {"label": _("Todas"), "url": "?", "active": not active}]


def _standing(request: CompanyRequest, rows: list[Receivable]) -> list[Row]:
    today = clock.today(request.company)
    facts = facts_of([row.pk for row in rows], zone=ZoneInfo(request.company.time_zone))
    found = []
    for row in rows:
        at = steps.standing(facts[row.pk], today)
        found.append(Row(row, at.step, why_text(at.why), steps.since(facts[row.pk], today)))
    return found


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, each with its step."""
    listing, rows, _step = _asked(request)
    columns = [
        SheetColumn(_("Paso"), width=24),
        SheetColumn(_("Por qué está aquí"), width=44),
        SheetColumn(_("Desde"), "day", 12),
        SheetColumn(_("Días en el paso"), "whole", 12),
        SheetColumn(_("Folio")),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Cartera")),
        SheetColumn(_("Emisión"), "day", 12),
        SheetColumn(_("Vencimiento"), "day", 12),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Total"), "money"),
        SheetColumn(_("Saldo"), "money"),
    ]
    found = listing.matching(request, rows).select_related("customer__portfolio")
    return sheet_response(_("Siete pasos"), columns, _cells(request, found), sheet_name(request, _("siete-pasos")))


def _cells(request: CompanyRequest, rows: QuerySet[Receivable]) -> Iterator[list[Cell]]:
    today = clock.today(request.company)
    for part in in_parts(rows.iterator(chunk_size=500)):
        for each in _standing(request, part):
            row = each.receivable
            yield [
                each.step_name, each.why, each.since, (today - each.since).days, row.number, row.customer.tax_id,
                row.customer.legal_name, str(row.customer.portfolio or ""), row.issued_on, row.due_on, row.currency,
                Money(row.total, row.currency), Money(row.balance, row.currency),
            ]  # fmt: skip
