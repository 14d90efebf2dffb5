"""Pasar todo de SQLite a PostgreSQL: cada fila, comparada después; los archivos guardados se quedan donde están."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import add_json, emit, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="postgresql://usuario:clave@servidor/base, vacía y de ese usuario")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from django.conf import settings
    from django.db import connection

    from aldia.cli.prepare import only_one

    if connection.vendor != "sqlite":
        raise WrongUsage("Los datos ya están en PostgreSQL (DATABASE_URL).")
    if not args.url.startswith(("postgresql://", "postgres://")):
        raise WrongUsage("La dirección empieza con postgresql://")
    with only_one(settings.DATA_DIR / "serve.lock", wait=False) as alone:
        if not alone:
            raise CouldNotRun("Hay un «aldia serve» en marcha: termínalo antes, para que nada se escriba mientras.")
    with tempfile.TemporaryDirectory(prefix="aldia-move-") as folder:
        data = _copy(args.url, Path(folder) / "todo.zip")
    broken = sum(check["violations"] for check in data["checks"])
    text = f"{data['rows']:,} filas pasadas y comparadas; {broken} faltas al verificar."
    if not broken:
        text += "\nDesde ahora arranca con DATABASE_URL en esa dirección. La base SQLite queda donde estaba, intacta."
    emit(args, data, text)
    return 1 if broken else 0


def _copy(url: str, archive: Path) -> dict[str, Any]:
    """Write a backup without files and restore it at the new address, in a process of its own."""
    from datetime import UTC, datetime

    from aldia.tenancy.archive.writing import BackupFailed, write_backup

    try:
        write_backup(path=archive, now=datetime.now(UTC), with_files=False)
    except BackupFailed as error:
        raise CouldNotRun(str(error)) from error
    say("Copiado de SQLite; cargando en PostgreSQL…")
    command = [sys.executable, "-m", "aldia.cli.main", "restore", str(archive), "--no-files", "--json"]
    done = subprocess.run(
        command, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        data: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise CouldNotRun("No se pudo cargar en PostgreSQL; la base SQLite sigue como estaba.") from error
    if "error" in data:
        raise CouldNotRun(f"{data['error']} La base SQLite sigue como estaba.")
    del data["file"], data["bytes"]
    return data
