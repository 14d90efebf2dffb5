"""What providers write is read strictly: every shape gives what it says or an error that `http.understood` knows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.money import MAX_MINOR
from aldia.domain.ports.payments import Method, Seen
from aldia.integrations.payments import conekta, fintoc, mercado_pago_objects, reading, stp_orders, stripe_objects
from aldia.integrations.payments.conekta import _order
from tests.integrations.payments.test_provider_conformance import ASKED
from tests.integrations.payments.world_conekta import ConektaWorld
from tests.integrations.payments.world_fintoc import FintocWorld
from tests.integrations.payments.world_mercado_pago import MercadoPagoWorld
from tests.integrations.payments.world_stp import StpWorld
from tests.integrations.payments.world_stripe import StripeWorld


def stripe_session() -> dict[str, Any]:
    world = StripeWorld()
    form = {
        "mode": "payment", "line_items[0][price_data][unit_amount]": "150050", "metadata[aldia_key]": "k",
        "line_items[0][price_data][currency]": "mxn", "payment_method_types[0]": "card",
    }  # fmt: skip
    session = world.new_session(form)
    intent = world.pay(session["id"])
    return {**session, "payment_intent": intent}


def stripe_funding() -> dict[str, Any]:
    world = StripeWorld()
    return world.fundings[world.fund("cus_1", 150_050).split(":")[1]]


def mercado_pago_payment() -> dict[str, Any]:
    world = MercadoPagoWorld()
    item = {"unit_price": 1500.5, "currency_id": "MXN", "title": "Pago"}
    preference = {"items": [item], "external_reference": "k", "payment_methods": {"excluded_payment_types": []}}
    world.preferences["p"] = preference
    return world.payments[int(world.pay("k"))]


def conekta_order() -> dict[str, Any]:
    world = ConektaWorld()
    order = world.new_order(_order(replace(ASKED, method=Method.STORE)))
    world.pay(order["id"])
    return order


def fintoc_transfer() -> dict[str, Any]:
    world = FintocWorld()
    return world.transfers[world.arrive(150_050)]


def stp_order() -> dict[str, Any]:
    world = StpWorld()
    world.arrive(Decimal("1500.50"))
    return world.orders[0]


READERS: dict[str, tuple[dict[str, Any], Callable[[Any], Seen]]] = {
    "stripe": (stripe_session(), lambda found: stripe_objects.seen_of_session(found, [])),
    "stripe cash": (stripe_funding(), lambda found: stripe_objects.seen_of_funding("c:f", found, "0" * 18, None)),
    "mercado_pago": (mercado_pago_payment(), lambda found: mercado_pago_objects.seen_of("p", "k", "MXN", [found])),
    "conekta": (conekta_order(), conekta.seen_of),
    "fintoc": (fintoc_transfer(), fintoc.seen_of),
    "stp": (stp_order(), stp_orders.seen_of_order),
}
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.decimals(), st.text(max_size=10), st.just([]),
    st.just({}), st.just([1]), st.just({"id": 1}), st.just("x" * 5_000), st.just("\x00\ud800"),
    st.sampled_from(["MXN", "mxn", "paid", "refunded", "charged_back", "0", "-1", "1e9", "Infinity"]),
)  # fmt: skip


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of an object, by the way to it."""
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [path, *(place for name, value in inner for place in places(value, (*path, name)))]


@pytest.mark.parametrize("name", list(READERS))
def test_the_published_shape(name: str) -> None:
    found, reader = READERS[name]
    seen = reader(found)
    assert (seen.received, seen.currency) == (150_050, "MXN")


@pytest.mark.parametrize("name", list(READERS))
@given(data=st.data())
def test_any_part_may_be_anything(name: str, data: st.DataObject) -> None:
    found, reader = READERS[name]
    changed = copy.deepcopy(found)
    for _turn in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from([each for each in places(changed) if each]))
        holder = changed
        for step in way[:-1]:
            holder = holder[step]
        if data.draw(st.booleans()) and isinstance(holder, dict):
            del holder[way[-1]]
        else:
            holder[way[-1]] = copy.deepcopy(data.draw(ODD))
    try:
        seen = reader(changed)
    except reading.UNREADABLE:
        return
    amounts = (seen.received, seen.refunded, seen.disputed, seen.fee)
    assert all(type(each) is int and 0 <= each <= MAX_MINOR for each in amounts)
    assert seen.received >= seen.refunded + seen.disputed
    json.dumps(seen.raw).encode()
    for text in (seen.key, seen.trace, seen.reference, seen.concept, seen.failure, seen.payer.name, seen.paid_into):
        assert "\x00" not in text.encode().decode()
        assert len(text) <= 300


@pytest.mark.parametrize(
    ("value", "centavos"),
    [(Decimal("1500.5"), 150_050), (5, 500), ("123.12", 12_312), (Decimal("1500.500"), 150_050), (0, 0)],
)
def test_pesos(value: Any, centavos: int) -> None:
    assert reading.major(value, "MXN") == centavos


@pytest.mark.parametrize(
    "value",
    [1.5, True, None, "1e3", "1,5", " 1", "１", "-1", -1, Decimal("0.001"), Decimal("NaN"), Decimal("1e30"), "", [1]],
)
def test_no_pesos(value: Any) -> None:
    with pytest.raises(reading.UNREADABLE):
        reading.major(value, "MXN")


@pytest.mark.parametrize("value", [1.0, True, None, "5", -1, Decimal("1.5"), Decimal("Infinity"), 10**16, [], {}])
def test_no_centavos(value: Any) -> None:
    with pytest.raises(reading.UNREADABLE):
        reading.minor(value)


@given(st.integers(0, MAX_MINOR), st.sampled_from(["MXN", "CLP", "KWD", "CLF"]))
def test_an_amount_survives_a_json_number(amount: int, currency: str) -> None:
    """Fifteen digits go through a double and come back the same."""
    written = json.dumps(reading.number(amount, currency))
    assert (
        reading.major(reading.parsed(written.encode()) if "e" not in written else Decimal(written), currency) == amount
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T11:00:00.000-04:00", datetime(2026, 11, 22, 15, tzinfo=UTC)), (0, None), (-5, None), (True, None),
        ("2026-11-22T15:00:00Z", datetime(2026, 11, 22, 15, tzinfo=UTC)), ("2026-11-22T15:00:00", None), ("ayer", None),
        (1_795_359_600, datetime(2026, 11, 22, 15, tzinfo=UTC)), (10**30, None), (None, None), (1.5, None), ({}, None),
    ],
)  # fmt: skip
def test_moments(value: Any, expected: datetime | None) -> None:
    assert reading.moment(value) == expected


def test_days_and_milliseconds() -> None:
    assert reading.day(20261122) == reading.day("20261122") == date(2026, 11, 22)
    assert [reading.day(each) for each in (20261399, "２０２６１１２２", None, True, "2026-11-22")] == [None] * 5
    assert reading.milliseconds("1795359600000") == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert [reading.milliseconds(each) for each in ("0", None, 1.5, "x", 1)] == [None] * 5


@pytest.mark.parametrize("value", ["", "../x", "a b", "a/b", "ñ", "-x", "x" * 201, None, True, 1.5, ["a"], "a\n"])
def test_what_is_no_id(value: Any) -> None:
    with pytest.raises(ValueError, match="id"):
        reading.identifier(value)


def test_what_is_kept_holds_no_secret() -> None:
    kept = reading.plain({"client_secret": "s", "a": [{"secret": 1, "b": Decimal("1.10"), "\x00": "\ud800"}] * 60})
    assert kept == {"a": [{"b": "1.10", "": "?"}] * 50}


@pytest.mark.parametrize(
    "address", ["http://a.mx", "javascript:alert(1)", "//a.mx", "", None, 7, "https://" + "a" * 2000]
)
def test_a_page_is_https(address: Any) -> None:
    with pytest.raises(ValueError, match="address"):
        reading.https(address)


def test_pem_however_it_was_pasted() -> None:
    pem = "-----BEGIN PUBLIC KEY-----\n" + "A" * 64 + "\n" + "B" * 20 + "\n-----END PUBLIC KEY-----\n"
    for pasted in (
        pem,
        pem.replace("\n", " "),
        pem.replace("\n", "\\n"),
        pem.replace("\n", "\r\n"),
        f"clave: {pem} fin",
    ):
        assert reading.pem_blocks(pasted) == [pem.encode()]
    assert reading.pem_blocks(pem + pem) == [pem.encode()] * 2
    assert reading.pem_blocks("nada") == []
