"""How a customer or a receivable stands with reminders: the next one, or why there is none, and what may be done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.reminders import Why
from aldia.messaging.models import Channel
from aldia.receivables.models import Receivable
from aldia.reminders.models import CustomerPause, ReminderRule, RuleAssignment
from aldia.reminders.queries import followers
from aldia.reminders.queries.upcoming import Upcoming, upcoming
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.forms_reminders import GENERAL, NONE, FollowForm
from aldia.web.views.reminders import summary
from aldia.web.views.reminders.common import Mend, mend, why_text
from aldia.web.views.reminders.sends import Desk

AHEAD = 400  # days


@dataclass(frozen=True, slots=True)
class Next:
    """The next reminder: its day, and the step in words."""

    on: date
    text: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the card of a page says. `rule` None: no reminders at all."""

    customer_id: uuid.UUID
    rule: ReminderRule | None
    form: FollowForm
    follow_url: str
    next: Next | None = None
    why: str = ""
    until: date | None = None
    mend: Mend | None = None
    pause: CustomerPause | None = None
    may_pause: bool = True


def pause_of(customer_id: uuid.UUID, today: date) -> CustomerPause | None:
    """The pause under which a customer is today."""
    lasting = Q(until__isnull=True) | Q(until__gte=today)
    rows = CustomerPause.objects.filter(lasting, customer_id=customer_id, ended_on__isnull=True, starts_on__lte=today)
    return rows.select_related("created_by").first()


def of_customer(request: CompanyRequest, customer: Customer) -> Standing:
    """The card of a customer's file."""
    rules, said = list(followers.rules()), _said(customer=customer.pk)
    general = next((rule for rule in rules if rule.is_default), None)
    rule = general if said == GENERAL else next((each for each in rules if str(each.pk) == said), None)
    form = FollowForm(rules=[each for each in rules if not each.is_default], above=_above(general),
                      initial={"rule": said}, auto_id="follow_%s")  # fmt: skip
    url = reverse("customer_follow", args=[customer.pk])
    return _standing(request, customer, rule, form, url, None)


def of_receivable(request: CompanyRequest, row: Receivable) -> Standing:
    """The card of one receivable."""
    rules, own = list(followers.rules()), _said(receivable=row.pk)
    said = _said(customer=row.customer_id) if own == GENERAL else own
    general = next((rule for rule in rules if rule.is_default), None)
    rule = general if said == GENERAL else next((each for each in rules if str(each.pk) == said), None)
    form = FollowForm(rules=rules, above=_("La de su cliente"), initial={"rule": own}, auto_id="follow_%s")
    url = reverse("receivable_follow", args=[row.pk])
    return _standing(request, row.customer, rule, form, url, row)


def _above(general: ReminderRule | None) -> str:
    return _("La general («%(name)s»)") % {"name": general.name} if general else _("La regla general")


def _said(**whose: uuid.UUID) -> str:
    """What is assigned: the id of a rule, that there is none, or nothing."""
    found = RuleAssignment.objects.filter(**whose).values_list("rule", flat=True)[:1]
    return next((str(rule) if rule else NONE for rule in found), GENERAL)


def _standing(
    request: CompanyRequest,
    customer: Customer,
    rule: ReminderRule | None,
    form: FollowForm,
    url: str,
    row: Receivable | None,
) -> Standing:
    today = clock.today(request.company)
    pause = pause_of(customer.pk, today)
    shared: dict[str, Any] = {
        "customer_id": customer.pk, "rule": rule, "form": form, "follow_url": url, "pause": pause,
        "may_pause": customer.collecting and not customer.generic and rule is not None,
    }  # fmt: skip
    why = _outright(customer, rule, pause, row)
    if why:
        ids: dict[str, Any] = {"customer": customer.pk, "rule": rule.pk if rule else None}
        until = pause.until if pause and why == Why.CUSTOMER_PAUSED else None
        way = None if why in (Why.CUSTOMER_PAUSED, Why.OFF) else mend(request, why, **ids)
        return Standing(
            **shared,
            why=_("Así se decidió: sin recordatorios.") if rule is None and why == Why.RULE_OFF else why_text(why),
            until=until,
            mend=way,
        )
    rows = _coming(request, customer, row)
    return _next(request, rows, row, shared)


def _outright(
    customer: Customer, rule: ReminderRule | None, pause: CustomerPause | None, row: Receivable | None
) -> str:
    """What keeps everything from being sent, whatever is owed; "" if nothing does."""
    if row is not None and not row.balance:
        return Why.VOIDED if row.voided_on else Why.PAID
    if customer.generic:
        return Why.GENERIC
    if not customer.collecting:
        return Why.OFF
    if rule is not None and pause is not None:
        return Why.CUSTOMER_PAUSED
    return Why.RULE_OFF if rule is None or rule.activated_on is None else ""


def _coming(request: CompanyRequest, customer: Customer, row: Receivable | None) -> list[Upcoming]:
    found = upcoming(company=request.company, as_of=clock.now(), days=AHEAD, customer_ids=[customer.pk])
    return [each for each in found if row is None or each.receivable_id == row.pk]


def _next(
    request: CompanyRequest, rows: Sequence[Upcoming], row: Receivable | None, shared: dict[str, Any]
) -> Standing:
    """The first that has a day, else what the first waits for."""
    dated = [each for each in rows if each.on is not None]
    waiting = [each for each in rows if each.on is None]
    if row is not None and waiting:
        dated = []  # what it waits for comes before anything later
    if dated:
        first = min(dated, key=lambda each: each.on or date.max)
        return Standing(**shared, next=_as_next(first, dated, alone=row is not None))
    if waiting:
        first = waiting[0]
        ids: dict[str, Any] = {"customer": first.customer_id, "rule": first.rule_id}
        ids["receivable"] = first.receivable_id if row is None else None
        return Standing(**shared, why=why_text(first.why), mend=mend(request, first.why, **ids))
    if row is None:
        return Standing(**shared, why=_("Hoy no debe nada que su regla vaya a recordar."))
    return Standing(**shared, why=_("Su regla ya no tiene más avisos para ella."))


def _as_next(first: Upcoming, dated: Sequence[Upcoming], *, alone: bool) -> Next:
    """The day, the step and by what; for a customer, how many documents it is about."""
    assert first.on is not None  # noqa: S101
    desk = Desk([first])
    channels = [each for each in desk.channels(first) if each in Channel.values]
    by = summary.by_what(channels, every=True)
    text = ", ".join(part for part in (summary.sentence(desk.steps[first.step_id]), by) if part)
    same_day = {each.receivable_id for each in dated if each.on == first.on}
    if not alone and len(same_day) > 1:
        text += " · " + _("%(n)d documentos") % {"n": len(same_day)}
    return Next(first.on, text)
