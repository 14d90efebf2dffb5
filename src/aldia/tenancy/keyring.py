"""The keys of the installation that wrap every data key: from ALDIA_KEK, or from a file beside the database.

ALDIA_KEK         32 bytes in base64; with several separated by commas the first one encrypts, the others still read
kek.key           in the data directory, made at first use, readable by its owner only; one key a line, first one first

They are never in the database nor in a backup: whoever steals one of those holds ciphertext only.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

VARIABLE = "ALDIA_KEK"
FILE = "kek.key"
LENGTH = 32


class KeyProblem(Exception):
    """The installation's key is missing or is not one; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the installation. Its name is a fingerprint: it says which key, and nothing about it."""

    material: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return hashlib.sha256(b"aldia kek " + self.material).hexdigest()[:16]


def known_keys() -> list[Key]:
    """Every key there is, the one that encrypts first; makes the file at first use."""
    if given := os.environ.get(VARIABLE):
        return _read(given.split(","), VARIABLE)
    path = key_file()
    if not path.exists():
        _first_time(path)
    return _read(path.read_text().split(), str(path))


def key_named(name: str) -> Key:
    """The key that wrapped something; `KeyProblem` when this installation does not have it."""
    for key in known_keys():
        if key.name == name:
            return key
    raise KeyProblem(
        _("Se cifró con otra llave (%(name)s): trae el archivo %(file)s de la instalación anterior, o escribe otra vez "
          "las contraseñas.") % {"name": name, "file": FILE}
    )  # fmt: skip


def new_material() -> str:
    """A key as text."""
    return base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def is_in_file() -> bool:
    """Whether the keys are in a file of ours (which can be changed) rather than in the environment."""
    return not os.environ.get(VARIABLE)


def key_file() -> Path:
    """Where the keys are when the environment does not bring them."""
    return Path(settings.DATA_DIR) / FILE


def write(found: list[str]) -> None:
    """Replace the file in one step: a reader finds the old keys or the new ones, never half."""
    path = key_file()
    part = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    _on_disk(part, found)
    part.replace(path)
    _flush(path.parent)


def _first_time(path: Path) -> None:
    """Make the first key. Of several processes that try at once, one wins and all read the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    _on_disk(part, [new_material()])
    try:
        os.link(part, path)  # refuses to replace
    except FileExistsError:
        return
    finally:
        part.unlink()
    _flush(path.parent)


def _on_disk(path: Path, lines: list[str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(lines: list[str], where: str) -> list[Key]:
    """The keys in their order; an error never repeats what it could not read."""
    found = []
    for line in filter(None, (each.strip() for each in lines)):
        try:
            material = base64.b64decode(line, validate=True)
        except ValueError:  # also what is no base64
            material = b""
        if len(material) != LENGTH:
            raise KeyProblem(_("%(where)s no contiene una llave de 32 bytes en base64.") % {"where": where})
        found.append(Key(material))
    if not found:
        raise KeyProblem(_("%(where)s está vacío.") % {"where": where})
    return found
