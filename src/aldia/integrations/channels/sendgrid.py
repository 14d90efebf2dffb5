"""SendGrid: https://www.twilio.com/docs/sendgrid/api-reference/mail-send, signed event webhook (ECDSA).

anymail keeps this one without promising to; the conformance suite holds it to the published shapes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from anymail.exceptions import AnymailNotSupportedWarning
from django.core.handlers.wsgi import WSGIRequest

from aldia.domain.ports.channels import BadSignature, Field
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels.by_anymail import AnymailAdapter
from aldia.integrations.channels.notices import refuse_stale

API = "https://api.sendgrid.com/v3/"
TOLERANCE = timedelta(days=2)  # it tries for 24 hours
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


class SendGrid(AnymailAdapter):
    name: ClassVar[str] = "sendgrid"
    label: ClassVar[str] = "SendGrid"
    module: ClassVar[str] = "sendgrid"
    view: ClassVar[str] = "SendGridTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", "API key", is_secret=True, help="SG.…"),
        Field(
            "verification_key",
            gettext_noop("Clave pública del Event Webhook (Verification Key)"),
            required=False,
            help=gettext_noop("Settings → Mail Settings → Event Webhook → Signature. Sin ella no se reciben avisos."),
        ),
    )

    def options(self) -> dict[str, Any]:
        return {"api_key": self._secrets.get("api_key", ""), "api_url": self.settings.get("api_url") or API}

    def probe(self) -> tuple[str, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._secrets.get('api_key', '')}"}
        return f"{self.options()['api_url']}scopes", {"headers": headers}

    def hook(self) -> dict[str, Any]:
        key = "".join(self.settings.get("verification_key", "").split())
        if not key:
            raise BadSignature
        return {"tracking_webhook_verification_key": key, "webhook_secret": []}

    def verify(self, view: Any, request: WSGIRequest, headers: Mapping[str, str]) -> None:
        super().verify(view, request, headers)
        refuse_stale(headers, headers.get("x-twilio-email-event-webhook-timestamp"), TOLERANCE)

    def is_permanent(self, raw: Any) -> bool:
        return bool(raw.get("event") == "bounce" and raw.get("type", "bounce") == "bounce")
