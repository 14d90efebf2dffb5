"""Recuperar un respaldo en un directorio de datos (o una base de datos) vacío. Se revisa entero antes de tocar nada."""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from pathlib import Path

from aldia.cli.commands.backup import about_secrets, as_text, secrets_here, summary
from aldia.cli.commands.verify import as_text as checks_as_text
from aldia.cli.commands.verify import verify
from aldia.cli.errors import CouldNotRun
from aldia.cli.output import Progress, add_json, emit, say

NEEDS_DATABASE = False  # it makes the tables itself, as they were when the backup was written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="un respaldo hecho con «aldia backup»")
    parser.add_argument("--force", action="store_true", help="aunque ya haya datos: los de ahora se pierden")
    parser.add_argument("--no-files", action="store_true", help="solo la base de datos")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.conf import settings

    from aldia.cli.prepare import check_role, only_one
    from aldia.tenancy.archive.reading import NotABackup, RestoreFailed, check_backup, load_backup
    from aldia.tenancy.models import Company

    path, started, bar = Path(args.file), time.monotonic(), Progress("Recuperando")
    check_role()
    with only_one(settings.DATA_DIR / "serve.lock", wait=False) as alone:
        if not alone:
            raise CouldNotRun("Hay un «aldia serve» en marcha con estos datos: termínalo antes.")
        try:
            manifest = check_backup(path=path, progress=lambda _name: bar.advance())
            _make_room(force=args.force)
            load_backup(
                path=path, manifest=manifest, with_files=not args.no_files, progress=lambda _name: bar.advance()
            )
        except (NotABackup, RestoreFailed) as error:
            raise CouldNotRun(str(error)) from error
        finally:
            bar.close()
    checks = verify(list(Company.objects.order_by("pk")))
    data = {**summary(path, manifest, time.monotonic() - started), "checks": checks, **secrets_here()}
    emit(args, data, f"{as_text('Recuperado', data)}{about_secrets(data)}\n{checks_as_text(checks)}")
    return 1 if data["problems"] or any(check["violations"] for check in checks) else 0


def _make_room(*, force: bool) -> None:
    """Leave the database without tables: it has none, or no company in them, or `--force` was said."""
    from django.db import connection

    from aldia.tenancy.archive.writing import companies_here

    if companies_here() and not force:
        raise CouldNotRun("Aquí ya hay datos de empresas. Con --force se reemplazan por los del respaldo.")
    if connection.vendor == "sqlite":
        _set_aside(Path(connection.settings_dict["NAME"]))
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'aldia\\_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {connection.ops.quote_name(name)}()")


def _set_aside(path: Path) -> None:
    """Rename a SQLite database that is in the way; nothing is deleted."""
    from datetime import UTC, datetime

    from django.db import connection

    empty = not connection.introspection.table_names()
    connection.close()
    if empty:
        path.unlink(missing_ok=True)
        return
    aside = path.with_name(f"{path.name}.antes-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    say(f"La base de datos que había queda en {aside}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
