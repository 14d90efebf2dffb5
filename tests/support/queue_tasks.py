"""Tasks that the tests of the queue run."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django_tasks import task

from aldia.queue.tasks import GiveUp
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import company_in_scope, current_company_id, transaction

SEEN: list[object] = []


@task
def note(value: object) -> object:
    """Remember what it was called with, and for which company."""
    SEEN.append((company_in_scope(), value))
    return value


@task(max_attempts=2)
def fails(message: str = "no") -> None:
    raise ValueError(message)


@task
def gives_up() -> None:
    raise GiveUp("nunca va a poder")


def write_row(name: str) -> None:
    StoredFile.objects.create(
        id=uuid7(), company_id=current_company_id(), path=name, name=name, size=0, sha256=f"{os.getpid()}"
    )


@task
def effect(name: str, seconds: float = 0) -> None:
    """One row per run, written in a transaction of its own, then a wait: a crash there makes it run again."""
    with transaction():
        write_row(name)
    time.sleep(seconds)


@task(atomic=True)
def exact(name: str, seconds: float = 0) -> None:
    """One row, in the transaction that also finishes the job."""
    write_row(name)
    if marker := os.environ.get("ALDIA_TEST_MARKER"):
        Path(marker).touch()
    time.sleep(seconds)
