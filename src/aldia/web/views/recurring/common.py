"""What the pages of recurring documents share: what a person may see, rules in words, and states as pills."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.recurrence import DAY, LAST, MONTH, WEEK, Rule, RuleRefused, from_json
from aldia.recurring.models import Occurrence, Schedule
from aldia.recurring.operations.deciding import DecisionError
from aldia.recurring.operations.schedules import ScheduleError
from aldia.recurring.queries.waiting import for_people
from aldia.web.access import CompanyRequest
from aldia.web.forms_recurring import ADJUSTS, RHYTHMS, WEEKDAYS
from aldia.web.views.receivables.common import sight

REFUSALS = (ScheduleError, DecisionError)


def schedules_in_sight(request: CompanyRequest) -> QuerySet[Schedule]:
    """The schedules of the customers that the person may see."""
    return sight(request).narrow(Schedule.objects.select_related("customer", "created_by"))


def schedule_or_404(request: CompanyRequest, schedule_id: UUID) -> Schedule:
    return get_object_or_404(schedules_in_sight(request), pk=schedule_id)


def waiting_in_sight(request: CompanyRequest) -> QuerySet[Occurrence]:
    """The dates that wait for a person, of those customers."""
    return sight(request).narrow(for_people(), "schedule__customer")


def occurrences_in_sight(request: CompanyRequest) -> QuerySet[Occurrence]:
    return sight(request).narrow(Occurrence.objects.select_related("schedule"), "schedule__customer")


def rule_of(schedule: Schedule) -> Rule | None:
    """Its rule; None for one that this version cannot read."""
    try:
        return from_json(schedule.rule)
    except RuleRefused:
        return None


def rule_words(rule: Rule | None) -> str:
    """As "cada mes, el día 1", "cada dos semanas, lunes y jueves"."""
    if rule is None:
        return "—"
    return f"{_rhythm(rule)}{_days(rule)}"


def _rhythm(rule: Rule) -> str:
    if rule.unit == DAY:
        return ngettext("Cada día", "Cada %(count)d días", rule.every) % {"count": rule.every}
    known = dict(RHYTHMS)
    if rule.unit == MONTH and rule.every == 1 and len(rule.days) > 1:
        return str(_("Cada quincena"))
    if (found := known.get(f"{rule.unit}:{rule.every}")) is not None:
        return str(found)
    if rule.unit == WEEK:
        return _("Cada %(count)d semanas") % {"count": rule.every}
    return _("Cada %(count)d meses") % {"count": rule.every}


def _days(rule: Rule) -> str:
    if rule.unit == DAY:
        return ""
    if rule.unit == WEEK:
        return ", " + joined([str(WEEKDAYS[day][1]).lower() for day in rule.days])
    names = [_("el último día") if day == LAST else _("el %(day)d") % {"day": day} for day in rule.days]
    return ", " + joined(names)


def joined(words: list[str]) -> str:
    """As "lunes, martes y jueves"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(most)s y %(last)s") % {"most": ", ".join(words[:-1]), "last": words[-1]}


def adjust_words(rule: Rule | None) -> str:
    return str(dict(ADJUSTS).get(rule.adjust, "")) if rule is not None else ""


def links_of(row: Occurrence) -> dict[str, Any]:
    """What a date made, as pages link to it."""
    number = row.receivable.number if row.receivable else ""
    if not number and row.issue is not None:
        number = f"{row.issue.series}{row.issue.folio}" or str(_("Borrador"))
    return {"row": row, "number": number}
