"""Aging of 500,000 open receivables of one company: as of today, of past days, by customer and by currency."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Sum

from aldia.domain.aging import Ranges
from aldia.receivables.models import Receivable
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import dashboard as board
from aldia.reporting.queries.aging import CURRENCY, CUSTOMER, PORTFOLIO, Aging, aging
from aldia.reporting.queries.indicators import indicators_of
from aldia.tenancy.scope import company_scope
from benchmarks._books import TODAY, Figures, load, measure


def run(size: int = 500_000) -> dict[str, object]:
    """Milliseconds of each report, the best of five (three of the slow ones)."""
    company, seconds = load(size)
    with company_scope(company.pk):

        def aged(back: int = 0, by: str = CUSTOMER) -> Aging:
            as_of = TODAY - timedelta(days=back)
            return aging(sight=Sight(), as_of=as_of, today=TODAY, home="MXN", ranges=Ranges(), by=by)

        def history() -> object:
            return board.history(sight=Sight(), today=TODAY, currency="MXN", ranges=Ranges())

        def dashboard() -> object:
            return board.dashboard(sight=Sight(), today=TODAY, home="MXN", currency="MXN", ranges=Ranges())

        def indicators() -> object:
            first = TODAY - timedelta(days=90)
            return indicators_of(sight=Sight(), currency="MXN", first=first, last=TODAY, today=TODAY)

        figures: Figures = {"engine": connection.vendor, "open_receivables": size, "load_seconds": round(seconds, 1)}
        figures["groups"] = len(aged().rows)
        measure(figures, "today_by_customer", aged)
        measure(figures, "today_by_portfolio", lambda: aged(by=PORTFOLIO))
        measure(figures, "today_by_currency", lambda: aged(by=CURRENCY))
        measure(figures, "a_month_ago_by_customer", lambda: aged(30), 3)
        measure(figures, "six_month_history", history, 1)
        measure(figures, "dashboard", dashboard, 2)
        measure(figures, "indicators", indicators, 1)
        figures["plan"] = _plan()
        return figures


def _plan() -> list[str]:
    """How the engine reads the receivables for it."""
    rows = Receivable.objects.filter(balance__gt=0).order_by().values("customer_id", "currency")
    return rows.annotate(owed=Sum("balance")).explain().splitlines()[:4]
