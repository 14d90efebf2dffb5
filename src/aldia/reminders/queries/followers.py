"""Rules as a screen lists them: who follows each, and how many messages each has sent."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, UUIDField

from aldia.customers.models import Customer
from aldia.reminders.models import CustomerPause, ReminderCandidate, ReminderRule, ReminderStep, RuleAssignment


def rules(*, archived: bool = False) -> QuerySet[ReminderRule]:
    """The company's rules, the default one first."""
    return ReminderRule.objects.filter(archived_at__isnull=not archived).order_by("-is_default", "name")


def steps_of(rule_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[ReminderStep]]:
    """The steps of each rule that were not removed, those that are off included."""
    found: dict[uuid.UUID, list[ReminderStep]] = {}
    rows = ReminderStep.objects.filter(rule_id__in=rule_ids, removed_at__isnull=True).order_by("id")
    for step in rows.prefetch_related("templates__template"):
        found.setdefault(step.rule_id, []).append(step)
    return found


def with_rule(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Customers with what is assigned to them: `own_rule` (an id) and `has_own` (whether anything is)."""
    own = RuleAssignment.objects.filter(customer=OuterRef("pk"))
    return customers.annotate(own_rule=Subquery(own.values("rule")[:1], output_field=UUIDField()), has_own=Exists(own))


def followers(rule: ReminderRule, customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those of the customers that follow the rule: by assignment, or because nothing else is said of them."""
    follows = Q(own_rule=rule.pk) | Q(has_own=False) if rule.is_default else Q(own_rule=rule.pk)
    return with_rule(customers).filter(follows)


def follower_counts(customers: QuerySet[Customer]) -> dict[uuid.UUID | None, int]:
    """How many of the customers follow each rule by assignment; under None, how many have none of their own."""
    rows = with_rule(customers).order_by()
    assigned = rows.filter(own_rule__isnull=False).values_list("own_rule").annotate(n=Count("pk"))
    found: dict[uuid.UUID | None, int] = dict(assigned)
    found[None] = rows.filter(has_own=False).count()
    return found


def sent_counts(*, since: date) -> dict[uuid.UUID, int]:
    """Messages that each rule has written from a day on (one that two rules share counts for both)."""
    earliest = since - timedelta(days=31)  # a step may have been decided before its message was written
    rows = ReminderCandidate.objects.filter(decided_on__gte=earliest, message__on_day__gte=since).order_by()
    return dict(rows.values_list("step__rule").annotate(n=Count("message", distinct=True)))


def paused(customer_ids: list[uuid.UUID], today: date) -> dict[uuid.UUID, date | None]:
    """Those of the customers that are in a pause, with the day until which."""
    lasting = Q(until__isnull=True) | Q(until__gte=today)
    rows = CustomerPause.objects.filter(lasting, customer_id__in=customer_ids, ended_on__isnull=True)
    return dict(rows.filter(starts_on__lte=today).values_list("customer_id", "until"))


def paused_customers(today: date) -> set[uuid.UUID]:
    """All customers that are left alone on a day."""
    lasting = Q(until__isnull=True) | Q(until__gte=today)
    rows = CustomerPause.objects.filter(lasting, ended_on__isnull=True, starts_on__lte=today)
    return set(rows.values_list("customer_id", flat=True))


def names_to_follow(no_reminders: str) -> tuple[str, ...]:
    """What a customer may follow, by name: the default first, the other rules, and no reminders at all."""
    return (*rules().values_list("name", flat=True), no_reminders)


def names_followed(no_reminders: str) -> dict[uuid.UUID, str]:
    """The rule (or none) that was assigned to customers; who is left out follows the default one."""
    rows = RuleAssignment.objects.filter(customer__isnull=False).values_list("customer_id", "rule__name")
    return {customer_id: name or no_reminders for customer_id, name in rows}
