"""A thousand tries of one code from fifty threads in two processes: no more than five are ever compared (threat 9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

SETUP = """
from datetime import UTC, datetime
from django.contrib.auth.hashers import make_password
from aldia.payments.models import PortalVisit
from aldia.payments.operations.codes import LIFE, hash_of
from aldia.payments.operations.passes import issue_pass
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company()
now = datetime.now(UTC)
with company_scope(company.pk):
    customer = make_customer(company)
    row, _token = issue_pass(customer_id=customer.pk, address="a@x.example", now=now)
    PortalVisit.objects.create(
        company=company, portal_pass=row, browser_hash=hash_of("uno"), code_hash=make_password("493027"),
        code_expires_at=now + LIFE,
    )
print(company.pk, row.pk)
"""
# Each process: 25 threads, 20 tries each; what is compared is counted where it is compared.
STORM = """
import os, threading, uuid
from collections import Counter
from datetime import UTC, datetime
from django.db import connection
from aldia.payments.operations import codes
from aldia.tenancy.scope import company_scope
{naive}
company, row = (uuid.UUID(each) for each in os.environ["STORM"].split())
counts, lock, real = Counter(), threading.Lock(), codes.check_password
def compared(typed, kept):
    with lock:
        counts["compared"] += 1
    return real(typed, kept)
codes.check_password = compared
gate = threading.Barrier(25)
def guess(first):
    gate.wait()
    try:
        with company_scope(company):
            for number in range({tries}):
                code = "{code}" or f"{{(first * 20 + number) % 400_000:06}}"
                try:
                    codes.check_code(pass_id=row, browser="uno", code=code, now=datetime.now(UTC))
                    result = "in"
                except codes.CodeError:
                    result = "refused"
                with lock:
                    counts[result] += 1
    finally:
        connection.close()
threads = [threading.Thread(target=guess, args=(int(os.environ["FIRST"]) + each,)) for each in range(25)]
[each.start() for each in threads]
[each.join() for each in threads]
print(counts["compared"], counts["in"], counts["refused"])
"""
# The control: read how many tries are left, judge, then count.
NAIVE = """
import time
from aldia.payments.models import PortalVisit
def claim(pass_id, browser_hash, now):
    visit = PortalVisit.objects.get(portal_pass=pass_id, browser_hash=browser_hash)
    if visit.tries >= codes.TRIES:
        raise codes.CodeError("no")
    time.sleep(0.02)
    PortalVisit.objects.filter(pk=visit.pk).update(tries=visit.tries + 1)
    return codes._Claim(visit.pk, visit.code_hash, 1)
codes._claim = claim
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def storm(house: House, *, code: str = "", naive: str = "", tries: int = 20) -> tuple[int, int, int]:
    """Both processes at once; how many tries were compared, let in and refused."""
    where = house.run(SETUP).strip()
    source = STORM.format(code=code, naive=naive, tries=tries)
    processes = [house.spawn(source, STORM=where, FIRST=str(first)) for first in (0, 25)]
    told = [tuple(map(int, finished(process).split())) for process in processes]
    return tuple(sum(each) for each in zip(*told, strict=True))  # type: ignore[return-value]


def test_a_thousand_guesses_are_five(house: House) -> None:
    assert storm(house) == (5, 0, 1000)


def test_the_right_code_opens_once_among_a_thousand(house: House) -> None:
    compared, let_in, refused = storm(house, code="493027")
    assert compared <= 5
    assert (let_in, refused) == (1, 999)


def test_counting_after_comparing_would_compare_more(house: House) -> None:
    """Control: without the claim, already the first try of each thread gets further."""
    assert storm(house, naive=NAIVE, tries=1)[0] > 5
