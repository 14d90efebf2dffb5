"""Django's own command, which begins with all tables at once where there are none (`aldia.tenancy.schema`)."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from aldia.tenancy import schema

PARTLY = ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in PARTLY):
            schema.create(options["database"])
        super().handle(*args, **options)
