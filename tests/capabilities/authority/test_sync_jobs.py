"""The jobs and the command line: what is due begins, steps follow, troubles are told, and words are plain."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aldia.authority.models import AuthorityConnection, SyncPackage, SyncRequest, SyncRun, Trigger
from aldia.authority.operations import runs
from aldia.cli.main import main
from aldia.documents.models import IngestBatch
from aldia.jobs import authority
from aldia.messaging.models import Message
from aldia.queue.models import Job
from tests.fixtures.cfdi.builder import ISSUER, cfdi, uid
from tests.support.sat_office import PASSWORD, Office, credentials


@pytest.fixture
def clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office, with the jobs on SAT's clock and imports done at once."""
    monkeypatch.setattr(authority, "database_now", office.now)
    monkeypatch.setattr(authority, "enqueue_import", office.take_in)
    return office


def test_what_is_due_begins_once_and_goes_on_until_it_is_over(clock: Office) -> None:
    clock.sat.hold(cfdi("a", Fecha="2026-05-04T10:00:00"))
    assert authority.start_due.call() == 1
    assert authority.start_due.call() == 0
    run = SyncRun.objects.get()
    assert run.trigger == Trigger.FIRST
    for _minute in range(30):
        authority.step_sync.call()
        clock.sat.passes(minutes=1)
    run.refresh_from_db()
    assert run.state == "done"
    assert clock.receivable("a").balance == 116_000
    assert authority.step_sync.call() == 0
    clock.sat.passes(days=2)
    assert authority.start_due.call() == 0
    clock.sat.passes(days=1)
    assert authority.start_due.call() == 1
    assert SyncRun.objects.order_by("-started_at")[0].trigger == Trigger.SCHEDULED
    assert PASSWORD not in str(list(Job.objects.values_list("payload", flat=True)))


def test_a_package_that_could_not_be_read_is_said_by_its_run(clock: Office) -> None:
    authority.start_due.call()
    run = SyncRun.objects.get()
    request = run.requests.first()
    SyncRequest.objects.update(state="done")
    batch = IngestBatch.objects.create(company=run.company, name="p", state="failed", message="No se puede leer.")
    SyncPackage.objects.create(company=run.company, request=request, name="p", state="imported", batch=batch)
    assert runs.close(run=run, now=clock.now())
    run.refresh_from_db()
    assert (run.state, run.message) == ("partial", "No se puede leer.")


def test_an_efirma_that_is_over_is_told_once_and_tried_again_tomorrow(clock: Office, settings: Any) -> None:
    AuthorityConnection.objects.update(valid_to=clock.sat.now - timedelta(days=1))
    assert authority.start_due.call() == 0
    clock.connection.refresh_from_db()
    assert "venció" in clock.connection.trouble
    assert clock.connection.next_at == clock.sat.now + timedelta(days=1)
    assert authority.tell_troubles.call() == 1
    authority.tell_troubles.call()
    assert Message.objects.count() == 1


@pytest.mark.parametrize(("days", "told"), [(45, 0), (30, 1), (6, 1)])
def test_the_end_of_the_efirma_is_told_before_it_comes(clock: Office, days: int, told: int) -> None:
    AuthorityConnection.objects.update(valid_to=clock.sat.now + timedelta(days=days))
    authority.tell_troubles.call()
    authority.tell_troubles.call()
    assert Message.objects.count() == told


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["sat", *words, "--company", ISSUER[0]])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_command_line_connects_asks_and_tells(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    efirma = credentials().efirma
    (tmp_path / "a.cer").write_bytes(efirma.cer)
    (tmp_path / "a.key").write_bytes(efirma.encrypted_key())
    files = [str(tmp_path / "a.cer"), str(tmp_path / "a.key")]
    monkeypatch.setenv("ALDIA_EFIRMA_PASSWORD", "otra")
    status, _out, err = command(capsys, "connect", *files)
    assert (status, "otra" in err) == (2, False)
    monkeypatch.setenv("ALDIA_EFIRMA_PASSWORD", PASSWORD)
    status, out, _err = command(capsys, "connect", *files, "--json")
    assert (status, json.loads(out)["tax_id"]) == (0, ISSUER[0])
    status, out, _err = command(capsys, "sync", "--no-wait", "--json")
    assert (status, json.loads(out)["state"]) == (0, "running")
    assert SyncRequest.objects.filter(state="planned").count() > 3
    assert command(capsys, "fetch", "nada", "--no-wait")[0] == 2
    status, out, _err = command(capsys, "fetch", uid("z"), "--no-wait", "--json")
    assert (status, json.loads(out)["requests"][0]["state"]) == (0, "planned")
    status, out, _err = command(capsys, "status", "--json")
    assert (status, json.loads(out)["missing"]) == (0, 0)
    assert command(capsys, "check", uid("z"))[0] == 2
    assert command(capsys, "revoke")[0] == 0
    status, _out, err = command(capsys, "sync")
    assert (status, "aldia sat connect" in err) == (3, True)
