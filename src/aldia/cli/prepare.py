"""Bringing the database up to date before a command: on first use, and after an upgrade (with a backup first)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aldia.cli.output import say

ADVISORY_LOCK = 0x616C6469  # "aldi": one migration at a time over all machines of one PostgreSQL


def ready() -> None:
    """Set Django up and migrate if there is anything to migrate. Two processes never migrate at once."""
    import django

    django.setup()
    from django.conf import settings

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise looks there even when finders serve everything
    if not _pending():
        check_role()
        return
    with only_one(settings.DATA_DIR / "migrate.lock"), _only_one_on_postgresql():
        if _pending():  # somebody else may have done it while we waited
            _migrate(settings.DATA_DIR)
    check_role()


@contextmanager
def only_one(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock of this machine while the block runs; yields whether it was got (only False without `wait`)."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def _only_one_on_postgresql() -> Iterator[None]:
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _pending() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(data_dir: Path) -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    if MigrationRecorder(connection).applied_migrations():
        _backup_before_upgrade(data_dir)
    else:
        say("Preparando la base de datos…")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def _backup_before_upgrade(data_dir: Path) -> None:
    from datetime import UTC, datetime

    from aldia.tenancy.archive.writing import write_backup

    target = data_dir / "backups" / f"antes-de-actualizar-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    say(f"Actualizando la base de datos; antes, un respaldo en {target}")
    write_backup(path=target, now=datetime.now(UTC))


def check_role() -> None:
    """Refuse to go on with a database role that row-level security does not bind."""
    from aldia.cli.errors import CouldNotRun
    from aldia.tenancy.startup import RoleTooStrong, check_database_role

    try:
        check_database_role()
    except RoleTooStrong as error:
        raise CouldNotRun(str(error)) from error
