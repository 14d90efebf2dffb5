"""Secretos guardados (contraseñas de canales, llaves): cambiar la llave de la instalación (rotate) o ver cómo está."""

from __future__ import annotations

import argparse

from aldia.cli.errors import CouldNotRun
from aldia.cli.output import add_json, emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="rotate|status")
    add_json(verbs.add_parser("rotate", help="envolver cada secreto con una llave nueva, con todo en marcha"))
    add_json(verbs.add_parser("status", help="qué llaves hay y cuántos secretos abre cada una"))


def run(args: argparse.Namespace) -> int:
    from aldia.tenancy.keyring import KeyProblem

    try:
        return _rotate(args) if args.verb == "rotate" else _status(args)
    except KeyProblem as error:
        raise CouldNotRun(str(error)) from error


def _rotate(args: argparse.Namespace) -> int:
    from aldia.tenancy import keyring, secrets

    done = secrets.rotate()
    data = {"wrapped": done.wrapped, "unreadable": done.unreadable, "key": keyring.known_keys()[0].name}
    text = f"Secretos envueltos con la llave {data['key']}: {done.wrapped}"
    if done.unreadable:
        text += f"\n  sin abrir: {done.unreadable} (su llave no está en esta instalación)"
    if keyring.is_in_file():
        text += f"\n  respalda otra vez {keyring.key_file()}: sin él no se abren en otra máquina"
    else:
        text += f"\n  ya puedes quitar de {keyring.VARIABLE} las llaves anteriores"
    emit(args, data, text)
    return 1 if done.unreadable else 0


def _status(args: argparse.Namespace) -> int:
    from aldia.tenancy import keyring, secrets

    counts = secrets.count_by_key()
    known = [key.name for key in keyring.known_keys()]
    missing = sum(count for name, count in counts.items() if name not in known)
    where = str(keyring.key_file()) if keyring.is_in_file() else keyring.VARIABLE
    data = {"where": where, "keys": known, "secrets": counts, "without_key": missing}
    lines = [f"Llaves en {where}:", *(f"  {name}: {counts.get(name, 0)} secretos" for name in known)]
    if missing:
        lines.append(f"  sin llave aquí: {missing} (trae la llave anterior o escribe otra vez las contraseñas)")
    emit(args, data, "\n".join(lines))
    return 1 if missing else 0
