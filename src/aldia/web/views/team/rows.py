"""The rows behind a figure of the team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.queries.promises import judged
from aldia.customers.queries import visible_to
from aldia.reporting import words
from aldia.reporting.queries import team_rows
from aldia.reporting.queries.team_rows import Month, Whom, rows_of
from aldia.tenancy import permissions
from aldia.tenancy.models import User
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.collecting.common import patience_of
from aldia.web.views.team.common import currency_asked, month_asked, month_name, only_of, whom_asked

PAGE_SIZE = 100
TITLES = {
    team_rows.OWED: gettext_lazy("Por cobrar en su cartera"),
    team_rows.OVERDUE: gettext_lazy("Vencido en su cartera"),
    team_rows.MONEY: gettext_lazy("Cobrado en su cartera"),
    team_rows.AFTER_CONTACT: gettext_lazy("Cobrado tras su contacto"),
    team_rows.ACTIVITIES: gettext_lazy("Actividades"),
    team_rows.PROMISES: gettext_lazy("Promesas que consiguió"),
    team_rows.LISTED: gettext_lazy("Lo que tuvo en su lista"),
}
DRAWN = {
    team_rows.OWED: "debt", team_rows.OVERDUE: "debt", team_rows.MONEY: "credit", team_rows.AFTER_CONTACT: "credit",
    team_rows.ACTIVITIES: "activity", team_rows.PROMISES: "promise", team_rows.LISTED: "place",
}  # fmt: skip


@require_safe
@needs(permissions.COLLECT)
def index(request: CompanyRequest) -> HttpResponse:
    """What a figure of somebody is made of; one's own without managing the team."""
    what, today = request.GET.get("what", ""), clock.today(request.company)
    if what not in team_rows.KINDS:
        raise Http404
    whom, currency = whom_asked(request), currency_asked(request)
    month = Month.of(month_asked(request, latest=today.replace(day=1)), today)
    rows = rows_of(what, whom, month, currency, today=today)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    drawn = DRAWN[what]
    context: dict[str, Any] = {
        "title": TITLES[what],
        "who": _name(whom),
        "month": month_name(month.first),
        "month_key": f"{month.first:%Y-%m}",
        "last": month.last,
        "currency": currency,
        "page": page,
        "rows": _drawn(request, drawn, list(page)),
        "seen": _seen(request, page),
        "drawn": drawn,
        "row_template": f"team/_{drawn}.html",
        "total": rows.order_by().aggregate(sum=Sum("figure"))["sum"] or 0 if drawn in ("debt", "credit") else None,
        "is_own": only_of(request) is not None,
    }
    return render(request, "team/rows.html", context)


def _seen(request: CompanyRequest, rows: Iterable[Any]) -> set[UUID]:
    """The customers of some rows whose pages the reader may open: some may have passed to somebody else since."""
    found = visible_to(request.membership).filter(pk__in={row.customer_id for row in rows})
    return set(found.values_list("pk", flat=True))


def _name(whom: Whom) -> str:
    user = User.objects.filter(pk=whom).first() if whom else None
    return str(user) if user else str(gettext_lazy("Sin responsable"))


def _drawn(request: CompanyRequest, drawn: str, rows: list[Any]) -> list[Any]:
    if drawn == "promise":
        return list(judged(rows, as_of=clock.today(request.company), patience=patience_of(request.company)))
    if drawn == "credit":
        return [{"row": row, "kind": words.credit_name(row.kind)} for row in rows]
    return rows
