"""What the pages of the collector's day share: the list with its filters, and what the person logged last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.collections.models import Activity, WorklistItem
from aldia.collections.queries import activities, worklist
from aldia.customers import queries as customer_queries
from aldia.domain.folding import fold
from aldia.receivables.queries.sight import in_portfolio, sight_of
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.listing import Column, Listing, Pick, Search
from aldia.web.views.receivables.table import portfolio_choices

UNDO_FOR = timedelta(minutes=30)
PENDING, DONE, ALL = "pending", "done", "all"
TABS = (
    (PENDING, gettext_lazy("Por llamar")),
    (DONE, gettext_lazy("Atendidos")),
    (ALL, gettext_lazy("Todos")),
)


def collector_choices() -> list[tuple[str, Any]]:
    """Whoever collects a portfolio."""
    people = {row.collector for row in customer_queries.portfolios_by_name() if row.collector}
    return [
        ("none", _("Sin ejecutivo")),
        *sorted(((str(user.pk), str(user)) for user in people), key=lambda each: each[1]),
    ]


LIST = Listing(
    key="worklist",
    columns=(
        Column("rank", gettext_lazy("Lugar"), sort="rank", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("why", gettext_lazy("Por qué")),
        Column("overdue", gettext_lazy("Vencido"), sort="overdue", numeric=True),
        Column("owed", gettext_lazy("Debe"), sort="owed", numeric=True, shown=False),
        Column("unpaid", gettext_lazy("Riesgo a 14 días"), sort="unpaid_permille", numeric=True),
        Column("score", gettext_lazy("En juego"), sort="score", numeric=True),
        Column("last", gettext_lazy("Último contacto")),
        Column("collector", gettext_lazy("Ejecutivo"), sort="collector__name", shown=False),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar cliente")),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Pick("collector", gettext_lazy("Ejecutivo"), collector_choices),
    ),
    sort="rank",
)


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in TABS} else PENDING


def listing(tab: str = ALL) -> Listing:
    """The list as a tab has it."""

    def apply(rows: QuerySet[WorklistItem], values: dict[str, Any]) -> QuerySet[WorklistItem]:
        if tab != ALL:
            rows = rows.filter(worklist.pending()) if tab == PENDING else rows.exclude(worklist.pending())
        for word in fold(values.get("q", "")).split()[:10]:
            rows = rows.filter(customer__search__contains=word)
        if collector := values.get("collector"):
            rows = rows.filter(collector=None if collector == "none" else collector)
        return in_portfolio(rows, values.get("portfolio", ""))

    return replace(LIST, apply=apply)


def today_items(request: CompanyRequest) -> QuerySet[WorklistItem]:
    """The places of the newest list that the person may see; none before the first."""
    day = worklist.day_of(clock.today(request.company))
    return worklist.items(day or clock.today(request.company), sight_of(request.membership))


def filtered(request: CompanyRequest) -> QuerySet[WorklistItem]:
    """The same with the filters of the address, whatever the tab: where the next customer is looked for."""
    return listing().matching(request, today_items(request)).order_by("rank", "id")


def last_logged(request: CompanyRequest) -> Activity | None:
    """What the person logged last, while it can be undone with a key."""
    return activities.last_by(request.user.pk, clock.now() - UNDO_FOR)


def keep(request: CompanyRequest) -> str:
    """The filters of the list, to be carried along from customer to customer."""
    params = request.GET.copy()
    for name in [name for name in params if name not in ("q", "portfolio", "collector", "state")]:
        del params[name]
    text = params.urlencode()
    return f"?{text}" if text else ""
