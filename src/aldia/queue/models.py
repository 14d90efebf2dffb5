"""Background jobs and schedules: rows are the truth, a worker is whoever holds the lease."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from aldia.tenancy.ids import uuid7


class JobState(models.TextChoices):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Job(models.Model):
    """One piece of work. Global table (workers claim across companies); `company` says whose scope it runs in.

    `attempts` is the fencing token: a worker may finish a job only as (worker, attempts) that claimed it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey("tenancy.Company", null=True, on_delete=models.CASCADE, related_name="+")
    queue = models.CharField(max_length=30, default="default")
    task_path = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=JobState, default=JobState.READY)
    run_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0)
    max_attempts = models.IntegerField(default=8)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    dedupe_key = models.CharField(max_length=200, null=True)
    last_error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-priority", "run_at", "id"], name="job_ready", condition=Q(state="ready")),
            models.Index(fields=["lease_until"], name="job_running", condition=Q(state="running")),
            models.Index(fields=["company", "state", "-created_at"], name="job_company"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"], name="job_dedupe", condition=Q(state__in=["ready", "running"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_path} {self.state}"


class Schedule(models.Model):
    """A task to run at local times of a company (or of the house, `company` null, in UTC).

    Either once a day at `local_time`, or each `every_minutes`. After an outage only the latest missed slot runs, and
    not at all when it is more than `late_minutes` late (null: however late).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey("tenancy.Company", null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    task_path = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    local_time = models.TimeField(null=True)
    every_minutes = models.IntegerField(null=True)
    late_minutes = models.IntegerField(null=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"], name="schedule_once", condition=Q(company__isnull=False)
            ),
            models.UniqueConstraint(fields=["name"], name="schedule_house_once", condition=Q(company__isnull=True)),
            models.CheckConstraint(
                condition=Q(local_time__isnull=False, every_minutes__isnull=True)
                | Q(local_time__isnull=True, every_minutes__gt=0),
                name="schedule_one_rule",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleRun(models.Model):
    """A slot that somebody claimed: unique, so no leader is needed and nothing runs twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    slot = models.CharField(max_length=40)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="schedulerun_once")]

    def __str__(self) -> str:
        return self.slot
