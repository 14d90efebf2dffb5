"""What the database refuses for the tables of this app; see `aldia.tenancy.guards`."""

from typing import Any

from django.db import migrations

from aldia.tenancy import guards


def install(apps: Any, schema_editor: Any) -> None:
    guards.install(apps, schema_editor, "customers")


def remove(apps: Any, schema_editor: Any) -> None:
    guards.remove(apps, schema_editor, "customers")


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_handover")]
    operations = [migrations.RunPython(install, remove)]
