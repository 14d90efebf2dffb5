"""Stamping with several processes and with processes that die: one seal, one stamp, one document, whatever happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aldia.tenancy import crashpoints
from tests.support.house import House, demolish, finished, migrated_house

pytest.importorskip("satcfdi", reason="the extra mx is not installed")
ISSUES, PROCESSES = 6, 2

PEOPLE = """
import json, sqlite3, sys, time
from datetime import timedelta
from pathlib import Path
from django.conf import settings
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.integrations.stamping import simulated_pac
from aldia.issuing.models import Cancellation, Issue
from aldia.issuing.operations import cancelling, sending, stampers, stamping
from aldia.jobs import issuing as jobs
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from tests.support.issuer import NOW, TODAY, issuing_company, queued, receiving_customer, with_seal, with_simulated_pac
def company():
    return Company.objects.get(slug="timbres")
def stamps():
    path = Path(settings.DATA_DIR) / stampers.HOME / "pac" / "pac.sqlite3"
    return sqlite3.connect(path).execute("SELECT count(*) FROM stamps").fetchone()[0] if path.exists() else 0
"""
SETUP = (
    PEOPLE
    + """
with company_scope(issuing_company(slug="timbres").pk):
    with_seal()
    with_simulated_pac()
    customer = receiving_customer(company())
    for number in range({issues}):
        queued(customer, folio=str(number + 1))
"""
)
RACER = (
    PEOPLE
    + """
stamping.LEASE = timedelta({lease})
if {guards_off}:
    stamping._claim = lambda issue_id, now: Issue.objects.select_related("stamper__secret").get(pk=issue_id)
    stamping._mine = lambda issue: Issue.objects.get(pk=issue.pk)
    account = stampers.current_account
    with company_scope(company().pk):
        Issue.objects.update(stamper=account())
plain = simulated_pac.SimulatedPac.stamp
def slowly(self, xml, *, key):
    time.sleep(0.05)
    return plain(self, xml, key=key)
simulated_pac.SimulatedPac.stamp = slowly
now = NOW + timedelta(seconds={racer})  # two clocks: each would date the document differently
with company_scope(company().pk):
    ids = list(Issue.objects.order_by("id").values_list("pk", flat=True))
    from aldia.integrations.tax import mx_schemas
    from aldia.issuing.operations import seals
    mx_schemas.transform("4.0")
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for issue_id in ids:
        stamping.work(issue_id=issue_id, now=now)
"""
)
REPORT = (
    PEOPLE
    + """
from tests.support.paying import broken
with company_scope(company().pk):
    found = {
        "states": sorted(Issue.objects.values_list("state", flat=True)),
        "stamps": stamps(),
        "documents": FiscalDocument.objects.count(),
        "linked": Issue.objects.filter(document__isnull=False).values("document").distinct().count(),
        "owed": sorted(Receivable.objects.values_list("balance", flat=True)),
        "batches": sorted(IngestBatch.objects.values_list("state", flat=True)),
        "sealed": AuditEvent.objects.filter(verb="issuing.sealed").count(),
        "stamped": AuditEvent.objects.filter(verb="issuing.stamped").count(),
        "cancellations": sorted(Cancellation.objects.values_list("state", flat=True)),
        "broken": broken(),
    }
print(json.dumps(found))
"""
)
# From the queue to a cancelled document, as the jobs do it; run again, it goes on from where it is.
STORY = (
    PEOPLE
    + """
with company_scope(company().pk):
    issue = Issue.objects.get()
    for minutes in (0, 10):
        stamping.work(issue_id=issue.pk, now=NOW + timedelta(minutes=minutes))
    for batch in IngestBatch.objects.exclude(state="done"):  # as `resume_imports` does
        run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    issue.refresh_from_db()
    if not Cancellation.objects.exists():
        cancelling.ask(document_id=issue.document_id, motive="02", actor=None, now=NOW + timedelta(minutes=20))
    for minutes in (20, 40):
        cancelling.work(now=NOW + timedelta(minutes=minutes), stamper_of=jobs.open_stamper)
"""
)


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, lease: str = "minutes=5", guards_off: bool = False) -> dict[str, object]:
    house.run(SETUP.replace("{issues}", str(ISSUES)))
    values = {"lease": lease, "guards_off": guards_off, "start": time.time() + 12}
    racers = []
    for racer in range(PROCESSES):
        code = RACER
        for name, value in {**values, "racer": racer}.items():
            code = code.replace(f"{{{name}}}", str(value))
        racers.append(house.spawn(code))
    for each in racers:
        finished(each)
    end: dict[str, object] = json.loads(house.run(REPORT))
    return end


def once_each(end: dict[str, object]) -> bool:
    return (end["states"], end["stamps"], end["documents"], end["linked"], end["sealed"]) == (
        ["stamped"] * ISSUES, ISSUES, ISSUES, ISSUES, ISSUES,
    )  # fmt: skip


def test_two_workers_get_one_stamp_of_each_document(house: House) -> None:
    end = race(house)
    assert once_each(end), end
    assert end["owed"] == [116_000] * ISSUES
    assert (end["batches"], end["stamped"], end["broken"]) == (["done"] * ISSUES, ISSUES, [])


def test_two_workers_with_no_lease_between_them_ask_for_the_same_bytes(house: House) -> None:
    """The lease is a courtesy: without it both ask, and the PAC and the lock of the row make it one."""
    end = race(house, lease="0")
    assert once_each(end), end
    assert end["owed"] == [116_000] * ISSUES


def test_without_the_guards_the_race_shows(house: House) -> None:
    """The control: each worker seals at its own moment, and the PAC stamps two documents where one was wanted."""
    end = race(house, guards_off=True)
    assert not once_each(end), end
    assert end["stamps"] > ISSUES  # type: ignore[operator]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: pytest.FixtureRequest) -> dict[str, object]:
    """How the story ends when nobody dies."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        house = migrated_house(tmp_path_factory.mktemp("clean") / "house")
        try:
            end: dict[str, object] = json.loads(house.run(SETUP.replace("{issues}", "1") + STORY + REPORT))
        finally:
            demolish(house)
    return end


def test_the_story_ends_as_it_should(clean: dict[str, object]) -> None:
    assert clean == {
        "states": ["cancelled"], "stamps": 1, "documents": 1, "linked": 1, "owed": [0], "batches": ["done"],
        "sealed": 1, "stamped": 1, "cancellations": ["done"], "broken": [],
    }  # fmt: skip


@pytest.mark.parametrize("place", sorted(crashpoints.STAMPING))
def test_a_process_killed_anywhere_and_run_again_ends_the_same(
    house: House, clean: dict[str, object], place: str
) -> None:
    victim = house.spawn(SETUP.replace("{issues}", "1") + STORY, CRASH_AT=place)
    victim.communicate(timeout=120)
    assert victim.returncode == -9, f"{place} was never passed"
    assert json.loads(house.run(STORY + REPORT)) == clean
