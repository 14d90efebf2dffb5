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
    data |= secrets_here()
    emit(args, data, f"{as_text('Respaldo', data)}{about_secrets(data)}")
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


def secrets_here() -> dict[str, Any]:
    """How many secrets there are, how many of them no key of this installation opens, and where its keys are."""
    from aldia.tenancy import keyring, secrets

    counts = secrets.count_by_key()
    known = {key.name for key in keyring.known_keys()} if counts else set()
    missing = sum(count for name, count in counts.items() if name not in known)
    where = str(keyring.key_file()) if keyring.is_in_file() else keyring.VARIABLE
    return {"secrets": sum(counts.values()), "secrets_without_key": missing, "key": where}


def about_secrets(data: dict[str, Any]) -> str:
    """What to do about the key, which no backup holds; "" where there is nothing to open."""
    if data["secrets_without_key"]:
        text = "contraseñas guardadas no se abren aquí: trae la llave de la otra máquina a"
        return (
            f"\n  {data['secrets_without_key']} {text} {data['key']}, o escríbelas otra vez en Configuración → Canales"
        )
    if data["secrets"]:
        return (
            f"\n  {data['secrets']} contraseñas van cifradas: guarda aparte {data['key']}, que no está en el respaldo"
        )
    return ""


def as_text(what: str, data: dict[str, Any]) -> str:
    """The summary as sentences."""
    lines = [
        f"{what}: {data['file']} · {data['rows']:,} filas, {data['files']:,} archivos, "
        f"{data['bytes'] / 1024**2:,.1f} MB, {data['seconds']} s"
    ]
    reasons = {"missing": "ya no estaba", "changed": "no es lo que era"}
    return "\n".join([*lines, *(f"  {each['path']}: {reasons[each['problem']]}" for each in data["problems"])])
