"""What payers cite of documents that were there before; then what the database refuses, `aldia.tenancy.guards`."""

from typing import Any

from django.db import migrations

from aldia.domain.folios import split_number, uuid_start
from aldia.tenancy import guards

CHUNK = 2_000


def fill(apps: Any, schema_editor: Any) -> None:
    """Company by company, because on PostgreSQL a connection sees the rows of the one it announced."""
    receivable = apps.get_model("receivables", "Receivable")
    for company in apps.get_model("tenancy", "Company")._base_manager.values_list("pk", flat=True):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("SELECT set_config('aldia.company', %s, true)", [str(company)])
        rows = receivable._base_manager.filter(company_id=company).only("id", "number", "key")
        changed = []
        for row in rows.iterator(chunk_size=CHUNK):
            row.series, row.folio = split_number(row.number)
            row.uuid_start = uuid_start(row.key)
            changed.append(row)
        receivable._base_manager.bulk_update(changed, ["series", "folio", "uuid_start"], batch_size=CHUNK)


def install(apps: Any, schema_editor: Any) -> None:
    guards.install(apps, schema_editor, "receivables")


def remove(apps: Any, schema_editor: Any) -> None:
    guards.remove(apps, schema_editor, "receivables")


class Migration(migrations.Migration):
    dependencies = [("receivables", "0005_cited")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop), migrations.RunPython(install, remove)]
