"""Writing a backup while everything goes on: one moment of the database, and the files that it names."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from aldia import __version__
from aldia.tenancy.archive import tables
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import company_scope

FORMAT = 1
BLOCK = 1024 * 1024
TRIES = 3
PASSING = ("application/x-discarded", "application/x-provisional")  # files on their way out, or not yet in


class BackupFailed(Exception):
    """The backup could not be written, or would not hold everything."""


class _FileMoved(Exception):
    """A file of the snapshot has been replaced since: the backup begins again."""


def write_backup(
    *, path: Path, now: datetime, with_files: bool = True, progress: Callable[[str], None] = lambda name: None
) -> dict[str, Any]:
    """Write everything into one file and return its manifest. The file appears only when it is whole and on disk.

    A stored file that is gone, or not what its row says, is named in the manifest with its `problem`.
    Raises `BackupFailed` when the disk refuses.
    """
    for _turn in range(TRIES):
        with suppress(_FileMoved):
            return _write(path, now, with_files, progress)
    raise BackupFailed(_("Los archivos cambian demasiado aprisa; inténtalo de nuevo en un momento."))


def applied_state() -> tuple[Any, dict[str, list[str]]]:
    """The models as the database has them now (code may be newer), and the migrations it stands at, by app."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    applied = [node for node in executor.loader.applied_migrations if node in graph.nodes]
    tips = [node for node in applied if not any(child in applied for child in graph.node_map[node].children)]
    by_app: dict[str, list[str]] = {}
    for app, name in sorted(node for node in applied if _is_last_of_its_app(node, applied, graph)):
        by_app.setdefault(app, []).append(name)
    return executor.loader.project_state(tips).apps, by_app


def _is_last_of_its_app(node: tuple[str, str], applied: list[tuple[str, str]], graph: Any) -> bool:
    children = (child.key for child in graph.node_map[node].children)
    return not any(child[0] == node[0] and child in applied for child in children)


def _write(path: Path, now: datetime, with_files: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            os.chmod(part, 0o600)
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                manifest = _fill(archive, now, with_files, progress)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise BackupFailed(_("No se pudo escribir el respaldo: %(why)s") % {"why": error}) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _fill(archive: zipfile.ZipFile, now: datetime, with_files: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    with tables.snapshot():
        apps, migrations = applied_state()
        company_ids = sorted(apps.get_model("tenancy", "Company")._base_manager.values_list("pk", flat=True))
        contents = []
        for model in tables.kept_models(apps):
            progress(model._meta.db_table)
            contents.append(_write_table(archive, apps, model, company_ids))
        wanted = _stored_files(apps, company_ids) if with_files else []
    manifest = {
        "format": FORMAT,
        "program": __version__,
        "made_at": now.isoformat(),
        "engine": connection.vendor,
        "migrations": migrations,
        "tables": contents,
        "files": [_write_file(archive, each, progress) for each in wanted],
        "with_files": with_files,
    }
    archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _write_table(archive: zipfile.ZipFile, apps: Any, model: Any, company_ids: list[Any]) -> dict[str, Any]:
    table, digest = model._meta.db_table, tables.Digest()
    with archive.open(f"tables/{table}.jsonl", "w", force_zip64=True) as target:
        for line in tables.lines(apps, model, company_ids):
            target.write(line)
            digest.add(line)
    return {"table": table, "columns": tables.columns(model), **digest.as_json()}


def _stored_files(apps: Any, company_ids: list[Any]) -> list[dict[str, Any]]:
    model = apps.get_model("tenancy", "StoredFile")
    found: list[dict[str, Any]] = []
    for company_id in company_ids:
        with company_scope(company_id):
            rows = model._base_manager.filter(company_id=company_id).exclude(content_type__in=PASSING).order_by("pk")
            found += rows.values("id", "company_id", "path", "size", "sha256")
    return found


def _write_file(archive: zipfile.ZipFile, row: dict[str, Any], progress: Callable[[str], None]) -> dict[str, Any]:
    """Copy a stored file, checking it against its row on the way; one that is gone or changed has a `problem`."""
    progress(row["path"])
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(f"files/{row['path']}")
    try:
        with default_storage.open(row["path"], "rb") as source, archive.open(entry, "w", force_zip64=True) as target:
            while block := source.read(BLOCK):
                target.write(block)
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        _still_there_or_moved(row)
        return {"path": row["path"], "problem": "missing"}
    kept = {"path": row["path"], "size": size, "sha256": digest.hexdigest()}
    same = (size, kept["sha256"]) == (row["size"], row["sha256"])
    return kept if same else {**kept, "problem": "changed"}


def _still_there_or_moved(row: dict[str, Any]) -> None:
    """Raise `_FileMoved` if the row has gone or names another file by now."""
    with company_scope(row["company_id"]):
        if not StoredFile.objects.filter(pk=row["id"], path=row["path"]).exists():
            raise _FileMoved


def companies_here() -> bool:
    """Whether the database in use holds any company (so that a restore would overwrite something)."""
    return "tenancy_company" in connection.introspection.table_names() and Company.objects.exists()
