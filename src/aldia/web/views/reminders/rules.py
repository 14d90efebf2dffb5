"""Rules: the list, one rule, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.messaging.models import Channel, Tone
from aldia.messaging.placeholders import ROW_FIELDS
from aldia.reminders.models import ReminderRule, ReminderStep
from aldia.reminders.operations import rules as operations
from aldia.reminders.operations.general import make_default_rule
from aldia.reminders.queries import followers
from aldia.reminders.queries.upcoming import upcoming
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import amount_text
from aldia.web.views import errors
from aldia.web.views.customers.common import gone_is_404
from aldia.web.views.receivables.common import done
from aldia.web.views.reminders import summary
from aldia.web.views.reminders.common import reminded, rule_or_404
from aldia.web.views.reminders.sends import Desk

SHOWN_FOLLOWERS = 12
SENT_DAYS = 30
AHEAD = 7


@dataclass(frozen=True, slots=True)
class Card:
    """A rule as the list draws it."""

    rule: ReminderRule
    marks: list[summary.Mark]
    followers: int
    sent: int


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as a sentence."""

    sentence: str
    by: str
    tone: str
    approval: bool
    words: tuple[str, ...]


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    cards = _cards(request)
    context = {
        "cards": cards,
        "archived": list(followers.rules(archived=True)),
        "general": any(card.rule.is_default for card in cards),
        "any_active": any(card.rule.activated_on for card in cards),
    }
    return render(request, "reminders/rules.html", context)


def _cards(request: CompanyRequest) -> list[Card]:
    today = clock.today(request.company)
    rows = list(followers.rules())
    steps = followers.steps_of([rule.pk for rule in rows])
    counts = followers.follower_counts(reminded(request))
    sent = followers.sent_counts(since=today - timedelta(days=SENT_DAYS))
    return [
        Card(
            rule,
            summary.marks(step for step in steps.get(rule.pk, ()) if step.is_on),
            counts.get(rule.pk, 0) + (counts.get(None, 0) if rule.is_default else 0),
            sent.get(rule.pk, 0),
        )
        for rule in rows
    ]


@require_safe
@needs(permissions.VIEW)
def coming(request: CompanyRequest) -> HttpResponse:
    """How much each active rule will send, asked for after the page is there: it looks at all that is owed."""
    counts = coming_by_rule(request)
    rows = [(rule, counts.get(rule.pk, 0)) for rule in followers.rules().filter(activated_on__isnull=False)]
    return render(request, "reminders/_coming.html", {"rows": rows})


def coming_by_rule(request: CompanyRequest) -> dict[UUID, int]:
    """Messages that will leave in the next seven days, by rule, if nobody pays before."""
    only = None
    if request.membership.own_portfolio_only:
        only = list(reminded(request).values_list("pk", flat=True))
    rows = [
        row
        for row in upcoming(company=request.company, as_of=clock.now(), days=AHEAD, customer_ids=only)
        if row.on is not None
    ]
    found: dict[UUID, int] = {}
    for group in Desk(rows).gathered(rows).values():
        for rule_id in {row.rule_id for row in group}:
            found[rule_id] = found.get(rule_id, 0) + 1
    return found


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_or_404(rule_id)
    today = clock.today(request.company)
    steps = [step for step in followers.steps_of([rule.pk]).get(rule.pk, ()) if step.is_on]
    who = followers.followers(rule, reminded(request))
    context = {
        "rule": rule,
        "marks": summary.marks(steps),
        "steps": [_line(step) for step in summary.in_order(steps)],
        "followers": who.count(),
        "named": [] if rule.is_default else list(who.order_by("legal_name")[:SHOWN_FOLLOWERS]),
        "facts": _facts(rule, request),
        "sent": followers.sent_counts(since=today - timedelta(days=SENT_DAYS)).get(rule.pk, 0),
    }
    return render(request, "reminders/rule.html", context)


def _line(step: ReminderStep) -> StepLine:
    words = tuple(
        f"{Channel(each.channel).label}: {each.template.name}"
        for each in sorted(step.templates.all(), key=lambda each: (each.channel, each.language))
    )
    return StepLine(
        summary.sentence(step),
        summary.by_what(step.channels, every=step.every_channel),
        str(Tone(step.tone).label).lower() if step.tone in Tone.values else step.tone,
        step.needs_approval,
        words,
    )


def _facts(rule: ReminderRule, request: CompanyRequest) -> list[tuple[str, Any]]:
    least = amount_text(rule.min_balance, rule.min_currency, request.company) if rule.min_balance else ""
    files = [
        name
        for wanted, name in (
            (rule.attach_pdf, _("PDF")),
            (rule.attach_xml, _("XML")),
            (rule.attach_statement, _("estado de cuenta")),
        )
        if wanted
    ]
    return [
        (_("Mensajes"), rule.get_grouping_display()),
        (_("Enlista"), _("solo lo vencido") if rule.only_overdue else _("lo vencido y lo que está por vencer")),
        (_("Solo saldos desde"), least),
        (_("Columnas"), ", ".join(_(ROW_FIELDS[each]) for each in rule.columns if each in ROW_FIELDS)),
        (_("Adjuntos"), ", ".join(files) or _("ninguno")),
    ]


# What may be done with one


def _version(request: CompanyRequest, rule: ReminderRule) -> int:
    """The version that the person saw; the one on file where the page does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else rule.version


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def turn_off(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    """Stop a rule at once, with a way back."""
    rule = rule_or_404(rule_id)
    try:
        rule = operations.deactivate_rule(rule_id=rule.pk, version=_version(request, rule), actor=request.user)
    except operations.Stale as error:
        return errors.conflict(request, str(error))
    text = _("«%(name)s» está apagada: ya no envía nada.") % {"name": rule.name}
    done(request, text, reverse("reminder_rule_activate", args=[rule.pk]), [("version", rule.version)])
    return redirect("reminder_rule", rule.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def duplicate(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    copy = operations.duplicate_rule(rule_id=rule_or_404(rule_id).pk, actor=request.user)
    messages.success(request, _("Esta es la copia: está apagada y nadie la sigue todavía."))
    return redirect("reminder_rule_edit", copy.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def archive(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_or_404(rule_id)
    try:
        operations.archive_rule(rule_id=rule.pk, version=_version(request, rule), actor=request.user)
    except operations.RuleError as error:
        messages.error(request, str(error))
        return redirect("reminder_rule", rule.pk)
    except operations.Stale as error:
        return errors.conflict(request, str(error))
    done(request, _("Se archivó «%(name)s».") % {"name": rule.name}, reverse("reminder_rule_restore", args=[rule.pk]))
    return redirect("reminder_rules")


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def restore(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    rule = operations.unarchive_rule(rule_id=rule_or_404(rule_id).pk, actor=request.user)
    messages.success(request, _("«%(name)s» está de vuelta, apagada.") % {"name": rule.name})
    return redirect("reminder_rule", rule.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
@gone_is_404
def make_general(request: CompanyRequest, rule_id: UUID) -> HttpResponse:
    """Let whoever has no rule of their own follow this one."""
    rule = rule_or_404(rule_id)
    try:
        make_default_rule(rule_id=rule.pk, actor=request.user)
    except operations.RuleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("«%(name)s» es ahora la regla general.") % {"name": rule.name})
    return redirect("reminder_rule", rule.pk)


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def prepare(request: CompanyRequest) -> HttpResponse:
    """Make the general rule where it is missing."""
    return redirect("reminder_rule", operations.ensure_default_rule().pk)
