"""Resultados: how often the engine was right, with the bound that its record allows, and how much it saved."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.banking.queries import scorecard as queries
from aldia.banking.queries.scorecard import ClassScore, Measure, Scorecard
from aldia.domain.calendars import add_months, month_end
from aldia.domain.matching import State
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.charts import Bar, Series, stacked_bars
from aldia.web.formatting import count_text, months
from aldia.web.matching_words import CLASS_STATES, bound_text, class_label, percent_text

MONTHS = 6
PERIODS = (
    ("month", gettext_lazy("Este mes"), 0),
    ("quarter", gettext_lazy("3 meses"), 2),
    ("year", gettext_lazy("12 meses"), 11),
    ("all", gettext_lazy("Todo"), None),
)
WAYS = (
    ("auto", gettext_lazy("Solas"), "c-auto"),
    ("policy", gettext_lazy("Por acuerdo"), "c-policy"),
    ("accepted", gettext_lazy("Propuesta aceptada"), "c-accepted"),
    ("manual", gettext_lazy("A mano"), "c-manual"),
)
ORDER = {State.PAUSED: 0, State.PROVEN: 1, State.EARNED: 2, State.SHADOW: 3}


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest) -> HttpResponse:
    today = clock.today(request.company)
    asked = request.GET.get("period", "quarter")
    period, _label, back = next((each for each in PERIODS if each[0] == asked), PERIODS[1])
    since = None if back is None else add_months(today.replace(day=1), -back)
    card = queries.scorecard(since=since, until=today)
    touchless = card.share_ppm("auto")
    context = {
        "card": card,
        "tabs": [{"label": label, "url": f"?period={key}", "active": key == period} for key, label, _n in PERIODS],
        "touchless": percent_text(touchless, 1),
        "by_policy": percent_text(card.share_ppm("policy"), 1),
        "auto": measure(card.auto),
        "policy": measure(card.policy),
        "proposals": _proposals(card),
        "ways": [
            (label, css, card.explained.get(key, 0), percent_text(card.share_ppm(key), 1)) for key, label, css in WAYS
        ],
        "classes": [row_of(each) for each in sorted(card.classes, key=_place) if _has_record(each)],
        "unused": [row_of(each) for each in sorted(card.classes, key=_place) if not _has_record(each)],
        "chart": _chart(request, today),
    }  # fmt: skip
    return render(request, "banking/scorecard.html", context)


def measure(each: Measure) -> dict[str, Any]:
    """A measure in words: nothing applied is no precision at all, not a perfect one."""
    reviewed = each.reviewed.cases
    return {
        "applied": each.applied,
        "undone": each.undone,
        "precision": percent_text(each.precision_ppm, 2) if each.applied else "—",
        "bound": bound_text(each.bound_ppm) if reviewed else "",
        "reviewed": reviewed,
        "wrong": each.reviewed.wrong,
        "waiting": each.waiting,
    }


def _proposals(card: Scorecard) -> dict[str, Any]:
    cases = card.proposals.cases
    right = percent_text(card.proposals.right * 1_000_000 // cases, 1) if cases else "—"
    return {"right": right, "cases": cases, "wrong": card.proposals.wrong}


def _has_record(each: ClassScore) -> bool:
    return bool(each.record.cases or each.applied)


def _place(each: ClassScore) -> tuple[int, int, str]:
    return ORDER[each.state], -each.record.cases, each.class_key


def row_of(each: ClassScore) -> dict[str, Any]:
    label, colour, meaning = CLASS_STATES[each.state]
    family, rest = class_label(each.class_key)
    return {
        "score": each, "family": family, "rest": rest, "label": label, "colour": colour, "meaning": meaning,
        "bound": bound_text(each.bound_ppm) if each.record.cases else "",
        "is_young": each.is_young and each.state in (State.PROVEN, State.EARNED),
    }  # fmt: skip


def _chart(request: CompanyRequest, today: date) -> Any:
    """Month by month, the deposits explained by each way, and those that still wait."""
    series = [*(Series(str(label), css) for _key, label, css in WAYS), Series(_("Por explicar"), "c-wait")]
    columns = []
    for back in range(MONTHS - 1, -1, -1):
        first = add_months(today.replace(day=1), -back)
        card = queries.scorecard(since=first, until=min(month_end(first), today))
        values = tuple(card.explained.get(key, 0) for key, _label, _css in WAYS)
        columns.append(Bar(months()[first.month - 1], (*values, card.waiting)))
    if not any(sum(each.values) for each in columns):
        return None
    return stacked_bars(
        series=series, columns=columns, text=lambda n: count_text(n, request.company),
        axis=lambda n: count_text(n, request.company),
    )  # fmt: skip
