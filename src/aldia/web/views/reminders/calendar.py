"""The calendar: what left, what will leave and what will not, day by day; a day opened says who, what and why."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers.queries import NO_PORTFOLIO, visible_to
from aldia.domain.calendars import add_months
from aldia.domain.reminders import is_sending_day
from aldia.messaging.models import Channel
from aldia.receivables.models import Receivable
from aldia.reminders.queries import followers
from aldia.reminders.queries.upcoming import Upcoming, upcoming
from aldia.reminders.settings import sending_of
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import day_text
from aldia.web.listing_filters import Choice, Day, Filter, Pick, read_filters
from aldia.web.views.customers.table import portfolio_choices
from aldia.web.views.reminders.past import Past, past_of
from aldia.web.views.reminders.sends import Desk, Names, Send, Sum, asked, going_lines, held, held_lines, sums_of

AHEAD = 400  # days
LONG = 10_000  # open receivables beyond which the days are asked for after the page is there
SHOWN = 200
WEEKDAYS = (
    gettext_lazy("lun"),
    gettext_lazy("mar"),
    gettext_lazy("mié"),
    gettext_lazy("jue"),
    gettext_lazy("vie"),
    gettext_lazy("sáb"),
    gettext_lazy("dom"),
)
LONG_WEEKDAYS = (
    gettext_lazy("lunes"),
    gettext_lazy("martes"),
    gettext_lazy("miércoles"),
    gettext_lazy("jueves"),
    gettext_lazy("viernes"),
    gettext_lazy("sábado"),
    gettext_lazy("domingo"),
)
MONTHS = (
    gettext_lazy("enero"),
    gettext_lazy("febrero"),
    gettext_lazy("marzo"),
    gettext_lazy("abril"),
    gettext_lazy("mayo"),
    gettext_lazy("junio"),
    gettext_lazy("julio"),
    gettext_lazy("agosto"),
    gettext_lazy("septiembre"),
    gettext_lazy("octubre"),
    gettext_lazy("noviembre"),
    gettext_lazy("diciembre"),
)


def rule_choices() -> list[tuple[str, str]]:
    return [(str(rule.pk), rule.name) for rule in followers.rules()]


FILTERS: tuple[Filter, ...] = (
    Pick("rule", gettext_lazy("Regla"), rule_choices),
    Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
    Choice("channel", gettext_lazy("Canal"), Channel.choices),
)
PLACES: tuple[Filter, ...] = (Day("on"), Day("day"), Choice("view", choices=(("week", ""), ("month", ""))))


@dataclass(slots=True)
class Cell:
    """A day of the calendar."""

    day: date
    url: str = ""
    went: int = 0
    going: int = 0
    held: int = 0
    sums: list[Sum] = field(default_factory=list)
    is_outside: bool = False
    is_today: bool = False
    is_past: bool = False
    is_quiet: bool = False
    is_current: bool = False

    @property
    def has_some(self) -> bool:
        return bool(self.went or self.going or self.held)

    @property
    def name(self) -> str:
        return day_name(self.day)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The day that was opened: what goes (or went), and what does not."""

    name: str
    is_past: bool
    going: list[Send]
    held: list[Send]
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What part of time the page shows, and what is asked of it."""

    today: date
    middle: date
    is_week: bool
    first: date
    last: date
    values: dict[str, Any]

    @classmethod
    def of(cls, request: CompanyRequest) -> Frame:
        places, _errors = read_filters(PLACES, request.GET)
        values, _errors = read_filters(FILTERS, request.GET)
        today = clock.today(request.company)
        middle, is_week = places.get("on", places.get("day", today)), places.get("view") == "week"
        middle = min(max(middle, date(2000, 1, 1)), today + timedelta(days=AHEAD - 45))
        start = middle if is_week else middle.replace(day=1)
        first = start - timedelta(days=start.weekday())
        end = first + timedelta(days=6) if is_week else add_months(start, 1) - timedelta(days=1)
        last = end + timedelta(days=6 - end.weekday())
        return cls(today, middle, is_week, first, last, values)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]

    @property
    def title(self) -> str:
        if self.is_week:
            return _("%(first)s – %(last)s") % {"first": day_text(self.first), "last": day_text(self.last)}
        return f"{MONTHS[self.middle.month - 1]} {self.middle.year}"

    def moved(self, step: int) -> date:
        return self.middle + timedelta(days=7 * step) if self.is_week else add_months(self.middle.replace(day=1), step)


def day_name(day: date) -> str:
    """ "lunes 23 nov 2026" """
    return f"{LONG_WEEKDAYS[day.weekday()]} {day_text(day)}"


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    if not request.htmx and _is_long():  # type: ignore[attr-defined]
        return render(request, "reminders/calendar.html", {"is_waiting": True, "path": request.get_full_path()})
    frame = Frame.of(request)
    places, _errors = read_filters(PLACES, request.GET)
    opened = places.get("day")
    rows = _rows(request, frame)
    desk = Desk(rows)
    past = past_of(request, frame.first, min(frame.last, frame.today), frame.values)
    cells = _cells(request, frame, rows, desk, past, opened)
    context = {
        "frame": frame,
        "title": frame.title,
        "is_week": frame.is_week,
        "cells": cells,
        "listed": [cell for cell in cells if cell.has_some and not cell.is_outside],
        "weekdays": WEEKDAYS,
        "fields": [each.context(request.GET) for each in FILTERS],
        "keep": {name: request.GET[name] for name in ("view", "on", "day") if request.GET.get(name)},
        "chosen": _chosen(request, frame, rows, desk, past, opened) if opened else None,
        "any_active": followers.rules().filter(activated_on__isnull=False).exists(),
        "may_pause": allows(request.membership, permissions.PAUSE),
        "previous_url": _url(request, on=frame.moved(-1)),
        "next_url": _url(request, on=frame.moved(1)),
        "today_url": _url(request, on=None),
        "month_url": _url(request, on=frame.middle, view=None),
        "week_url": _url(request, on=opened or frame.middle, view="week"),
    }
    return render(request, "reminders/calendar.html", context)


def _is_long() -> bool:
    """Whether looking ahead takes seconds: every open receivable is asked when it will be reminded of."""
    return Receivable.objects.filter(balance__gt=0).order_by()[: LONG + 1].count() > LONG


def _url(request: CompanyRequest, **changes: Any) -> str:
    """The calendar with what is asked of it, elsewhere in time."""
    kept = {name: request.GET[name] for name in ("rule", "portfolio", "channel", "view") if request.GET.get(name)}
    wanted = {name: str(value) for name, value in {**kept, **changes}.items() if value is not None}
    address = reverse("reminder_calendar")
    return f"{address}?{urlencode(wanted)}" if wanted else address


def _rows(request: CompanyRequest, frame: Frame) -> list[Upcoming]:
    """The reminders to come in the frame, of the customers that are asked about and that the person may see."""
    if frame.last < frame.today:
        return []
    days = (frame.last - frame.today).days
    found = upcoming(company=request.company, as_of=clock.now(), days=days, customer_ids=_asked_about(request, frame))
    rule = frame.values.get("rule")
    return [row for row in found if (row.on is None or row.on <= frame.last) and (not rule or str(row.rule_id) == rule)]


def _asked_about(request: CompanyRequest, frame: Frame) -> Collection[uuid.UUID] | None:
    """None: all customers of the company."""
    portfolio = frame.values.get("portfolio")
    if not portfolio and not request.membership.own_portfolio_only:
        return None
    rows = visible_to(request.membership)
    if portfolio:
        rows = rows.filter(portfolio=None if portfolio == NO_PORTFOLIO else portfolio)
    return list(rows.values_list("pk", flat=True))


def _cells(
    request: CompanyRequest, frame: Frame, rows: Sequence[Upcoming], desk: Desk, past: Past, opened: date | None
) -> list[Cell]:
    sending = sending_of(request.company)
    cells = {
        day: Cell(
            day,
            url=_url(request, day=day, on=frame.middle if not frame.is_week else None),
            is_outside=not frame.is_week and day.month != frame.middle.month,
            is_today=day == frame.today,
            is_past=day < frame.today,
            is_quiet=not is_sending_day(sending, day),
            is_current=day == opened,
            went=past.sent.get(day, 0),
            held=past.skipped.get(day, 0),
            sums=past.sums.get(day, []),
        )
        for day in frame.days
    }
    by_day: dict[date, list[Upcoming]] = {}
    for key, mine in desk.gathered(_dated(rows), channel=frame.values.get("channel", "")).items():
        cell = cells.get(key[0])  # type: ignore[arg-type]
        if cell is not None:
            cell.going += 1
            by_day.setdefault(cell.day, []).extend(mine)
    for day, theirs in by_day.items():
        coming = asked(theirs)
        cells[day].sums = sums_of([(each.minor, each.currency) for each in (*cells[day].sums, *coming)])
    if frame.today in cells:
        cells[frame.today].held += len(held(_undated(rows)))
    return list(cells.values())


def _dated(rows: Sequence[Upcoming]) -> list[Upcoming]:
    return [row for row in rows if row.on is not None]


def _undated(rows: Sequence[Upcoming]) -> list[Upcoming]:
    return [row for row in rows if row.on is None]


def _chosen(
    request: CompanyRequest, frame: Frame, rows: Sequence[Upcoming], desk: Desk, past: Past, day: date
) -> Chosen:
    """A day in full: its messages, and what waits (today) or was left out (before)."""
    mine = [row for row in rows if row.on == day]
    waiting = _undated(rows) if day == frame.today else []
    groups = desk.gathered(mine, channel=frame.values.get("channel", ""))
    names = Names.of([*mine, *waiting])
    going = [*past.messages(day), *sorted(going_lines(groups, desk, names), key=lambda each: each.customer.lower())]
    left = [*past.left_out(day), *held_lines(request, waiting, desk, names)]
    too_many = len(going) > SHOWN or len(left) > SHOWN
    return Chosen(day_name(day), day < frame.today, going[:SHOWN], left[:SHOWN], too_many)
