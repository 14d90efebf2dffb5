"""`aldia`: the command line. One table of commands, one file each in `cli/commands`.

A command file offers `add_arguments(parser)` and `run(args) -> int` (the exit status). It imports Django's parts inside
`run`: help must come at once. Before `run` the database is brought up to date, unless the file says
`NEEDS_DATABASE = False`. Exit status: 0 done, 1 a check found violations, 2 wrong usage, 3 could not run.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from aldia import __version__
from aldia.cli.errors import CouldNotRun, WrongUsage
from aldia.cli.output import print_error

COMMANDS = {  # name: (file in cli/commands, what it does)
    "demo": ("demo", "una empresa de ejemplo, realista, y la sirve en esta máquina"),
    "serve": ("serve", "todo en uno: web, trabajos y horarios"),
    "web": ("web", "solo las páginas"),
    "worker": ("worker", "solo los trabajos en segundo plano"),
    "tick": ("tick", "solo los horarios"),
    "company": ("company", "crear y listar empresas"),
    "account": ("account", "cuentas de banco: crear y listar"),
    "statements": ("statements", "estados de cuenta del banco: leerlos e importarlos"),
    "import": ("import_documents", "leer documentos fiscales: XML, ZIP, carpetas"),
    "catalogues": ("catalogues", "catálogos del SAT: cargarlos y buscar en ellos"),
    "check": ("check", "qué tienen mal unos documentos fiscales, sin guardarlos"),
    "receivables": ("receivables", "saldos iniciales desde CSV o XLSX"),
    "reminders": ("reminders", "planear y enviar los recordatorios que tocan"),
    "reconcile": ("reconcile", "decidir los movimientos del banco y aplicar lo seguro"),
    "forecast": ("forecast", "pronosticar cuándo pagarán lo que está abierto"),
    "report": ("report", "antigüedad de saldos y estado de cuenta"),
    "verify": ("verify", "probar con SQL que cada cifra cuadra"),
    "evidence": ("evidence", "expedientes de cobranza: hacerlos y comprobarlos"),
    "sat": ("sat", "la e.firma y la sincronización con el SAT"),
    "lists": ("lists", "listas de contribuyentes del SAT: bajarlas y ver cuáles hay"),
    "secrets": ("secrets", "cambiar la llave que cifra las contraseñas guardadas"),
    "backup": ("backup", "respaldar datos y archivos, con todo en marcha"),
    "restore": ("restore", "recuperar un respaldo"),
    "move-to-postgres": ("move_to_postgres", "pasar de SQLite a PostgreSQL"),
    "bench": ("bench", "las mediciones de velocidad"),
    "manage": ("manage", "los comandos propios de Django"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aldia.config.settings")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # numpy's threads wait for each other on a busy machine
    name = next((word for word in words if not word.startswith("-")), "")
    if not words or name not in COMMANDS or words[0] != name:
        return _without_command(words)
    if name == "manage":
        return _command(name).run(argparse.Namespace(words=words[1:]))
    module = _command(name)
    parser = argparse.ArgumentParser(prog=f"aldia {name}", description=module.__doc__)
    module.add_arguments(parser)
    return _guarded(module, parser.parse_args(words[1:]))


def _guarded(module: ModuleType, args: argparse.Namespace) -> int:
    """Run a command; what goes wrong ends as a sentence on standard error and a status."""
    try:
        if getattr(module, "NEEDS_DATABASE", True):
            from aldia.cli.prepare import ready

            ready()
        return int(module.run(args))
    except WrongUsage as error:
        print_error(args, str(error))
        return 2
    except CouldNotRun as error:
        print_error(args, str(error))
        return 3
    except KeyboardInterrupt:
        print_error(args, "Interrumpido.")
        return 3
    except BrokenPipeError:
        sys.stderr.close()
        return 3
    except Exception as error:
        if os.environ.get("ALDIA_TRACE"):
            traceback.print_exc()
        print_error(args, f"No se pudo: {error or type(error).__name__} (con ALDIA_TRACE=1 se ve dónde)")
        return 3


def _command(name: str) -> ModuleType:
    return import_module(f"aldia.cli.commands.{COMMANDS[name][0]}")


def _without_command(words: list[str]) -> int:
    """Help, version, or a wrong word."""
    if words and words[0] in ("--version", "-V"):
        print(f"aldia {__version__}")
        return 0
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_file, what) in COMMANDS.items()]
    text = "\n".join(["uso: aldia COMANDO [opciones]   (aldia COMANDO --help explica cada uno)", "", *lines])
    if not words or words[0] in ("--help", "-h", "help"):
        print(text)
        return 0
    print(f"aldia: no existe el comando «{words[0]}»\n\n{text}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
