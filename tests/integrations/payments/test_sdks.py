"""Signatures against the providers' own code (development dependencies): theirs read by us, ours by them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import assume, given
from hypothesis import strategies as st
from mercadopago.webhook import InvalidWebhookSignatureError, WebhookSignatureValidator
from stripe import SignatureVerificationError, WebhookSignature

from aldia.domain.ports.payments import BadSignature
from aldia.integrations.payments.mercado_pago import manifest, verify
from aldia.integrations.payments.signing import stamped, verify_stamped
from tests.integrations.payments.cases import CASES, NOW, SECRET, STAMP, made

CAME = {":received": NOW.isoformat()}
BODIES = st.text(max_size=80).map(lambda text: json.dumps({"id": "evt_1", "text": text}))
SECRETS = st.text(st.characters(codec="ascii", exclude_characters=", \t\r\n\x0b\x0c", min_codepoint=33), min_size=1)


@given(body=BODIES, secret=SECRETS)
def test_what_stripe_signs_is_right_for_us(body: str, secret: str) -> None:
    header = WebhookSignature.generate_signature_header(body, secret, STAMP)
    verify_stamped(CAME | {"stripe-signature": header}, "stripe-signature", body.encode(), secret)
    with pytest.raises(BadSignature):
        verify_stamped(CAME | {"stripe-signature": header}, "stripe-signature", body.encode() + b" ", secret)


@given(body=BODIES, secret=SECRETS)
def test_what_we_sign_is_right_for_stripe(body: str, secret: str) -> None:
    header = stamped(secret, NOW, body.encode())
    assert WebhookSignature.verify_header(body, header, secret)
    with pytest.raises(SignatureVerificationError):
        WebhookSignature.verify_header(body + " ", header, secret)


def test_a_notice_that_stripe_signs() -> None:
    body = json.dumps(CASES["stripe"].notice)
    header = WebhookSignature.generate_signature_header(body, SECRET, STAMP)
    (notice,) = made("stripe").read_notice(headers=CAME | {"stripe-signature": header}, query={}, body=body.encode())
    event = stripe.Webhook.construct_event(body, header, SECRET, tolerance=10**9)
    assert (notice.event_id, notice.kind) == (event.id, event.type)


def test_the_test_provider_signs_as_stripe_does() -> None:
    now = datetime.now(UTC)
    headers, body = made("sandbox").sign_notice(event_id="evt_1", kind="payment.paid", provider_id="p_1", now=now)
    assert WebhookSignature.verify_header(body, headers["aldia-prueba-signature"], SECRET, tolerance=300)


def test_where_we_are_stricter_than_stripes_code() -> None:
    """It takes a time of the future, and the first of two times; we take neither."""
    body, soon = "{}", int(time.time()) + 86_400
    header = WebhookSignature.generate_signature_header(body, SECRET, soon)
    assert WebhookSignature.verify_header(body, header, SECRET, tolerance=300)
    came = datetime.now(UTC).isoformat()
    with pytest.raises(BadSignature):
        verify_stamped({":received": came, "s": header}, "s", body.encode(), SECRET)
    twice = f"{header},t={soon - 86_400}"
    assert WebhookSignature.verify_header(body, twice, SECRET, tolerance=300)
    with pytest.raises(BadSignature):
        verify_stamped({":received": (datetime.now(UTC) + timedelta(1)).isoformat(), "s": twice}, "s", b"{}", SECRET)


# ---- Mercado Pago

IDS = st.text("0123456789", min_size=1, max_size=14) | st.text("ABCDEFabcdef0123456789", max_size=20)
REQUESTS = st.text("0123456789abcdef-", max_size=36)


def theirs(header: str, request: str, subject: str, secret: str) -> bool:
    try:
        WebhookSignatureValidator.validate(header, request, subject, secret)
    except InvalidWebhookSignatureError:
        return False
    return True


def ours(header: str, request: str, subject: str, secret: str) -> bool:
    try:
        verify(CAME | {"x-signature": header, "x-request-id": request}, {"data.id": subject}, secret)
    except BadSignature:
        return False
    return True


def signed(subject: str, request: str, stamp: int, secret: str) -> str:
    digest = hmac.new(secret.encode(), manifest(subject, request, str(stamp)).encode(), hashlib.sha256).hexdigest()
    return f"ts={stamp},v1={digest}"


@given(subject=IDS, request=REQUESTS, secret=SECRETS, milliseconds=st.booleans())
def test_mercado_pago_agrees_with_us(subject: str, request: str, secret: str, milliseconds: bool) -> None:
    """Whatever parts are there, with the id as it was sent, in seconds and in milliseconds."""
    header = signed(subject, request, STAMP * 1000 if milliseconds else STAMP, secret)
    assert theirs(header, request, subject, secret)
    assert ours(header, request, subject, secret)


@given(
    subject=IDS, request=REQUESTS, secret=SECRETS, other_subject=IDS, other_request=REQUESTS, other_secret=SECRETS
)  # fmt: skip
def test_mercado_pago_refuses_what_we_refuse(
    subject: str, request: str, secret: str, other_subject: str, other_request: str, other_secret: str
) -> None:
    header = signed(subject, request, STAMP, secret)
    for changed in (
        (request, other_subject, secret),
        (other_request, subject, secret),
        (request, subject, other_secret),
    ):
        # the guide's lower case is the one thing that we take and their code does not (below)
        assume(changed[1].lower() != subject or changed[1] == subject)
        assert ours(header, *changed) == theirs(header, *changed)


@given(noise=st.text(max_size=60), subject=IDS)
def test_mercado_pago_takes_no_noise_that_we_take(noise: str, subject: str) -> None:
    assert not ours(noise, "r", subject, SECRET)


def test_two_quirks_of_mercado_pagos_code() -> None:
    """Its tolerance reads milliseconds as seconds; it takes the id as it came, and the guide says lower case."""
    header = signed("77", "r", STAMP * 1000, SECRET)
    with pytest.raises(InvalidWebhookSignatureError):
        WebhookSignatureValidator.validate(header, "r", "77", SECRET, tolerance_seconds=300, now=lambda: STAMP * 1000)
    assert ours(header, "r", "77", SECRET)
    lower = signed("ord01jq4s4ky8hwq6na5pxb65b3d3", "r", STAMP, SECRET)
    assert not theirs(lower, "r", "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3", SECRET)
    assert ours(lower, "r", "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3", SECRET)
