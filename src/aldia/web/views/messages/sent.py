"""What was sent and what was not ("Enviados"): tabs, filters, search, export, and answers for many at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers import queries as customer_queries
from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.messaging.models import Channel, Delivery, DeliveryState, Message, MessageState, Purpose
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Day, Listing, Page, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.messages.common import (
    CHANNEL_ICONS,
    PROBLEMS,
    REACHED,
    shown_state,
    title_of,
    visible_messages,
)
from aldia.web.views.receivables.table import OfCustomer, sheet_response

ALL, AWAITING, READY, SENT, TROUBLE, UNKNOWN = "", "awaiting", "ready", "sent", "problems", "unknown"
TABS = (
    (ALL, gettext_lazy("Todos")),
    (AWAITING, gettext_lazy("Por aprobar")),
    (READY, gettext_lazy("Por enviar")),
    (SENT, gettext_lazy("Enviados")),
    (TROUBLE, gettext_lazy("Con problemas")),
    (UNKNOWN, gettext_lazy("No se sabe")),
)
COUNTED = (AWAITING, READY, UNKNOWN)  # what waits for somebody; the others only grow
COUNT_CAP = 1000
MAX_WORDS = 10
STATES = (
    ("delivered", gettext_lazy("Entregado")),
    ("opened", gettext_lazy("Abierto")),
    ("bounced", gettext_lazy("Rebotado")),
    ("complained", gettext_lazy("Marcado como no deseado")),
    ("failed", gettext_lazy("Falló")),
    ("cancelled", gettext_lazy("No se envió")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A message as the list draws it."""

    message: Message
    deliveries: list[Delivery]

    @property
    def pk(self) -> UUID:
        return self.message.pk

    @property
    def title(self) -> str:
        return title_of(self.message)

    @property
    def state(self) -> str:
        return shown_state(self.message, self.deliveries)

    @property
    def icon(self) -> str:
        return CHANNEL_ICONS.get(Channel(self.message.channel), "mail")

    @property
    def first(self) -> Delivery | None:
        return next(iter(self.deliveries), None)

    @property
    def others(self) -> int:
        return max(0, len(self.deliveries) - 1)

    @property
    def sent_at(self) -> datetime | None:
        return max((each.sent_at for each in self.deliveries if each.sent_at), default=None)

    @property
    def error(self) -> str:
        return next((each.error for each in self.deliveries if each.error), "")


LIST = Listing(
    key="messages",
    columns=(
        Column("subject", gettext_lazy("Mensaje"), always=True),
        Column("customer", gettext_lazy("Para"), sort="customer__legal_name"),
        Column("purpose", gettext_lazy("Para qué")),
        Column("state", gettext_lazy("Estado"), always=True),
        Column("at", gettext_lazy("Escrito"), sort="created_at"),
        Column("sent", gettext_lazy("Enviado"), shown=False),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar asunto, cliente o dirección")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("channel", gettext_lazy("Canal"), Channel.choices),
        Choice("purpose", gettext_lazy("Para qué"), Purpose.choices),
        Choice("state", gettext_lazy("Estado"), STATES),
        Day("from", gettext_lazy("Desde")),
        Day("to", gettext_lazy("Hasta")),
    ),
    sort="-at",
)


def tab_of(request: CompanyRequest) -> str:
    """The tab that the address asks for."""
    tab = request.GET.get("tab", "")
    return tab if tab in dict(TABS) else ALL


def _with_delivery(*states: str) -> Exists:
    return Exists(Delivery.objects.filter(message=OuterRef("pk"), state__in=states))


def of_tab(rows: QuerySet[Message], tab: str) -> QuerySet[Message]:
    """The messages of a tab."""
    if tab == AWAITING:
        return rows.filter(state=MessageState.AWAITING)
    if tab == READY:
        return rows.filter(state=MessageState.READY).exclude(_with_delivery(DeliveryState.UNKNOWN))
    if tab == SENT:
        return rows.filter(_with_delivery(*REACHED))
    if tab == TROUBLE:
        return rows.filter(_with_delivery(*PROBLEMS))
    return rows.filter(_with_delivery(DeliveryState.UNKNOWN)) if tab == UNKNOWN else rows


def matching(rows: QuerySet[Message], values: dict[str, Any], zone: str) -> QuerySet[Message]:
    """The filters of the bar; days are the company's."""
    for name in ("channel", "purpose"):
        if values.get(name):
            rows = rows.filter(**{name: values[name]})
    if values.get("customer"):
        rows = rows.filter(customer=values["customer"])
    if values.get("state") == "cancelled":
        rows = rows.filter(state=MessageState.CANCELLED)
    elif values.get("state"):
        rows = rows.filter(_with_delivery(values["state"]))
    if values.get("from"):
        rows = rows.filter(created_at__gte=_midnight(values["from"], zone))
    if values.get("to"):
        rows = rows.filter(created_at__lt=_midnight(values["to"] + timedelta(days=1), zone))
    return searched(rows, values.get("q", ""))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def searched(rows: QuerySet[Message], text: str) -> QuerySet[Message]:
    """Every word is in the subject, in an address, or in the customer's name."""
    for word in text.split()[:MAX_WORDS]:
        to = Exists(Delivery.objects.filter(message=OuterRef("pk"), address__icontains=word))
        name = Q(customer__search__contains=fold(word)) if fold(word) else Q()
        rows = rows.filter(Q(subject__icontains=word) | name | Q(to))
    return rows


def listing(request: CompanyRequest) -> Listing:
    """The list as this person and this tab have it."""
    zone = request.company.time_zone
    visible = customer_queries.visible_to(request.membership)
    filters = tuple(replace(each, visible=visible) if isinstance(each, OfCustomer) else each for each in LIST.filters)
    return replace(LIST, filters=filters, apply=lambda rows, values: matching(rows, values, zone))


def in_tab(request: CompanyRequest) -> QuerySet[Message]:
    return of_tab(visible_messages(request), tab_of(request))


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    tab = tab_of(request)
    page = listing(request).page(request, in_tab(request))
    page.rows = drawn(page)  # type: ignore[assignment]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"tab": tab} if tab else {},
        "tabs": [] if request.htmx else tabs(request, tab),  # type: ignore[attr-defined]
    }
    return render(request, "messages/sent.html", context)


def drawn(page: Page[Message]) -> list[Row]:
    """The messages of a page with their deliveries, in one more query."""
    found: dict[UUID, list[Delivery]] = {row.pk: [] for row in page.rows}
    for each in Delivery.objects.filter(message__in=list(found)).order_by("is_copy", "id"):
        found[each.message_id].append(each)
    return [Row(row, found[row.pk]) for row in page.rows]


def tabs(request: CompanyRequest, current: str) -> list[dict[str, Any]]:
    """The tabs; a number where somebody has something to do."""
    rows = visible_messages(request).order_by()
    return [
        {
            "label": label,
            "url": f"?tab={key}" if key else "?",
            "active": key == current,
            "count": _count(of_tab(rows, key)) if key in COUNTED else "",
        }
        for key, label in TABS
    ]


def _count(rows: QuerySet[Message]) -> str:
    number = rows.values("pk")[:COUNT_CAP].count()
    return f"{number:,}+" if number == COUNT_CAP else str(number or "")


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, one line per address, as a sheet."""
    rows = listing(request).matching(request, in_tab(request)).prefetch_related("deliveries")
    columns = [
        SheetColumn(_("Día"), "day", 12),
        SheetColumn(_("Hora"), width=8),
        SheetColumn(_("Canal")),
        SheetColumn(_("Para qué"), width=22),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("RFC")),
        SheetColumn(_("Asunto"), width=50),
        SheetColumn(_("Dirección"), width=34),
        SheetColumn(_("Copia"), width=8),
        SheetColumn(_("Estado"), width=18),
        SheetColumn(_("Enviado"), width=18),
        SheetColumn(_("Entregado"), width=18),
        SheetColumn(_("Abierto"), width=18),
        SheetColumn(_("Por qué"), width=50),
    ]
    name = _("mensajes-%(day)s.xlsx") % {"day": clock.today(request.company).isoformat()}
    return sheet_response(_("Mensajes"), columns, _export_rows(rows, ZoneInfo(request.company.time_zone)), name)


def _export_rows(rows: QuerySet[Message], zone: ZoneInfo) -> Iterator[list[Cell]]:
    for row in rows.iterator(chunk_size=1000):
        written = row.created_at.astimezone(zone)
        deliveries: list[Delivery | None] = list(row.deliveries.all())
        for each in deliveries or [None]:
            state = shown_state(row, [each] if each else [])
            yield [
                written.date(), f"{written:%H:%M}", str(row.get_channel_display()), str(row.get_purpose_display()),
                str(row.customer or ""), row.customer.tax_id if row.customer else "", row.subject,
                each.address if each else "", _("sí") if each and each.is_copy else "", str(STATUSES[state][0]),
                *(_at(moment, zone) for moment in _moments(each)),
                row.cancel_reason or (each.error if each else "") or row.reason,
            ]  # fmt: skip


def _moments(delivery: Delivery | None) -> tuple[datetime | None, ...]:
    return (delivery.sent_at, delivery.delivered_at, delivery.opened_at) if delivery else (None, None, None)


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""
