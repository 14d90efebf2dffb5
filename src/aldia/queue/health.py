"""Is this installation well: database, migrations, queue, disk. For the operator and for whatever watches over it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from aldia.queue import queries

LONGEST_WAIT_SECONDS = 15 * 60
LEAST_FREE_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Probe:
    """One thing looked at: whether it is well, and what was seen (no secrets)."""

    name: str
    label: str
    is_well: bool
    seen: str


def probes(*, now: datetime, data_dir: Path) -> list[Probe]:
    """Look at everything; a database that is away is a finding, not an error."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return [
            Probe("database", _("Base de datos"), True, connection.vendor),
            _migrations(),
            _queue(now),
            _disk(data_dir),
        ]
    except DatabaseError:
        return [Probe("database", _("Base de datos"), False, _("no responde")), _disk(data_dir)]


def _migrations() -> Probe:
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    seen = _("al día") if not pending else _("faltan %(count)d") % {"count": pending}
    return Probe("migrations", _("Versión de la base"), not pending, seen)


def _queue(now: datetime) -> Probe:
    health = queries.health(now=now)
    seen = _("%(ready)d en espera, %(running)d en marcha, %(dead)d detenidos; el más antiguo espera %(wait)d s") % {
        "ready": health.ready,
        "running": health.running,
        "dead": health.dead,
        "wait": health.waiting_seconds,
    }
    return Probe("queue", _("Trabajos"), health.waiting_seconds <= LONGEST_WAIT_SECONDS, seen)


def _disk(data_dir: Path) -> Probe:
    free = shutil.disk_usage(data_dir).free
    return Probe("disk", _("Espacio en disco"), free >= LEAST_FREE_BYTES, f"{free / 1024**3:.1f} GB")
