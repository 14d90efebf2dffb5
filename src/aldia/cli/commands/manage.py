"""Los comandos propios de Django, con los ajustes de Aldía."""

from __future__ import annotations

import argparse

NEEDS_DATABASE = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace) -> int:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["aldia manage", *args.words])
    return 0
