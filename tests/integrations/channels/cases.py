"""What each adapter needs to be tried: an account, the provider's published answers, and its published webhooks.

Shapes: the reference pages named in each adapter's docstring. A new line in the registry needs a case here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aldia.integrations.channels import resend, twilio

RECEIVED = "2026-11-22T15:00:00+00:00"
STAMP = 1795359600  # the same moment
URL = "https://aldia.ejemplo.mx/ganchos/canales/0197/abc/"
TO, SMS_TO = "pagos@cliente.mx", "+525512345678"
SECRET = "Canario-7Q-secreto"
CANARY_KEYS = {"hook_password": SECRET}
Headers = Mapping[str, str]


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


@dataclass(frozen=True)
class Notice:
    """A webhook as its provider sends it: `sign(body, stamp)` gives its headers."""

    payload: bytes
    kinds: tuple[str, ...]
    provider_id: str
    sign: Callable[[bytes, int], dict[str, str]]
    permanent: bool = False
    address: str = ""


@dataclass(frozen=True)
class Case:
    """How to try one adapter against a peer that answers as its provider's pages say."""

    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    to: str = TO
    taken: tuple[int, bytes] = (200, b"{}")
    provider_id: str = ""
    refused: tuple[int, bytes] = (400, b"{}")
    bad_address: tuple[int, bytes] | None = None
    later: tuple[int, bytes] = (429, b"{}")
    unauthorised: tuple[int, bytes] = (401, b"{}")
    notices: tuple[Notice, ...] = ()
    signs_body: bool = True  # what is signed covers the bytes (else: a password, or a token and a time)
    signs_time: bool = False
    sees: Callable[[bytes], bool] = lambda sent: b"F-100" in sent


def basic(payload: bytes, stamp: int) -> dict[str, str]:
    del payload, stamp
    return {"authorization": "Basic " + base64.b64encode(f"aldia:{SECRET}".encode()).decode()}


SVIX = "whsec_" + base64.b64encode(b"canario-7q-signing-secret").decode()


def svix(payload: bytes, stamp: int) -> dict[str, str]:
    signature = resend.signature_of(SVIX, "msg_1", str(stamp), payload)
    return {"svix-id": "msg_1", "svix-timestamp": str(stamp), "svix-signature": f"v1,AAAA v1,{signature}"}


SENDGRID_KEY = ec.derive_private_key(0x7A11DA, ec.SECP256R1())


def public_of(key: ec.EllipticCurvePrivateKey) -> str:
    spelling = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(key.public_key().public_bytes(*spelling)).decode()


SENDGRID_PUBLIC = public_of(SENDGRID_KEY)
OTHER_PUBLIC = public_of(ec.derive_private_key(0xBADBAD, ec.SECP256R1()))


def ecdsa(payload: bytes, stamp: int) -> dict[str, str]:
    signature = SENDGRID_KEY.sign(str(stamp).encode() + payload, ec.ECDSA(hashes.SHA256()))
    return {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": str(stamp),
    }


def mailgun_body(event: dict[str, Any], stamp: int = STAMP, key: str = SECRET) -> bytes:
    token = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": str(stamp), "token": token, "signature": signature}
    return body({"signature": block, "event-data": event})


def unsigned(payload: bytes, stamp: int) -> dict[str, str]:
    del payload, stamp
    return {}


def meta(payload: bytes, stamp: int) -> dict[str, str]:
    del stamp
    return {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), payload, hashlib.sha256).hexdigest()}


def twilio_form(payload: bytes, stamp: int) -> dict[str, str]:
    del stamp
    form = dict(each.split("=", 1) for each in payload.decode().split("&"))
    plain = {name: twilio_plain(value) for name, value in form.items()}
    return {
        "x-twilio-signature": twilio.signature_of(SECRET, URL, plain),
        "content-type": "application/x-www-form-urlencoded",
    }


def twilio_plain(value: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(value)


def whatsapp(value: dict[str, Any]) -> bytes:
    metadata = {"display_phone_number": "525555550000", "phone_number_id": "106540352242922"}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
    return body({"object": "whatsapp_business_account", "entry": [{"id": "1023", "changes": [change]}]})


def wa_status(status: str, **more: Any) -> bytes:
    found = {"id": "wamid.HBgL", "status": status, "timestamp": str(STAMP), "recipient_id": "525512345678", **more}
    return whatsapp({"statuses": [found]})


def spark(kind: str, event: dict[str, Any]) -> bytes:
    common = {
        "transmission_id": "65832150921904138",
        "event_id": f"92356927693813856{kind}{event['type']}{event.get('bounce_class', '')}",
        "raw_rcpt_to": TO,
    }
    return body([{"msys": {kind: {"timestamp": str(STAMP), **common, **event}}}, {"msys": {}}])


POSTMARK_ID = "0a129aee-e1cd-480d-b08d-4f48548ff48d"
MAILGUN_ID = "<20261122150000.1.AAAA@correo.ejemplo.mx>"
MAILGUN_COMMON = {"recipient": TO, "timestamp": STAMP, "message": {"headers": {"message-id": MAILGUN_ID.strip("<>")}}}
SENDGRID_COMMON = {"email": TO, "timestamp": STAMP, "anymail_id": "our-id", "smtp-id": "<x@y>"}
BREVO_COMMON = {"email": TO, "ts_epoch": STAMP * 1000, "message-id": "<201798300811.5787683@relay.domain.com>"}
MAILJET_COMMON = {"time": STAMP, "MessageID": 19421777835146490, "email": TO}
RESEND_DATA = {"email_id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794", "to": [TO], "subject": "F-100"}
TWILIO_COMMON = {"MessageSid": "SM1", "AccountSid": "AC1", "To": SMS_TO, "From": "+525500000000"}

CASES: dict[str, Case] = {
    "postmark": Case(
        settings={"message_stream": "outbound"},
        secrets={"server_token": SECRET, **CANARY_KEYS},
        taken=(200, body({"To": TO, "MessageID": POSTMARK_ID, "ErrorCode": 0, "Message": "OK"})),
        provider_id=POSTMARK_ID,
        refused=(422, body({"ErrorCode": 405, "Message": "Not allowed to send."})),
        bad_address=(422, body({
            "ErrorCode": 406,
            "Message": "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: "
            f"{TO}. Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual "
            "suppression.",
        })),
        unauthorised=(401, body({"ErrorCode": 10, "Message": f"Bad or missing API token {SECRET}."})),
        signs_body=False,
        notices=(
            Notice(body({"RecordType": "Delivery", "MessageID": POSTMARK_ID, "Recipient": TO,
                         "DeliveredAt": "2026-11-22T15:00:00Z", "Details": "Test", "Metadata": {}}),
                   ("delivered",), POSTMARK_ID, basic),
            Notice(body({"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "MessageID": POSTMARK_ID, "Email": TO,
                         "BouncedAt": "2026-11-22T15:00:00Z", "Description": "The server was unable to deliver"}),
                   ("bounced",), POSTMARK_ID, basic, permanent=True),
            Notice(body({"RecordType": "Bounce", "Type": "SoftBounce", "ID": 43, "MessageID": POSTMARK_ID, "Email": TO,
                         "BouncedAt": "2026-11-22T15:00:00Z"}), ("bounced",), POSTMARK_ID, basic),
            Notice(body({"RecordType": "Open", "MessageID": POSTMARK_ID, "Recipient": TO,
                         "ReceivedAt": "2026-11-22T15:00:00Z"}), ("opened",), POSTMARK_ID, basic),
            Notice(body({"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 44, "MessageID": POSTMARK_ID,
                         "Email": TO, "BouncedAt": "2026-11-22T15:00:00Z"}), ("complained",), POSTMARK_ID, basic),
            Notice(body({"RecordType": "SubscriptionChange", "MessageID": POSTMARK_ID, "Recipient": TO,
                         "SuppressSending": True, "SuppressionReason": "ManualSuppression",
                         "ChangedAt": "2026-11-22T15:00:00Z"}), ("unsubscribed",), POSTMARK_ID, basic),
        ),
    ),
    "resend": Case(
        secrets={"api_key": SECRET, "signing_secret": SVIX},
        taken=(200, body({"id": RESEND_DATA["email_id"]})),
        provider_id=str(RESEND_DATA["email_id"]),
        refused=(422, body({"statusCode": 422, "name": "validation_error", "message": "Invalid `from` field."})),
        later=(429, body({"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests"})),
        signs_time=True,
        notices=tuple(
            Notice(body({"type": f"email.{name}", "created_at": "2026-11-22T15:00:00.000Z",
                         "data": RESEND_DATA | more}),
                   (kind,), str(RESEND_DATA["email_id"]), svix, permanent=permanent)
            for name, kind, more, permanent in (
                ("delivered", "delivered", {}, False),
                ("opened", "opened", {}, False),
                ("complained", "complained", {}, False),
                ("bounced", "bounced", {"bounce": {"type": "Permanent", "message": "hard bounce message"}}, True),
                ("bounced", "bounced", {"bounce": {"type": "Transient", "message": "bounce message"}}, False),
            )
        ),
    ),
    "mailgun": Case(
        settings={"sender_domain": "correo.ejemplo.mx", "region": "us"},
        secrets={"api_key": "key-canario", "signing_key": SECRET},
        taken=(200, body({"id": MAILGUN_ID, "message": "Queued. Thank you."})),
        provider_id=MAILGUN_ID,
        refused=(400, body({"message": "from parameter is not a valid address. please check documentation"})),
        unauthorised=(401, b"Forbidden"),
        signs_body=False,
        signs_time=True,
        notices=tuple(
            Notice(mailgun_body(MAILGUN_COMMON | event), (kind,), MAILGUN_ID, unsigned, permanent=permanent)
            for event, kind, permanent in (
                ({"event": "delivered"}, "delivered", False),
                ({"event": "opened"}, "opened", False),
                ({"event": "failed", "severity": "permanent", "reason": "bounce"}, "bounced", True),
                ({"event": "failed", "severity": "temporary", "reason": "generic"}, "deferred", False),
                ({"event": "complained"}, "complained", False),
                ({"event": "unsubscribed"}, "unsubscribed", False),
            )
        ),
    ),
    "brevo": Case(
        secrets={"api_key": SECRET, **CANARY_KEYS},
        taken=(201, body({"messageId": BREVO_COMMON["message-id"]})),
        provider_id=str(BREVO_COMMON["message-id"]),
        refused=(400, body({"code": "invalid_parameter", "message": "valid sender email required"})),
        unauthorised=(401, body({"message": "Key not found", "code": "unauthorized"})),
        signs_body=False,
        notices=tuple(
            Notice(body({"event": event, **BREVO_COMMON}), (kind,), str(BREVO_COMMON["message-id"]), basic,
                   permanent=permanent)
            for event, kind, permanent in (
                ("delivered", "delivered", False),
                ("unique_opened", "opened", False),
                ("hard_bounce", "bounced", True),
                ("soft_bounce", "bounced", False),
                ("spam", "complained", False),
                ("unsubscribe", "unsubscribed", False),
            )
        ),
    ),
    "sendgrid": Case(
        settings={"verification_key": SENDGRID_PUBLIC},
        secrets={"api_key": SECRET},
        taken=(202, b""),
        refused=(400, body({"errors": [{"message": "The subject is required.", "field": "subject", "help": None}]})),
        unauthorised=(401, body({"errors": [{"message": "The provided authorization grant is invalid"}]})),
        signs_time=True,
        notices=tuple(
            Notice(body([SENDGRID_COMMON | {"sg_event_id": f"evt-{index}"} | event]), (kind,), "our-id", ecdsa,
                   permanent=permanent)
            for index, (event, kind, permanent) in enumerate((
                ({"event": "delivered", "response": "250 OK"}, "delivered", False),
                ({"event": "open"}, "opened", False),
                ({"event": "bounce", "type": "bounce", "reason": "550 unknown"}, "bounced", True),
                ({"event": "bounce", "type": "blocked", "reason": "554 spam"}, "bounced", False),
                ({"event": "dropped", "reason": "Bounced Address"}, "bounced", True),
                ({"event": "spamreport"}, "complained", False),
                ({"event": "unsubscribe"}, "unsubscribed", False),
            ))
        ),
    ),
    "mailjet": Case(
        settings={"api_key": "publica"},
        secrets={"secret_key": SECRET, **CANARY_KEYS},
        taken=(200, body({"Messages": [{"Status": "success", "To": [
            {"Email": TO, "MessageUUID": "123", "MessageID": 19421777835146490, "MessageHref": "https://api"}]}]})),
        provider_id="19421777835146490",
        refused=(400, body({"Messages": [{"Status": "error", "Errors": [
            {"ErrorCode": "send-0008", "StatusCode": 403, "ErrorMessage": "not an authorized sender"}]}]})),
        unauthorised=(401, body({"ErrorIdentifier": "x", "StatusCode": 401, "ErrorMessage": "API key failed"})),
        signs_body=False,
        notices=tuple(
            Notice(body(MAILJET_COMMON | event), (kind,), "19421777835146490", basic, permanent=permanent)
            for event, kind, permanent in (
                ({"event": "sent"}, "delivered", False),
                ({"event": "open"}, "opened", False),
                ({"event": "bounce", "hard_bounce": True, "error": "user unknown"}, "bounced", True),
                ({"event": "bounce", "hard_bounce": False, "error": "quota exceeded"}, "bounced", False),
                ({"event": "spam", "source": "JMRPP"}, "complained", False),
                ({"event": "unsub"}, "unsubscribed", False),
            )
        ),
    ),
    "sparkpost": Case(
        settings={"region": "us"},
        secrets={"api_key": SECRET, **CANARY_KEYS},
        taken=(200, body({"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1,
                                      "id": "65832150921904138"}})),
        provider_id="65832150921904138",
        refused=(422, body({"errors": [{"message": "Invalid domain", "code": "7001", "description": "Unconfigured"}]})),
        bad_address=(200, body({"results": {"total_rejected_recipients": 1, "total_accepted_recipients": 0,
                                            "id": "65832150921904138"}})),
        unauthorised=(401, body({"errors": [{"message": "Unauthorized."}]})),
        signs_body=False,
        notices=(
            Notice(spark("message_event", {"type": "delivery"}), ("delivered",), "65832150921904138", basic),
            Notice(spark("message_event", {"type": "bounce", "bounce_class": "10"}), ("bounced",),
                   "65832150921904138", basic, permanent=True),
            Notice(spark("message_event", {"type": "bounce", "bounce_class": "22"}), ("bounced",),
                   "65832150921904138", basic),
            Notice(spark("track_event", {"type": "open"}), ("opened",), "65832150921904138", basic),
            Notice(spark("message_event", {"type": "spam_complaint"}), ("complained",), "65832150921904138", basic),
            Notice(spark("unsubscribe_event", {"type": "list_unsubscribe"}), ("unsubscribed",), "65832150921904138",
                   basic),
        ),
    ),
    "twilio": Case(
        settings={"account_sid": "AC1", "from_number": "+525500000000", "callback_url": URL},
        secrets={"auth_token": SECRET},
        to=SMS_TO,
        taken=(201, body({"sid": "SM1", "status": "queued", "error_code": None})),
        provider_id="SM1",
        refused=(400, body({"code": 21612, "message": "Combination of From and To not allowed", "status": 400})),
        bad_address=(400, body({"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400})),
        later=(429, body({"code": 20429, "message": "Too Many Requests", "status": 429})),
        unauthorised=(401, body({"code": 20003, "message": "Authenticate", "status": 401})),
        notices=(
            Notice(urlencode(TWILIO_COMMON | {"MessageStatus": "delivered"}).encode(), ("delivered",), "SM1",
                   twilio_form),
            Notice(urlencode(TWILIO_COMMON | {"MessageStatus": "sent"}).encode(), ("sent",), "SM1", twilio_form),
            Notice(urlencode(TWILIO_COMMON | {"MessageStatus": "queued"}).encode(), (), "", twilio_form),
            Notice(urlencode(TWILIO_COMMON | {"MessageStatus": "undelivered", "ErrorCode": "30005"}).encode(),
                   ("bounced",), "SM1", twilio_form, permanent=True),
            Notice(urlencode(TWILIO_COMMON | {"MessageStatus": "failed", "ErrorCode": "30007"}).encode(), ("failed",),
                   "SM1", twilio_form),
            Notice(urlencode({"MessageSid": "SM2", "From": SMS_TO, "To": "+525500000000", "Body": "Ya pagué"}).encode(),
                   ("answered",), "", twilio_form, address=SMS_TO),
            Notice(urlencode({"MessageSid": "SM3", "From": SMS_TO, "To": "+525500000000", "Body": "STOP"}).encode(),
                   ("unsubscribed",), "", twilio_form, address=SMS_TO),
        ),
    ),
    "whatsapp_cloud": Case(
        settings={"phone_number_id": "106540352242922"},
        secrets={"access_token": "EAAcanario", "app_secret": SECRET, "verify_token": "palabra-de-prueba"},
        to=SMS_TO,
        taken=(200, body({"messaging_product": "whatsapp", "contacts": [{"input": "52", "wa_id": "52"}],
                          "messages": [{"id": "wamid.HBgL", "message_status": "accepted"}]})),
        provider_id="wamid.HBgL",
        refused=(400, body({"error": {"message": "(#132000) Number of parameters does not match", "code": 132000}})),
        bad_address=(400, body({"error": {"message": "(#131026) Message undeliverable", "code": 131026}})),
        later=(400, body({"error": {"message": "(#130429) Rate limit hit", "code": 130429}})),
        unauthorised=(401, body({"error": {"message": "Error validating access token EAAcanario", "code": 190}})),
        notices=(
            Notice(wa_status("sent"), ("sent",), "wamid.HBgL", meta),
            Notice(wa_status("delivered"), ("delivered",), "wamid.HBgL", meta),
            Notice(wa_status("read"), ("opened",), "wamid.HBgL", meta),
            Notice(wa_status("failed", errors=[{"code": 131026, "title": "Message undeliverable"}]), ("bounced",),
                   "wamid.HBgL", meta, permanent=True),
            Notice(wa_status("failed", id="wamid.OTHER", errors=[{"code": 131047, "title": "Re-engagement"}]),
                   ("failed",), "wamid.OTHER", meta),
            Notice(whatsapp({"messages": [{"from": "525512345678", "id": "wamid.IN", "timestamp": str(STAMP),
                                           "context": {"id": "wamid.HBgL"}, "type": "text",
                                           "text": {"body": "Ya pagué"}}]}),
                   ("answered",), "wamid.HBgL", meta, address=SMS_TO),
        ),
    ),
}  # fmt: skip
WITHOUT_NETWORK = {"mailbox", "letter"}
BY_SMTP = {"smtp"}
