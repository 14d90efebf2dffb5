"""E-mail by the HTTP interfaces of providers, which django-anymail speaks; each has a file of its own beside this one.

Here is what they share: an account's own keys (never Django's settings), what an answer or its silence means, and
their webhooks in our words (verified and read by anymail's own views).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from io import BytesIO
from typing import Any, ClassVar, NoReturn

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailWebhookValidationFailure,
)
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.core.handlers.wsgi import WSGIRequest
from django.core.mail import EmailMultiAlternatives
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError, SSLError

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
from aldia.integrations.channels import http
from aldia.integrations.channels.addresses import one_line, own_address, recipient_address
from aldia.integrations.channels.mail import attach, reply_headers, shown_inside
from aldia.integrations.channels.notices import name_of, received_at

HOOK_USER = "aldia"
NOT_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, SSLError)
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, AnymailConfigurationError)
KINDS = {
    EventType.SENT: EventKind.SENT,
    EventType.DELIVERED: EventKind.DELIVERED,
    EventType.OPENED: EventKind.OPENED,
    EventType.CLICKED: EventKind.CLICKED,
    EventType.BOUNCED: EventKind.BOUNCED,
    EventType.COMPLAINED: EventKind.COMPLAINED,
    EventType.UNSUBSCRIBED: EventKind.UNSUBSCRIBED,
    EventType.DEFERRED: EventKind.DEFERRED,
    EventType.FAILED: EventKind.FAILED,
    EventType.REJECTED: EventKind.FAILED,
}
REASONS = {
    RejectReason.INVALID: EventKind.BOUNCED,
    RejectReason.BOUNCED: EventKind.BOUNCED,
    RejectReason.SPAM: EventKind.COMPLAINED,
    RejectReason.UNSUBSCRIBED: EventKind.UNSUBSCRIBED,
}
HOOK_PASSWORD = Field(
    "hook_password",
    gettext_noop("Contraseña de los avisos"),
    is_secret=True,
    required=False,
    help=gettext_noop("La inventas tú; va en la dirección del webhook. Sin ella no se reciben avisos."),
)


class AnymailAdapter:
    """Base of the providers: each says its module, its fields, and what it calls a bounce that is for ever."""

    channel: ClassVar[str] = "email"
    tracks: ClassVar[frozenset[EventKind]] = frozenset(KINDS.values())
    module: ClassVar[str]
    view: ClassVar[str]
    inline_images: ClassVar[bool] = True

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.settings, self._secrets = settings, secrets

    def options(self) -> dict[str, Any]:
        """What anymail's backend takes: keys, region."""
        raise NotImplementedError

    def probe(self) -> tuple[str, dict[str, Any]]:
        """An address that answers 200 to good credentials and sends nothing, and how to ask for it."""
        raise NotImplementedError

    def is_permanent(self, raw: Any) -> bool:
        """Whether a bounce says that the address will never work."""
        raise NotImplementedError

    def headers(self, message: Outgoing) -> dict[str, str]:
        """Headers of the HTTP request besides anymail's own."""
        del message
        return {}

    def send(self, message: Outgoing) -> Sent:
        mail = self._mail(message)
        try:
            self._send(mail, message)
        except AnymailRecipientsRefused:
            text = "El proveedor no escribe a esta dirección: no es válida o ya la rechazó antes."
            raise ChannelFailure("refused", text, permanent=True, address_is_bad=True) from None
        except AnymailAPIError as error:
            self._refuse(error)
        except UnicodeError:
            text = "Alguna clave de la cuenta tiene letras que no puede tener."
            raise ChannelFailure("settings", text, permanent=False) from None
        except (AnymailError, AnymailConfigurationError) as error:
            raise ChannelFailure("settings", self._said(str(error)), permanent=True) from None
        return self._outcome(mail)

    def check(self) -> None:
        """Ask the provider something harmless with the account's keys."""
        url, request = self.probe()
        response = http.get(url, **request)
        if response.status_code != 200 and not self.is_only_restricted(response):
            code, text = words_of(response.status_code, http.json_of(response))
            http.raise_for(response.status_code, code, self._said(text), permanent=False)

    def is_only_restricted(self, response: Any) -> bool:
        """Whether the key is good, and merely may do nothing but send."""
        return bool(response.status_code == 403)

    def verify(self, view: Any, request: WSGIRequest, headers: Mapping[str, str]) -> None:
        """Prove where a webhook comes from; raise `BadSignature`. Here: anymail's own way for the provider."""
        del headers
        view.run_validators(request)

    def hook(self) -> dict[str, Any]:
        """What anymail's view needs to verify. Without a password nothing is believed."""
        password = self._secrets.get("hook_password", "")
        if not password:
            raise BadSignature
        return {"webhook_secret": [f"{HOOK_USER}:{password}"]}

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        view = self._load("webhooks", self.view)(**self.hook())
        request = request_of(headers, body)
        try:
            self.verify(view, request, headers)
        except (AnymailWebhookValidationFailure, *UNREADABLE) as error:
            raise BadSignature from error
        try:
            events = view.parse_events(request)
            found = [self._event(each, headers) for each in events]
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of {self.module}") from error
        return [each for each in found if each is not None]

    def _load(self, package: str, name: str) -> Callable[..., Any]:
        return getattr(import_module(f"anymail.{package}.{self.module}"), name)  # type: ignore[no-any-return]

    def _mail(self, message: Outgoing) -> EmailMultiAlternatives:
        sender, recipient = own_address(message.sender_address), recipient_address(message.to_address)
        extra = reply_headers(message)
        answers = extra.pop("Reply-To", "")
        mail = EmailMultiAlternatives(
            one_line(message.subject),
            message.text or " ",
            _named(message.sender_name, sender),
            [_named(message.to_name, recipient)],
            headers=extra,
            reply_to=[answers] if answers else None,
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        for file in message.files:
            mail.attach(attach(file, inline=self.inline_images and shown_inside(file, message)))
        return mail

    def _send(self, mail: EmailMultiAlternatives, message: Outgoing) -> None:
        backend = self._load("backends", "EmailBackend")(**self.options(), timeout=http.TIMEOUT)
        backend.open()
        try:
            backend.session.max_redirects = 0
            backend.session.headers.update(self.headers(message))
            backend.send_messages([mail])
        finally:
            backend.close()

    def _outcome(self, mail: Any) -> Sent:
        """What the provider said of our one recipient."""
        status = mail.anymail_status
        if status.status & {"failed"}:
            answer = http.json_of(status.esp_response)
            code, text = words_of(status.esp_response.status_code, answer)
            http.raise_for(status.esp_response.status_code, code, self._said(text), permanent=True)
        if not status.status or status.status & {"unknown", None}:
            raise ChannelUnknown("El proveedor contestó algo que no se entiende.")
        return Sent(str(status.message_id or "")[:200])

    def _refuse(self, error: AnymailAPIError) -> NoReturn:
        response, cause = error.response, error.__cause__
        if response is None:
            if _never_left(cause):
                raise ChannelFailure("connection", "No se pudo conectar con el proveedor.", permanent=False) from None
            raise ChannelUnknown(f"No llegó la respuesta del proveedor ({type(cause).__name__}).") from None
        if 200 <= response.status_code < 300:
            raise ChannelUnknown("El proveedor contestó algo que no se entiende.") from None
        code, text = words_of(response.status_code, http.json_of(response))
        http.raise_for(response.status_code, code, self._said(text), permanent=True)

    def _said(self, text: str) -> str:
        return http.without(text, self._secrets.values())

    def _event(self, event: AnymailTrackingEvent, headers: Mapping[str, str]) -> Event | None:
        kind = KINDS.get(event.event_type)
        if kind is None:  # queued, an answering machine, something new
            return None
        raw = event.esp_event
        permanent = event.event_type == EventType.BOUNCED and self.is_permanent(raw)
        if event.event_type == EventType.REJECTED:
            kind = REASONS.get(event.reject_reason, kind)
            permanent = event.reject_reason in (RejectReason.INVALID, RejectReason.BOUNCED)
        at, address = event.timestamp or received_at(headers), event.recipient or ""
        detail = one_line(event.mta_response or event.description or "", 500)
        key = str(event.event_id or name_of(raw))[:200]
        return Event(kind, str(event.message_id or "")[:200], key, at, address, detail, permanent, raw)


def request_of(headers: Mapping[str, str], body: bytes) -> WSGIRequest:
    """The request as anymail's views expect it."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers.get("content-type", "application/json"),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "https",
    }
    own = {name: value for name, value in headers.items() if not name.startswith(":") and name != "content-type"}
    return WSGIRequest(environ | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in own.items()})


def words_of(status: int, answer: Mapping[str, Any]) -> tuple[str, str]:
    """The code and the sentence in an error of any of the providers."""
    found: Any = answer
    for name in ("Messages", "Errors", "errors"):
        inner = found.get(name)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            found = inner[0]
    code = next((str(found[name]) for name in ("ErrorCode", "code", "name") if found.get(name)), str(status))
    names = ("Message", "message", "ErrorMessage", "description")
    text = next((str(found[name]) for name in names if found.get(name)), f"HTTP {status}")
    return code[:40], text


def _named(name: str, address: str) -> str:
    plain = one_line(name).replace("\\", " ").replace('"', "'")
    return f'"{plain}" <{address}>' if plain else address


def _never_left(cause: BaseException | None) -> bool:
    """Whether the connection was never made: then nothing was sent."""
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.InvalidHeader):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NOT_SENT)
