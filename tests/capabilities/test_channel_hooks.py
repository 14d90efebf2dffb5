"""What providers tell us: believed when signed, kept once, and nothing of what is forged (reliability T22)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aldia.messaging.models import ChannelAccount, ProviderNotice
from aldia.messaging.operations import accounts as operations
from aldia.messaging.operations.accounts import Details
from aldia.queue.models import Job
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import limits
from tests.cast import make_company
from tests.integrations.channels import cases
from tests.integrations.channels.cases import CASES
from tests.support.house import demolish, finished, migrated_house

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["testserver"]
    monkeypatch.setattr(cases, "URL", "")


@pytest.fixture
def company() -> Company:
    found = make_company()
    Company.objects.filter(pk=found.pk).update(sender_email="hola@tresrios.mx")
    return found


def account_of(company: Company, name: str, change: str = "") -> ChannelAccount:
    """An account with the secrets of the samples (or with others)."""
    case = CASES[name]
    channel = {"twilio": "sms", "whatsapp_cloud": "whatsapp"}.get(name, "email")
    secrets = {key: value[: -len(change)] + change if change else value for key, value in case.secrets.items()}
    settings = case.settings | ({"verification_key": cases.OTHER_PUBLIC} if change and name == "sendgrid" else {})
    details = Details(name=name, settings=settings, secrets=secrets, sender_address="hola@tresrios.mx")
    with company_scope(company.pk):
        return operations.create_account(
            channel=channel, adapter=name, details=details, hook_base="http://testserver", actor=None
        )


def address(account: ChannelAccount) -> str:
    return reverse("channel_hook", args=[account.company_id, account.hook_token])


def told(account: ChannelAccount, payload: bytes, headers: dict[str, str], **more: Any) -> Any:
    given = {name: value for name, value in headers.items() if name != "content-type"}
    content_type = headers.get("content-type", "application/json")
    client = Client(raise_request_exception=False)
    return client.post(more.pop("to", address(account)), payload, content_type=content_type, headers=given, **more)


def signed(name: str, account: ChannelAccount, index: int = 0) -> tuple[bytes, dict[str, str]]:
    """A notice signed now, for the address of this account."""
    from aldia.web import clock

    stamp = int(clock.now().timestamp())
    notice = CASES[name].notices[index]
    payload = notice.payload
    cases.URL = f"http://testserver{address(account)}"
    if name == "mailgun":
        payload = cases.mailgun_body(cases.MAILGUN_COMMON | {"event": "delivered"}, stamp)
    return payload, notice.sign(payload, stamp)


def notices(company: Company) -> list[ProviderNotice]:
    with company_scope(company.pk):
        return list(ProviderNotice.objects.order_by("id"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_signed_notice_is_kept_once(company: Company, name: str) -> None:
    account = account_of(company, name)
    payload, headers = signed(name, account)
    for _turn in range(3):
        assert told(account, payload, headers).status_code == 204
    (notice,) = notices(company)
    assert notice.account_id == account.pk
    assert notice.headers[":url"] == f"http://testserver{address(account)}"
    assert Job.objects.filter(task_path__contains="process_notices").count() == 1
    kept = json.dumps([notice.headers, notice.body, notice.events])
    assert not any(secret in kept for secret in CASES[name].secrets.values())
    assert "authorization" not in notice.headers


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_forged_notice_leaves_no_row(company: Company, name: str) -> None:
    account = account_of(company, name)
    payload, headers = signed(name, account)
    for forged, given in forgeries(name, payload, headers):
        assert told(account, forged, given).status_code == 403
    assert notices(company) == []
    assert told(account, payload, headers).status_code in (204, 403)  # the control is the test above


def forgeries(name: str, payload: bytes, headers: dict[str, str]) -> list[tuple[bytes, dict[str, str]]]:
    """The notice without its signature, with another, and with one letter changed where that is signed."""
    if name == "mailgun":
        return [(payload.replace(b'"signature": "', b'"signature": "0', 1), headers)]
    bare = {key: value for key, value in headers.items() if key == "content-type"}
    found = [(payload, bare), (payload, dict.fromkeys(headers, "AAAA") | bare)]
    return [*found, (payload.replace(b"a", b"b", 1), headers)] if CASES[name].signs_body else found


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_secret_of_another_company_opens_nothing(company: Company, name: str) -> None:
    """B has an account with the same provider: what is signed for it says nothing to A, nor the other way."""
    ours = account_of(company, name)
    theirs = account_of(make_company("Otra", "OTR010203AB1"), name, change="ZZZZ")
    payload, headers = signed(name, ours)
    cases.URL = f"http://testserver{address(theirs)}"
    assert told(theirs, payload, headers).status_code == 403
    with company_scope(theirs.company_id):
        assert not ProviderNotice.objects.exists()


def test_unknown_addresses_are_not_there(company: Company) -> None:
    account = account_of(company, "postmark")
    payload, headers = signed("postmark", account)
    other = make_company("Otra", "OTR010203AB1")
    for company_id, token in (
        (other.pk, account.hook_token),
        (company.pk, "x" * 43),
        (company.pk, account.hook_token[:-1]),
        ("0197a0aa-0000-7000-8000-000000000000", account.hook_token),
    ):
        assert told(account, payload, headers, to=f"/ganchos/canales/{company_id}/{token}/").status_code == 404
    assert told(account, payload, headers, to=f"/e/{company.slug}{address(account)}").status_code in (302, 404)
    assert notices(company) == []


def test_an_account_without_token_is_called_by_nobody(company: Company) -> None:
    with company_scope(company.pk):
        details = Details(name="x", settings={"host": "smtp.mx"}, sender_address="a@b.mx")
        account = operations.create_account(channel="email", adapter="smtp", details=details, actor=None)
    assert account.hook_token == ""
    assert Client().post(f"/ganchos/canales/{company.pk}//", b"{}", content_type="application/json").status_code == 404


def test_size_and_methods(company: Company) -> None:
    account = account_of(company, "postmark")
    payload, headers = signed("postmark", account)
    assert told(account, payload + b" " * 1_100_000, headers).status_code == 413
    assert Client().put(address(account)).status_code == 405
    assert Client().get(address(account)).status_code == 204
    assert told(account, b"\xff\xfe", headers).status_code == 400
    assert told(account, b"[]", headers).status_code == 400


@pytest.mark.parametrize("letters", ["\\u0000", "\\ud800", "\\udc00x\\u0000", "\\u2028<img src=x>"])
def test_letters_that_no_database_keeps(company: Company, letters: str) -> None:
    """Signed all the same: it is kept without them."""
    account = account_of(company, "postmark")
    said = f'{{"RecordType": "Delivery", "MessageID": "x{letters}", "Recipient": "a{letters}@b.mx", "{letters}": 1}}'
    assert told(account, said.encode(), signed("postmark", account)[1]).status_code == 204
    (notice,) = notices(company)
    assert notice.events[0]["provider_id"].startswith("x")


def test_a_form_token_is_not_asked_for(company: Company) -> None:
    account = account_of(company, "postmark")
    payload, headers = signed("postmark", account)
    client = Client(enforce_csrf_checks=True)
    assert client.post(address(account), payload, content_type="application/json", headers=headers).status_code == 204


def test_what_a_switched_off_account_sent_is_still_told(company: Company) -> None:
    account = account_of(company, "postmark")
    with company_scope(company.pk):
        operations.disable_account(account_id=account.pk, version=1, actor=None)
    assert told(account, *signed("postmark", account)).status_code == 204
    assert len(notices(company)) == 1


def test_the_challenge_of_meta(company: Company) -> None:
    account = account_of(company, "whatsapp_cloud")
    query = {"hub.mode": "subscribe", "hub.verify_token": "palabra-de-prueba", "hub.challenge": "1158201444"}
    response = Client().get(address(account), query)
    assert (response.status_code, response.content) == (200, b"1158201444")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert Client().get(address(account), query | {"hub.verify_token": "x"}).status_code == 403
    assert Client().get(address(account)).status_code == 403


def test_secrets_that_cannot_be_opened_make_the_provider_come_back(
    company: Company, settings: Any, tmp_path: Any
) -> None:
    account = account_of(company, "postmark")
    payload, headers = signed("postmark", account)
    settings.DATA_DIR = tmp_path
    assert told(account, payload, headers).status_code == 503


def test_too_many_are_asked_to_wait(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    account = account_of(company, "postmark")
    payload, headers = signed("postmark", account)
    monkeypatch.setattr(limits, "spend", lambda **asked: False)
    response = told(account, payload, headers)
    assert response.status_code == 429
    assert response.headers["Retry-After"]


def test_the_address_is_in_no_log(company: Company, capsys: Any, caplog: Any) -> None:
    from aldia.config.logs import clean_text

    account = account_of(company, "postmark")
    assert account.hook_token not in clean_text(f"POST {address(account)} 204")
    assert str(company.pk) in clean_text(address(account))


def test_many_at_once_are_one(tmp_path: Path) -> None:
    """The provider calls again before we have answered: four processes, one row."""
    house = migrated_house(tmp_path / "house")
    try:
        path = house.run(SET_UP).strip().splitlines()[-1]
        children = [house.spawn(CALL, HOOK=path) for _turn in range(4)]
        assert [finished(each).strip().splitlines()[-1] for each in children] == ["[204, 204, 204, 204, 204]"] * 4
        assert house.run(COUNT).strip().splitlines()[-1] == "1"
    finally:
        demolish(house)


SET_UP = """
from aldia.messaging.operations.accounts import Details, create_account
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from aldia.messaging import accounts
company = make_company()
with company_scope(company.pk):
    details = Details("x", {}, {"server_token": "t", "hook_password": "Canario-7Q-secreto"}, "", "a@b.mx")
    print(accounts.hook_path(create_account(channel="email", adapter="postmark", details=details, actor=None)))
"""
CALL = """
import os
from django.test import Client
from tests.integrations.channels.cases import CASES, STAMP
notice = CASES["postmark"].notices[0]
client = Client(headers=notice.sign(notice.payload, STAMP), SERVER_NAME="localhost")
print([client.post(os.environ["HOOK"], notice.payload, content_type="application/json").status_code for _ in range(5)])
"""
COUNT = """
from aldia.messaging.models import ProviderNotice
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    print(ProviderNotice.objects.count())
"""
