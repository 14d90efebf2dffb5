"""The database backend of the Tasks API: a job is a row, written in the transaction of whoever enqueues it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.utils import normalize_json

from aldia.queue.claiming import live_job
from aldia.queue.models import Job, JobState
from aldia.queue.tasks import JobTask
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_in_scope

STATUS = {
    JobState.READY: TaskResultStatus.READY,
    JobState.RUNNING: TaskResultStatus.RUNNING,
    JobState.DONE: TaskResultStatus.SUCCESSFUL,
    JobState.DEAD: TaskResultStatus.FAILED,
}


class DatabaseBackend(BaseTaskBackend):
    """Enqueues rows of `Job`; the job belongs to the company in scope and will run in its scope."""

    task_class = JobTask
    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, {"QUEUES": [], **params})

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Insert the job, or return the live one that has the same dedupe key."""
        self.validate_task(task)
        job = _new_job(task, list(args), dict(kwargs))
        if job.dedupe_key is None:
            job.save(force_insert=True)
            return as_result(job, task)
        while True:  # ends: either our row goes in, or a live one with the key is there to be returned
            Job.objects.bulk_create([job], ignore_conflicts=True)
            live = live_job(job.dedupe_key)
            if live is not None:
                return as_result(live, task)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return what became of a job; raise `TaskResultDoesNotExist` if there is none."""
        try:
            job = Job.objects.get(pk=UUID(result_id))
        except (Job.DoesNotExist, ValueError) as error:
            raise TaskResultDoesNotExist(result_id) from error
        return as_result(job, task_at(job.task_path))


def task_at(path: str) -> Task[Any, Any]:
    """The task at a dotted path. Raise `ImportError` if there is none, `TypeError` if what is there is no task."""
    found = import_string(path)
    if not isinstance(found, Task):
        raise TypeError(f"{path} is not a task")
    return found


def as_result(job: Job, task: Task[Any, Any]) -> TaskResult[Any]:
    """A job in the words of the Tasks API."""
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=str(job.pk),
        status=STATUS[JobState(job.state)],
        enqueued_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.started_at,
        args=job.payload["args"],
        kwargs=job.payload["kwargs"],
        backend=task.backend,
        errors=[TaskError(exception_class_path="builtins.Exception", traceback=job.last_error)] * bool(job.last_error),
        worker_ids=[job.worker] * job.attempts,
    )
    object.__setattr__(result, "_return_value", job.result)  # the API's own way to fill a frozen result
    return result


def _new_job(task: Task[Any, Any], args: list[Any], kwargs: dict[str, Any]) -> Job:
    company_id = company_in_scope()
    key = task.dedupe_key if isinstance(task, JobTask) else None
    job = Job(
        id=uuid7(),
        company_id=company_id,
        queue=task.queue_name,
        task_path=task.module_path,
        payload=normalize_json({"args": args, "kwargs": kwargs}),
        priority=task.priority,
        max_attempts=task.max_attempts if isinstance(task, JobTask) else 8,
        dedupe_key=f"{company_id or ''}:{task.module_path}:{key}"[:200] if key else None,
    )
    if task.run_after is not None:
        job.run_at = task.run_after
    return job
