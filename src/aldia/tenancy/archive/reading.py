"""Restoring a backup: checked as a whole first, then loaded in one transaction, then compared row by row."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from aldia.tenancy import guards, schema
from aldia.tenancy.archive import tables
from aldia.tenancy.archive.writing import BLOCK, FORMAT, applied_state
from aldia.tenancy.bulk import refresh_all_statistics

BATCH = 500


class NotABackup(Exception):
    """The file is not a backup that this program can restore: nothing was touched."""


class RestoreFailed(Exception):
    """What was loaded is not what the backup holds: the database was left as it was before."""


def check_backup(*, path: Path, progress: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Read a backup from end to end and return its manifest; raise `NotABackup` if anything in it is not as written."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
            _check_version(manifest)
            for table in manifest["tables"]:
                progress(table["table"])
                _check_member(archive, f"tables/{table['table']}.jsonl", table["sha256"])
            for file in kept_files(manifest):
                progress(file["path"])
                _check_member(archive, f"files/{file['path']}", file["sha256"])
    except FileNotFoundError as error:
        raise NotABackup(_("No existe el archivo: %(path)s") % {"path": path}) from error
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        raise NotABackup(
            _("El archivo no es un respaldo de Aldía, o está dañado (%(why)s).") % {"why": error}
        ) from error
    return manifest


def load_backup(
    *,
    path: Path,
    manifest: dict[str, Any],
    with_files: bool = True,
    progress: Callable[[str], None] = lambda name: None,
) -> None:
    """Load a checked backup into a database without tables, and its files into the storage.

    The tables are made as they were when the backup was written; the program's newer migrations come after.
    Raises `RestoreFailed` when a row that comes back is not the row that was kept.
    """
    _make_tables(manifest["migrations"])
    apps, _migrations = applied_state()
    with zipfile.ZipFile(path) as archive:
        with transaction.atomic(), guards.lifted(apps, connection):
            _load_tables(archive, apps, manifest, progress)
            _compare(apps, manifest)
        if with_files:
            for file in kept_files(manifest):
                progress(file["path"])
                _restore_file(archive, file)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    refresh_all_statistics()


def _make_tables(migrations: dict[str, list[str]]) -> None:
    """As they stood after the last migrations of each app: at once where those are today's, else step by step."""
    executor = MigrationExecutor(connection)
    wanted = [(app, name) for app, names in migrations.items() for name in names]
    if set(wanted) != set(executor.loader.graph.leaf_nodes()) or not schema.create():
        executor.migrate(wanted)


def kept_files(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The files whose bytes a backup holds."""
    return [file for file in manifest["files"] if file.get("problem") != "missing"]


def _check_version(manifest: dict[str, Any]) -> None:
    if manifest["format"] != FORMAT:
        raise NotABackup(_("El respaldo es de otra versión de Aldía."))
    known = MigrationExecutor(connection).loader.disk_migrations
    for app, names in manifest["migrations"].items():
        for name in names:
            if (app, name) not in known:
                raise NotABackup(
                    _("El respaldo es de una versión más nueva de Aldía (%(name)s).") % {"name": f"{app}.{name}"}
                )


def _check_member(archive: zipfile.ZipFile, name: str, sha256: str) -> None:
    digest = hashlib.sha256()
    with archive.open(name) as source:
        while block := source.read(BLOCK):
            digest.update(block)
    if digest.hexdigest() != sha256:
        raise ValueError(name)


def _load_tables(
    archive: zipfile.ZipFile, apps: Any, manifest: dict[str, Any], progress: Callable[[str], None]
) -> None:
    models = {model._meta.db_table: model for model in tables.kept_models(apps)}
    with connection.cursor() as cursor:
        for name in reversed(models):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608  what the migrations put in
        for table in manifest["tables"]:
            progress(table["table"])
            _load_table(cursor, archive, models[table["table"]], table["columns"])
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models.values())):
            cursor.execute(statement)


def _load_table(cursor: Any, archive: zipfile.ZipFile, model: Any, columns: list[str]) -> None:
    if columns != tables.columns(model):
        raise RestoreFailed(_("La tabla %(table)s tiene otras columnas.") % {"table": model._meta.db_table})
    quote = connection.ops.quote_name
    names, marks = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    with archive.open(f"tables/{model._meta.db_table}.jsonl") as source:
        rows = (tables.values(model, line) for line in source)
        while batch := list(islice(rows, BATCH)):
            cursor.executemany(insert, batch)


def _compare(apps: Any, manifest: dict[str, Any]) -> None:
    """Write every table out again and compare counts and hashes with the manifest."""
    company_ids = sorted(apps.get_model("tenancy", "Company")._base_manager.values_list("pk", flat=True))
    expected = {table["table"]: table for table in manifest["tables"]}
    for model in tables.kept_models(apps):
        digest = tables.Digest()
        for line in tables.lines(apps, model, company_ids):
            digest.add(line)
        table = expected[model._meta.db_table]
        if digest.as_json() != {"rows": table["rows"], "sha256": table["sha256"]}:
            raise RestoreFailed(_("La tabla %(table)s no quedó igual.") % {"table": model._meta.db_table})


def _restore_file(archive: zipfile.ZipFile, file: dict[str, Any]) -> None:
    if default_storage.exists(file["path"]):
        default_storage.delete(file["path"])
    with archive.open(f"files/{file['path']}") as source:
        saved = default_storage.save(file["path"], File(_Forward(source)))
    if saved != file["path"]:
        raise RestoreFailed(_("No se pudo dejar en su lugar el archivo %(path)s.") % {"path": file["path"]})


class _Forward:
    """A member of the archive as a stream that is only read forwards."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def read(self, length: int = -1) -> bytes:
        data: bytes = self.source.read(length)
        return data

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK), b"")
