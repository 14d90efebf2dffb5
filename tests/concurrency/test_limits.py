"""Limits are counted together by all processes: nobody gets more by knocking on several doors at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from aldia.tenancy import limits
from aldia.tenancy.models import RateCount, User
from aldia.web.limits import limited
from tests.support.house import House, demolish, finished, migrated_house

NOW = datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)
KNOCK = """
from datetime import UTC, datetime
from aldia.tenancy.limits import spend
now = datetime(2026, 11, 21, 12, tzinfo=UTC)
print(sum(spend(kind="x", who="ip 10.0.0.1", limit=100, seconds=3600, now=now) for _ in range(60)))
"""
NAIVE = KNOCK.replace(
    "from aldia.tenancy.limits import spend",
    """
from aldia.tenancy.models import RateCount
import time
def spend(kind, who, limit, seconds, now):
    row, _new = RateCount.objects.get_or_create(key="k", defaults={"count": 0, "expires_at": now})
    time.sleep(0.001)
    RateCount.objects.filter(key="k").update(count=row.count + 1)
    return row.count < limit
""",
)


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def granted(house: House, code: str) -> int:
    processes = [house.spawn(code) for _ in range(3)]
    return sum(int(finished(process)) for process in processes)


def test_three_processes_together_get_the_limit_and_not_one_more(house: House) -> None:
    assert granted(house, KNOCK) == 100


def test_reading_then_writing_would_give_more(house: House) -> None:
    """Control: the same with a count that is read, then written."""
    assert granted(house, NAIVE) > 100


@pytest.mark.django_db
def test_each_window_person_and_kind_counts_for_itself() -> None:
    def ask(now: datetime = NOW, who: str = "user 1", kind: str = "upload") -> bool:
        return limits.spend(kind=kind, who=who, limit=2, seconds=60, now=now)

    assert [ask(), ask(), ask(), ask()] == [True, True, False, False]
    assert ask(who="user 2")
    assert ask(kind="invite")
    assert not ask(NOW + timedelta(seconds=58))
    assert ask(NOW + timedelta(seconds=59))
    assert not RateCount.objects.filter(key__contains="user").exists()  # who it was is not kept
    assert limits.forget(now=NOW + timedelta(seconds=60)) == 3
    assert RateCount.objects.count() == 1


@pytest.mark.django_db
def test_only_writes_count_and_the_refusal_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from aldia.web import limits as web_limits

    monkeypatch.setattr(web_limits, "answer", lambda request, code: HttpResponse(status=code))

    @limited("x", limit=1)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("done")

    def ask(method: str, address: str = "10.0.0.1") -> HttpResponse:
        request = getattr(RequestFactory(), method)("/", REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR=f"{id(object())}")
        request.user = type("Nobody", (), {"is_authenticated": False})()
        return view(request)

    assert [ask("get").status_code for _ in range(3)] == [200, 200, 200]
    assert [ask("post").status_code for _ in range(3)] == [200, 429, 429]  # a made-up forwarding changes nothing
    assert ask("post").headers["Retry-After"] == "3600"
    assert ask("post", "10.0.0.2").status_code == 200
    assert User.objects.count() == 0
