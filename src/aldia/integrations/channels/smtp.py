"""E-mail over SMTP (RFC 5321), spoken step by step, because what matters is at which step it failed.

Until the final dot of the message has left, nothing went out, for certain: a server must drop what was not ended
(RFC 5321 §3.8, §4.1.1.4). From the dot until its reply nobody can say: that is `ChannelUnknown`.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import ClassVar

from aldia.domain.ports.channels import (
    BadSignature,
    ChannelFailure,
    ChannelUnknown,
    Event,
    EventKind,
    Field,
    Outgoing,
    Sent,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations import network
from aldia.integrations.channels.addresses import own_address, recipient_address
from aldia.integrations.channels.mail import as_bytes, message_of

TIMEOUT = 20.0  # of each wait
DEADLINE = 120.0  # of a whole conversation: a server that answers one byte at a time holds nobody up
PORTS = (25, 465, 587, 2525)
GREETING_LIMIT = 300
# RFC 3463 §3.2: what is wrong is the address itself, not today's mood of the server.
_BAD_ADDRESS = re.compile(r"5\.1\.(1|2|3|6|10)\b|5\.2\.1\b")
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_UNKNOWN_USER = re.compile(
    r"unknown|no such|not exist|not found|invalid|no mailbox|disabled|desconocid|no existe", re.I
)
_POLICY = re.compile(r"spam|block|policy|polit|relay|spf|dkim|dmarc|reput|denied|blacklist", re.I)


class _Session(smtplib.SMTP):
    """smtplib over a connection that was checked (`network.connect`), for the name that certificates must carry."""

    def __init__(self, host: str, port: int, allowed: list[str], encrypted: ssl.SSLContext | None) -> None:
        self.allowed, self.encrypted = allowed, encrypted
        self.watch: Timer | None = None
        super().__init__(host, port, timeout=TIMEOUT, local_hostname=_own_name())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = network.connect(host, port, timeout=timeout, allowed=self.allowed)
        self.watch = Timer(DEADLINE, _hang_up, [connection])
        self.watch.daemon = True
        self.watch.start()
        if self.encrypted is None:
            return connection
        try:
            return self.encrypted.wrap_socket(connection, server_hostname=host)
        except BaseException:
            self.watch.cancel()
            connection.close()
            raise

    def close(self) -> None:
        if self.watch is not None:
            self.watch.cancel()
        super().close()


class Smtp:
    """A mail server of the company's own, or the house's."""

    name: ClassVar[str] = "smtp"
    label: ClassVar[str] = gettext_noop("Servidor de correo (SMTP)")
    channel: ClassVar[str] = "email"
    tracks: ClassVar[frozenset[EventKind]] = frozenset()
    fields: ClassVar[tuple[Field, ...]] = (
        Field("host", gettext_noop("Servidor"), help="smtp.ejemplo.mx"),
        Field(
            "security",
            gettext_noop("Cifrado"),
            choices=(
                ("starttls", "STARTTLS (587)"),
                ("tls", "TLS (465)"),
                ("none", gettext_noop("Sin cifrar, solo en la red propia y sin contraseña")),
            ),
            default="starttls",
        ),
        Field("port", gettext_noop("Puerto"), default="587", choices=tuple((str(each), str(each)) for each in PORTS)),
        Field(
            "user", gettext_noop("Usuario"), required=False, help=gettext_noop("Casi siempre la dirección completa.")
        ),
        Field(
            "password",
            gettext_noop("Contraseña"),
            is_secret=True,
            required=False,
            help=gettext_noop("Con verificación en dos pasos, una contraseña de aplicación."),
        ),
    )

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.host, self.port = settings.get("host", "").strip(), int(settings.get("port") or 587)
        self.security = settings.get("security") or "starttls"
        self.user, self._password = settings.get("user", ""), secrets.get("password", "")
        self.allowed = [each for each in settings.get("private_networks", "").split(",") if each]

    def send(self, message: Outgoing) -> Sent:
        sender, recipient = own_address(message.sender_address), recipient_address(message.to_address)
        content = as_bytes(message_of(message))
        with self._session() as session:
            options = _options(session, sender, recipient, content)
            _answered(session.mail(sender, options), "MAIL")
            _answered(session.rcpt(recipient), "RCPT")
            _answered(session.docmd("DATA"), "DATA", wanted=354)
            session.send(content)
            _finish(session)
        return Sent()

    def check(self) -> None:
        """Connect, encrypt and sign in: what a wrong host, port or password makes impossible."""
        with self._session() as session:
            _answered(session.noop(), "NOOP")

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        raise BadSignature  # a mail server tells nothing afterwards

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A conversation that is ready for mail. Whatever ends it early, nothing of the message went out."""
        session = None
        try:
            session = self._connected()
            self._introduce(session)
            yield session
        except (ChannelFailure, ChannelUnknown):
            raise
        except network.Forbidden as error:
            text = "Ese servidor está en una red privada, que quien administra la instalación no permitió."
            raise ChannelFailure("private_host", text, permanent=False) from error
        except ssl.SSLError as error:
            raise ChannelFailure("tls", f"No se pudo cifrar: {error.reason or error}", permanent=False) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal((error.smtp_code, _bytes(error.smtp_error)), "CONNECT") from error
        except (OSError, smtplib.SMTPException, network.Unreachable, ValueError) as error:
            text = f"No se pudo hablar con {self.host}:{self.port} ({_short(error)})."
            raise ChannelFailure("connection", text, permanent=False) from error
        finally:
            if session is not None:
                _say_goodbye(session)

    def _connected(self) -> smtplib.SMTP:
        if self.security == "none" and self._password:
            text = "Con contraseña la conexión debe ir cifrada: elige STARTTLS o TLS."
            raise ChannelFailure("tls", text, permanent=False)
        context = ssl.create_default_context() if self.security == "tls" else None
        return _Session(self.host, self.port, self.allowed, context)

    def _introduce(self, session: smtplib.SMTP) -> None:
        _answered(session.ehlo(), "EHLO")
        if self.security == "starttls":
            if not session.has_extn("starttls"):
                raise ChannelFailure(
                    "tls", "El servidor no ofrece STARTTLS: nada se envía sin cifrar.", permanent=False
                )
            session.starttls(context=ssl.create_default_context())
            _answered(session.ehlo(), "EHLO")
        if self.user or self._password:
            self._sign_in(session)

    def _sign_in(self, session: smtplib.SMTP) -> None:
        """A wrong password is no fault of the message: once it is put right, trying again helps."""
        try:
            session.login(self.user, self._password)
        except smtplib.SMTPAuthenticationError as error:
            text = f"El servidor no aceptó el usuario o la contraseña ({error.smtp_code})."
            raise ChannelFailure("auth", text, permanent=False) from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelFailure("auth", "El servidor no acepta usuario y contraseña aquí.", permanent=False) from None


def _options(session: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> list[str]:
    options = []
    if not (sender + recipient).isascii():
        if not session.has_extn("smtputf8"):
            text = "El servidor no acepta direcciones con letras acentuadas (SMTPUTF8)."
            raise ChannelFailure("smtputf8", text, permanent=True)
        options.append("SMTPUTF8")
    size = session.esmtp_features.get("size", "")
    if size.isdigit() and 0 < int(size) < len(content):
        text = f"Pesa {len(content) // 1024} kB y el servidor acepta hasta {int(size) // 1024} kB."
        raise ChannelFailure("552", text, permanent=True)
    return options


def _finish(session: smtplib.SMTP) -> None:
    """Send the end of the message and wait for what the server says to it: in between lies the unknown."""
    try:
        session.send(b".\r\n")
        reply = session.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelUnknown(f"La conexión se cortó al terminar de enviar ({_short(error)}).") from error
    if reply[0] == -1:
        raise ChannelUnknown("El servidor contestó algo que no se entiende al terminar de enviar.")
    _answered(reply, "END")


def _answered(reply: tuple[int, bytes], step: str, wanted: int = 250) -> None:
    """Go on if the server agreed; raise what its answer means otherwise."""
    if reply[0] == wanted or (wanted == 250 and reply[0] == 251):
        return
    raise _refusal(reply, step)


def _refusal(reply: tuple[int, bytes], step: str) -> ChannelFailure:
    code, text = reply[0], reply[1].decode("utf-8", "replace")[:GREETING_LIMIT]
    permanent = 500 <= code <= 599 and step in ("MAIL", "RCPT", "DATA", "END")
    bad = permanent and step == "RCPT" and _is_bad_address(code, text)
    return ChannelFailure(str(code), f"{step}: {code} {text}".strip(), permanent=permanent, address_is_bad=bad)


def _is_bad_address(code: int, text: str) -> bool:
    """Whether the recipient's server says that there is no such mailbox, rather than that it does not want our mail."""
    if _ENHANCED.search(text):
        return _BAD_ADDRESS.search(text) is not None
    return code in (550, 553) and _UNKNOWN_USER.search(text) is not None and _POLICY.search(text) is None


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _say_goodbye(session: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        if session.sock is not None:
            session.sock.settimeout(2)
            session.quit()
    session.close()


def _own_name() -> str:
    """What to call ourselves: the machine's name if it is one, never a slow question to a name server."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:120]


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
