"""The files that a command is given: folders walked, links not followed, one open at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aldia.cli.errors import WrongUsage

LINK = "Es un enlace simbólico dentro de una carpeta: por seguridad no se sigue. Da la ruta del archivo mismo."
SPECIAL = "No es un archivo: no se puede leer."


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be opened: its name, code and sentence."""

    name: str
    code: str
    message: str


def require(paths: list[str]) -> list[Path]:
    """The paths, which must exist. Raises `WrongUsage`."""
    found = [Path(path) for path in paths]
    for path in found:
        if not path.exists():
            raise WrongUsage(f"No existe «{path}»")
    return found


def opened(paths: list[Path], unread: list[Unread]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of every file, in order of name; those that cannot be opened are put in `unread`."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path, unread)
        else:
            yield from _open(path, path.name, unread)


def _folder(folder: Path, unread: list[Unread]) -> Iterator[tuple[str, IO[bytes]]]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            label = path.relative_to(folder).as_posix()
            if path.is_symlink():
                unread.append(Unread(label, "link", LINK))
            else:
                yield from _open(path, label, unread)


def _open(path: Path, label: str, unread: list[Unread]) -> Iterator[tuple[str, IO[bytes]]]:
    if not path.is_file():  # a device or a pipe would never end
        unread.append(Unread(label, "not_a_file", SPECIAL))
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        unread.append(Unread(label, "unreadable", f"No se pudo abrir: {error.strerror}."))
        return
    yield label, stream
