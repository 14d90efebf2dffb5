"""SMS by Twilio's Programmable Messaging, without its SDK.

Sending:   https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
Callbacks: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
Signature: https://www.twilio.com/docs/usage/security#validating-requests
Errors:    https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, NoReturn
from urllib.parse import parse_qsl, quote, urlsplit

from aldia.domain.ports.channels import BadSignature, Event, EventKind, Field, Outgoing, Sent
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels import http
from aldia.integrations.channels.addresses import telephone
from aldia.integrations.channels.notices import received_at

API = "https://api.twilio.com"
MAX_CHARACTERS = 1600  # error 21617 beyond
STATUSES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "read": EventKind.OPENED,
    "undelivered": EventKind.BOUNCED,
    "failed": EventKind.FAILED,
}
# The number itself cannot be written to: not one, not mobile, gone, or it answered STOP (21610).
BAD_NUMBER = frozenset({"21211", "21214", "21217", "21610", "21614", "30005", "30006"})
# Ours to put right, or passing: credentials, a country not allowed yet, our own number, queue full, account suspended.
TEMPORARY = frozenset({"20003", "20429", "21212", "21408", "21606", "21611", "30001", "30002", "30010"})
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ALTO", "BAJA", "CANCELAR"})


class Twilio:
    """SMS from a number or a messaging service of the company's own Twilio account."""

    name: ClassVar[str] = "twilio"
    label: ClassVar[str] = "Twilio"
    channel: ClassVar[str] = "sms"
    tracks: ClassVar[frozenset[EventKind]] = frozenset(STATUSES.values()) | {
        EventKind.ANSWERED,
        EventKind.UNSUBSCRIBED,
    }
    fields: ClassVar[tuple[Field, ...]] = (
        Field("account_sid", "Account SID", help="AC…"),
        Field("auth_token", "Auth Token", is_secret=True),
        Field("from_number", gettext_noop("Número o servicio que envía"), help="+52… · MG…"),
    )

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.sid = quote(settings.get("account_sid", "").strip(), safe="")
        self.sender = settings.get("from_number", "").strip()
        self.callback = settings.get("callback_url", "")
        self.api = settings.get("api_url") or API
        self._token = secrets.get("auth_token", "")

    def send(self, message: Outgoing) -> Sent:
        form = {"To": telephone(message.to_address), "Body": message.text[:MAX_CHARACTERS]}
        form["MessagingServiceSid" if self.sender.startswith("MG") else "From"] = self.sender
        if self.callback:
            form["StatusCallback"] = self.callback
        url = f"{self.api}/2010-04-01/Accounts/{self.sid}/Messages.json"
        response = http.post(url, data=form, auth=(self.sid, self._token))
        answer = http.json_of(response)
        if response.status_code == 201:
            return Sent(str(answer.get("sid") or ""))
        self._refuse(response.status_code, answer)

    def check(self) -> None:
        """Read the account: the SID and the token are right."""
        response = http.get(f"{self.api}/2010-04-01/Accounts/{self.sid}.json", auth=(self.sid, self._token))
        if response.status_code != 200:
            self._refuse(response.status_code, http.json_of(response))

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        """A status callback or an incoming message: a form, signed with the address that was called."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        signature = headers.get("x-twilio-signature", "")
        addresses = spellings(headers.get(":url", ""))
        if not self._token or not any(
            hmac.compare_digest(signature_of(self._token, each, form).encode(), signature.encode())
            for each in addresses
        ):
            raise BadSignature
        return events_of(form, received_at(headers))

    def _refuse(self, status: int, answer: Mapping[str, object]) -> NoReturn:
        code = str(answer.get("code") or status)
        text = http.without(str(answer.get("message") or f"HTTP {status}"), [self._token])
        http.raise_for(status, code, text, permanent=code not in TEMPORARY, bad=code in BAD_NUMBER)


def signature_of(token: str, url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature of a form: HMAC-SHA1 over the address and every name and value, sorted by name."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def spellings(url: str) -> list[str]:
    """The address as it may have been signed: Twilio keeps or drops the standard port."""
    parts = urlsplit(url)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    if not url or standard is None:
        return []
    if parts.port is None:
        return [url, parts._replace(netloc=f"{parts.netloc}:{standard}").geturl()]
    return [url, parts._replace(netloc=parts.hostname or "").geturl()] if parts.port == standard else [url]


def events_of(form: Mapping[str, str], at: datetime) -> list[Event]:
    """What a form of Twilio's says. It carries no time of its own: `at` is when it came."""
    sid, status = form.get("MessageSid") or form.get("SmsSid", ""), form.get("MessageStatus", "")
    raw = {name: value for name, value in form.items() if name not in ("AccountSid", "ApiVersion")}
    if status in STATUSES:
        code = form.get("ErrorCode", "")
        bad = code in BAD_NUMBER
        kind = EventKind.BOUNCED if bad else STATUSES[status]
        return [Event(kind, sid, f"{sid}:{status}", at, form.get("To", ""), code, permanent=bad, raw=raw)]
    if not status and form.get("From") and "Body" in form:
        kind = EventKind.UNSUBSCRIBED if form["Body"].strip().upper() in OPT_OUT else EventKind.ANSWERED
        return [Event(kind, "", f"{sid}:in", at, form["From"], form["Body"][:500], raw=raw)]
    return []
