"""Who follows which rule: said of customers or of single receivables, many at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.reminders.models import ReminderRule, RuleAssignment
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.rule_words import RuleError
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction


def assign_rule(
    *,
    rule_id: uuid.UUID | None,
    today: date,
    actor: User | None,
    customer_ids: Collection[uuid.UUID] = (),
    receivable_ids: Collection[uuid.UUID] = (),
) -> int:
    """Let customers, or single receivables, follow a rule (None: get no reminders); return how many changed.

    What came due by the rule before today is not made up for, but for the latest.
    """
    with transaction():
        lock_planning()
        name = ""
        if rule_id is not None:
            name = _assignable(rule_id).name
        changed = 0
        for part in chunks(customer_ids):
            known = list(Customer.objects.filter(pk__in=part).values_list("pk", flat=True))
            changed += _put("customer_id", known, rule_id, today)
        for part in chunks(receivable_ids):
            known = list(Receivable.objects.filter(pk__in=part).values_list("pk", flat=True))
            changed += _put("receivable_id", known, rule_id, today)
        _record(actor, "reminders.rule_assigned", customer_ids, receivable_ids, {"rule": name, "changed": changed})
    return changed


def unassign_rule(
    *, actor: User | None, customer_ids: Collection[uuid.UUID] = (), receivable_ids: Collection[uuid.UUID] = ()
) -> int:
    """Take back what was assigned: customers follow the general rule, receivables what their customer follows."""
    with transaction():
        lock_planning()
        changed = 0
        for whose, ids in (("customer_id", customer_ids), ("receivable_id", receivable_ids)):
            for part in chunks(ids):
                changed += RuleAssignment.objects.filter(**{f"{whose}__in": part}).delete()[0]
        _record(actor, "reminders.rule_unassigned", customer_ids, receivable_ids, {"changed": changed})
    return changed


def _assignable(rule_id: uuid.UUID) -> ReminderRule:
    rule = ReminderRule.objects.filter(pk=rule_id, archived_at__isnull=True).first()
    if rule is None:
        raise RuleError(_("Esa regla ya no existe."), "rule")
    return rule


def _put(whose: str, ids: Sequence[uuid.UUID], rule_id: uuid.UUID | None, today: date) -> int:
    """Change the rows that say otherwise, add those that are missing."""
    rows: QuerySet[RuleAssignment] = RuleAssignment.objects.filter(**{f"{whose}__in": ids})
    said = dict(rows.values_list(whose, "rule_id"))
    other = [each for each, rule in said.items() if rule != rule_id]
    RuleAssignment.objects.filter(**{f"{whose}__in": other}).update(rule_id=rule_id, assigned_on=today)
    company_id = current_company_id()
    new = [
        RuleAssignment(id=uuid7(), company_id=company_id, rule_id=rule_id, assigned_on=today, **{whose: each})
        for each in ids
        if each not in said
    ]
    insert_rows(new)
    return len(other) + len(new)


def _record(
    actor: User | None,
    verb: str,
    customer_ids: Collection[uuid.UUID],
    receivable_ids: Collection[uuid.UUID],
    detail: dict[str, object],
) -> None:
    ids = [*customer_ids, *receivable_ids]
    audit.record(
        actor=actor,
        verb=verb,
        object_type="customer" if customer_ids else "receivable",
        object_id=ids[0] if len(ids) == 1 else "",
        detail=detail | {"ids": sorted(map(str, ids))},
    )
