"""Several people submit drafts at once: each folio is given once and none is skipped, and without the lock not so.

What is asked for by the same key at once is drafted once: the database refuses the second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

DRAFTS, PROCESSES = 12, 2

PEOPLE = """
import json, sys, time
from pathlib import Path
from aldia.issuing.models import Folio, Issue
from aldia.issuing.operations import drafting
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction
from tests.support.drafting import drafted, with_profile
from tests.support.issuer import NOW, issuing_company, receiving_customer
def company():
    return Company.objects.get(slug="folios")
"""
SETUP = (
    PEOPLE
    + """
with company_scope(issuing_company(slug="folios").pk):
    with_profile()
    customer = receiving_customer(company())
    for number in range({drafts}):
        drafted(customer)
"""
)
RACER = (
    PEOPLE
    + """
plain = drafting.next_folio
def slowly(series):
    number = plain(series)
    time.sleep(0.02)  # between taking the number and writing it down for good
    return number
def unlocked(series):
    return str(taken)
drafting.next_folio = unlocked if {guards_off} else slowly
failed = 0
with company_scope(company().pk):
    customer = Issue.objects.first().customer
    mine = list(Issue.objects.filter(origin="screen").order_by("id").values_list("pk", flat=True))[{racer}::{processes}]
    Path({folder!r}, f"ready-{racer}").touch()
    while len(list(Path({folder!r}).glob("ready-*"))) < {processes}:
        time.sleep(0.001)
    for place, issue_id in enumerate(mine):
        if {guards_off}:
            row = Folio.objects.filter(series="F").first()
            taken = (row.last if row else 0) + 1
            time.sleep(0.02)
        drafting.submit(issue_id=issue_id, version=1, now=NOW, actor=None)
        if {guards_off}:
            with transaction():
                Folio.objects.update_or_create(company_id=company().pk, series="F", defaults=dict(last=taken))
        drafted(customer, origin="recurring", origin_key=f"renta:{{place}}")
"""
)
REPORT = (
    PEOPLE
    + """
with company_scope(company().pk):
    folios = [int(each) for each in Issue.objects.exclude(folio="").values_list("folio", flat=True)]
    keys = list(Issue.objects.filter(origin="recurring").values_list("origin_key", flat=True))
    print(json.dumps([sorted(folios), sorted(keys)]))
"""
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = migrated_house(tmp_path / "house")
    yield made
    demolish(made)


def race(house: House, *, guards_off: bool) -> tuple[list[int], list[str]]:
    house.run(SETUP.format(drafts=DRAFTS))
    values = {"guards_off": guards_off, "folder": str(house.data), "processes": PROCESSES}
    racers = [house.spawn(RACER.format(racer=racer, **values)) for racer in range(PROCESSES)]
    for racer in racers:
        finished(racer)
    folios, keys = json.loads(house.run(REPORT).strip().splitlines()[-1])
    return folios, keys


def test_each_folio_is_given_once_and_each_key_drafted_once(house: House) -> None:
    folios, keys = race(house, guards_off=False)
    assert folios == list(range(1, DRAFTS + 1))
    assert keys == sorted(f"renta:{place}" for place in range(DRAFTS // PROCESSES))


def test_without_the_lock_a_folio_is_given_twice(house: House) -> None:
    folios, _keys = race(house, guards_off=True)
    assert len(folios) == DRAFTS
    assert len(set(folios)) < DRAFTS
