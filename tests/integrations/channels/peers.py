"""Real peers on this machine: an SMTP server and an HTTP server that behave as they are told, well or badly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "cobranza@ejemplo.mx", "Canario-7Q-clave"


@dataclass
class Mailer:
    """What the SMTP peer does at each step, and what it took."""

    at_rcpt: str = "250 OK"
    at_data: str = "250 2.0.0 Ok: queued"
    drop_at: str = ""  # mail, rcpt, data (before its reply), taken (after keeping the message, before its reply)
    slow_at: str = ""
    seconds: float = 5
    taken: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        await self._trouble(server, "mail")
        envelope.mail_from = address
        self.options.append(list(options))
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        await self._trouble(server, "rcpt")
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._trouble(server, "data")
        if self.drop_at != "data" and self.at_data.startswith("250"):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            found = message_from_bytes(content, policy=default)
            self.taken.append((envelope.mail_from or "", list(envelope.rcpt_tos), found))  # type: ignore[arg-type]
        await self._trouble(server, "taken")
        return self.at_data

    async def _trouble(self, server: SMTP, step: str) -> None:
        if self.slow_at == step:
            await asyncio.sleep(self.seconds)
        if self.drop_at == step and server.transport is not None:
            server.transport.abort()


@contextlib.contextmanager
def smtp_peer(
    mailer: Mailer, *, certificate: ssl.SSLContext | None = None, how: str = "none", **more: Any
) -> Iterator[int]:
    """A server on a free port of this machine; `how`: none, starttls, tls."""
    options: dict[str, Any] = {"ready_timeout": 10, "decode_data": False, "enable_SMTPUTF8": False, **more}
    if how == "starttls":
        options |= {"tls_context": certificate, "require_starttls": True}
    if how == "tls":
        options["ssl_context"] = certificate
    controller = Controller(mailer, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = (getattr(data, "login", b""), getattr(data, "password", b"")) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextlib.contextmanager
def raw_peer(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does whatever `talk` does with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                with connection, contextlib.suppress(OSError):
                    talk(connection)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def make_certificate(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine and the file that makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    return context, cert_file


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """A provider's HTTP interface: answers in turn (the last one stays), or breaks in a way of `breaks`."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    breaks: str = ""  # hang (read the request, answer nothing), drop (read it, close), garbage
    requests: list[Request] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def http_peer(provider: Provider) -> Iterator[Provider]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.requests.append(Request(self.command, self.path, headers, self.rfile.read(length)))
            if provider.breaks == "hang":
                stop.wait(5)
            if provider.breaks in ("hang", "drop"):
                self.close_connection = True
                return
            status, body = provider.answers[0] if len(provider.answers) == 1 else provider.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_arguments: Any) -> None:
            return

    stop = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield provider
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
