"""Which rule is the general one: whoever has no rule of their own follows it."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from aldia.reminders.models import ReminderRule
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.rule_words import RuleError
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def make_default_rule(*, rule_id: uuid.UUID, actor: User | None) -> ReminderRule:
    """Make a rule the general one; the one that was becomes a rule like any other. Raises `RuleError`."""
    with transaction():
        lock_planning()
        rule = ReminderRule.objects.select_for_update().filter(pk=rule_id, archived_at__isnull=True).first()
        if rule is None:
            raise RuleError(_("Esa regla ya no existe."))
        if rule.is_default:
            return rule
        before = ReminderRule.objects.select_for_update().filter(is_default=True).first()
        if before is not None:
            before.is_default, before.version = False, before.version + 1
            before.save(update_fields=["is_default", "version"])
        rule.is_default, rule.version = True, rule.version + 1
        rule.save(update_fields=["is_default", "version"])
        detail = {"name": rule.name, "before": before.name if before else ""}
        audit.record(
            actor=actor, verb="reminders.default_rule", object_type="reminder_rule", object_id=rule.pk, detail=detail
        )
    return rule
