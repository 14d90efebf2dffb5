"""Jobs: enqueued with their transaction, run in their company's scope, retried, buried, brought back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db import transaction as django_transaction
from django_tasks import TaskResultStatus, task_backends
from django_tasks.exceptions import TaskResultDoesNotExist

from aldia.queue import claiming, operations, queries
from aldia.queue.models import Job, JobState
from aldia.queue.worker import Worker, run
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from tests.support import queue_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget() -> None:
    queue_tasks.SEEN.clear()


@pytest.fixture
def company() -> Company:
    return Company.objects.create(slug="acme", legal_name="Acme", tax_id="AAA010101AAA")


@pytest.fixture
def other() -> Company:
    return Company.objects.create(slug="otra", legal_name="Otra", tax_id="BBB010101BBB")


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(run_at=datetime.now(UTC) - timedelta(seconds=1))


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def test_runs_once_in_the_scope_it_was_enqueued_in(company: Company) -> None:
    with company_scope(company.pk):
        result = queue_tasks.note.enqueue({"a": [1, None, "ñ"]})
    house = queue_tasks.note.enqueue(2)
    assert Worker().drain() == 2
    assert [(company.pk, {"a": [1, None, "ñ"]}), (None, 2)] == queue_tasks.SEEN
    assert Worker().drain() == 0
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (
        TaskResultStatus.SUCCESSFUL,
        {"a": [1, None, "ñ"]},
        1,
    )
    assert queue_tasks.note.get_result(house.id).return_value == 2


def test_enqueued_with_the_business_transaction_or_not_at_all(company: Company) -> None:
    with django_transaction.atomic():
        queue_tasks.note.enqueue(1)
        assert Job.objects.exists()
        django_transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_most_urgent_first_then_oldest_and_not_before_its_hour() -> None:
    queue_tasks.note.enqueue("first")
    queue_tasks.note.enqueue("second")
    queue_tasks.note.using(priority=10).enqueue("urgent")
    queue_tasks.note.using(priority=90, run_after=datetime.now(UTC) + timedelta(hours=1)).enqueue("later")
    Worker().drain()
    assert [value for _company, value in queue_tasks.SEEN] == ["urgent", "first", "second"]


def test_a_worker_keeps_to_its_queues() -> None:
    queue_tasks.note.using(queue_name="imports").enqueue("i")
    queue_tasks.note.enqueue("d")
    Worker(queues=("default",)).drain()
    assert [value for _company, value in queue_tasks.SEEN] == ["d"]


def test_same_key_same_live_job_per_company(company: Company, other: Company) -> None:
    with company_scope(company.pk):
        first = queue_tasks.note.using(dedupe_key="batch").enqueue(1)
        again = queue_tasks.note.using(dedupe_key="batch").enqueue(1)
    with company_scope(other.pk):
        theirs = queue_tasks.note.using(dedupe_key="batch").enqueue(1)
    assert first.id == again.id != theirs.id
    Worker().drain()
    with company_scope(company.pk):
        assert queue_tasks.note.using(dedupe_key="batch").enqueue(1).id != first.id  # the first is done: a new one


def test_failures_back_off_then_die_then_come_back(company: Company) -> None:
    with company_scope(company.pk):
        queue_tasks.fails.enqueue("sin red")
        worker = Worker()
        assert worker.drain() == 1
        job = Job.objects.get()
        assert (job.state, job.attempts) == (JobState.READY, 1)
        assert "ValueError: sin red" in job.last_error
        wait = job.run_at - datetime.now(UTC)
        assert timedelta(seconds=1) < wait < timedelta(seconds=3)
        make_due(job)
        worker.drain()
        assert [dead.pk for dead in queries.dead_jobs()] == [job.pk]
        assert queries.counts_by_state() == {"ready": 0, "running": 0, "done": 0, "dead": 1}
        operations.requeue_job(job_id=job.pk, actor=None)
        job.refresh_from_db()
        assert (job.state, job.attempts, job.max_attempts) == (JobState.READY, 2, 4)
        with pytest.raises(operations.JobNotDead):
            operations.requeue_job(job_id=job.pk, actor=None)
        assert AuditEvent.objects.get().verb == "job.requeued"


@pytest.mark.parametrize(("attempts", "low", "high"), [(1, 1.5, 2.5), (5, 24, 40), (11, 1536, 2560), (40, 2700, 4500)])
def test_backoff_doubles_with_jitter_up_to_an_hour(attempts: int, low: float, high: float) -> None:
    waits = [claiming.backoff_seconds(attempts) for _ in range(200)]
    assert low <= min(waits) < max(waits) <= high
    assert len(set(waits)) > 100


@pytest.mark.parametrize("task", [queue_tasks.gives_up])
def test_a_permanent_failure_is_not_tried_again(task) -> None:
    task.enqueue()
    Worker().drain()
    assert Job.objects.get().state == JobState.DEAD


@pytest.mark.parametrize("path", ["nowhere.at.all", "aldia.queue.models.Job", "x"])
def test_a_task_that_is_gone_is_dead_at_once_and_hurts_no_other(path: str) -> None:
    Job.objects.create(task_path=path, payload={"args": [], "kwargs": {}})
    queue_tasks.note.enqueue("after")
    assert Worker().drain() == 2
    assert Job.objects.get(task_path=path).state == JobState.DEAD
    assert queue_tasks.SEEN == [(None, "after")]


def test_a_lease_that_ran_out_is_another_attempt_and_the_last_one_kills() -> None:
    queue_tasks.fails.enqueue()
    for attempt, state in ((1, JobState.READY), (2, JobState.DEAD)):
        (job,) = claiming.claim(worker="killed")
        assert job.attempts == attempt
        assert claiming.reap() == 0  # the lease still lives
        expire(job)
        assert claiming.reap() == 1
        job.refresh_from_db()
        assert job.state == state


def test_a_late_worker_changes_nothing() -> None:
    """The fence: the job was given to another; what the first says of it no longer counts."""
    queue_tasks.note.enqueue(1)
    (late,) = claiming.claim(worker="slow")
    expire(late)
    claiming.reap()
    (current,) = claiming.claim(worker="quick")
    assert not claiming.finish(job=late, result="late")
    assert not claiming.fail(job=late, error="late")
    assert not claiming.renew(job=late)
    assert claiming.finish(job=current, result="quick")
    assert Job.objects.get().result == "quick"


def test_without_the_fence_the_late_worker_would_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control of the test above: with the fence off, both finish."""
    monkeypatch.setattr(claiming, "_ours", lambda job: Job.objects.filter(pk=job.pk))
    queue_tasks.note.enqueue(1)
    (late,) = claiming.claim(worker="slow")
    expire(late)
    claiming.reap()
    (current,) = claiming.claim(worker="quick")
    assert claiming.finish(job=current, result="quick")
    assert claiming.finish(job=late, result="late")
    assert Job.objects.get().result == "late"


def test_the_same_worker_is_fenced_from_its_own_earlier_attempt() -> None:
    queue_tasks.note.enqueue(1)
    (first,) = claiming.claim(worker="w")
    expire(first)
    claiming.reap()
    (second,) = claiming.claim(worker="w")
    assert not claiming.finish(job=first)
    assert claiming.finish(job=second)


def test_atomic_work_of_a_late_worker_is_undone(company: Company) -> None:
    with company_scope(company.pk):
        queue_tasks.exact.enqueue("row")
        (late,) = claiming.claim(worker="slow")
        expire(late)
        claiming.reap()
        assert run(late) == "late"
        assert queue_tasks.StoredFile.objects.count() == 0
        assert Worker().drain() == 1
        assert queue_tasks.StoredFile.objects.count() == 1


def test_claims_are_disjoint_and_ordered() -> None:
    for value in range(5):
        queue_tasks.note.using(priority=value).enqueue(value)
    first, second = claiming.claim(worker="a", limit=3), claiming.claim(worker="b", limit=3)
    assert [job.payload["args"] for job in first] == [[4], [3], [2]]
    assert [job.payload["args"] for job in second] == [[1], [0]]
    assert claiming.claim(worker="c") == []


def test_what_is_not_json_is_kept_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    queue_tasks.note.enqueue(1)
    (job,) = claiming.claim(worker="w")
    from aldia.queue import worker

    class Task:
        def call(self, *args: object) -> object:
            return datetime(2026, 1, 2, tzinfo=UTC)

    monkeypatch.setattr(worker, "task_at", lambda path: Task())
    assert run(job) == "done"
    assert Job.objects.get().result == "2026-01-02 00:00:00+00:00"


def test_only_the_companys_own_jobs_are_seen_and_touched(company: Company, other: Company) -> None:
    with company_scope(company.pk):
        queue_tasks.gives_up.enqueue()
    Worker().drain()
    job = Job.objects.get()
    with company_scope(other.pk):
        assert list(queries.company_jobs()) == []
        for operation in (operations.requeue_job, operations.discard_job):
            with pytest.raises(operations.JobNotDead):
                operation(job_id=job.pk, actor=None)
    with company_scope(company.pk):
        operations.discard_job(job_id=job.pk, actor=None)
    assert not Job.objects.exists()


def test_requeue_refuses_a_twin_of_live_work(company: Company) -> None:
    with company_scope(company.pk):
        task = queue_tasks.gives_up.using(dedupe_key="k")
        task.enqueue()
        Worker().drain()
        dead = Job.objects.get()
        task.enqueue()
        with pytest.raises(operations.JobIsBack):
            operations.requeue_job(job_id=dead.pk, actor=None)


def test_health_counts_what_waits_over_all_companies(company: Company) -> None:
    now = datetime.now(UTC)
    assert queries.health(now=now).waiting_seconds == 0
    queue_tasks.note.enqueue(1)
    with company_scope(company.pk):
        queue_tasks.note.enqueue(1)
    health = queries.health(now=now + timedelta(minutes=5))
    assert (health.ready, health.running, health.dead) == (2, 0, 0)
    assert 295 <= health.waiting_seconds <= 305


def test_clean_up_keeps_what_is_recent_or_needs_a_person() -> None:
    now = datetime.now(UTC)
    queue_tasks.note.enqueue("old")
    Worker().drain()
    Job.objects.update(finished_at=now - timedelta(days=15))
    queue_tasks.note.enqueue("new")
    queue_tasks.gives_up.enqueue()
    Worker().drain()
    Job.objects.filter(state=JobState.DEAD).update(finished_at=now - timedelta(days=400))
    assert operations.clean_up(now=now) == 1
    assert sorted(Job.objects.values_list("state", flat=True)) == ["dead", "done"]


def test_the_databases_clock_is_near_ours_and_aware() -> None:
    assert abs((claiming.database_now() - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize("result_id", ["", "no", "0196b7a0-0000-7000-8000-000000000000"])
def test_an_unknown_result_is_said_so(result_id: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        task_backends["default"].get_result(result_id)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by the size of the table")
def test_what_workers_ask_all_the_time_is_answered_by_an_index() -> None:
    """With a year of finished jobs in the table, claiming, reaping and deduplicating must not read them."""
    now = claiming._sql_now(0)
    live, key = Job.objects.filter(dedupe_key="k").extra(where=[claiming.LIVE]).query.sql_with_params()
    plans = {
        "job_running": (claiming.REAP.format(now=now), ["x"]),
        "job_ready": (claiming.CLAIM.format(now=now, lease=now, queues="", lock=""), [1, "w"]),
        "job_dedupe": (live, key),
    }
    for index, (sql, params) in plans.items():
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            steps = [row[3] for row in cursor.fetchall()]
        assert any(index in step for step in steps), steps
        assert "SCAN queue_job" not in steps
