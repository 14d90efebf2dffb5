"""A synchronisation killed at each of its points ends as an undisturbed one, and two workers ask each thing once."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aldia.tenancy import crashpoints
from tests.fixtures.cfdi.builder import ISSUER, RECEIVER, cfdi
from tests.support.fake_sat import FakeSat, serving
from tests.support.house import House, demolish, finished, migrated_house
from tests.support.sat_office import PASSWORD, START, credentials

SETUP = """
from datetime import date, datetime
from pathlib import Path
from aldia.authority.models import Trigger
from aldia.authority.operations import runs
from aldia.authority.operations.connections import connect
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
moment, folder = datetime.fromisoformat({moment!r}), Path({folder!r})
if not Company.objects.exists():
    company = make_company(name={issuer[1]!r}, tax_id={issuer[0]!r})
    with company_scope(company.pk):
        make_customer(company, {receiver[1]!r}, {receiver[0]!r})
        connection = connect(
            cer=(folder / "a.cer").read_bytes(), key=(folder / "a.key").read_bytes(), password={password!r},
            now=moment, since=date(2026, 3, 1), settings={settings!r}, actor=None)
        runs.start(connection=connection, trigger=Trigger.ASKED, now=moment)
"""
STEPS = """
from datetime import timedelta
from aldia.receivables.operations.intake import run_batch
def steps(turns):
    with company_scope(Company.objects.get().pk):
        for turn in range(turns):
            at = moment + timedelta(seconds=30 * turn)
            today = at.date()
            take_in = lambda batch: run_batch(batch_id=batch.pk, now=lambda: at, today=today)
            runs.step(now=lambda: at, today=today, take_in=take_in)
"""
SNAPSHOT = """
import json
from aldia.authority.models import *
from aldia.documents.models import FiscalDocument, IngestItem
from aldia.receivables.models import Receivable
from aldia.tenancy.models import StoredFile
from aldia.documents.originals import read_original
with company_scope(Company.objects.get().pk):
    done = [p for p in SyncPackage.objects.select_related("request") if p.state == "imported"]
    assert all(read_original(row) for row in FiscalDocument.objects.select_related("original"))
    print(json.dumps({
        "run": [SyncRun.objects.get().state, dict(sorted(SyncRun.objects.get().counts.items()))],
        "documents": sorted(FiscalDocument.objects.values_list("key", "status")),
        "receivables": sorted(Receivable.objects.values_list("key", "balance")),
        "listed": sorted(ListedDocument.objects.values_list("key", "is_valid")),
        "missing": ListedDocument.objects.filter(missing_since__isnull=False).count(),
        "items": IngestItem.objects.count(),
        "packages": sorted(p.request.kind for p in done),
        "waiting": SyncPackage.objects.exclude(state__in=("imported", "lost")).count(),
        "files": StoredFile.objects.exclude(content_type="application/x-provisional").count(),
    }))
"""
RACE = """
import time
from aldia.authority.models import SyncRequest
from aldia.authority.operations import requests
from aldia.tenancy.models import Company
rows, due = {{}}, requests.due
def both_know(**words):
    found = due(**words)
    with company_scope(Company.objects.get().pk):
        rows.update({{row.pk: row for row in SyncRequest.objects.select_related("run__connection")}})
    (folder / {name!r}).touch()
    while not all((folder / each).exists() for each in ("one", "two")):
        time.sleep(0.01)
    return found
requests.due = both_know
if {control}:
    requests.claim = lambda request_id, now: rows[request_id]
steps(1)
"""


@pytest.fixture
def sat() -> Iterator[FakeSat]:
    """SAT with three documents; its answers are ready at once."""
    with serving(FakeSat(START)) as sat:
        sat.accepted_for = sat.ready_after = sat.accepted_for * 0
        sat.trust(credentials())
        sat.hold(*(cfdi(name, Fecha="2026-05-04T10:00:00", Folio=name) for name in "abc"))
        yield sat


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def setting(sat: FakeSat, folder: Path) -> str:
    """Code that opens the company, connected, with a run planned; at SAT's moment."""
    family = credentials()
    (folder / "a.cer").write_bytes(family.efirma.cer)
    (folder / "a.key").write_bytes(family.efirma.encrypted_key())
    return (
        SETUP.format(
            moment=sat.now.isoformat(), folder=str(folder), issuer=ISSUER, receiver=RECEIVER, password=PASSWORD,
            settings=sat.settings,
        )
        + STEPS
    )  # fmt: skip


def asked(sat: FakeSat) -> Counter[tuple[tuple[str, str], ...]]:
    """The questions that SAT was asked, and how often each."""
    return Counter(tuple(sorted(call.sent.items())) for call in sat.asked("ask"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> dict[str, Any]:
    """What an undisturbed run leaves."""
    folder = tmp_path_factory.mktemp("clean")
    with django_db_blocker.unblock(), serving(FakeSat(START)) as sat:
        sat.accepted_for = sat.ready_after = sat.accepted_for * 0
        sat.trust(credentials())
        sat.hold(*(cfdi(name, Fecha="2026-05-04T10:00:00", Folio=name) for name in "abc"))
        house = migrated_house(folder / "house")
        found = json.loads(house.run(setting(sat, folder) + "steps(9)\n" + SNAPSHOT))
        demolish(house)
    assert found["run"][0] == "done"
    assert (len(found["documents"]), len(found["listed"]), found["missing"], found["waiting"]) == (3, 3, 0, 0)
    return found


@pytest.mark.parametrize("point", sorted(crashpoints.SYNCING))
def test_a_killed_synchronisation_loses_nothing_and_asks_nothing_twice(
    house: House, sat: FakeSat, clean: dict[str, Any], tmp_path: Path, point: str
) -> None:
    killed = house.spawn(setting(sat, tmp_path) + "steps(9)\n", CRASH_AT=f"{point}:1")
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    sat.passes(minutes=25)  # whoever held the request is gone by now
    found = json.loads(house.run(setting(sat, tmp_path) + "steps(9)\n" + SNAPSHOT))
    assert found == clean
    assert set(asked(sat).values()) == {1}
    assert set(sat.downloads.values()) == {1}


@pytest.mark.parametrize(("control", "questions"), [(False, 4), (True, 8)])
def test_two_workers_put_each_question_once(
    house: House, sat: FakeSat, tmp_path: Path, control: bool, questions: int
) -> None:
    """The control lets both take a request without claiming it: then each is asked for by both."""
    house.run(setting(sat, tmp_path))
    workers = [house.spawn(setting(sat, tmp_path) + RACE.format(name=name, control=control)) for name in ("one", "two")]
    for worker in workers:
        finished(worker)
    assert asked(sat).total() == questions
