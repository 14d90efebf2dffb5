"""WhatsApp by Meta's Cloud API: approved templates out; statuses and answers in.

Sending:   https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
Documents: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
Webhooks:  https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
Signature: https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validating-payloads
Errors:    https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from aldia.domain.ports.channels import (
    BadSignature,
    ChannelFailure,
    ChannelUnknown,
    Event,
    EventKind,
    Field,
    Outgoing,
    OutgoingFile,
    Sent,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels import http
from aldia.integrations.channels.addresses import one_line, telephone
from aldia.integrations.channels.notices import name_of, received_at

API = "https://graph.facebook.com/v23.0"
STATUSES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "read": EventKind.OPENED,
    "failed": EventKind.FAILED,
}
BAD_NUMBER = frozenset({"131026", "131021", "131050"})  # not on WhatsApp, our own number, asked for no more
TEMPORARY = frozenset(
    {"0", "3", "4", "10", "190", "200", "368", "80007", "130429", "130472", "131000", "131016", "131031", "131042",
     "131045", "131048", "131049", "131056", "131057", "132015", "132016", "133004", "133010"}
)  # fmt: skip
LANGUAGES = {"es": "es_MX", "en": "en_US"}
MAX_PARAMETER = 1024
OPT_OUT = frozenset({"STOP", "ALTO", "BAJA", "CANCELAR"})


class WhatsAppCloud:
    """A number of the company's own WhatsApp Business account."""

    name: ClassVar[str] = "whatsapp_cloud"
    label: ClassVar[str] = "WhatsApp Cloud API (Meta)"
    channel: ClassVar[str] = "whatsapp"
    tracks: ClassVar[frozenset[EventKind]] = frozenset(STATUSES.values()) | {
        EventKind.ANSWERED,
        EventKind.BOUNCED,
        EventKind.UNSUBSCRIBED,
    }
    fields: ClassVar[tuple[Field, ...]] = (
        Field("phone_number_id", gettext_noop("Identificador del número (Phone number ID)")),
        Field("access_token", gettext_noop("Token de acceso permanente"), is_secret=True),
        Field("app_secret", gettext_noop("Clave secreta de la app (App Secret)"), is_secret=True),
        Field(
            "verify_token",
            gettext_noop("Palabra de verificación del webhook"),
            is_secret=True,
            required=False,
            help=gettext_noop("La inventas tú y la escribes igual en Meta."),
        ),
    )

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.number = quote(settings.get("phone_number_id", "").strip(), safe="")
        self.api = settings.get("api_url") or API
        self._token, self._app = secrets.get("access_token", ""), secrets.get("app_secret", "")
        self._verify = secrets.get("verify_token", "")

    def send(self, message: Outgoing) -> Sent:
        if not message.provider_template:
            text = "Falta el nombre de la plantilla aprobada por WhatsApp."
            raise ChannelFailure("no_template", text, permanent=True)
        recipient = telephone(message.to_address).lstrip("+")
        header = [self._document(message.files[0])] if message.files else []
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": recipient,
            "type": "template",
            "template": {
                "name": message.provider_template,
                "language": {"code": LANGUAGES.get(message.language, message.language)},
                "components": [*header, *_parameters(message.parameters)],
            },
            "biz_opaque_callback_data": message.header_id[:512],
        }
        answer = self._answer(http.post(f"{self.api}/{self.number}/messages", json=body, headers=self._headers()))
        try:
            return Sent(str(answer["messages"][0]["id"]))
        except (KeyError, IndexError, TypeError) as error:
            raise ChannelUnknown("El proveedor contestó algo que no se entiende.") from error

    def check(self) -> None:
        """Read the number: the identifier and the token are right."""
        self._answer(http.get(f"{self.api}/{self.number}", headers=self._headers()))

    def challenge(self, query: Mapping[str, str]) -> str:
        """What to answer to Meta when it asks whether the address is ours; raise `BadSignature` when it is not Meta."""
        given = query.get("hub.verify_token", "")
        wanted = self._verify and hmac.compare_digest(given.encode(), self._verify.encode())
        if query.get("hub.mode") != "subscribe" or not wanted or not query.get("hub.challenge", "").isalnum():
            raise BadSignature
        return query["hub.challenge"]

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        """Statuses of what we sent and what customers answer, signed over the bytes with the app's secret."""
        digest = hmac.new(self._app.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("x-hub-signature-256", "").encode()
        if not self._app or not hmac.compare_digest(f"sha256={digest}".encode(), given):
            raise BadSignature
        try:
            return list(_events(json.loads(body), self.number, received_at(headers)))
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"{type(error).__name__} in a notice of Meta") from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _document(self, file: OutgoingFile) -> dict[str, Any]:
        """Upload the file first; a message that is not sent afterwards leaves it unused, and Meta forgets it."""
        form = {"messaging_product": "whatsapp", "type": file.content_type}
        sent = (one_line(file.name) or "documento", file.data, file.content_type)
        try:
            response = http.post(
                f"{self.api}/{self.number}/media", data=form, files={"file": sent}, headers=self._headers()
            )
            media = str(self._answer(response).get("id") or "")
        except ChannelUnknown as error:  # an upload writes to nobody
            raise ChannelFailure("media", str(error), permanent=False) from error
        if not media:
            raise ChannelFailure("media", "El proveedor no aceptó el documento.", permanent=False)
        document = {"id": media, "filename": one_line(file.name)}
        return {"type": "header", "parameters": [{"type": "document", "document": document}]}

    def _answer(self, response: Any) -> Mapping[str, Any]:
        answer = http.json_of(response)
        if response.status_code == 200:
            return answer
        found = answer.get("error")
        error: Mapping[str, Any] = found if isinstance(found, dict) else {}
        code = str(error.get("code", response.status_code))
        text = http.without(str(error.get("message") or f"HTTP {response.status_code}"), [self._token, self._app])
        if code in TEMPORARY:
            raise ChannelFailure(code, text, permanent=False)
        http.raise_for(response.status_code, code, text, permanent=True, bad=code in BAD_NUMBER)


def _parameters(values: tuple[str, ...]) -> list[dict[str, Any]]:
    """The numbered places of the template. Meta refuses line ends and runs of spaces in them (error 132018)."""
    if not values:
        return []
    parameters = [{"type": "text", "text": one_line(value, MAX_PARAMETER) or "-"} for value in values]
    return [{"type": "body", "parameters": parameters}]


def _events(notice: Any, number: str, at: datetime) -> Iterator[Event]:
    for entry in notice["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            if value.get("metadata", {}).get("phone_number_id", number) != number:
                continue  # another number of the same app
            yield from (_status(each, at) for each in value.get("statuses", ()) if each.get("status") in STATUSES)
            yield from (_incoming(each, at) for each in value.get("messages", ()))


def _status(each: Any, at: datetime) -> Event:
    errors = [str(error.get("code", "")) for error in each.get("errors", ())]
    detail = " ".join(f"{error.get('code', '')} {error.get('title', '')}" for error in each.get("errors", ()))
    bad = any(code in BAD_NUMBER for code in errors)
    kind = EventKind.BOUNCED if bad else STATUSES[each["status"]]
    key = f"{each['id']}:{each['status']}"
    return Event(kind, each["id"], key, _moment(each, at), f"+{each['recipient_id']}", detail[:500], bad, each)


def _incoming(each: Any, at: datetime) -> Event:
    """An answer; it names the message it answers when the customer used "reply"."""
    said = each.get("text", {}).get("body") or each.get("button", {}).get("text") or f"[{each.get('type', '')}]"
    kind = EventKind.UNSUBSCRIBED if said.strip().upper() in OPT_OUT else EventKind.ANSWERED
    about = each.get("context", {}).get("id", "")
    key = each.get("id") or name_of(each)
    return Event(kind, about, key, _moment(each, at), f"+{each['from']}", said[:500], raw=each)


def _moment(each: Any, at: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(int(each["timestamp"]), UTC)
    except (KeyError, ValueError, OverflowError):
        return at
