"""Signatures of notices, of every provider: the good one, and every way a bad one looks (threat 22)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.ports.payments import BadSignature, Notice
from aldia.integrations import registry
from aldia.integrations.payments.signing import in_force, parts_of
from tests.integrations.payments.cases import CASES, STAMP, Signed, made, public_pem

NAMES = sorted(CASES)
TIMED = [name for name in NAMES if CASES[name].signs_time]
OLD, SOON = 300, 60


def secret_of(name: str) -> str:
    case = CASES[name]
    return case.settings[case.key_name] if case.key_in_settings else case.secrets[case.key_name]


def signed(name: str, notice: Any = None, *, stamp: int = STAMP, secret: str = "") -> Signed:
    return CASES[name].sign(notice or CASES[name].notice, stamp, secret or secret_of(name))


def read(name: str, given: Signed, provider: Any = None, *, at: int = STAMP, **headers: str) -> list[Notice]:
    came = {":received": datetime.fromtimestamp(at, UTC).isoformat(), "content-type": "application/json"}
    found: Mapping[str, str] = came | given.headers | headers
    notices: list[Notice] = (provider or made(name)).read_notice(headers=found, query=given.query, body=given.body)
    return notices


@pytest.mark.parametrize("name", NAMES)
def test_a_true_notice_in_our_words(name: str) -> None:
    (notice,) = read(name, signed(name))
    assert notice.subject == CASES[name].subject
    assert notice.kind
    assert 0 < len(notice.event_id) <= 200
    assert notice.at == datetime(2026, 11, 22, 15, 0, notice.at.second if notice.at else 0, tzinfo=UTC)
    assert (notice.seen, notice.needs_proof) == (None, False), "the state is asked for"
    status, body = made(name).answer([notice])
    assert status == 200
    json.loads(body)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_notice_again_has_the_same_id(name: str) -> None:
    assert read(name, signed(name)) == read(name, signed(name))
    if name in ("stripe", "fintoc", "sandbox"):  # signed anew at every delivery
        later = read(name, signed(name, stamp=STAMP + 3600), at=STAMP + 3600)
        assert later == read(name, signed(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_signature(name: str) -> None:
    good = signed(name)
    for headers in ({}, dict.fromkeys(good.headers, ""), dict.fromkeys(good.headers, "AAAA")):
        with pytest.raises(BadSignature):
            read(name, Signed(good.body, headers, good.query))


@pytest.mark.parametrize("name", NAMES)
def test_the_secret_of_another_company(name: str) -> None:
    with pytest.raises(BadSignature):
        read(name, signed(name, secret="whsec_of_somebody_else"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", ["", " ", ",", " , ,"])
def test_without_its_secret_nothing_is_believed(name: str, blank: str) -> None:
    """Not even what is signed with nothing at all."""
    case, kind = CASES[name], registry.payment_provider(name)
    assert kind is not None
    for provider in (kind({}, {}), made(name, **{case.key_name: blank})):
        with pytest.raises(BadSignature):
            read(name, signed(name), provider)
        if not case.key_in_settings:
            with pytest.raises(BadSignature):
                read(name, case.sign(case.notice, STAMP, ""), provider)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize(
    ("age", "fits"), [(0, True), (OLD, True), (OLD + 1, False), (-SOON, True), (-SOON - 1, False), (86_400, False)]
)
def test_how_old_and_how_early(name: str, age: int, fits: bool) -> None:
    if fits:
        assert len(read(name, signed(name, stamp=STAMP - age))) == 1
        return
    with pytest.raises(BadSignature):
        read(name, signed(name, stamp=STAMP - age))


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("came", ["", "ayer", "2026-11-22T15:00:30", "9999-99-99"])
def test_when_nobody_says_when_it_came(name: str, came: str) -> None:
    with pytest.raises(BadSignature):
        read(name, signed(name), **{":received": came})


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].signs_body])
def test_each_byte_counts(name: str) -> None:
    good = signed(name)
    for at in range(0, len(good.body), 7):
        changed = good.body[:at] + bytes([good.body[at] ^ 1]) + good.body[at + 1 :]
        with pytest.raises(BadSignature):
            read(name, Signed(changed, good.headers, good.query))
    for changed in (good.body + b" ", b"\xef\xbb\xbf" + good.body, good.body[:-1], b""):
        with pytest.raises(BadSignature):
            read(name, Signed(changed, good.headers, good.query))


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].signs_body])
def test_the_same_content_written_otherwise(name: str) -> None:
    good = signed(name)
    for written in (json.dumps(json.loads(good.body), indent=1), json.dumps(json.loads(good.body), sort_keys=True)):
        if written.encode() != good.body:
            with pytest.raises(BadSignature):
                read(name, Signed(written.encode(), good.headers, good.query))


@pytest.mark.parametrize("name", TIMED)
def test_a_header_that_comes_twice(name: str) -> None:
    """Servers join two headers of one name with a comma: two times, and no telling which was signed."""
    good = signed(name)
    (header,) = [each for each in good.headers if "signature" in each]
    forged = good.headers[header].replace(str(STAMP)[:5], str(STAMP - 1)[:5], 1)
    for value in (f"{good.headers[header]},{good.headers[header]}", f"{forged}, {good.headers[header]}"):
        with pytest.raises(BadSignature):
            read(name, good, **{header: value})


@pytest.mark.parametrize("name", TIMED)
def test_several_signatures_and_secrets_while_one_is_changed(name: str) -> None:
    good, key = signed(name), CASES[name].key_name
    (header,) = [each for each in good.headers if "signature" in each]
    head, _v1, digest = good.headers[header].partition("v1=")
    assert read(name, good, **{header: f"{head}v1={'0' * 64},v1={digest},v0={'1' * 64}"})
    assert read(name, good, made(name, **{key: f"whsec_new, {secret_of(name)}"}))
    assert read(name, signed(name, secret="whsec_new"), made(name, **{key: f"{secret_of(name)},whsec_new"}))
    with pytest.raises(BadSignature):
        read(name, good, made(name, **{key: "whsec_new"}))
    with pytest.raises(BadSignature):
        read(name, good, **{header: f"{head}{','.join(['v1=' + '0' * 64] * 500)},v1={digest}"})


def test_two_keys_of_conekta_while_one_is_changed() -> None:
    both = made("conekta", webhook_key=f"{public_pem('new')} {public_pem()}")
    assert read("conekta", signed("conekta"), both)
    with pytest.raises(BadSignature):
        read("conekta", signed("conekta"), made("conekta", webhook_key=public_pem("new")))
    with pytest.raises(BadSignature):
        read(
            "conekta",
            signed("conekta"),
            made("conekta", webhook_key="-----BEGIN PUBLIC KEY----- x -----END PUBLIC KEY-----"),
        )


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("stamp", ["", "-1", "+1795359630", "1e9", "１７９５３５９６３０", "0x1", " ", "9" * 30, "NaN"])
def test_what_is_no_time(name: str, stamp: str) -> None:
    good = signed(name)
    (header,) = [each for each in good.headers if "signature" in each]
    first, rest = good.headers[header].split(",", 1)
    with pytest.raises(BadSignature):
        read(name, good, **{header: f"{first.split('=')[0]}={stamp},{rest}"})


SHAPES = [
    b"", b"[]", b"null", b"{}", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{", b'{"id": NaN}', b'{"type": 7}',
    b'{"id": "evt_1", "type": "checkout.session.completed", "data": 3}',
    b'{"id": {"a": 1}, "type": "order.paid", "data": {"object": {"id": "../x"}}}',
    b'{"id": "evt_1", "type": "transfer.inbound.succeeded", "data": {"id": "a b"}}',
    b'{"id": "evt_1", "type": "charge.paid", "data": {"object": {}}}',
    b'{"id": "\\ud800\\u0000", "type": "\\u0000", "data": {"object": {"id": "x"}}}',
    b'{"id": 1e999, "type": "payment", "data": {"id": null}}',
    b'{"id": ' + b"9" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("index", range(len(SHAPES)))
def test_signed_junk_is_an_error_that_can_be_answered(name: str, index: int) -> None:
    """What proves to come from the provider and cannot be read: a `ValueError`, or nothing of interest."""
    try:
        found = read(name, signed(name, SHAPES[index]))
    except ValueError:
        return
    assert found == [] or all(each.event_id and each.subject for each in found)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["stripe-signature", "x-signature", "x-request-id", "digest", "fintoc-signature", "authorization", ":received",
         "aldia-prueba-signature", ":address"]
    ),
    st.text(max_size=60) | st.from_regex(r"t=[0-9]{10},v1=[0-9a-f]{8}", fullmatch=True),
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@given(headers=HEADERS, query=st.dictionaries(st.sampled_from(["data.id", "type", "id"]), st.text()), body=st.binary())
def test_nothing_but_bad_signature_comes_of_noise(
    name: str, headers: dict[str, str], query: dict[str, str], body: bytes
) -> None:
    with pytest.raises(BadSignature):
        made(name).read_notice(headers=headers, query=query, body=body)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_nothing_but_value_error_comes_of_signed_noise(name: str, data: st.DataObject) -> None:
    """A true notice in which any part may be anything."""
    notice = json.loads(json.dumps(CASES[name].notice))
    place: Any = notice
    for _depth in range(data.draw(st.integers(1, 3))):
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(ANYTHING)
            break
        place = place[key]
    body = json.dumps(notice).encode()
    try:
        found = read(name, CASES[name].sign(body, STAMP, secret_of(name)))
    except (ValueError, BadSignature):
        return
    for each in found:
        assert each.event_id
        (each.event_id + each.kind + each.subject + each.key).encode()


@given(st.text())
def test_headers_of_any_shape(header: str) -> None:
    try:
        stamp, signatures = parts_of(header)
    except BadSignature:
        return
    assert stamp.isascii()
    assert stamp.isdigit()
    assert signatures


def test_secrets_in_force() -> None:
    assert in_force("") == in_force(" , ") == []
    assert in_force("one, two") == [b"one", b"two"]


# ---- what each provider's notices are about


STRIPE = {
    "a session that we did not open": ({"object": "checkout.session", "id": "cs_9", "metadata": {}}, []),
    "a session of another house": ({"object": "checkout.session", "id": "cs_9", "metadata": None}, []),
    "a refund": ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "metadata": {}}, ["pi_1"]),
    "a refund that failed": ({"object": "refund", "id": "re_1", "payment_intent": "pi_1"}, ["pi_1"]),
    "a dispute": ({"object": "dispute", "id": "du_1", "charge": "ch_1", "payment_intent": "pi_1"}, ["pi_1"]),
    "a charge without a payment": ({"object": "charge", "id": "ch_1", "payment_intent": None}, []),
    "money into a CLABE": (
        {"object": "customer_cash_balance_transaction", "id": "ccsbtxn_1", "customer": "cus_1", "type": "funded"},
        ["cus_1:ccsbtxn_1"],
    ),
    "money out of the balance": (
        {"object": "customer_cash_balance_transaction", "id": "ccsbtxn_1", "customer": "cus_1", "type": "applied"}, [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", list(STRIPE))
def test_what_an_event_of_stripe_is_about(what: str) -> None:
    about, expected = STRIPE[what]
    event = {"id": "evt_1", "type": "charge.refunded", "created": STAMP, "data": {"object": about}}
    assert [each.subject for each in read("stripe", signed("stripe", event))] == expected


def test_events_that_are_none_of_ours() -> None:
    for name, kind in (("stripe", "customer.created"), ("fintoc", "link.created"), ("conekta", "webhook_ping")):
        assert read(name, signed(name, CASES[name].notice | {"type": kind})) == []
    given_query = signed("mercado_pago")
    other = Signed(b"{}", given_query.headers, given_query.query | {"type": "merchant_order"})
    assert read("mercado_pago", other) == []


def test_a_chargeback_of_mercado_pago() -> None:
    good = signed("mercado_pago")
    notice = Signed(b'{"data": {"id": "1234567890"}}', good.headers, good.query | {"type": "topic_chargebacks_wh"})
    assert [each.subject for each in read("mercado_pago", notice)] == ["cb-1234567890"]


def test_the_body_of_mercado_pago_may_not_name_another_payment() -> None:
    """It is not signed: what to look at is taken from what is."""
    good = signed("mercado_pago")
    with pytest.raises(ValueError, match="Mercado Pago"):
        read("mercado_pago", Signed(good.body.replace(b"1234567890", b"1234567891"), good.headers, good.query))
    (notice,) = read("mercado_pago", Signed(b"{}", good.headers, good.query))
    assert notice.subject == "1234567890"


def test_a_notice_of_a_qr_code_is_not_signed() -> None:
    """https://www.mercadopago.com.mx/developers/es/docs/qr-code/notifications: refused like any unsigned one."""
    body = b'{"resource": "https://api.mercadolibre.com/merchant_orders/1", "topic": "merchant_order"}'
    with pytest.raises(BadSignature):
        read("mercado_pago", Signed(body, {"x-request-id": "1"}, {"topic": "merchant_order", "id": "1"}))


def test_credentials_of_stp() -> None:
    good = signed("stp")
    wrong = [
        "stp-abonos:",
        ":CANARIOaviso-9Q",
        "STP-ABONOS:CANARIOaviso-9Q",
        "stp-abonos",
        "stp-abonos:CANARIOaviso-9Q ",
    ]
    for each in wrong:
        with pytest.raises(BadSignature):
            read("stp", good, authorization=f"Basic {base64.b64encode(each.encode()).decode()}")
    for header in ("Bearer x", "Basic", "Basic !!!", "Basic /w==", good.headers["authorization"].replace("Basic ", "")):
        with pytest.raises(BadSignature):
            read("stp", good, authorization=header)
    assert read("stp", good, authorization=good.headers["authorization"].replace("Basic", "basic"))


@pytest.mark.parametrize(
    ("allowed", "address", "fits"),
    [
        ("", "", True), ("203.0.113.7", "203.0.113.7", True), ("203.0.113.0/24, 198.51.100.9", "198.51.100.9", True),
        ("203.0.113.7", "203.0.113.8", False), ("203.0.113.7", "", False), ("203.0.113.7", "::ffff:203.0.113.8", False),
        ("2001:db8::/32", "2001:db8::1", True), ("stp.example", "203.0.113.7", False), ("203.0.113.7", "x", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
    ],
)  # fmt: skip
def test_addresses_of_stp(allowed: str, address: str, fits: bool) -> None:
    provider = made("stp", allowed_ips=allowed)
    if fits:
        assert read("stp", signed("stp"), provider, **{":address": address})
        return
    with pytest.raises(BadSignature):
        read("stp", signed("stp"), provider, **{":address": address})
