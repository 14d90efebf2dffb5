"""Mailgun: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages.

Its webhooks sign a token and a time, not the body (HMAC-SHA256); a token is believed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from django.core.handlers.wsgi import WSGIRequest

from aldia.domain.ports.channels import BadSignature, Field
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels.by_anymail import AnymailAdapter
from aldia.integrations.channels.notices import refuse_stale, signed_at

REGIONS = {"us": "https://api.mailgun.net/v3/", "eu": "https://api.eu.mailgun.net/v3/"}
TOLERANCE = timedelta(days=1)  # it tries for 8 hours


class Mailgun(AnymailAdapter):
    name: ClassVar[str] = "mailgun"
    label: ClassVar[str] = "Mailgun"
    module: ClassVar[str] = "mailgun"
    view: ClassVar[str] = "MailgunTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("sender_domain", gettext_noop("Dominio dado de alta en Mailgun"), help="correo.ejemplo.mx"),
        Field(
            "region",
            gettext_noop("Región"),
            choices=(("us", gettext_noop("Estados Unidos")), ("eu", gettext_noop("Europa"))),
            default="us",
        ),
        Field("api_key", "API key", is_secret=True),
        Field(
            "signing_key",
            gettext_noop("Clave de firma de avisos (Webhook signing key)"),
            is_secret=True,
            required=False,
            help=gettext_noop("Sin ella no se reciben avisos."),
        ),
    )

    def options(self) -> dict[str, Any]:
        return {
            "api_key": self._secrets.get("api_key", ""),
            "sender_domain": self.settings.get("sender_domain") or None,
            "api_url": self.settings.get("api_url") or REGIONS.get(self.settings.get("region", ""), REGIONS["us"]),
        }

    def probe(self) -> tuple[str, dict[str, Any]]:
        options = self.options()
        return f"{options['api_url']}domains/{quote(options['sender_domain'] or '', safe='')}", {
            "auth": ("api", options["api_key"])
        }

    def hook(self) -> dict[str, Any]:
        key = self._secrets.get("signing_key", "")
        if not key or not key.isascii():
            raise BadSignature
        return {"webhook_signing_key": key, "webhook_secret": []}

    def verify(self, view: Any, request: WSGIRequest, headers: Mapping[str, str]) -> None:
        if request.content_type != "application/json":
            raise BadSignature  # the form it used before 2018
        super().verify(view, request, headers)
        refuse_stale(headers, signed_at(request.body), TOLERANCE)

    def is_permanent(self, raw: Any) -> bool:
        return bool(raw.get("event-data", {}).get("severity") == "permanent")
