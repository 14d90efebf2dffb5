"""Today's list: whom to call first and why, how far the day has come, and the list in Excel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.collections.models import WorklistItem
from aldia.collections.queries import activities, worklist
from aldia.collections.queries.worklist import Listed
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.jobs.collecting import enqueue_worklist, worklist_of
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Page
from aldia.web.views.collecting.lists import in_parts
from aldia.web.views.desk.common import TABS, keep, last_logged, listing, tab_of, today_items
from aldia.web.views.desk.words import LIST_KEYS, Reason, is_guessed, reasons
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import sheet_response

IN_COLUMNS = ("unpaid", "contacted", "never_contacted")  # told by columns of their own
AT_ONCE = 3_000  # with so many open receivables the list is made while one waits; with more, by a job


@dataclass(frozen=True, slots=True)
class Row:
    """A place as the list draws it."""

    listed: Listed
    reasons: list[Reason]
    is_guessed: bool

    @property
    def item(self) -> WorklistItem:
        return self.listed.item


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    tab, today = tab_of(request), clock.today(request.company)
    rows = today_items(request)
    page: Page[Any] = listing(tab).page(request, rows)
    page.rows = _drawn(request, page.rows)
    context: dict[str, Any] = {"page": page, "tab": tab, "keep": {"state": tab}, "carried": keep(request)}
    if not request.htmx:  # type: ignore[attr-defined]
        day = worklist.day_of(today)
        asked = listing().matching(request, rows)
        progress = worklist.progress(asked, request.company.currency)
        context |= {
            "day": day,
            "is_today": day == today,
            "progress": progress,
            "percent": round(100 * progress.done / progress.total) if progress.total else 0,
            "tabs": _tabs(request, tab, progress),
            "steps_due": sight(request).narrow(activities.open_steps().filter(next_on__lte=today)).count(),
            "last": last_logged(request),
            "page_keys": LIST_KEYS,
            "first": asked.filter(worklist.pending()).order_by("rank").first(),
        }
    return render(request, "desk/worklist.html", context)


def _drawn(request: CompanyRequest, items: list[WorklistItem]) -> list[Row]:
    company = request.company
    return [
        Row(
            each,
            reasons(each.item.why, company=company, currency=each.item.currency, today=each.item.on, but=IN_COLUMNS),
            is_guessed(each.item.why),
        )
        for each in worklist.listed(items, clock.today(company))
    ]


def _tabs(request: CompanyRequest, tab: str, progress: worklist.Progress) -> list[dict[str, Any]]:
    counts = dict(zip((key for key, _label in TABS), (progress.left, progress.done, progress.total), strict=True))
    params = request.GET.copy()
    for name in ("c", "columns"):
        params.pop(name, None)
    found = []
    for key, label in TABS:
        params["state"] = key
        found.append({"label": label, "url": f"?{params.urlencode()}", "active": key == tab, "count": counts[key]})
    return found


@require_POST
@needs(permissions.COLLECT)
def rebuild(request: CompanyRequest) -> HttpResponse:
    """Make the list of today anew: at once, or by a job where there is much to weigh."""
    if Receivable.objects.filter(balance__gt=0).order_by()[: AT_ONCE + 1].count() > AT_ONCE:
        enqueue_worklist()
        messages.info(request, _("Se está preparando la lista: recarga la página en un momento."))
        return redirect("worklist")
    worklist_of(request.company, clock.today(request.company))
    count = today_items(request).count()
    text = ngettext("La lista de hoy tiene %(n)d cliente.", "La lista de hoy tiene %(n)d clientes.", count)
    messages.success(request, text % {"n": count})
    return redirect("worklist")


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    columns = [
        SheetColumn(_("Lugar"), "whole", 8),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Cartera")),
        SheetColumn(_("Ejecutivo")),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("En juego"), "money"),
        SheetColumn(_("Vencido"), "money"),
        SheetColumn(_("Debe"), "money"),
        SheetColumn(_("Riesgo a 14 días (%)"), "whole", 10),
        SheetColumn(_("Por qué"), width=60),
        SheetColumn(_("Último contacto"), "day", 12),
        SheetColumn(_("Cómo terminó")),
        SheetColumn(_("Siguiente paso"), "day", 12),
    ]
    found = listing(tab_of(request)).matching(request, today_items(request))
    name = f"{_('lista-de-hoy')}-{clock.today(request.company).isoformat()}.xlsx"
    return sheet_response(_("Lista de hoy"), columns, _cells(request, found), name)


def _cells(request: CompanyRequest, rows: QuerySet[WorklistItem]) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        for row in _drawn(request, part):
            item, last, step = row.item, row.listed.last, row.listed.next
            yield [
                item.rank, item.customer.tax_id, item.customer.legal_name, str(item.customer.portfolio or ""),
                str(item.collector or ""), item.currency, Money(item.score, item.currency),
                Money(item.overdue, item.currency), Money(item.owed, item.currency), round(item.unpaid_permille / 10),
                " · ".join(each.text for each in row.reasons), last.on if last else None,
                str(last.get_outcome_display()) if last else "", step.next_on if step else None,
            ]  # fmt: skip
