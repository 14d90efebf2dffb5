"""Las mediciones de velocidad (carpeta benchmarks del repositorio), en una base de datos aparte que luego se borra."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import add_json, emit

NEEDS_DATABASE = False
PURE = frozenset({"reconcile", "forecast"})  # needs no database
MISSED = 1  # a figure that was promised is not reached
OPTIONS = {"profiles": "profile", "seeds": "seed", "date_format": "date-format"}
FORECAST = ("file", "columns", "date_format")
ROOT = Path(__file__).resolve().parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="cuál; sin nombre, las lista")
    parser.add_argument("--size", type=int, help="tamaño (el de cada una)")
    parser.add_argument("--short", action="store_true", help="la versión que tarda segundos (reconcile)")
    parser.add_argument("--profile", action="append", dest="profiles", help="solo este perfil (reconcile)")
    parser.add_argument("--seed", action="append", dest="seeds", type=int, help="esta semilla (reconcile)")
    parser.add_argument("--file", metavar="F.csv", help="facturas de quien sea (forecast)")
    parser.add_argument("--columns", help="customer=…,issued=…,due=…,amount=…,paid=… (forecast)")
    parser.add_argument("--date-format", metavar="%%m/%%d/%%Y", help="cómo están escritas las fechas (forecast)")
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
        module = _module(args.name)
        figures = module.run(**_chosen(module.run, args))
    table = getattr(module, "table", None)
    lines = table(figures) if table else [f"{name}: {value}" for name, value in figures.items()]
    emit(args, figures, "\n".join(lines))
    holds = getattr(module, "holds", None)
    return 0 if holds is None or holds(figures) else MISSED


def available() -> list[str]:
    """The benchmarks of the repository."""
    folder = ROOT / "benchmarks"
    if not folder.is_dir():
        raise CouldNotRun("Las mediciones vienen en el repositorio (carpeta benchmarks), no en el paquete instalado.")
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def _module(name: str) -> ModuleType:
    from aldia.cli.prepare import ready

    if name not in PURE:
        ready()
    sys.path.insert(0, str(ROOT))
    module = import_module(f"benchmarks.{name}")
    if not inspect.isfunction(getattr(module, "run", None)):
        raise WrongUsage(f"benchmarks/{name}.py no mide nada por sí solo")
    return module


def _chosen(measure: Callable[..., object], args: argparse.Namespace) -> dict[str, object]:
    """The options given, which the benchmark must know."""
    options = {name: getattr(args, name, None) for name in ("size", "short", "profiles", "seeds", *FORECAST)}
    chosen = {name: value for name, value in options.items() if value}
    known = inspect.signature(measure).parameters
    for name in chosen:
        if name not in known:
            raise WrongUsage(f"La medición «{args.name}» no tiene la opción --{OPTIONS.get(name, name)}")
    unknown = set(args.profiles or ()) - set(getattr(sys.modules[measure.__module__], "PROFILES", ()))
    if unknown:
        raise WrongUsage(f"No existe el perfil «{sorted(unknown)[0]}»")
    return chosen
