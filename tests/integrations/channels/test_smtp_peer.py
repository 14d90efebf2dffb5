"""SMTP against a real server: at which step it failed decides whether a message may have gone out."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from aldia.domain.ports.channels import BadSignature, ChannelFailure, ChannelUnknown, Outgoing, OutgoingFile
from aldia.integrations.channels import smtp
from tests.integrations.channels.peers import (
    PASSWORD,
    USER,
    Mailer,
    authenticator,
    free_port,
    make_certificate,
    raw_peer,
    smtp_peer,
)

MESSAGE = Outgoing(
    header_id="0197aa.1@aldia.ejemplo.mx",
    to_address="pagos@cliente.mx",
    to_name="José Ñáñez, «La Güera»",
    sender_address="cobranza@ejemplo.mx",
    sender_name="Distribuidora Tres Ríos",
    reply_to="ana@ejemplo.mx",
    subject="Factura F-100 por vencer mañana: $1,160.00",
    text="Hola:\n\nLa factura F-100 vence mañana.\n.\n..puntos al principio\n" + "x" * 1500,
    html='<p>La factura <b>F-100</b> vence mañana. <img src="cid:logo" alt=""></p>',
)
HOSTILE = "Pagos\r\nBcc: otra@victima.mx\u2028X-Evil: 1\x85\x00\u202eSubject: ja"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 5.0)


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


def account(port: int, **settings: str) -> smtp.Smtp:
    secrets = {"password": settings.pop("password", "")}
    found = {"host": "127.0.0.1", "port": str(port), "security": "none", "private_networks": "127.0.0.0/8,::1/128"}
    return smtp.Smtp(found | settings, secrets)


def failure_of(port: int, **changes: Any) -> ChannelFailure:
    with pytest.raises(ChannelFailure) as failure:
        account(port).send(replace(MESSAGE, **changes))
    return failure.value


def test_it_arrives_as_it_was_written(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port:
        account(port).send(MESSAGE)
    (sender, recipients, mail) = mailer.taken[0]
    assert (sender, recipients) == ("cobranza@ejemplo.mx", ["pagos@cliente.mx"])
    assert mail["Message-ID"] == "<0197aa.1@aldia.ejemplo.mx>"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["To"].addresses[0].display_name == MESSAGE.to_name
    assert mail["From"].addresses[0].display_name == "Distribuidora Tres Ríos"
    assert mail["Reply-To"] == "ana@ejemplo.mx"
    assert mail["List-Unsubscribe"] == "<mailto:ana@ejemplo.mx?subject=Baja>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert text_of(mail, "plain") == MESSAGE.text
    assert text_of(mail, "html") == MESSAGE.html


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def test_what_a_person_sends_is_not_called_automatic(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port:
        account(port).send(replace(MESSAGE, is_automatic=False))
    assert mailer.taken[0][2]["Auto-Submitted"] is None


def test_files_and_pictures(mailer: Mailer) -> None:
    files = (
        OutgoingFile("Factura Ñ-100.pdf", "application/pdf", b"%PDF-1.7"),
        OutgoingFile("mal\r\nX-Evil: 1.xml", "text/xml\r\nX-Evil: 1", b"<a/>"),
        OutgoingFile("logo.png", "image/png", b"\x89PNG", "logo"),
    )
    with smtp_peer(mailer) as port:
        account(port).send(replace(MESSAGE, files=files))
    mail = mailer.taken[0][2]
    kept = [(part.get_filename(), part.get_content_type()) for part in mail.iter_attachments()]
    assert kept == [("Factura Ñ-100.pdf", "application/pdf"), ("mal X-Evil: 1.xml", "application/octet-stream")]
    inside = [part for part in mail.walk() if part.get("Content-ID")]
    assert [part["Content-ID"] for part in inside] == ["<logo>"]
    assert not any("X-Evil" in part.keys() for part in mail.walk())  # noqa: SIM118 - of a message


def test_hostile_names_add_no_header_and_no_recipient(mailer: Mailer) -> None:
    hostile = dict.fromkeys(("subject", "to_name", "sender_name"), HOSTILE)
    with smtp_peer(mailer) as port:
        account(port).send(replace(MESSAGE, **hostile))
    (_sender, recipients, mail) = mailer.taken[0]
    assert recipients == ["pagos@cliente.mx"]
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert len(mail.get_all("Subject", [])) == 1
    assert mail["Subject"] == "Pagos Bcc: otra@victima.mx X-Evil: 1 Subject: ja"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "a@b",
        "a b@c.mx",
        "a@b.mx\r\nRCPT TO:<v@w.mx>",
        "a@b.mx,c@d.mx",
        ".a@b.mx",
        "a@-b.mx",
        "a\x00@b.mx",
        "@b.mx",
    ],
)
def test_no_address_is_refused_before_the_network(address: str) -> None:
    failure = failure_of(1, to_address=address)
    assert failure.code == "bad_address"
    assert failure.permanent
    assert failure.address_is_bad


def test_a_wrong_sender_is_no_fault_of_the_recipient() -> None:
    for changes in ({"sender_address": "nadie"}, {"reply_to": "a@b.mx\nBcc: c@d.mx"}):
        failure = failure_of(1, **changes)
        assert (failure.code, failure.permanent, failure.address_is_bad) == ("bad_sender", False, False)


@pytest.mark.parametrize(
    ("reply", "permanent", "bad"),
    [
        ("550 5.1.1 User unknown", True, True),
        ("550 No such user here", True, True),
        ("553 5.1.3 Bad destination mailbox address syntax", True, True),
        ("550 5.7.1 Message blocked by policy: user unknown to you", True, False),
        ("550 Blocked: your IP has no reputation, not found in list", True, False),
        ("552 5.2.2 Mailbox full", True, False),
        ("450 4.2.0 Greylisted, try again", False, False),
        ("451 4.7.1 Later", False, False),
        ("421 4.3.2 Shutting down", False, False),
    ],
)
def test_refused_at_the_recipient(mailer: Mailer, reply: str, permanent: bool, bad: bool) -> None:
    mailer.at_rcpt = reply
    with smtp_peer(mailer) as port:
        failure = failure_of(port)
    assert (failure.permanent, failure.address_is_bad, failure.code) == (permanent, bad, reply[:3])
    assert mailer.taken == []


@pytest.mark.parametrize(("reply", "permanent"), [("554 5.7.1 Spam", True), ("452 4.3.1 No space", False)])
def test_refused_at_the_end(mailer: Mailer, reply: str, permanent: bool) -> None:
    """The server answered: it is certain that it was not taken."""
    mailer.at_data = reply
    with smtp_peer(mailer) as port:
        failure = failure_of(port)
    assert (failure.permanent, failure.address_is_bad) == (permanent, False)


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_dropped_before_the_message_is_certain(mailer: Mailer, step: str) -> None:
    mailer.drop_at = step
    with smtp_peer(mailer) as port:
        failure = failure_of(port)
    assert not failure.permanent
    assert mailer.taken == []


@pytest.mark.parametrize("step", ["data", "taken"])
def test_dropped_after_the_end_of_the_message_is_unknown(mailer: Mailer, step: str) -> None:
    """From our side both look the same: in one the server kept it, in the other it did not."""
    mailer.drop_at = step
    with smtp_peer(mailer) as port, pytest.raises(ChannelUnknown):
        account(port).send(MESSAGE)
    assert len(mailer.taken) == (1 if step == "taken" else 0)


@pytest.mark.parametrize(
    ("step", "error"), [("rcpt", ChannelFailure), ("data", ChannelUnknown), ("taken", ChannelUnknown)]
)
def test_slow_servers(mailer: Mailer, step: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    mailer.slow_at, mailer.seconds = step, 1
    with smtp_peer(mailer) as port, pytest.raises(error):
        account(port).send(MESSAGE)


def test_dropped_in_the_middle_of_the_message_is_certain() -> None:
    """The final dot never left: the server must forget what it had (RFC 5321 §3.8)."""

    def talk(connection: Any) -> None:
        connection.sendall(b"220 hola\r\n")
        for answer in (b"250 hola\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            connection.recv(4096)
            connection.sendall(answer)
        connection.recv(1000)

    big = OutgoingFile("a.bin", "application/octet-stream", b"x" * 20_000_000)
    with raw_peer(talk) as port:
        failure = failure_of(port, files=(big,))
    assert not failure.permanent


def test_a_server_that_answers_a_byte_at_a_time_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DEADLINE", 0.8)

    def talk(connection: Any) -> None:
        for _turn in range(60):
            connection.sendall(b"2")
            time.sleep(0.1)

    started = time.monotonic()
    with raw_peer(talk) as port:
        failure = failure_of(port)
    assert not failure.permanent
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "greeting", [b"", b"554 go away\r\n", b"\xff\xfe\r\n", b"220 ok\r\n500 what?\r\n500 what?\r\n"]
)
def test_what_is_no_mail_server(greeting: bytes) -> None:
    def talk(connection: Any) -> None:
        connection.sendall(greeting)
        connection.settimeout(0.5)
        connection.recv(4096)

    with raw_peer(talk) as port:
        assert not failure_of(port).permanent


def test_nobody_there() -> None:
    assert not failure_of(free_port()).permanent


def test_too_large_for_the_server(mailer: Mailer) -> None:
    with smtp_peer(mailer, data_size_limit=20_000) as port:
        failure = failure_of(port, files=(OutgoingFile("a.bin", "application/octet-stream", b"x" * 40_000),))
    assert (failure.code, failure.permanent) == ("552", True)


def test_letters_of_other_alphabets(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port:
        assert failure_of(port, to_address="peña@cliente.mx").code == "smtputf8"
        account(port).send(replace(MESSAGE, to_address="pagos@peña.mx"))
    assert mailer.taken[0][1] == ["pagos@xn--pea-8ma.mx"]
    with smtp_peer(mailer, enable_SMTPUTF8=True) as port:
        account(port).send(replace(MESSAGE, to_address="peña@cliente.mx"))
    assert mailer.taken[1][1] == ["peña@cliente.mx"]
    assert "SMTPUTF8" in mailer.options[-1]


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    context, certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return context


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_encrypted_and_signed_in(mailer: Mailer, trusted: ssl.SSLContext, how: str) -> None:
    options = {"auth_required": True, "authenticator": authenticator, "auth_require_tls": how == "starttls"}
    with smtp_peer(mailer, certificate=trusted, how=how, **options) as port:
        there = {"host": "localhost", "security": how, "user": USER}
        account(port, **there, password=PASSWORD).send(MESSAGE)
        account(port, **there, password=PASSWORD).check()
        with pytest.raises(ChannelFailure) as failure:
            account(port, **there, password="otra").send(MESSAGE)
    assert len(mailer.taken) == 1
    assert (failure.value.code, failure.value.permanent) == ("auth", False)
    assert "otra" not in str(failure.value)


@pytest.mark.parametrize("how", ["starttls", "tls"])
@pytest.mark.parametrize("trust", [True, False])
def test_a_certificate_of_somebody_else_is_refused(
    mailer: Mailer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, trust: bool
) -> None:
    """Trusted but for another name, and for this name but not trusted: the password stays here."""
    context, certificate = make_certificate(tmp_path, "otro.ejemplo.mx" if trust else "localhost")
    if trust:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with smtp_peer(mailer, certificate=context, how=how) as port, pytest.raises(ChannelFailure) as failure:
        account(port, host="localhost", security=how, user=USER, password=PASSWORD).send(MESSAGE)
    assert (failure.value.code, failure.value.permanent) == ("tls", False)
    assert mailer.taken == []


def test_nothing_goes_in_the_clear_where_encryption_was_asked(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port, pytest.raises(ChannelFailure) as failure:
        account(port, security="starttls").send(MESSAGE)
    assert failure.value.code == "tls"
    with pytest.raises(ChannelFailure) as failure:
        account(1, password=PASSWORD).send(MESSAGE)
    assert failure.value.code == "tls"


def test_private_networks_are_refused_unless_allowed(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port:
        for host in ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "0177.0.0.1", "127.1"):
            with pytest.raises(ChannelFailure) as failure:
                account(port, host=host, private_networks="").send(MESSAGE)
            assert failure.value.code in ("private_host", "connection"), host
            assert not failure.value.permanent
        account(port, private_networks="127.0.0.0/8").send(MESSAGE)
    assert len(mailer.taken) == 1


def test_the_check_writes_to_nobody(mailer: Mailer) -> None:
    with smtp_peer(mailer) as port:
        account(port).check()
    assert (mailer.taken, mailer.options) == ([], [])


def test_a_mail_server_tells_nothing_afterwards() -> None:
    with pytest.raises(BadSignature):
        account(1).read_notice(headers={}, query={}, body=b"{}")
