"""Las mediciones de velocidad (carpeta benchmarks del repositorio), en una base de datos aparte que luego se borra."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import add_json, emit

NEEDS_DATABASE = False
ROOT = Path(__file__).resolve().parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="cuál; sin nombre, las lista")
    parser.add_argument("--size", type=int, help="tamaño (el de cada una)")
    parser.add_argument("--here", action="store_true", help="en los datos de ALDIA_DATA y DATABASE_URL")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    names = available()
    if not args.name:
        emit(args, {"benchmarks": names}, "\n".join(names))
        return 0
    if args.name not in names:
        raise WrongUsage(f"No existe la medición «{args.name}». Las que hay: {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="aldia-bench-") as folder:
        if not args.here:
            os.environ["ALDIA_DATA"] = folder
        figures = _measure(args)
    emit(args, figures, "\n".join(f"{name}: {value}" for name, value in figures.items()))
    return 0


def available() -> list[str]:
    """The benchmarks of the repository."""
    folder = ROOT / "benchmarks"
    if not folder.is_dir():
        raise CouldNotRun("Las mediciones vienen en el repositorio (carpeta benchmarks), no en el paquete instalado.")
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def _measure(args: argparse.Namespace) -> dict[str, object]:
    from aldia.cli.prepare import ready

    ready()
    sys.path.insert(0, str(ROOT))
    module = import_module(f"benchmarks.{args.name}")
    if not inspect.isfunction(getattr(module, "run", None)):
        raise WrongUsage(f"benchmarks/{args.name}.py no mide nada por sí solo")
    figures: dict[str, object] = module.run() if args.size is None else module.run(size=args.size)
    return figures
