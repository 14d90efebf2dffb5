"""Catálogos del SAT: cargarlos (load), ver los que hay (list) y buscar una clave (search)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import Progress, add_json, emit

if TYPE_CHECKING:
    from aldia.integrations.tax.mx_catalogues import Catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="load|list|search")
    load = verbs.add_parser("load", help="los que trae aldia[mx], o el archivo que publica el SAT")
    load.add_argument("--from", dest="file", type=Path, metavar="ARCHIVO", help="catCFDI_V_4_….xls o .xlsx")
    load.add_argument("--only", action="append", metavar="CATÁLOGO", help="solo este (c_ClaveProdServ, …)")
    load.add_argument("--yes", action="store_true", help="aunque traiga menos de la mitad de las claves que había")
    add_json(load)
    add_json(verbs.add_parser("list", help="los cargados, con su fecha"))
    search = verbs.add_parser("search", help="las claves que dicen esas palabras")
    search.add_argument("catalogue", metavar="CATÁLOGO")
    search.add_argument("text", nargs="*", metavar="PALABRA")
    search.add_argument("--limit", type=int, default=20)
    add_json(search)


def run(args: argparse.Namespace) -> int:
    return {"load": _load, "list": _list, "search": _search}[args.verb](args)


def _load(args: argparse.Namespace) -> int:
    from aldia.domain.sentences import Refusal
    from aldia.integrations.spreadsheets.errors import SheetError
    from aldia.issuing.operations.catalogues import CatalogueLooksCut

    try:
        loaded = _load_each(_source(args.file), set(args.only or ()), is_confirmed=args.yes)
    except (Refusal, SheetError, CatalogueLooksCut) as error:
        raise CouldNotRun(str(error)) from error
    if not loaded:
        raise WrongUsage("Ninguno de esos catálogos está ahí.")
    lines = [f"{name:<20} {rows:>7,} claves" for name, rows in loaded.items()]
    emit(args, {"loaded": loaded}, "\n".join(lines))
    return 0


def _source(file: Path | None) -> Iterable[Catalogue]:
    from aldia.integrations.tax import mx_catalogues

    if file is None:
        return mx_catalogues.bundled()
    try:
        return mx_catalogues.published(file.read_bytes(), file.name)
    except OSError as error:
        raise WrongUsage(f"No se puede leer {file}: {error.strerror}") from error


def _load_each(catalogues: Iterable[Catalogue], wanted: set[str], *, is_confirmed: bool) -> dict[str, int]:
    from aldia.issuing.operations.catalogues import load

    loaded, bar = {}, Progress("Cargando")
    for each in catalogues:
        if not wanted or each.name in wanted:
            done = load(
                catalogue=each.name,
                rows=each.rows,
                source=each.source,
                revision=each.revision,
                now=datetime.now(UTC),
                is_confirmed=is_confirmed,
            )
            loaded[each.name] = done.rows
            bar.advance()
    bar.close()
    return loaded


def _list(args: argparse.Namespace) -> int:
    from aldia.issuing.queries.catalogues import loads

    data, lines = [], []
    for row in loads():
        shown = {"catalogue": row.catalogue, "rows": row.rows, "source": row.source, "revision": row.revision}
        data.append({**shown, "loaded_at": row.loaded_at.isoformat()})
        lines.append(f"{row.catalogue:<20} {row.rows:>7,}  {row.loaded_at:%Y-%m-%d}  {row.source} {row.revision}")
    emit(args, data, "\n".join(lines) or "No hay catálogos cargados: se usa el juego mínimo incluido.")
    return 0


def _search(args: argparse.Namespace) -> int:
    from aldia.issuing.queries.catalogues import search

    found = search(args.catalogue, " ".join(args.text), limit=args.limit)
    data = [{"code": entry.code, "name": entry.name, "detail": entry.detail} for entry in found]
    emit(args, data, "\n".join(f"{entry.code:<10} {entry.name}" for entry in found))
    return 0 if found else 1
