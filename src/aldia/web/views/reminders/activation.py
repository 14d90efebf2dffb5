"""Before a rule goes live: exactly what would leave today and to whom, what would not and why, and what follows."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.domain.reminders import Sending, sending_day
from aldia.domain.reminders.days import ONE_DAY
from aldia.receivables.clusters import chunks
from aldia.reminders.content import Debt, Filters, open_debts, shown_debts
from aldia.reminders.models import ReminderRule
from aldia.reminders.operations import rules as operations
from aldia.reminders.queries.facts import standing_of
from aldia.reminders.queries.rules import Assignments, RuleBook, assignments_of, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.queries.upcoming import Upcoming, if_activated, upcoming
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import relative_text
from aldia.web.views import errors
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.receivables.common import done
from aldia.web.views.reminders.calendar import day_name
from aldia.web.views.reminders.common import rule_or_404
from aldia.web.views.reminders.sends import (
    Desk,
    Groups,
    Names,
    Send,
    Sum,
    asked,
    full_debts,
    held,
    held_lines,
    line,
    sums_of,
)

AHEAD = 7
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Coming:
    """A day after the first one."""

    name: str
    count: int
    sums: list[Sum]


@dataclass(slots=True)
class Preview:
    """What activating a rule would do. `going_count` and `held_count` count all; the lists show the first ones."""

    first: date
    is_today: bool
    when_text: str
    going: list[Send] = field(default_factory=list)
    held: list[Send] = field(default_factory=list)
    going_count: int = 0
    held_count: int = 0
    sums: list[Sum] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)

    @property
    def label(self) -> str:
        return _("Saldrían hoy") if self.is_today else _("Saldrían el %(day)s") % {"day": day_name(self.first)}

    @property
    def title(self) -> str:
        return _("Saldría hoy") if self.is_today else _("Saldría el %(day)s") % {"day": day_name(self.first)}

    @property
    def coming_count(self) -> int:
        return sum(each.count for each in self.coming)

    @property
    def is_truncated(self) -> bool:
        return self.going_count > len(self.going) or self.held_count > len(self.held)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def activate(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    """Show what would happen; with the button, let it happen."""
    rule = rule_or_404(rule_id)
    if rule.archived_at is not None:
        return redirect("reminder_rule", rule.pk)
    if request.method != "POST":
        context = {"rule": rule, "preview": preview_of(request, rule)}
        return render(request, "reminders/activate.html", context)
    version = request.POST.get("version", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    today = clock.today(request.company)
    try:
        operations.activate_rule(rule_id=rule.pk, version=seen, today=today, actor=request.user)
    except operations.RuleError as error:
        messages.error(request, str(error))
        return redirect("reminder_rule_edit", rule.pk)
    except operations.Stale as error:
        return errors.conflict(request, str(error))
    text = _("«%(name)s» está activa. Lo que toque hoy sale en el siguiente cuarto de hora.") % {"name": rule.name}
    done(request, text, reverse("reminder_rule_off", args=[rule.pk]))
    return redirect("reminder_rule", rule.pk)


def preview_of(request: CompanyRequest, rule: ReminderRule) -> Preview:
    """What the rule would send if it alone were active from today on. Nothing is written."""
    company, now = request.company, clock.now()
    local, sending = local_time(company, now), sending_of(company)
    day = local.date() if local.time() < sending.send_until else local.date() + ONE_DAY
    first = sending_day(sending, day)
    book = if_activated(rule.pk, local.date())
    rows = list(upcoming(company=company, as_of=now, days=(first - local.date()).days + AHEAD, book=book))
    desk = Desk(rows)
    going = desk.gathered(row for row in rows if row.on == first)
    waiting = [row for row in rows if row.on is None]
    found = Preview(first, first == local.date(), _when_text(first, local, sending.send_from.strftime("%H:%M")))
    _fill(found, going, desk, rule, _debts({key[1] for key in going}, book, sending, local.date()))
    names = Names.of(waiting)
    found.held_count = len(held(waiting))
    found.held = held_lines(request, waiting, desk, names)[:SHOWN]
    found.coming = _coming(rows, desk, first)
    return found


def _when_text(first: date, local: datetime, opening: str) -> str:
    if first == local.date():
        return _("en el siguiente cuarto de hora")
    words = {"day": relative_text(first, local.date()), "at": opening}
    return _("%(day)s a las %(at)s: hoy ya no hay envíos") % words


def _fill(found: Preview, going: Groups, desk: Desk, rule: ReminderRule, debts: dict[uuid.UUID, list[Debt]]) -> None:
    """The messages of the first day with all that their tables would show."""
    found.going_count = len(going)
    names = Names.of(row for rows in going.values() for row in rows)
    filters = Filters.of(rule)
    every: dict[uuid.UUID, tuple[int, str]] = {}
    for key, rows in going.items():
        _on, customer_id, _channel, alone = key
        due = {row.receivable_id for row in rows}
        theirs = debts.get(customer_id, [])
        if alone is not None:
            shown = [debt for debt in theirs if debt.receivable_id == alone]
        else:
            shown = shown_debts(theirs, due=due, filters=filters, today=found.first)
        every |= {debt.receivable_id: (debt.asked, debt.currency) for debt in shown}
        if len(found.going) < SHOWN:
            sums = sums_of((debt.asked, debt.currency) for debt in shown)
            name = str(names.customers[customer_id])
            found.going.append(line(key, rows, desk, name, full_debts(rows, shown, desk), sums))
    found.going.sort(key=lambda each: each.customer.lower())
    found.sums = sums_of(every.values())


def _debts(customer_ids: set[uuid.UUID], book: RuleBook, sending: Sending, today: date) -> dict[uuid.UUID, list[Debt]]:
    """What the customers owe of which a message may speak: what follows a rule that is, or would be, active."""
    found: dict[uuid.UUID, list[Debt]] = {}
    active = {rule.key for each in (book, rule_book()) for rule in each.rules.values() if rule.activated_on}
    for part in chunks(customer_ids):
        span = Span.of(part)
        followed = assignments_of(span, book)
        standing = standing_of(span, today=today, sending=sending)
        for customer_id, debts in open_debts(list(part), standing, today).items():
            found[customer_id] = [each for each in debts if _rule_of(followed, each) in active]
    return found


def _rule_of(followed: Assignments, debt: Debt) -> Hashable:
    rule = followed.of(debt.customer_id, debt.receivable_id).rule
    return rule.key if rule else None


def _coming(rows: Sequence[Upcoming], desk: Desk, first: date) -> list[Coming]:
    days = sorted({row.on for row in rows if row.on is not None and row.on > first})
    found = []
    for day in days:
        mine = [row for row in rows if row.on == day]
        found.append(Coming(day_name(day), len(desk.gathered(mine)), asked(mine)))
    return found
