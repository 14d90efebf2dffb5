"""The list of schedules, and the list of dates that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from aldia.domain.folding import fold
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule, ScheduleKind, ScheduleState
from aldia.recurring.operations import schedules as operations
from aldia.recurring.queries import schedules as queries
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.listing import Choice, Column, Listing, Search
from aldia.web.views.receivables.table import OfCustomer, for_person
from aldia.web.views.recurring.common import (
    REFUSALS,
    links_of,
    rule_of,
    rule_words,
    schedules_in_sight,
    waiting_in_sight,
)

ALL = "all"
TABS = (
    (ScheduleState.ACTIVE.value, gettext_lazy("Activas")),
    (ScheduleState.PAUSED.value, gettext_lazy("En pausa")),
    (ScheduleState.ENDED.value, gettext_lazy("Terminadas")),
    (ALL, gettext_lazy("Todas")),
)
MOST_COUNTED = 1_000

LIST = Listing(
    key="schedules",
    columns=(
        Column("name", gettext_lazy("Serie"), sort="name", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("rule", gettext_lazy("Se emite")),
        Column("next_on", gettext_lazy("Siguiente"), sort="next_on"),
        Column("kind", gettext_lazy("Documento"), sort="kind", shown=False),
        Column("amount", gettext_lazy("Importe"), numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar serie o cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("kind", gettext_lazy("Documento"), ScheduleKind.choices),
    ),
    sort="name",
)

WAITING = Listing(
    key="recurring_waiting",
    columns=(
        Column("on", gettext_lazy("Fecha"), sort="on", always=True),
        Column("schedule", gettext_lazy("Serie"), sort="schedule__name"),
        Column("why", gettext_lazy("Qué pasó")),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Choice("state", gettext_lazy("Estado"), (
            (OccurrenceState.ASKING.value, OccurrenceState.ASKING.label),
            (OccurrenceState.FAILED.value, OccurrenceState.FAILED.label),
        )),
    ),
    sort="on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A schedule as the list draws it."""

    schedule: Schedule
    words: str
    amount: int
    waiting: int

    @property
    def pk(self) -> UUID:
        return self.schedule.pk


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in TABS} else TABS[0][0]


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it."""
    tab = tab_of(request)

    def narrowed(rows: QuerySet[Schedule], values: dict[str, Any]) -> QuerySet[Schedule]:
        rows = rows if tab == ALL else rows.filter(state=tab)
        if customer := values.get("customer"):
            rows = rows.filter(customer_id=customer)
        return queries.filtered(rows, words=fold(values.get("q", "")).split()[:10], kind=values.get("kind", ""))

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, tab, today = schedules_in_sight(request), tab_of(request), clock.today(request.company)
    page: Any = listing(request).page(request, rows)
    waiting = queries.waiting_by_schedule([row.pk for row in page.rows])
    page.rows = [
        Row(row, rule_words(rule_of(row)), queries.amount_now(row, today), waiting.get(row.pk, 0)) for row in page.rows
    ]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "waiting": waiting_in_sight(request).order_by()[:MOST_COUNTED].count(),
        "tabs": [{"label": label, "url": f"?state={key}", "active": key == tab} for key, label in TABS],
    }
    return render(request, "recurring/list.html", context)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def pause_many(request: CompanyRequest) -> HttpResponse:
    return _many(request, ScheduleState.ACTIVE)


@require_POST
@needs(permissions.ISSUE_DOCUMENTS)
def resume_many(request: CompanyRequest) -> HttpResponse:
    return _many(request, ScheduleState.PAUSED)


def _many(request: CompanyRequest, state: str) -> HttpResponse:
    """Pause or resume what was chosen, each by itself; what cannot be is said once."""
    chosen = listing(request).selected(request, schedules_in_sight(request)).filter(state=state)
    done, why = 0, ""
    for schedule_id in list(chosen.values_list("pk", flat=True)):
        try:
            if state == ScheduleState.ACTIVE:
                operations.pause(schedule_id=schedule_id, now=clock.now(), actor=request.user)
            else:
                today = clock.today(request.company)
                operations.resume(schedule_id=schedule_id, today=today, actor=request.user)
            done += 1
        except REFUSALS as error:
            why = str(error)
    if state == ScheduleState.ACTIVE:
        text = ngettext("%(count)d serie quedó en pausa.", "%(count)d series quedaron en pausa.", done)
    else:
        text = ngettext("%(count)d serie sigue desde hoy.", "%(count)d series siguen desde hoy.", done)
    messages.success(request, text % {"count": done})
    if why:
        messages.error(request, why)
    return redirect("schedules")


@require_safe
@needs(permissions.VIEW)
def waiting(request: CompanyRequest) -> HttpResponse:
    """The dates that somebody must decide, oldest first."""
    page: Any = waiting_listing().page(request, waiting_in_sight(request))
    page.rows = [links_of(row) | {"pk": row.pk, "day": day_text(row.issue_on)} for row in page.rows]
    return render(request, "recurring/waiting.html", {"page": page})


def waiting_listing() -> Listing:
    def narrowed(rows: QuerySet[Occurrence], values: dict[str, Any]) -> QuerySet[Occurrence]:
        return rows.filter(state=values["state"]) if values.get("state") else rows

    return replace(WAITING, apply=narrowed)
