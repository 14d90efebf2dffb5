"""All tables at once, for a database that has none yet.

Migrations tell how a database became what the models say, one step after the other: for a new one that is the long
way to the same end (each step imagines all models anew: most of a minute). Here the tables are made from the models,
with their guards, and every migration is written down as applied. `tests/capabilities/test_schema.py` proves on both
engines that the two ways end in the same database.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from aldia.tenancy import guards


def create(alias: str = "default") -> bool:
    """Make every table in one transaction, if the database has none and there are migrations; whether it did."""
    connection = connections[alias]
    loader = MigrationLoader(connection)
    recorder = MigrationRecorder(connection)
    if not loader.disk_migrations or set(connection.introspection.table_names()) - {recorder.Migration._meta.db_table}:
        return False
    recorder.ensure_schema()
    with connection.schema_editor() as editor:
        for label in sorted(loader.migrated_apps):
            for model in router.get_migratable_models(apps.get_app_config(label), alias, include_auto_created=False):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        guards.install(apps, editor)
        _write_down(recorder, loader)
    return True


def _write_down(recorder: MigrationRecorder, loader: MigrationLoader) -> None:
    rows: list[Any] = [recorder.Migration(app=app, name=name) for app, name in sorted(loader.disk_migrations)]
    recorder.migration_qs.bulk_create(rows)
