"""The account at a PAC: one in use, secrets kept, tried without stamping; an older one answers for its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aldia.customers.operations.versions import Refused
from aldia.integrations.stamping.swsapien import SwSapien
from aldia.issuing.models import StamperAccount
from aldia.issuing.operations import stampers
from aldia.issuing.operations.stampers import NoStamper
from aldia.tenancy.models import AuditEvent, Company, Secret
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.fake_pac import TOKEN, FakePac, SwHandler, serving
from tests.support.issuer import issuing_company

CANARY = "Canario-9X-clave"


@pytest.fixture
def company(db: None, settings: Any, tmp_path: Path) -> Iterator[Company]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        yield company


def save(adapter: str = "finkok", *, is_test: bool = False, **given: str) -> StamperAccount:
    given = given or {"user": "a@b.example", "password": CANARY}
    secrets = {name: value for name, value in given.items() if name in ("password", "token")}
    settings = {name: value for name, value in given.items() if name not in secrets}
    return stampers.save_account(adapter=adapter, settings=settings, secrets=secrets, is_test=is_test, actor=None)


def test_an_account_is_kept_with_its_secret_encrypted(company: Company) -> None:
    row = save()
    assert (row.adapter, row.is_test, row.settings, row.version) == ("finkok", False, {"user": "a@b.example"}, 1)
    assert stampers.current_account() == row
    assert CANARY.encode() not in bytes(Secret.objects.get().ciphertext)
    assert all(CANARY not in str(event.detail) for event in AuditEvent.objects.all())
    stamper = stampers.build(row)
    assert stamper.name == "finkok"
    assert CANARY not in repr(stamper)


def test_an_empty_secret_leaves_the_one_that_is_kept(company: Company) -> None:
    first = save()
    row = save(user="otro@b.example", password="")
    assert (row.pk, row.version, row.settings["user"]) == (first.pk, 2, "otro@b.example")
    assert stampers.build(row)._password == CANARY  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("adapter", "given", "field"),
    [
        ("nadie", {"user": "x"}, "adapter"),
        ("finkok", {"user": "x"}, "password"),
        ("finkok", {"password": CANARY}, "user"),
        ("facturama", {"user": "x"}, "password"),
        ("finkok", {"user": "x" * 400, "password": CANARY}, "user"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    adapter: str, given: dict[str, str], field: str, company: Company
) -> None:
    with pytest.raises(Refused) as caught:
        save(adapter, **given)
    assert caught.value.field == field
    assert not StamperAccount.objects.exists()


def test_another_pac_takes_its_place_and_the_old_one_is_put_away(company: Company) -> None:
    old = save()
    new = save("simulated", cancellations="accept")
    old.refresh_from_db()
    assert old.disabled_at is not None
    assert (stampers.current_account(), new.is_test) == (new, True)  # the simulated one is never for real
    assert stampers.stamper_of(old).name == "finkok"
    assert stampers.stamper_of(None).name == "simulated"


def test_the_real_service_after_the_test_one_is_another_account(company: Company) -> None:
    trial = save(is_test=True)
    real = save()
    assert real.pk != trial.pk
    assert [row.is_test for row in StamperAccount.objects.filter(disabled_at__isnull=True)] == [False]


def test_without_an_account_it_says_what_to_do(company: Company) -> None:
    assert stampers.try_account(actor=None)[0] is False
    with pytest.raises(NoStamper, match="Falta la cuenta del PAC"):
        stampers.stamper_of(None)
    save()
    stampers.disable_account(actor=None)
    stampers.disable_account(actor=None)
    with pytest.raises(NoStamper):
        stampers.stamper_of(None)


def test_trying_asks_the_pac_and_writes_down_what_it_said(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(FakePac(tmp_path), SwHandler) as host:
        monkeypatch.setattr(SwSapien, "hosts", (host, "http://127.0.0.1:1"))
        save("swsapien", token=TOKEN)
        assert stampers.try_account(actor=None) == (True, "Funciona. Quedan 117 timbres.")
        save("swsapien", token=CANARY)
        works, said = stampers.try_account(actor=None)
        assert (works, "no acepta" in said, CANARY in said) == (False, True, False)
    tried = AuditEvent.objects.filter(verb="issuing.stamper_tried").order_by("seq")
    assert [event.detail["works"] for event in tried] == [True, False]


def test_an_account_whose_pac_is_gone_is_not_used(company: Company) -> None:
    row = save()
    StamperAccount.objects.filter(pk=row.pk).update(adapter="viejo")
    row.refresh_from_db()
    with pytest.raises(NoStamper, match="viejo"):
        stampers.build(row)


def test_each_company_has_its_own(company: Company) -> None:
    save()
    with company_scope(make_company(slug="otra").pk):
        assert stampers.current_account() is None
