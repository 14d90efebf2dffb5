"""The board of the seven steps: how many and how much in each, live, with a small one for Inicio."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from aldia.domain.steps import FALLEN_DUE, STEPS
from aldia.reporting.queries.steps import Board, StepSum, board
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.step_words import STEP_WORDS
from aldia.web.views.reports_common import Asked


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """Seven cards in order, and the same as a table."""
    return render(request, "steps/board.html", _context(request))


@require_safe
@needs(permissions.VIEW)
def strip(request: CompanyRequest) -> HttpResponse:
    """The seven steps on Inicio, drawn when the page is already there."""
    return render(request, "steps/_strip.html", _context(request, is_small=True))


def _context(request: CompanyRequest, *, is_small: bool = False) -> dict[str, Any]:
    asked = Asked(request)
    portfolio = "" if is_small else asked.portfolio()
    zone = ZoneInfo(request.company.time_zone)
    found = board(
        sight=asked.sight, today=asked.today, zone=zone, home=asked.home, portfolio=portfolio, measured=not is_small
    )
    currency = asked.choice("currency", found.currencies, asked.home)
    cards = [_card(found, step, currency, portfolio) for step in STEPS]
    return {
        "board": found,
        "currency": currency,
        "tabs": _currency_tabs(found, currency, portfolio),
        "before": [card for card in cards if card["step"] < FALLEN_DUE],
        "overdue": [card for card in cards if card["step"] >= FALLEN_DUE],
        "cards": cards,
        "sums": {
            "before": _sum(found, currency, tuple(step for step in STEPS if step < FALLEN_DUE)),
            "overdue": _sum(found, currency, tuple(step for step in STEPS if step >= FALLEN_DUE)),
            "all": _sum(found, currency, STEPS),
        },
        "portfolios": asked.portfolios(),
        "portfolio": portfolio,
        "keep": urlencode({name: value for name, value in (("portfolio", portfolio), ("currency", currency)) if value}),
    }


def _card(found: Board, step: int, currency: str, portfolio: str) -> dict[str, Any]:
    sums = found.of(step, currency)
    whole = _sum(found, currency, STEPS).amount
    thousandths = 1000 * sums.amount // whole if whole else 0
    series = [charts.Series(str(STEP_WORDS[step].name), f"s{step}"), charts.Series("", "s0")]
    return {
        "step": step,
        "words": STEP_WORDS[step],
        "sum": sums,
        "percent": f"{thousandths / 10:.1f}",
        "shares": charts.share_bar(series=series, values=(thousandths, 1000 - thousandths), text=str),
        "days": found.median_days.get(step),
        "url": rows_url(step, currency=currency, portfolio=portfolio),
    }


def _sum(found: Board, currency: str, steps: tuple[int, ...]) -> StepSum:
    parts = [found.of(step, currency) for step in steps]
    return StepSum(0, currency, sum(each.count for each in parts), sum(each.amount for each in parts))


def _currency_tabs(found: Board, currency: str, portfolio: str) -> list[dict[str, Any]]:
    if len(found.currencies) < 2:
        return []
    keep = {"portfolio": portfolio} if portfolio else {}
    return [
        {"label": each, "url": f"?{urlencode({'currency': each, **keep})}", "active": each == currency}
        for each in found.currencies
    ]


def rows_url(step: int, *, currency: str = "", portfolio: str = "") -> str:
    """The address of the documents in a step."""
    asked = {"step": step, "currency": currency, "portfolio": portfolio}
    return f"{reverse('steps_rows')}?{urlencode({name: value for name, value in asked.items() if value})}"
