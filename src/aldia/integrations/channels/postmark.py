"""Postmark: https://postmarkapp.com/developer/api/email-api, https://postmarkapp.com/developer/webhooks/webhooks-overview."""

from __future__ import annotations

from typing import Any, ClassVar

from aldia.domain.ports.channels import Field
from aldia.integrations.channels.by_anymail import HOOK_PASSWORD, AnymailAdapter

API = "https://api.postmarkapp.com/"
FOR_EVER = frozenset({"HardBounce", "BadEmailAddress"})


class Postmark(AnymailAdapter):
    name: ClassVar[str] = "postmark"
    label: ClassVar[str] = "Postmark"
    module: ClassVar[str] = "postmark"
    view: ClassVar[str] = "PostmarkTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("server_token", "Server API token", is_secret=True),
        Field("message_stream", "Message stream", required=False, default="outbound"),
        HOOK_PASSWORD,
    )

    def options(self) -> dict[str, Any]:
        return {
            "server_token": self._secrets.get("server_token", ""),
            "message_stream": self.settings.get("message_stream") or None,
            "api_url": self.settings.get("api_url") or API,
        }

    def probe(self) -> tuple[str, dict[str, Any]]:
        headers = {"X-Postmark-Server-Token": self._secrets.get("server_token", ""), "Accept": "application/json"}
        return f"{self.options()['api_url']}server", {"headers": headers}

    def is_permanent(self, raw: Any) -> bool:
        return raw.get("Type") in FOR_EVER
