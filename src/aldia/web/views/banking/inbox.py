"""The inbox: what waits and why, how far the month has come, and the list of every movement."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.banking.models import AdjustmentReason, BankAccount
from aldia.banking.queries import inbox
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_matching import ArchiveForm
from aldia.web.inbox_words import GROUPS, LEVELS
from aldia.web.views.banking import table
from aldia.web.views.banking.sights import movements_in_sight
from aldia.web.views.collecting.lists import sheet_name
from aldia.web.views.receivables.table import sheet_response


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """What waits, grouped, over the list of it."""
    return _draw(request, inbox.WAITING, "banking/inbox.html", with_panel=True)


@require_safe
@needs(permissions.VIEW)
def movements(request: CompanyRequest) -> HttpResponse:
    """Every movement of the company's accounts."""
    return _draw(request, inbox.ALL, "banking/inbox.html", with_panel=False)


def _draw(request: CompanyRequest, usual: str, template: str, *, with_panel: bool) -> HttpResponse:
    tab, rows = table.tab_of(request, usual), movements_in_sight(request)
    listing = table.listing(request, tab)
    page: Any = listing.page(request, rows)
    page.rows = table.drawn(request, page.rows)
    params = request.GET.copy()
    params["state"] = tab
    for name in ("c", "columns"):
        params.pop(name, None)
    page.query = f"?{params.urlencode()}"
    in_place = bool(request.htmx)  # type: ignore[attr-defined]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "explanation": table.explanation(tab),
        "tabs": [] if in_place else table.tabs(request, rows, tab),
        "totals": [] if page.total_is_capped else inbox.totals(listing.matching(request, rows)),
        "with_panel": with_panel,
        "reasons": AdjustmentReason.objects.filter(retired_at__isnull=True).order_by("name"),
        "people": table.people_choices()[1:],
        "archive_form": ArchiveForm(prefix="archive", use_required_attribute=False),
    }
    if with_panel and not in_place:
        context |= panel(request)
    return render(request, template, context)


def panel(request: CompanyRequest) -> dict[str, Any]:
    """How far the month has come, what waits by certainty, and by the answer that it needs."""
    rows, today = movements_in_sight(request), clock.today(request.company)
    month = inbox.month_of(rows, today)
    return {
        "month": month,
        "month_name": date_format(month.first, "F") if month else "",
        "month_sums": [(currency, came, known, came - known) for currency, came, known in month.amounts]
        if month
        else [],
        "alone_percent": 100 * month.alone // month.settled if month and month.settled else 0,
        "levels": [(each, LEVELS[each.certainty]) for each in inbox.levels(rows) if each.certainty in LEVELS],
        "groups": [(each, GROUPS[each.key]) for each in inbox.groups(rows)],
        "has_accounts": month is not None or BankAccount.objects.exists(),
    }


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    rows = table.listing(request, table.tab_of(request, inbox.ALL)).matching(request, movements_in_sight(request))
    name = sheet_name(request, _("movimientos"))
    return sheet_response(_("Movimientos"), table.sheet_columns(), table.cells(rows), name)
