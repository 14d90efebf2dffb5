"""Eficacia de recordatorios: what was paid after each, beside documents of the same age without one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.receivables.queries import lists
from aldia.reporting import reminder_words, sheets_effect, words
from aldia.reporting.queries import effectiveness as queries
from aldia.reporting.queries.effectiveness import CHANNEL, STEP, TONE, Effect, Effectiveness, Exposure, Wanted
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import Asked, file_name, receivable_url, xlsx
from aldia.web.views.reports_periods import PERIODS, period_name, span_of

DAYS = ("3", "7", "15", "30")
BY = ((STEP, gettext_lazy("Por paso")), (CHANNEL, gettext_lazy("Por canal")), (TONE, gettext_lazy("Por tono")))
REMINDED, OTHERS = "reminded", "others"
PAGE_SIZE = 100


@require_safe
@needs(permissions.VIEW)
def reminders(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = queries.effectiveness(sight=asked.sight, wanted=_wanted(asked), today=asked.today)
    wanted = found.wanted
    context = {
        "asked": asked,
        "found": found,
        "wanted": wanted,
        "rows": [_row(each, found, request) for each in found.effects],
        "periods": _tabs(PERIODS, "period", period_name(asked), wanted, asked),
        "by": _tabs(BY, "by", wanted.by, wanted, asked),
        "days": DAYS,
        "until": wanted.until(asked.today),
        "currencies": lists.currencies(asked.home),
        "xlsx_url": f"{reverse('report_reminders_xlsx')}?{request.GET.urlencode()}",
    }
    return render(request, "reports/reminders.html", context)


@require_safe
@needs(permissions.VIEW)
def rows(request: CompanyRequest) -> HttpResponse:
    """The documents behind a group: those reminded, or those that they are compared with."""
    asked = Asked(request)
    wanted, key, side = _wanted(asked), asked.text("key"), asked.choice("side", (REMINDED, OTHERS), REMINDED)
    if not key:
        raise Http404
    found = _exposures(asked, wanted, key, side)
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    debts = queries.receivables_of(shown)
    context = {
        "wanted": wanted,
        "label": reminder_words.group_name(wanted.by, key),
        "side": side,
        "count": len(found),
        "owed": sum(each.owed for each in found),
        "paid": sum(each.paid for each in found),
        "settled": sum(each.paid >= each.owed for each in found),
        "page": shown,
        "rows": [(each, debts[each.receivable_id], receivable_url(each.receivable_id)) for each in shown],
    }
    return render(request, "reports/reminder_rows.html", context)


@require_safe
@needs(permissions.EXPORT)
def as_xlsx(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = queries.effectiveness(sight=asked.sight, wanted=_wanted(asked), today=asked.today)
    made = sheets_effect.effect_sheets(found, company=request.company)
    wanted = found.wanted
    return xlsx(made, file_name("eficacia-de-recordatorios", wanted.first, wanted.last, ending="xlsx"))


def _wanted(asked: Asked) -> Wanted:
    first, last = span_of(asked)
    days, by = int(asked.choice("days", DAYS, "7")), asked.choice("by", queries.GROUPS, STEP)
    return Wanted(first, last, asked.currency() or asked.home, days, by)


def _exposures(asked: Asked, wanted: Wanted, key: str, side: str) -> list[Exposure]:
    reminded = queries.reminded_exposures(sight=asked.sight, wanted=wanted, today=asked.today)
    mine = [each for each in reminded if each.group(wanted.by) == key]
    if side == REMINDED or not mine:
        return sorted(mine, key=lambda each: (each.on, str(each.receivable_id)))
    landmark = queries.middle([each.from_due for each in mine])
    others = queries.unreminded_exposures(sight=asked.sight, wanted=wanted, today=asked.today, landmarks={landmark})
    return sorted(others[landmark], key=lambda each: (each.on, str(each.receivable_id)))


def _row(each: Effect, found: Effectiveness, request: CompanyRequest) -> dict[str, Any]:
    return {
        "effect": each,
        "label": reminder_words.group_name(found.wanted.by, each.key),
        "when": reminder_words.from_due(each.from_due),
        "share": words.decimal(reminder_words.percent(each.reminded.share), request.company),
        "money_share": words.decimal(reminder_words.percent(each.reminded.money_share), request.company),
        "others_share": words.decimal(reminder_words.percent(each.others.share), request.company),
        "others_money_share": words.decimal(reminder_words.percent(each.others.money_share), request.company),
        "verdict": reminder_words.verdict(each.verdict),
        "url": _rows_url(found.wanted, each.key, REMINDED, request),
        "others_url": _rows_url(found.wanted, each.key, OTHERS, request),
    }


def _rows_url(wanted: Wanted, key: str, side: str, request: CompanyRequest) -> str:
    asked = {**_params(wanted), "key": key, "side": side}
    off = {"off": "1"} if request.GET.get("off") == "1" else {}
    return f"{reverse('report_reminders_rows')}?{urlencode({**asked, **off})}"


def _params(wanted: Wanted) -> dict[str, str]:
    return {
        "first": wanted.first.isoformat(),
        "last": wanted.last.isoformat(),
        "currency": wanted.currency,
        "days": str(wanted.days),
        "by": wanted.by,
    }


def _tabs(choices: Any, name: str, active: str, wanted: Wanted, asked: Asked) -> list[dict[str, Any]]:
    """Tabs that change one thing and leave the others."""
    params = _params(wanted)
    if name == "period" or not asked.text("first"):
        params = {key: value for key, value in params.items() if key not in ("first", "last")}
    if name != "period" and not asked.text("first"):
        params["period"] = period_name(asked)
    return [
        {"label": label, "url": f"?{urlencode({**params, name: value})}", "active": value == active}
        for value, label in choices
    ]
