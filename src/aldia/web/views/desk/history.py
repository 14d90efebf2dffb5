"""What was done about customers: the history with its filters, in Excel; taking back a slip; steps that are done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from aldia.collections.models import Activity, ActivityKind, Outcome
from aldia.collections.operations.activities import ActivityError, finish_next, withdraw
from aldia.collections.queries import activities
from aldia.customers.queries import as_uuid
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.tenancy import permissions
from aldia.tenancy.models import Membership
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Listing, Page, Pick
from aldia.web.views.collecting.common import back_to
from aldia.web.views.collecting.lists import customer_columns, filters_of, listing_of, narrowed, sheet_name
from aldia.web.views.desk.words import KIND_ICONS, OUTCOME_TINTS
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import sheet_response

DONE, STEPS = "done", "steps"
TABS = ((DONE, gettext_lazy("Lo que se hizo")), (STEPS, gettext_lazy("Lo que sigue")))


def people_choices() -> list[tuple[str, Any]]:
    """The members of the company, by name."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email")
    return [(str(row.user_id), str(row.user)) for row in rows]


LIST = Listing(
    key="activities",
    columns=(
        Column("at", gettext_lazy("Cuándo"), sort="at", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("outcome", gettext_lazy("Resultado"), sort="outcome"),
        Column("note", gettext_lazy("Nota")),
        Column("next", gettext_lazy("Siguiente paso"), sort="next_on"),
        Column("by", gettext_lazy("Quién"), sort="by__name"),
    ),
    filters=filters_of(
        Choice("kind", gettext_lazy("Tipo"), ActivityKind.choices),
        Choice("outcome", gettext_lazy("Resultado"), Outcome.choices),
        Pick("by", gettext_lazy("Quién"), people_choices),
        first=gettext_lazy("Desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-at",
)


def _tab(request: CompanyRequest) -> str:
    return STEPS if request.GET.get("state") == STEPS else DONE


def _asked(request: CompanyRequest) -> tuple[Listing, QuerySet[Activity]]:
    rows = activities.open_steps() if _tab(request) == STEPS else activities.live()

    def apply(found: QuerySet[Activity], values: dict[str, Any]) -> QuerySet[Activity]:
        wanted = activities.ActivityFilter(
            values.get("kind", ""), values.get("outcome", ""), as_uuid(values.get("by", ""))
        )
        day = "next_on" if _tab(request) == STEPS else "on"
        return narrowed(activities.matching(found, wanted), values, "customer", day)  # type: ignore[no-any-return]

    listing = listing_of(request, LIST, apply)
    if _tab(request) == STEPS:
        listing = Listing(listing.key, listing.columns, listing.filters, "next", listing.apply)
    return listing, sight(request).narrow(rows)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows = _asked(request)
    page: Page[Any] = listing.page(request, rows)
    page.extra["icons"], page.extra["tints"] = KIND_ICONS, OUTCOME_TINTS
    page.extra["mine"] = {row.pk for row in page.rows if may_withdraw(request, row)}
    tab = _tab(request)
    tabs = [{"label": label, "url": f"?state={key}", "active": key == tab, "count": None} for key, label in TABS]
    context = {"page": page, "tab": tab, "tabs": tabs, "keep": {"state": tab}, "today": clock.today(request.company)}
    return render(request, "desk/activities.html", context)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    listing, rows = _asked(request)
    columns = [
        SheetColumn(_("Día"), "day", 12),
        SheetColumn(_("Hora"), width=8),
        *customer_columns(),
        SheetColumn(_("Tipo")),
        SheetColumn(_("Resultado"), width=24),
        SheetColumn(_("Con quién")),
        SheetColumn(_("Nota"), width=60),
        SheetColumn(_("Siguiente paso"), "day", 12),
        SheetColumn(_("Para qué"), width=30),
        SheetColumn(_("Hecho el"), "day", 12),
        SheetColumn(_("Quién")),
    ]
    cells = _cells(request, listing.matching(request, rows))
    return sheet_response(_("Actividades"), columns, cells, sheet_name(request, _("actividades")))


def _cells(request: CompanyRequest, rows: QuerySet[Activity]) -> Iterator[list[Cell]]:
    zone = ZoneInfo(request.company.time_zone)
    for row in rows.iterator(chunk_size=500):
        yield [
            row.on, f"{row.at.astimezone(zone):%H:%M}", row.customer.tax_id, row.customer.legal_name,
            str(row.get_kind_display()), str(row.get_outcome_display()), str(row.contact or ""), row.note, row.next_on,
            row.next_note, row.next_done_on, str(row.by or ""),
        ]  # fmt: skip


def may_withdraw(request: CompanyRequest, row: Activity) -> bool:
    """One takes back what one logged; who manages the team, what anybody did."""
    if not allows(request.membership, permissions.COLLECT) or row.withdrawn_at is not None:
        return False
    return row.by_id == request.user.pk or allows(request.membership, permissions.MANAGE_TEAM)


def _activity_or_404(request: CompanyRequest, activity_id: UUID) -> Activity:
    return get_object_or_404(sight(request).narrow(activities.activities()), pk=activity_id)


@require_POST
@needs(permissions.COLLECT)
def take_back(request: CompanyRequest, activity_id: UUID) -> HttpResponse:
    """Undo what was logged, and go back to the customer of whom it was."""
    row = _activity_or_404(request, activity_id)
    if row.withdrawn_at is None and not may_withdraw(request, row):
        messages.error(request, _("Solo quien la anotó (o quien dirige al equipo) puede deshacerla."))
    else:
        try:
            withdraw(activity_id=row.pk, now=clock.now(), today=clock.today(request.company), actor=request.user)
            messages.success(request, _("Se deshizo lo que anotaste de %(name)s.") % {"name": row.customer})
        except ActivityError as error:
            messages.error(request, str(error))
    return back_to(request, reverse("call", args=[row.customer_id]))


@require_POST
@needs(permissions.COLLECT)
def next_done(request: CompanyRequest, activity_id: UUID) -> HttpResponse:
    """The next step is done without another call."""
    row = _activity_or_404(request, activity_id)
    try:
        finish_next(activity_id=row.pk, today=clock.today(request.company), actor=request.user)
        messages.success(request, _("El siguiente paso quedó hecho."))
    except ActivityError as error:
        messages.error(request, str(error))
    return back_to(request, reverse("call", args=[row.customer_id]))
