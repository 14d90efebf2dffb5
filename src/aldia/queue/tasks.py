"""How a job is declared: `@task` of the standard Tasks API, with what our backend adds to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, TypeVar

from django_tasks.base import Task
from typing_extensions import ParamSpec

T = TypeVar("T")
P = ParamSpec("P")


class GiveUp(Exception):
    """Raised by a task whose failure is permanent: the job is dead at once, without further attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTask(Task[P, T]):
    """A task of the database backend: `@task(max_attempts=3, atomic=True)`, `send.using(dedupe_key="x").enqueue()`.

    `atomic`: effect and completion in one transaction, hence exactly once. Only for short work on the database: on
    SQLite it holds the only write lock. Otherwise a task may run again after a crash and must bear it.
    `dedupe_key`: while a job of the company with this key is ready or running, enqueueing again returns that job.
    """

    max_attempts: int = 8
    atomic: bool = False
    dedupe_key: str | None = None

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | None = None,
        backend: str | None = None,
        max_attempts: int | None = None,
        dedupe_key: str | None = None,
    ) -> Self:
        """Return the same task with other values."""
        given: dict[str, Any] = {
            "priority": priority,
            "queue_name": queue_name,
            "run_after": run_after,
            "backend": backend,
            "max_attempts": max_attempts,
            "dedupe_key": dedupe_key,
        }
        return replace(self, **{name: value for name, value in given.items() if value is not None})
