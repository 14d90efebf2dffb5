"""`aldia reminders run` as scripts rely on it, and the jobs that run it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from aldia.cli.main import main
from aldia.jobs import reminders as jobs
from aldia.messaging.models import Message
from aldia.queue.models import Job
from aldia.queue.timetable import COMPANY
from aldia.queue.worker import Worker
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.rule_words import StepWords
from tests.support.papers import text_of
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"


@pytest.fixture
def late(stage: Stage) -> Stage:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    mute = stage.customer("Sin correo")
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), guera, mute)
    for customer in (guera, mute):
        stage.owes(customer, 100_00, date(2026, 3, 2))
    return stage


def run(capsys: Any, stage: Stage, *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["reminders", "run", "--company", stage.company.slug, "--json", *words])
    return status, json.loads(capsys.readouterr().out)


def test_it_plans_sends_and_says_what_and_why_not(late: Stage, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aldia.cli.prepare.ready", lambda: None)
    expected = {"planned": 1, "messages": 1, "skipped": {"no_contact": 1}}
    assert run(capsys, late, "--as-of", "2026-03-03T09:00", "--dry-run") == (0, expected)
    assert not ReminderCandidate.objects.exists()
    assert late.mailer.taken == []
    assert run(capsys, late, "--as-of", "2026-03-03T15:00:00Z") == (0, expected)  # nine in Mexico City
    assert [to for _sender, to, _mail in late.mailer.taken] == [[LUPITA]]
    assert run(capsys, late, "--as-of", "2026-03-03T09:15") == (0, {"planned": 0, "messages": 0, "skipped": {}})
    assert run(capsys, late, "--as-of", "2026-03-03T19:00")[1]["messages"] == 0
    assert len(late.mailer.taken) == 1


@pytest.mark.parametrize("moment", ["ayer", "2026-13-01T09:00", "0001-01-01T00:00"])
def test_a_moment_that_is_none(late: Stage, moment: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["reminders", "run", "--company", late.company.slug, "--as-of", moment])
    assert stopped.value.code == 2


def test_the_jobs_do_the_same_by_the_clock_of_the_database(late: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "database_now", lambda: late.at("09:00", date(2026, 3, 3)))
    jobs.run_reminders.enqueue()
    jobs.run_reminders.enqueue()
    worker = Worker()
    while worker.work_once():
        pass
    assert [to for _sender, to, _mail in late.mailer.taken] == [[LUPITA]]
    assert {each.state for each in Message.objects.all()} == {"done"}
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_the_statement_that_rules_attach(late: Stage) -> None:
    guera = late.customer("Northwind", "ann@northwind.example", language="en")
    late.owes(guera, 100_00, date(2026, 3, 2))
    data = jobs.statement_pdf(guera.pk, date(2026, 3, 3))
    assert data.startswith(b"%PDF")
    assert "Northwind" in text_of(data)


def test_the_tick_comes_every_quarter_of_an_hour() -> None:
    rules = {rule.name: rule for rule in COMPANY}
    assert rules["run_reminders"].every_minutes == 15
    assert rules["send_waiting"].every_minutes == 5
