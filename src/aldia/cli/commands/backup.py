"""Respaldar todo en un archivo, con el sistema en marcha: cada fila y cada archivo guardado, en un mismo instante."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import Progress, add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="el archivo que se crea (.zip)")
    parser.add_argument("--force", action="store_true", help="aunque ya exista")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from aldia.tenancy.archive.reading import NotABackup, check_backup
    from aldia.tenancy.archive.writing import BackupFailed, write_backup

    path = Path(args.file)
    if path.exists() and not args.force:
        raise WrongUsage(f"Ya existe {path} (con --force se reemplaza)")
    if not path.parent.is_dir():
        raise WrongUsage(f"No existe la carpeta {path.parent}")
    started, bar = time.monotonic(), Progress("Respaldando")
    try:
        manifest = write_backup(path=path, now=datetime.now(UTC), progress=lambda _name: bar.advance())
        check_backup(path=path)
    except (BackupFailed, NotABackup) as error:
        raise CouldNotRun(str(error)) from error
    finally:
        bar.close()
    data = summary(path, manifest, time.monotonic() - started)
    emit(args, data, as_text("Respaldo", data))
    return 1 if data["problems"] else 0


def summary(path: Path, manifest: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What a backup holds, for people and scripts."""
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "rows": sum(table["rows"] for table in manifest["tables"]),
        "tables": {table["table"]: table["rows"] for table in manifest["tables"]},
        "files": sum("problem" not in file for file in manifest["files"]),
        "problems": [file for file in manifest["files"] if "problem" in file],
        "made_at": manifest["made_at"],
        "seconds": round(seconds, 3),
    }


def as_text(what: str, data: dict[str, Any]) -> str:
    """The summary as sentences."""
    lines = [
        f"{what}: {data['file']} · {data['rows']:,} filas, {data['files']:,} archivos, "
        f"{data['bytes'] / 1024**2:,.1f} MB, {data['seconds']} s"
    ]
    reasons = {"missing": "ya no estaba", "changed": "no es lo que era"}
    return "\n".join([*lines, *(f"  {each['path']}: {reasons[each['problem']]}" for each in data["problems"])])
