"""Mailjet: https://dev.mailjet.com/email/reference/send-emails/, https://dev.mailjet.com/email/guides/webhooks/."""

from __future__ import annotations

from typing import Any, ClassVar

from aldia.domain.ports.channels import Field
from aldia.integrations.channels.by_anymail import HOOK_PASSWORD, AnymailAdapter

API = "https://api.mailjet.com/v3.1/"
PROBE = "https://api.mailjet.com/v3/REST/apikey"


class Mailjet(AnymailAdapter):
    name: ClassVar[str] = "mailjet"
    label: ClassVar[str] = "Mailjet"
    module: ClassVar[str] = "mailjet"
    view: ClassVar[str] = "MailjetTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("api_key", "API key"),
        Field("secret_key", "Secret key", is_secret=True),
        HOOK_PASSWORD,
    )

    def options(self) -> dict[str, Any]:
        return {
            "api_key": self.settings.get("api_key", ""),
            "secret_key": self._secrets.get("secret_key", ""),
            "api_url": self.settings.get("api_url") or API,
        }

    def probe(self) -> tuple[str, dict[str, Any]]:
        own = self.settings.get("api_url")
        keys = (self.settings.get("api_key", ""), self._secrets.get("secret_key", ""))
        return f"{own}apikey" if own else PROBE, {"auth": keys}

    def is_permanent(self, raw: Any) -> bool:
        return bool(raw.get("hard_bounce"))
