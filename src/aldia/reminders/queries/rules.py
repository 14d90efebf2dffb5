"""Who follows which rule: what is said of the receivable, else of its customer, else the company's default."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet

from aldia.domain.reminders import Rule, Step, When
from aldia.reminders.models import ReminderRule, ReminderStep, RuleAssignment
from aldia.reminders.queries.span import Span

RULE = ("id", "activated_on", "min_balance", "min_currency", "is_default", "version")
STEP = ("id", "rule_id", "when", "days", "times", "until_days", "channels", "every_channel", "is_on")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The company's rules as the domain takes them, inactive ones included; `stamp` tells whether any was edited."""

    rules: dict[uuid.UUID, Rule]
    default: Rule | None
    stamp: tuple[tuple[str, int, str], ...]

    @property
    def some_active(self) -> bool:
        return any(rule.activated_on for rule in self.rules.values())

    def only(self, rule_id: uuid.UUID, on: date) -> RuleBook:
        """The rules as if this one were active from a day on, and no other."""
        rules = {
            each: replace(rule, activated_on=(rule.activated_on or on) if each == rule_id else None)
            for each, rule in self.rules.items()
        }
        return RuleBook(rules, rules.get(self.default.key) if self.default else None, ())


@dataclass(frozen=True, slots=True)
class Followed:
    """The rule that a receivable follows (None: none), and since when."""

    rule: Rule | None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Assignments:
    """What is assigned to some customers and to their receivables."""

    customers: dict[uuid.UUID, Followed]
    receivables: dict[uuid.UUID, Followed]
    default: Followed

    def of(self, customer_id: uuid.UUID, receivable_id: uuid.UUID) -> Followed:
        return self.receivables.get(receivable_id) or self.customers.get(customer_id) or self.default


def rule_book() -> RuleBook:
    """Rules with the steps that are on."""
    rows = list(ReminderRule.objects.filter(archived_at__isnull=True).order_by("id").values(*RULE))
    steps = ReminderStep.objects.filter(rule_id__in=[row["id"] for row in rows], removed_at__isnull=True, is_on=True)
    by_rule: dict[uuid.UUID, list[Step]] = {}
    for row in steps.order_by("id").values(*STEP):
        by_rule.setdefault(row["rule_id"], []).append(as_step(row))
    rules = {
        row["id"]: Rule(
            row["id"],
            tuple(by_rule.get(row["id"], ())),
            row["activated_on"],
            row["min_balance"],
            row["min_currency"],
        )
        for row in rows
    }
    default = next((rules[row["id"]] for row in rows if row["is_default"]), None)
    stamp = tuple((str(row["id"]), row["version"], str(row["activated_on"])) for row in rows)
    return RuleBook(rules, default, stamp)


def as_step(row: dict[str, Any]) -> Step:
    """A step's row as the domain takes it."""
    return Step(
        key=row["id"],
        when=When(row["when"]),
        days=row["days"],
        times=row["times"],
        until_days=row["until_days"],
        channels=tuple(row["channels"] or ("email",)),
        every_channel=bool(row["every_channel"]),
    )


def assignments_of(span: Span, book: RuleBook) -> Assignments:
    """What is assigned to some customers and to their receivables. A rule that was archived is none."""
    customers = RuleAssignment.objects.filter(span.q("customer_id"), customer__isnull=False)
    receivables = RuleAssignment.objects.filter(span.q("receivable__customer_id"), receivable__isnull=False)
    return Assignments(
        {each: _followed(rule, on, book) for each, rule, on in _columns(customers, "customer_id")},
        {each: _followed(rule, on, book) for each, rule, on in _columns(receivables, "receivable_id")},
        Followed(book.default),
    )


def _columns(rows: QuerySet[RuleAssignment], whose: str) -> Iterable[tuple[Any, uuid.UUID | None, date]]:
    return rows.values_list(whose, "rule_id", "assigned_on")


def _followed(rule_id: uuid.UUID | None, on: date, book: RuleBook) -> Followed:
    return Followed(book.rules.get(rule_id) if rule_id else None, on)


def rules_of_customers(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """The rule that each customer follows by assignment or by default (None: no reminders)."""
    default = ReminderRule.objects.filter(is_default=True).values_list("pk", flat=True).first()
    rows = RuleAssignment.objects.filter(customer_id__in=customer_ids)
    assigned = dict(rows.values_list("customer_id", "rule_id"))
    return {each: assigned.get(each, default) for each in customer_ids}
