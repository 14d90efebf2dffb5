"""Feeds of bank movements against services behind a real socket: what is read, what is refused, what is verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.domain.ports.banks import BadSignature, FeedKind, ProviderFailure
from aldia.integrations.banks.fintoc import Fintoc
from aldia.integrations.banks.generic import Generic
from aldia.integrations.banks.pinned import place_of
from aldia.integrations.payments.signing import hex_of
from tests.integrations.banks.worlds import ACCOUNT, KEY, LINK, SECRET, BankWorld, OpenWorld, signed
from tests.integrations.payments.peers import serving

SINCE = date(2026, 11, 1)
HERE = {"country": "MX", "currency": "MXN", "private_networks": "127.0.0.0/8"}


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[BankWorld]:
    with serving(BankWorld()) as world:
        monkeypatch.setattr(Fintoc, "api", world.url)
        yield world  # type: ignore[misc]


@pytest.fixture
def service() -> Iterator[OpenWorld]:
    with serving(OpenWorld()) as world:
        yield world  # type: ignore[misc]


def fintoc(**secrets: str) -> Fintoc:
    return Fintoc(HERE, {"secret_key": KEY, "link_token": LINK, "webhook_secret": SECRET, **secrets})


def generic(service: OpenWorld, **settings: str) -> Generic:
    return Generic({**HERE, "address": service.url, **settings}, {"token": service.token, "push_secret": SECRET})


# Fintoc


def test_accounts_of_the_link_without_those_taken_out(bank: BankWorld) -> None:
    (account,) = fintoc().list_accounts()
    assert (account.id, account.currency, account.number[-4:]) == (ACCOUNT, "MXN", "9999")


def test_a_movement_has_its_money_its_day_and_who_paid(bank: BankWorld) -> None:
    bank.arrive(1_234_56)
    (fed,) = fintoc().iter_movements(ACCOUNT, SINCE)
    found = fed.movement
    assert fed.is_booked
    assert (found.booked_on, found.amount, found.currency) == (date(2026, 11, 20), 123_456, "MXN")
    assert (found.payer_name, found.payer_tax_id) == ("Abarrotes La Güera", "ALG010203AB2")
    assert (found.payer_account, found.concept) == ("012180001234567897", "Pago factura F-198")
    assert found.text == "SPEI RECIBIDO BBVA | Pago factura F-198"
    assert found.text_key == "spei recibido bbva pago factura f 198"
    assert found.bank_reference == "123740123"


def test_money_out_names_who_was_paid_and_pesos_of_chile_have_no_cents(bank: BankWorld) -> None:
    chilean = {"holder_id": "771806538", "holder_name": "Luz SpA", "institution": {"country": "cl"}}
    bank.arrive(-59_400, currency="CLP", recipient_account=chilean)
    (fed,) = fintoc().iter_movements(ACCOUNT, SINCE)
    assert (fed.movement.amount, fed.movement.currency) == (-59_400, "CLP")
    assert fed.movement.payer_tax_id == "77180653-8"


def test_every_page_is_read_once_and_oldest_comes_first(bank: BankWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aldia.integrations.banks.fintoc.PAGE", 3)
    for day in range(1, 9):
        bank.arrive(day * 100, on=f"2026-11-{day:02}")
    found = list(fintoc().iter_movements(ACCOUNT, date(2026, 11, 2)))
    assert [fed.movement.amount for fed in found] == [200, 300, 400, 500, 600, 700, 800]
    assert len(bank.made("GET", "/movements")) == 3


def test_what_is_not_confirmed_is_no_movement(bank: BankWorld) -> None:
    for status in ("pending", "reversed", "duplicated"):
        name = bank.arrive(100, status=status)
        found = fintoc().fetch(ACCOUNT, name)
        assert found is not None
        assert not found.is_booked
    bank.arrive(100, pending=True)
    assert [fed.is_booked for fed in fintoc().iter_movements(ACCOUNT, SINCE)] == [False]
    assert fintoc().fetch(ACCOUNT, "mov_nobody") is None


@pytest.mark.parametrize("how", ["drop", "html", "nothing", "number", "500", "429"])
def test_what_goes_wrong_is_a_sentence_without_keys(bank: BankWorld, how: str) -> None:
    bank.breaks = how
    with pytest.raises(ProviderFailure) as failure:
        list(fintoc().iter_movements(ACCOUNT, SINCE))
    assert not failure.value.permanent
    assert KEY not in str(failure.value)
    assert LINK not in str(failure.value)


def test_a_wrong_key_says_so(bank: BankWorld) -> None:
    with pytest.raises(ProviderFailure) as failure:
        fintoc(secret_key="sk_live_otra").list_accounts()
    assert failure.value.code == "credentials"
    assert "credenciales" in failure.value.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", "12"), ("amount", 1.5), ("post_date", None), ("id", "../x"), ("amount", 10**17)],
    ids=["text", "fraction", "no_day", "path", "huge"],
)
def test_a_movement_of_another_shape_stops_the_reading(bank: BankWorld, field: str, value: Any) -> None:
    bank.arrive(100)
    bank.movements[next(iter(bank.movements))][field] = value
    if field == "post_date":
        bank.listed = lambda _request: (200, list(bank.movements.values()))  # type: ignore[method-assign]
    with pytest.raises(ProviderFailure):
        list(fintoc().iter_movements(ACCOUNT, SINCE))


# Its notices


def test_notices_say_what_to_look_at(bank: BankWorld) -> None:
    names = [bank.arrive(100), bank.arrive(200)]
    told = [
        (bank.refreshed(), FeedKind.REFRESHED, ()),
        (bank.modified(*names), FeedKind.MODIFIED, tuple(names)),
        (bank.removed(names[0]), FeedKind.REMOVED, (names[0],)),
        (bank.event("link.credentials_changed", {"id": "link_1"}), FeedKind.BROKEN, ()),
        (bank.event("payment_intent.succeeded", {"id": "pi_1"}), FeedKind.OTHER, ()),
    ]
    for body, kind, ids in told:
        (event,) = fintoc().read_events(headers=signed(body, "fintoc-signature"), body=body)
        assert (event.kind, event.ids) == (kind, ids)
        assert event.account in (ACCOUNT, "")


def test_removed_names_are_found_in_whatever_shape() -> None:
    for shape in ({"movements": ["mov_abcd"]}, {"x": {"y": [{"id": "mov_abcd"}]}}, {"movement_ids": ["mov_abcd"] * 2}):
        kind = "account.refresh_intent.movements_removed"
        body = json.dumps({"id": "evt_1", "type": kind, "data": shape}).encode()
        (event,) = fintoc().read_events(headers=signed(body, "fintoc-signature"), body=body)
        assert event.ids == ("mov_abcd",)


def _refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(BadSignature):
        fintoc().read_events(headers=headers, body=body)


def test_only_the_raw_bytes_signed_lately_by_the_secret_are_believed(bank: BankWorld) -> None:
    body, name, now = bank.refreshed(), "fintoc-signature", datetime.now(UTC)
    good = signed(body, name)
    assert fintoc().read_events(headers=good, body=body)
    _refused(good, json.dumps(json.loads(body), indent=1).encode())
    _refused(signed(body, name, "whsec_otro_secreto"), body)
    _refused(signed(body, name, at=now - timedelta(seconds=330)), body)
    _refused(signed(body, name, at=now + timedelta(seconds=330)), body)
    _refused({":received": now.isoformat()}, body)
    _refused({**good, name: good[name] + f",t={int(now.timestamp())}"}, body)
    stamp, _comma, right = good[name].partition(",")
    wrong = hex_of(b"x", body)
    assert fintoc().read_events(headers={**good, name: f"{stamp},v1={wrong},{right}"}, body=body)
    with pytest.raises(BadSignature):
        fintoc(webhook_secret="").read_events(headers=good, body=body)


def test_while_the_secret_changes_both_are_believed(bank: BankWorld) -> None:
    body = bank.refreshed()
    headers = signed(body, "fintoc-signature")
    assert fintoc(webhook_secret=f"whsec_nuevo,{SECRET}").read_events(headers=headers, body=body)


@pytest.mark.parametrize(
    "body", [b"[]", b"nada", b'{"type": "x"}', b'{"id": "evt_1"}'], ids=["list", "text", "id", "type"]
)
def test_a_signed_body_that_cannot_be_read_is_no_event(body: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        fintoc().read_events(headers=signed(body, "fintoc-signature"), body=body)


# The open interface


def test_the_open_interface_is_read_to_its_last_page(service: OpenWorld) -> None:
    for day in (20, 18, 19, 21, 22):
        service.arrive(f"{day}.50", on=f"2026-11-{day}")
    feed = generic(service)
    assert [account.id for account in feed.list_accounts()] == ["cuenta/1"]
    found = list(feed.iter_movements("cuenta/1", date(2026, 11, 19)))
    assert [fed.movement.amount for fed in found] == [1950, 2050, 2150, 2250]
    assert (found[0].movement.payer_tax_id, found[0].movement.concept) == ("FNO010203AB3", "F-7")
    one = feed.fetch("cuenta/1", "m-4")
    assert one is not None
    assert one.movement.amount == 2150
    assert feed.fetch("cuenta/1", "nadie") is None


@pytest.mark.parametrize("amount", [12.5, "1,250.00", "1e3", "", "12.345", None, "NaN"], ids=str)
def test_amounts_are_exact_decimal_texts(service: OpenWorld, amount: Any) -> None:
    service.arrive("1.00").update(amount=amount)
    with pytest.raises(ProviderFailure):
        list(generic(service).iter_movements("cuenta/1", SINCE))


def test_a_balance_and_a_value_day_come_along(service: OpenWorld) -> None:
    service.arrive("-10.00", balance="990.00", value_on="2026-11-21", status="booked", trace="MBAN01002511200012")
    (fed,) = generic(service).iter_movements("cuenta/1", SINCE)
    assert (fed.movement.balance, fed.movement.value_on) == (99_000, date(2026, 11, 21))
    assert fed.movement.trace_key == "MBAN01002511200012"
    service.rows[0]["status"] = "pending"
    assert [fed.is_booked for fed in generic(service).iter_movements("cuenta/1", SINCE)] == [False]


def test_a_push_carries_whole_movements(service: OpenWorld) -> None:
    row = service.arrive("150.00")
    body = json.dumps({"id": "n-1", "type": "movements", "account": "cuenta/1", "movements": [row]}).encode()
    (event,) = generic(service).read_events(headers=signed(body, "aldia-signature"), body=body)
    assert (event.kind, event.account, event.movements[0].movement.amount) == (FeedKind.PUSHED, "cuenta/1", 15_000)
    gone = json.dumps({"id": "n-2", "type": "movements.removed", "ids": ["m-1"]}).encode()
    (event,) = generic(service).read_events(headers=signed(gone, "aldia-signature"), body=gone)
    assert (event.kind, event.ids) == (FeedKind.REMOVED, ("m-1",))
    for bad in ({"movements": [{}]}, {"movements": "x"}, {"ids": [7]}, {"movements": [row] * 2_001}):
        body = json.dumps({"id": "n-3", "type": "movements", **bad}).encode()
        with pytest.raises(ValueError, match=r"\w"):
            generic(service).read_events(headers=signed(body, "aldia-signature"), body=body)


def test_an_address_that_a_person_typed_leads_nowhere_inside(service: OpenWorld) -> None:
    for network in ("", "10.0.0.0/8"):
        with pytest.raises(ProviderFailure) as failure:
            generic(service, private_networks=network).list_accounts()
        assert failure.value.code == "address"
    assert not service.requests


@pytest.mark.parametrize(
    "address",
    [
        "ftp://banco.example",
        "https://",
        "nada",
        "https://a:b@banco.example",
        "https://banco.example?x=1",
        "https://[::1",
    ],
    ids=["scheme", "nobody", "words", "keys", "query", "broken"],
)
def test_an_address_is_https_and_a_name(address: str) -> None:
    with pytest.raises(ProviderFailure) as failure:
        place_of(address, [])
    assert failure.value.permanent


def test_the_connection_goes_to_the_machine_that_was_checked(service: OpenWorld) -> None:
    named = service.url.replace("127.0.0.1", "localhost")
    found = place_of(f"{named}/api/", ["127.0.0.0/8", "::1/128"])
    assert found.host == named.removeprefix("http://")
    assert "localhost" not in found.base
    assert found.base.endswith("/api")
