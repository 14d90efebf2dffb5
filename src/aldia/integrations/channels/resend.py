"""Resend: https://resend.com/docs/api-reference/emails/send-email.

Webhooks are signed as the Standard Webhooks specification says (HMAC-SHA256 over id, time and bytes):
https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.core.handlers.wsgi import WSGIRequest

from aldia.domain.ports.channels import BadSignature, Field, Outgoing
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels.by_anymail import AnymailAdapter
from aldia.integrations.channels.http import json_of
from aldia.integrations.channels.notices import refuse_stale

API = "https://api.resend.com/"
TOLERANCE = timedelta(minutes=5)  # each attempt is signed anew
SECRET_PREFIX = "whsec_"  # noqa: S105 - how every signing secret begins


class Resend(AnymailAdapter):
    name: ClassVar[str] = "resend"
    label: ClassVar[str] = "Resend"
    module: ClassVar[str] = "resend"
    view: ClassVar[str] = "ResendTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", "API key", is_secret=True, help="re_…"),
        Field(
            "signing_secret",
            gettext_noop("Clave de firma de avisos (Signing secret)"),
            is_secret=True,
            required=False,
            help=gettext_noop("Empieza con whsec_. Sin ella no se reciben avisos."),
        ),
    )

    def options(self) -> dict[str, Any]:
        return {"api_key": self._secrets.get("api_key", ""), "api_url": self.settings.get("api_url") or API}

    def headers(self, message: Outgoing) -> dict[str, str]:
        """The same message asked for twice within a day goes out once."""
        return {"Idempotency-Key": message.header_id.strip("<>")[:256]}

    def probe(self) -> tuple[str, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._secrets.get('api_key', '')}"}
        return f"{self.options()['api_url']}domains", {"headers": headers}

    def is_only_restricted(self, response: Any) -> bool:
        return json_of(response).get("name") == "restricted_api_key"

    def hook(self) -> dict[str, Any]:
        return {"webhook_secret": ["verified:by us"]}

    def verify(self, view: Any, request: WSGIRequest, headers: Mapping[str, str]) -> None:
        stamp = headers.get("svix-timestamp", "")
        wanted = signature_of(self._secrets.get("signing_secret", ""), headers.get("svix-id", ""), stamp, request.body)
        given = [each.partition(",") for each in headers.get("svix-signature", "").split()]
        if not any(v == "v1" and hmac.compare_digest(text.encode(), wanted.encode()) for v, _comma, text in given):
            raise BadSignature
        refuse_stale(headers, stamp, TOLERANCE)

    def is_permanent(self, raw: Any) -> bool:
        return bool(raw.get("data", {}).get("bounce", {}).get("type") == "Permanent")


def signature_of(secret: str, name: str, stamp: str, body: bytes) -> str:
    """The signature of a body; raise `BadSignature` when there is no secret to sign with."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSignature
    signed = f"{name}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
