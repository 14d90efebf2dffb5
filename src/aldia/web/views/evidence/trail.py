"""The audit trail ("Bitácora"): who did what, when, with what before and after; in Excel too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.tenancy import audit, permissions
from aldia.tenancy.models import AuditEvent, Membership
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.audit_words import FAMILIES, OBJECTS
from aldia.web.listing import Choice, Column, Day, Listing, Page, Pick, Search
from aldia.web.listing_filters import Filter
from aldia.web.narrated import Told, told, verbs_like
from aldia.web.views.receivables.table import sheet_response

NOBODY = "house"  # what the house does by itself
AT_A_TIME = 500


def people_choices() -> list[tuple[str, Any]]:
    """Members, and the house itself."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email")
    return [(NOBODY, _("Aldía (por sí solo)")), *((str(row.user_id), str(row.user)) for row in rows)]


class One(Filter):
    """An object by its id, as its page links here; it has no control of its own."""

    kind = "none"


LIST = Listing(
    key="audit",
    columns=(
        Column("seq", gettext_lazy("N.º"), sort="seq", always=True),
        Column("at", gettext_lazy("Cuándo"), always=True),
        Column("who", gettext_lazy("Quién")),
        Column("what", gettext_lazy("Qué hizo"), always=True),
        Column("object", gettext_lazy("Sobre qué")),
        Column("changes", gettext_lazy("Antes y después")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar en lo que se hizo")),
        Pick("who", gettext_lazy("Quién"), people_choices),
        Choice("what", gettext_lazy("De qué"), tuple(sorted(FAMILIES.items()))),
        Choice("object", gettext_lazy("Sobre qué"), tuple((kind, label) for kind, (label, _url) in OBJECTS.items())),
        One("one", gettext_lazy("Objeto")),
        Day("from", gettext_lazy("Desde")),
        Day("to", gettext_lazy("Hasta")),
    ),
    sort="-seq",
)


def _asked(request: CompanyRequest) -> tuple[Listing, QuerySet[AuditEvent]]:
    """Who has only the own portfolios reads what they did themselves."""
    zone = ZoneInfo(request.company.time_zone)
    rows = AuditEvent.objects.select_related("actor")
    if request.membership.own_portfolio_only:
        rows = rows.filter(actor=request.user)

    def apply(found: QuerySet[AuditEvent], values: dict[str, Any]) -> QuerySet[AuditEvent]:
        return _matching(found, values, zone)

    return Listing(LIST.key, LIST.columns, LIST.filters, LIST.sort, apply), rows


def _matching(rows: QuerySet[AuditEvent], values: dict[str, Any], zone: ZoneInfo) -> QuerySet[AuditEvent]:
    if who := values.get("who"):
        rows = rows.filter(actor=None) if who == NOBODY else rows.filter(actor_id=who)
    if what := values.get("what"):
        rows = rows.filter(verb__startswith=f"{what}.")
    if kind := values.get("object"):
        rows = rows.filter(object_type=kind)
    if one := values.get("one"):
        rows = rows.filter(object_id=one)
    if first := values.get("from"):
        rows = rows.filter(created_at__gte=datetime.combine(first, time(), zone))
    if last := values.get("to"):
        rows = rows.filter(created_at__lt=datetime.combine(last + timedelta(days=1), time(), zone))
    if text := values.get("q", ""):
        words = fold(text).split()[:10]
        said = Q(verb__in=verbs_like(words)) | Q(object_id=text)
        rows = rows.filter(said | Q(detail__icontains=text))
    return rows


@require_safe
@needs(permissions.VIEW_AUDIT)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows = _asked(request)
    page: Page[Any] = listing.page(request, rows)
    page.rows = told(page.rows)
    context = {
        "page": page,
        "anchor": audit.anchor(),
        "is_own": request.membership.own_portfolio_only,
        "slug": request.company.slug,
    }
    return render(request, "evidence/audit.html", context)


@require_safe
@needs(permissions.VIEW_AUDIT)
def export(request: CompanyRequest) -> HttpResponse:
    listing, rows = _asked(request)
    columns = [
        SheetColumn(_("N.º"), "whole", 10),
        SheetColumn(_("Día"), "day", 12),
        SheetColumn(_("Hora"), width=10),
        SheetColumn(_("Quién"), width=24),
        SheetColumn(_("Qué hizo"), width=36),
        SheetColumn(_("Sobre qué"), width=24),
        SheetColumn(_("Cuál"), width=30),
        SheetColumn(_("Antes y después"), width=60),
        SheetColumn(_("Particulares"), width=60),
        SheetColumn(_("Verbo"), width=28),
        SheetColumn(_("Huella"), width=66),
    ]
    name = f"bitacora-{clock.today(request.company).isoformat()}.xlsx"
    zone = ZoneInfo(request.company.time_zone)
    return sheet_response(_("Bitácora"), columns, _cells(listing.matching(request, rows), zone), name)


def _cells(rows: QuerySet[AuditEvent], zone: ZoneInfo) -> Iterator[list[Cell]]:
    part: list[AuditEvent] = []
    for row in rows.iterator(chunk_size=AT_A_TIME):
        part.append(row)
        if len(part) == AT_A_TIME:
            yield from (_line(each, zone) for each in told(part))
            part = []
    yield from (_line(each, zone) for each in told(part))


def _line(each: Told, zone: ZoneInfo) -> list[Cell]:
    local = each.event.created_at.astimezone(zone)
    changes = "; ".join(f"{change.label}: {change.before} → {change.after}" for change in each.changes)
    return [
        each.event.seq, local.date(), f"{local:%H:%M:%S}", str(each.event.actor or "Aldía"), each.title, each.kind,
        each.name or each.event.object_id, changes, "; ".join(f"{name}: {value}" for name, value in each.facts),
        each.event.verb, each.event.hash,
    ]  # fmt: skip


def history_of(kind: str, object_id: object, limit: int = 20) -> list[Told]:
    """The latest events of one object, for `evidence/_history.html`."""
    rows = AuditEvent.objects.filter(object_type=kind, object_id=str(object_id)).select_related("actor")
    return told(rows.order_by("-seq")[:limit])
