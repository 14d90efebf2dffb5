"""Listas de contribuyentes del SAT (69-B y 69): bajarlas o leerlas de un archivo (update) y ver cuáles hay (status)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from aldia.cli.errors import CouldNotRun
from aldia.cli.files import require
from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="update|status")
    update = verbs.add_parser("update", help="bajar las listas del SAT, o leerlas de archivos que ya bajaste")
    update.add_argument(
        "--from", dest="files", nargs="+", metavar="ARCHIVO.csv", help="con el nombre que les da el SAT"
    )
    update.add_argument(
        "--even-if-shorter", action="store_true", help="aceptar una lista mucho más corta que la anterior"
    )
    add_json(update)
    add_json(verbs.add_parser("status", help="qué listas hay y de cuándo son"))


def run(args: argparse.Namespace) -> int:
    return _update(args) if args.verb == "update" else _status(args)


def _update(args: argparse.Namespace) -> int:
    from aldia.authority.operations.lists import ListLooksCut, load_list
    from aldia.domain.fiscal.taxpayer_lists import NotAList
    from aldia.integrations.tax.mx_lists import ListUnavailable

    done, failed = [], []
    for name, read in _sources(args.files):
        try:
            done.append(
                load_list(data=read(), now=datetime.now(UTC), file_name=name, is_confirmed=args.even_if_shorter)
            )
        except (ListUnavailable, NotAList, ListLooksCut) as error:
            failed.append({"file": name, "error": str(error)})
    lines = [f"{each.name}: {each.rows:,} contribuyentes{'' if each.is_new else ' (sin cambios)'}" for each in done]
    lines += [f"{each['file']}: no se cargó. {each['error']}" for each in failed]
    if failed and not done:
        raise CouldNotRun("\n".join(lines))
    data = {"loaded": [{"list": each.name, "rows": each.rows, "new": each.is_new} for each in done], "failed": failed}
    emit(args, data, "\n".join(lines))
    return 1 if failed else 0


def _sources(files: list[str] | None) -> list[tuple[str, Callable[[], bytes]]]:
    """Name and reader of each file: those given, or SAT's own."""
    from aldia.integrations.tax.mx_lists import FILES, download

    if files:
        return [(path.name, path.read_bytes) for path in require(files)]
    return [(f"{name}.csv", partial(download, name)) for name in FILES]


def _status(args: argparse.Namespace) -> int:
    from aldia.authority.queries.lists import current_lists

    rows = current_lists()
    shown = ("name", "rows", "published_on", "loaded_at")
    data = [{key: getattr(row, key) for key in shown} for row in rows]
    lines = [f"{row.name}: {row.rows:,} contribuyentes, cargada el {row.loaded_at:%Y-%m-%d}" for row in rows]
    emit(args, data, "\n".join(lines) or "No hay ninguna lista: aldia lists update")
    return 0
