"""`aldia manage trust_certificate FILE…`: authorities whose signatures count when seals and stamps are verified."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aldia.documents.operations.seals import CertificateRefused, trust_certificate


class Command(BaseCommand):
    help = "Agrega al almacén certificados de autoridades del SAT (.cer) en los que se confía."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="ARCHIVO.cer")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        for path in files:
            try:
                row = trust_certificate(data=path.read_bytes())
            except CertificateRefused as refusal:
                raise CommandError(f"{path}: {refusal.message}") from refusal
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
            self.stdout.write(f"{row.number}  {row.subject}")
