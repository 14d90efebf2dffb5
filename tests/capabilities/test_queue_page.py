"""The pages of the queue: dead jobs are seen, tried again, given up; health says little to strangers."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from aldia.queue.models import Job, JobState
from aldia.queue.worker import Worker
from aldia.tenancy.models import AuditEvent, Company, Role
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.support import queue_tasks

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def company() -> Company:
    return make_company()


def signed_in(company: Company, role: str = Role.OWNER) -> Client:
    client = Client()
    client.force_login(make_user(f"{role}@example.com", company, role), backend=BACKEND)
    return client


@pytest.fixture
def dead(company: Company) -> Job:
    with company_scope(company.pk):
        queue_tasks.gives_up.enqueue()
    Worker().drain()
    return Job.objects.get(state=JobState.DEAD)


def test_a_dead_job_is_shown_with_its_error_and_tried_again(company: Company, dead: Job) -> None:
    client, page = signed_in(company), f"/e/{company.slug}/configuracion/trabajos/"
    shown = client.get(page).content.decode()
    assert "nunca va a poder" in shown
    assert "Traceback" not in shown
    answer = client.post(f"{page}{dead.pk}/reintentar/", follow=True)
    assert "vuelve a intentarse" in answer.content.decode()
    dead.refresh_from_db()
    assert dead.state == JobState.READY
    assert "ya no está detenido" in client.post(f"{page}{dead.pk}/reintentar/", follow=True).content.decode()
    assert client.get(page + "?estado=ready").status_code == 200
    assert client.get(page + "?estado=cualquiera").status_code == 200


def test_a_dead_job_is_given_up_with_a_trace(company: Company, dead: Job) -> None:
    client, page = signed_in(company), f"/e/{company.slug}/configuracion/trabajos/"
    client.post(f"{page}{dead.pk}/descartar/")
    assert not Job.objects.exists()
    with company_scope(company.pk):
        assert AuditEvent.objects.get(verb="job.discarded").object_id == str(dead.pk)
    assert client.post(f"{page}{dead.pk}/descartar/").status_code == 404


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AUDITOR])
def test_others_do_not_touch_them(company: Company, dead: Job, role: str) -> None:
    client, page = signed_in(company, role), f"/e/{company.slug}/configuracion/trabajos/"
    assert client.get(page).status_code == 403
    assert client.post(f"{page}{dead.pk}/descartar/").status_code == 403
    assert Job.objects.filter(pk=dead.pk, state=JobState.DEAD).exists()


def test_strangers_learn_only_ok_or_fail() -> None:
    answer = Client().get("/salud/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_members_see_what_was_looked_at(company: Company) -> None:
    client = signed_in(company)
    answer = client.get(f"/e/{company.slug}/salud/")
    assert {probe["name"]: probe["ok"] for probe in answer.json()["probes"]} == {
        "database": True,
        "migrations": True,
        "queue": True,
        "disk": True,
    }
    assert b"<table" in client.get(f"/e/{company.slug}/salud/", headers={"Accept": "text/html"}).content
    collector = signed_in(company, Role.COLLECTOR).get(f"/e/{company.slug}/salud/")
    assert collector.json() == {"status": "ok"}


def test_a_queue_that_nobody_serves_is_a_failure() -> None:
    queue_tasks.note.enqueue(1)
    assert Client().get("/salud/").status_code == 200
    Job.objects.update(run_at=datetime.now(UTC) - timedelta(hours=1))
    answer = Client().get("/salud/")
    assert (answer.status_code, answer.json()) == (503, {"status": "fail"})


def test_a_full_disk_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 10**6))
    assert Client().get("/salud/").status_code == 503


def test_a_database_that_is_away_is_a_failure_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from aldia.queue import health

    class Away:
        vendor = connection.vendor

        def cursor(self) -> None:
            raise DatabaseError("connection refused: password=c4n4ri0")

    monkeypatch.setattr(health, "connection", Away())
    answer = Client().get("/salud/")
    assert answer.status_code == 503
    assert b"c4n4ri0" not in answer.content
