"""The sheet of customers applied whole, the rules of reminders that it names included: all of it or nothing."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from aldia.customers.models import Customer
from aldia.customers.operations.sheet_changes import Rules
from aldia.customers.operations.sheet_rows import Applied
from aldia.receivables.operations.customer_sheets import apply_customer_sheet
from aldia.reminders.models import ReminderRule
from aldia.reminders.operations.following import assign_rule, unassign_rule
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def apply_sheet(
    *,
    data: bytes,
    customers: QuerySet[Customer],
    rules: Rules,
    token: str,
    today: date,
    actor: User | None,
    switch_now: bool = True,
) -> tuple[Applied, int]:
    """Apply exactly what the preview showed; return what was written and how many receivables opened.

    Raises `PreviewChanged` and `SheetError`; then nothing is written.
    """
    with transaction():
        applied, opened = apply_customer_sheet(
            data=data,
            customers=customers,
            rules=rules,
            token=token,
            today=today,
            actor=actor,
            switch_now=switch_now,
        )
        known = dict(ReminderRule.objects.filter(archived_at__isnull=True).values_list("name", "pk"))
        for name, ids in applied.reminders.items():
            if name == rules.reminders[0]:
                unassign_rule(actor=actor, customer_ids=ids)
            else:
                assign_rule(rule_id=known.get(name), customer_ids=ids, today=today, actor=actor)
    return applied, opened
