"""The worker: claim one job, run it in its company's scope, record what became of it; until told to stop."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
import traceback
from contextlib import ExitStack
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django_tasks.utils import normalize_json

from aldia.queue import claiming
from aldia.queue.backend import task_at
from aldia.queue.models import Job
from aldia.queue.tasks import GiveUp, JobTask
from aldia.tenancy.scope import company_scope, transaction

REAP_EVERY_SECONDS = 10.0
LONGEST_IDLE_SECONDS = 1.0
SQLITE_YIELD_SECONDS = 0.003  # its busy handler is not fair: a worker that never pauses starves the web
LONGEST_ERROR = 4000

log = structlog.get_logger("aldia.queue")


class LostLease(Exception):
    """Somebody else has the job by now: what this worker did inside a transaction is undone."""


class Heartbeat(threading.Thread):
    """Prolongs the lease of the job at hand, on a connection of its own, while the worker is busy with it."""

    def __init__(self, lease_seconds: float) -> None:
        super().__init__(daemon=True, name="aldia-heartbeat")
        self.lease_seconds = lease_seconds
        self.job: Job | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.lease_seconds / 3):
            self.beat()
        connection.close()

    def beat(self) -> None:
        job = self.job
        if job is None:
            return
        try:
            if not claiming.renew(job=job, lease_seconds=self.lease_seconds) and job is self.job:
                log.warning("lease_lost", job=str(job.pk), task=job.task_path)
        except DatabaseError as error:  # the next beat tries again; the lease outlives two missed beats
            log.warning("heartbeat_failed", error=str(error))
            connection.close()


class Worker:
    """One thread of work. `run` until `stop`, `drain` until nothing is due."""

    def __init__(self, *, queues: tuple[str, ...] = (), lease_seconds: float = claiming.LEASE_SECONDS) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.queues = queues
        self.lease_seconds = lease_seconds
        self.stopped = threading.Event()
        self.heartbeat = Heartbeat(lease_seconds)
        self._reap_at = 0.0

    def stop(self) -> None:
        """Finish the job at hand, take no other."""
        self.stopped.set()

    def run(self) -> None:
        """Work until stopped. A database that is away is waited for."""
        self.heartbeat.start()
        idle = 0.05
        while not self.stopped.is_set():
            try:
                worked = self.work_once()
            except DatabaseError as error:
                log.error("database_unavailable", error=str(error))
                connection.close()
                worked = False
            idle = 0.05 if worked else min(idle * 1.5, LONGEST_IDLE_SECONDS)
            self.stopped.wait(_pause() if worked else idle)
        self.heartbeat.stopped.set()
        connection.close()

    def drain(self) -> int:
        """Work until nothing is due; return how many jobs ran."""
        count = 0
        while not self.stopped.is_set() and self.work_once():
            count += 1
        return count

    def work_once(self) -> bool:
        """Run the most urgent job that is due, if any."""
        if time.monotonic() >= self._reap_at:
            self._reap_at = time.monotonic() + REAP_EVERY_SECONDS
            if freed := claiming.reap():
                log.warning("leases_expired", jobs=freed)
        jobs = claiming.claim(worker=self.name, queues=self.queues, lease_seconds=self.lease_seconds)
        for job in jobs:
            self._execute(job)
        return bool(jobs)

    def _execute(self, job: Job) -> None:
        started = time.monotonic()
        self.heartbeat.job = job
        try:
            outcome = run(job)
        finally:
            self.heartbeat.job = None
            _drop_broken_connection()
        seconds = round(time.monotonic() - started, 3)
        company = str(job.company_id or "")
        log.info("job", job=str(job.pk), task=job.task_path, company=company, outcome=outcome, seconds=seconds)


def run(job: Job) -> str:
    """Run a claimed job and record what became of it: done, late, retry or dead."""
    try:
        task = task_at(job.task_path)
    except (ImportError, TypeError) as error:
        claiming.fail(job=job, error=f"No existe la tarea {job.task_path}: {error}", permanent=True)
        return "dead"
    try:
        with ExitStack() as stack:
            if job.company_id is not None:
                stack.enter_context(company_scope(job.company_id))
            return _run_atomic(job, task) if isinstance(task, JobTask) and task.atomic else _run_plain(job, task)
    except LostLease:
        return "late"
    except Exception as error:
        return _record_failure(job, error)


def _run_plain(job: Job, task: Any) -> str:
    result = task.call(*job.payload["args"], **job.payload["kwargs"])
    return "done" if claiming.finish(job=job, result=_plain(result)) else "late"


def _run_atomic(job: Job, task: Any) -> str:
    with transaction():
        result = task.call(*job.payload["args"], **job.payload["kwargs"])
        if not claiming.finish(job=job, result=_plain(result)):
            raise LostLease
    return "done"


def _record_failure(job: Job, error: Exception) -> str:
    permanent = isinstance(error, GiveUp)
    text = f"{type(error).__name__}: {error}\n\n{''.join(traceback.format_tb(error.__traceback__))}"
    log.warning("job_failed", job=str(job.pk), task=job.task_path, attempt=job.attempts, error=type(error).__name__)
    _drop_broken_connection()
    if not claiming.fail(job=job, error=text[:LONGEST_ERROR], permanent=permanent):
        return "late"
    return "dead" if permanent or job.attempts >= job.max_attempts else "retry"


def _plain(result: Any) -> Any:
    """What a task returned, as JSON; what is no JSON is kept as text (the work is done: it must not run again)."""
    try:
        return normalize_json(result)
    except (TypeError, ValueError):
        return str(result)[:500]


def _drop_broken_connection() -> None:
    """Let the next query open a new connection when this one no longer works (never inside a caller's transaction)."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _pause() -> float:
    return SQLITE_YIELD_SECONDS if connection.vendor == "sqlite" else 0.0
