"""How and when the company reminds, as a person sets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import Refused, Stale, plain
from aldia.reminders.models import ReminderSettings, Weekdays
from aldia.reminders.operations.locking import lock_planning
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

LIMITS = {
    "min_days_between": (1, 60),
    "max_per_week": (1, 50),
    "transit_days": (0, 15),
    "merge_after_days": (0, 60),
    "attach_limit_kb": (100, 20_000),
}
OTHERS = ("send_from", "send_until", "weekdays", "receipts", "promises", "notices", "notice_email")


class SettingsError(Refused):
    """A setting cannot be as asked; `field` names it."""


def update_settings(*, version: int, changes: Mapping[str, object], actor: User | None) -> ReminderSettings:
    """Change settings by name. Raises `SettingsError` with the field at fault, and `Stale`."""
    unknown = changes.keys() - LIMITS.keys() - set(OTHERS)
    if unknown:
        raise SettingsError(_("No se puede cambiar: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    with transaction():
        row = lock_planning()
        if row.version != version:
            raise Stale
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value)
        _check(row)
        changed = {
            name: [plain(before[name]), plain(value)] for name, value in changes.items() if before[name] != value
        }
        if changed:
            row.version += 1
            row.save(update_fields=[*changed, "version"])
            audit.record(
                actor=actor,
                verb="reminders.settings_changed",
                object_type="reminder_settings",
                object_id=row.pk,
                detail={"changes": changed},
            )
    return row


def _check(row: ReminderSettings) -> None:
    for name, (least, most) in LIMITS.items():
        value = getattr(row, name)
        if not isinstance(value, int) or not least <= value <= most:
            raise SettingsError(_("Tiene que ser de %(least)d a %(most)d.") % {"least": least, "most": most}, name)
    if not isinstance(row.send_from, time) or not isinstance(row.send_until, time) or row.send_from >= row.send_until:
        raise SettingsError(_("Tiene que ser después de la hora en que se empieza."), "send_until")
    if row.weekdays not in Weekdays.values:
        raise SettingsError(_("Elige qué días se envía."), "weekdays")
    if row.notice_email:
        try:
            validate_email(row.notice_email)
        except ValidationError as error:
            raise SettingsError(_("Ese correo no parece válido."), "notice_email") from error
