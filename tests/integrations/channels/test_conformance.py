"""Every adapter of the registry keeps the port's promises, against peers that answer as the providers publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from aldia.domain.ports.channels import (
    Adapter,
    BadSignature,
    ChannelFailure,
    ChannelUnknown,
    Event,
    EventKind,
    Outgoing,
    OutgoingFile,
    Sent,
)
from aldia.integrations import registry
from aldia.integrations.channels import http
from tests.integrations.channels.cases import (
    BY_SMTP,
    CASES,
    OTHER_PUBLIC,
    RECEIVED,
    STAMP,
    URL,
    WITHOUT_NETWORK,
    Case,
    Notice,
)
from tests.integrations.channels.peers import Provider, free_port, http_peer

NOTICES = [(name, index) for name, case in CASES.items() for index in range(len(case.notices))]
HOSTILE = "Pagos\r\nBcc: otra@victima.mx\u2028X-Evil: 1\x85Subject: ja\u202e\x00"
FILE = OutgoingFile("F-100.pdf", "application/pdf", b"%PDF-1.7 prueba")


def message(case: Case, **changes: Any) -> Outgoing:
    found = Outgoing(
        header_id="0197.1@aldia.ejemplo.mx",
        to_address=case.to,
        to_name="Abarrotes La Güera",
        sender_address="cobranza@ejemplo.mx",
        sender_name="Distribuidora Tres Ríos",
        reply_to="ana@ejemplo.mx",
        subject="Factura F-100 por vencer",
        text="Hola: la factura F-100 vence mañana.",
        html="<p>Hola: la factura <b>F-100</b> vence mañana.</p>",
        provider_template="recordatorio_1",
        parameters=("La Güera", "F-100"),
    )
    return replace(found, **changes)


def made(name: str, url: str = "") -> Adapter:
    kind = registry.channel_adapter(name)
    assert kind is not None
    case = CASES[name]
    return kind(case.settings | {"api_url": url}, case.secrets)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=sorted(CASES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with http_peer(Provider()) as peer:
        yield peer


def test_every_adapter_is_tried() -> None:
    assert set(registry.CHANNELS) == set(CASES) | WITHOUT_NETWORK | BY_SMTP


@pytest.mark.parametrize("each", sorted(registry.CHANNELS))
def test_it_says_what_it_is(each: str) -> None:
    kind = registry.channel_adapter(each)
    assert kind is not None
    assert kind.name == each
    assert str(kind.label)
    assert kind.channel in ("email", "sms", "whatsapp", "letter", registry.ANY_CHANNEL)
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    assert not {"api_url", "private_networks", "callback_url"} & set(names), "a person may not choose these"
    assert all(
        field.is_secret for field in kind.fields if any(w in field.name for w in ("token", "secret", "password"))
    )


def test_an_unknown_name_is_no_adapter() -> None:
    assert registry.channel_adapter("carrier_pigeon") is None


def test_taken(name: str, provider: Provider) -> None:
    case = CASES[name]
    provider.answers = [case.taken]
    sent = made(name, provider.url).send(message(case))
    assert isinstance(sent, Sent)
    assert sent.provider_id == case.provider_id or (name == "sendgrid" and sent.provider_id)
    assert len(provider.requests) == 1
    assert b"F-100" in provider.requests[0].body


def test_refused_for_ever(name: str, provider: Provider) -> None:
    case = CASES[name]
    provider.answers = [case.refused]
    with pytest.raises(ChannelFailure) as failure:
        made(name, provider.url).send(message(case))
    assert failure.value.permanent
    assert not failure.value.address_is_bad
    assert failure.value.text


def test_a_bad_address_is_told_apart(name: str, provider: Provider) -> None:
    case = CASES[name]
    if case.bad_address is None:
        pytest.skip("the provider tells it by a webhook only")
    provider.answers = [case.bad_address]
    with pytest.raises(ChannelFailure) as failure:
        made(name, provider.url).send(message(case))
    assert failure.value.permanent
    assert failure.value.address_is_bad


@pytest.mark.parametrize("status", [429, 503])
def test_refused_for_now(name: str, provider: Provider, status: int) -> None:
    case = CASES[name]
    provider.answers = [case.later if status == 429 else (status, b"<html>maintenance</html>")]
    with pytest.raises(ChannelFailure) as failure:
        made(name, provider.url).send(message(case))
    assert not failure.value.permanent


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_broken_gateway_leaves_it_unknown(name: str, provider: Provider, status: int) -> None:
    provider.answers = [(status, b"")]
    with pytest.raises(ChannelUnknown):
        made(name, provider.url).send(message(CASES[name]))


@pytest.mark.parametrize("answer", [(200, b"<html>wifi portal</html>"), (302, b"")])
def test_an_answer_that_is_none(name: str, provider: Provider, answer: tuple[int, bytes]) -> None:
    provider.answers = [answer]
    if name == "sendgrid" and answer[0] == 200:
        pytest.skip("its answer has no content: any 2xx is a yes")
    with pytest.raises((ChannelUnknown, ChannelFailure)):
        made(name, provider.url).send(message(CASES[name]))


def test_wrong_credentials_wait_for_a_person(name: str, provider: Provider) -> None:
    """The message is kept and goes once they are right; the key is never repeated."""
    case = CASES[name]
    provider.answers = [case.unauthorised]
    for attempt in (lambda: made(name, provider.url).send(message(case)), lambda: made(name, provider.url).check()):
        with pytest.raises(ChannelFailure) as failure:
            attempt()
        assert not failure.value.permanent
        for hidden in case.secrets.values():
            assert hidden not in failure.value.text
            assert hidden not in str(failure.value)


def test_the_check_sends_nothing(name: str, provider: Provider) -> None:
    provider.answers = [(200, b"{}")]
    made(name, provider.url).check()
    assert [each.method for each in provider.requests] == ["GET"]


def test_nobody_there(name: str) -> None:
    with pytest.raises(ChannelFailure) as failure:
        made(name, f"http://127.0.0.1:{free_port()}/").send(message(CASES[name]))
    assert not failure.value.permanent


@pytest.mark.parametrize("how", ["hang", "drop"])
def test_silence_after_it_was_taken(name: str, provider: Provider, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.4 if how == "hang" else http.TIMEOUT)
    provider.breaks = how
    with pytest.raises(ChannelUnknown):
        made(name, provider.url).send(message(CASES[name]))
    assert len(provider.requests) == 1, "it asked again on its own"


def test_hostile_letters_are_no_headers(name: str, provider: Provider) -> None:
    case = CASES[name]
    provider.answers = [case.taken]
    hostile = message(
        case,
        subject=HOSTILE,
        to_name=HOSTILE,
        sender_name=HOSTILE,
        parameters=(HOSTILE,),
        text=HOSTILE.replace("\x00", ""),
    )
    made(name, provider.url).send(hostile)
    sent = provider.requests[0]
    assert not {"bcc", "x-evil"} & set(sent.headers)
    for text in strings_of(sent.body):
        if "victima" in text and not text.startswith("Pagos\r\n"):  # the text of the mail itself keeps its lines
            assert not set(text) & set("\r\n\u2028\u2029\x85\x00\u202e"), repr(text)


def strings_of(body: bytes) -> list[str]:
    """Every string of a JSON body; the parts of any other."""
    try:
        found = json.loads(body)
    except ValueError:
        return []
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                assert name.lower() not in ("bcc", "x-evil")
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str):
            texts.append(value)

    walk(found)
    return texts


@pytest.mark.parametrize("address", ["", "nadie", "a@b\r\nRCPT TO:<c@d.mx>", "a@b.mx, c@d.mx", "<a@b.mx>", "+52 hola"])
def test_what_is_no_address_is_refused_before_the_network(name: str, provider: Provider, address: str) -> None:
    with pytest.raises(ChannelFailure) as failure:
        made(name, provider.url).send(message(CASES[name], to_address=address))
    assert failure.value.permanent
    assert failure.value.address_is_bad
    assert provider.requests == []


def test_long_texts(name: str, provider: Provider) -> None:
    case = CASES[name]
    provider.answers = [case.taken]
    made(name, provider.url).send(message(case, text="ñ" * 60_000, subject="S" * 3_000, parameters=("ñ" * 5_000,)))
    assert len(provider.requests) == 1


def test_files_go_along(name: str, provider: Provider) -> None:
    case = CASES[name]
    provider.answers = [(200, b'{"id": "media-1"}'), case.taken] if name == "whatsapp_cloud" else [case.taken]
    made(name, provider.url).send(message(case, files=(FILE,)))
    if case.to.startswith("+") and name != "whatsapp_cloud":
        return  # an SMS has none
    assert any(b"F-100.pdf" in each.body for each in provider.requests)


def test_an_upload_that_fails_is_no_unknown(provider: Provider) -> None:
    """What failed before the message itself was asked for: nothing went out."""
    provider.breaks = "drop"
    with pytest.raises(ChannelFailure) as failure:
        made("whatsapp_cloud", provider.url).send(message(CASES["whatsapp_cloud"], files=(FILE,)))
    assert not failure.value.permanent


def read(name: str, payload: bytes, headers: dict[str, str], adapter: Adapter | None = None) -> list[Event]:
    given = {"content-type": "application/json", ":url": URL, ":received": RECEIVED, **headers}
    return (adapter or made(name)).read_notice(headers=given, query={}, body=payload)


def notice_of(name: str, index: int) -> Notice:
    return CASES[name].notices[index]


@pytest.mark.parametrize(("name", "index"), NOTICES)
def test_a_signed_notice_in_our_words(name: str, index: int) -> None:
    notice = notice_of(name, index)
    events = read(name, notice.payload, notice.sign(notice.payload, STAMP))
    assert tuple(event.kind.value for event in events) == notice.kinds
    for event in events:
        assert event.provider_id == notice.provider_id
        assert event.permanent == notice.permanent
        assert event.at.isoformat().startswith("2026-11-22T15:00:00")
        assert event.kind in type(made(name)).tracks
        assert not notice.address or event.address == notice.address
        assert event.event_key
        json.dumps(event.raw)


@pytest.mark.parametrize(("name", "index"), NOTICES)
def test_a_forged_notice_is_refused(name: str, index: int) -> None:
    notice = notice_of(name, index)
    signed = notice.sign(notice.payload, STAMP)
    forgeries: list[tuple[bytes, dict[str, str]]] = []
    if signed:
        forgeries.append((notice.payload, {k: v for k, v in signed.items() if k == "content-type"}))  # unsigned
        forgeries.append((notice.payload, dict.fromkeys(signed, "AAAA")))
    if CASES[name].signs_body:
        forgeries.append((notice.payload.replace(b"a", b"b", 1), signed))
        if notice.payload.startswith((b"{", b"[")):  # the same content, written otherwise
            forgeries.append((json.dumps(json.loads(notice.payload), indent=1).encode(), signed))
    if name == "mailgun":
        forgeries.append((notice.payload.replace(b'"signature": "', b'"signature": "0', 1), signed))
    assert forgeries
    for payload, headers in forgeries:
        with pytest.raises(BadSignature):
            read(name, payload, headers)


@pytest.mark.parametrize(("name", "index"), NOTICES)
def test_without_its_secret_nothing_is_believed(name: str, index: int) -> None:
    """An account whose secret for notices is missing, and the secret of another company."""
    notice, kind = notice_of(name, index), registry.channel_adapter(name)
    assert kind is not None
    others = {key: value[:-4] + "ZZZZ" for key, value in CASES[name].secrets.items()}
    for settings, secrets in (({}, {}), (CASES[name].settings | {"verification_key": OTHER_PUBLIC}, others)):
        with pytest.raises(BadSignature):
            read(name, notice.payload, notice.sign(notice.payload, STAMP), kind(settings, secrets))


def test_a_stale_notice_is_refused(name: str) -> None:
    case = CASES[name]
    if not case.signs_time:
        pytest.skip("the provider signs no time: its events are kept once by their key")
    old = STAMP - 4 * 86400
    notice = case.notices[0]
    payload = notice.payload
    if name == "mailgun":
        from tests.integrations.channels.cases import MAILGUN_COMMON, mailgun_body

        payload = mailgun_body(MAILGUN_COMMON | {"event": "delivered"}, old)
    with pytest.raises(BadSignature):
        read(name, payload, notice.sign(payload, old))


@pytest.mark.parametrize(("name", "index"), NOTICES)
def test_a_replayed_notice_has_the_same_key(name: str, index: int) -> None:
    notice = notice_of(name, index)
    first, second = (read(name, notice.payload, notice.sign(notice.payload, STAMP)) for _turn in range(2))
    assert [event.event_key for event in first] == [event.event_key for event in second]


def test_events_have_keys_of_their_own(name: str) -> None:
    case = CASES[name]
    if name in ("mailgun", "resend"):
        pytest.skip("the key is the token or id of the delivery, which these samples share")
    keys = [
        event.event_key for each in case.notices for event in read(name, each.payload, each.sign(each.payload, STAMP))
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("junk", [b"", b"[]", b"null", b"{}", b'{"entry": 7}', b"\xff\xfe", b"[[[[", b'{"msys": {}}'])
def test_signed_junk_is_an_error_that_can_be_answered(name: str, junk: bytes) -> None:
    sign = CASES[name].notices[0].sign
    try:
        headers = sign(junk, STAMP)
    except ValueError:
        return
    try:
        assert read(name, junk, headers) == []
    except (BadSignature, ValueError):
        return


def test_the_challenge_of_meta() -> None:
    adapter: Any = made("whatsapp_cloud")
    query = {"hub.mode": "subscribe", "hub.verify_token": "palabra-de-prueba", "hub.challenge": "1158201444"}
    assert adapter.challenge(query) == "1158201444"
    for change in (
        {"hub.verify_token": "otra"},
        {"hub.mode": ""},
        {"hub.challenge": "<script>"},
        {"hub.verify_token": ""},
    ):
        with pytest.raises(BadSignature):
            adapter.challenge(query | change)


def test_whatsapp_ignores_other_numbers_of_the_app() -> None:
    notice = CASES["whatsapp_cloud"].notices[0]
    payload = notice.payload.replace(b"106540352242922", b"999")
    assert read("whatsapp_cloud", payload, notice.sign(payload, STAMP)) == []


def test_twilio_signs_as_published() -> None:
    """The example of https://www.twilio.com/docs/usage/security, as Twilio's own libraries test it."""
    from aldia.integrations.channels.twilio import signature_of, spellings

    form = {"From": "+14158675309", "To": "+18005551212", "Digits": "1234", "Caller": "+14158675309"}
    form["CallSid"] = "CA1234567890ABCDE"
    assert signature_of("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert spellings("https://a.mx/x?y=1") == ["https://a.mx/x?y=1", "https://a.mx:443/x?y=1"]
    assert spellings("") == []


def test_resend_verifies_as_published() -> None:
    """The example of https://docs.svix.com/receiving/verifying-payloads/how-manual."""
    from aldia.integrations.channels.resend import signature_of

    secret, name = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature_of(secret, name, "1614265330", b'{"test": 2432232314}') == expected


def test_kinds_are_of_the_one_vocabulary() -> None:
    assert {kind for case in CASES.values() for each in case.notices for kind in each.kinds} <= set(EventKind)


def test_httpx_is_told_not_to_wander(provider: Provider) -> None:
    """A redirect is not followed: the credentials go nowhere else."""
    provider.answers = [(302, b"")]
    assert http.post(provider.url, json={}).status_code == 302
