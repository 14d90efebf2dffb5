"""Brevo: https://developers.brevo.com/reference/sendtransacemail, https://developers.brevo.com/docs/transactional-webhooks."""

from __future__ import annotations

from typing import Any, ClassVar

from aldia.domain.ports.channels import Field
from aldia.integrations.channels.by_anymail import HOOK_PASSWORD, AnymailAdapter

API = "https://api.brevo.com/v3/"
FOR_EVER = frozenset({"hard_bounce", "invalid_email"})


class Brevo(AnymailAdapter):
    name: ClassVar[str] = "brevo"
    label: ClassVar[str] = "Brevo"
    module: ClassVar[str] = "brevo"
    view: ClassVar[str] = "BrevoTrackingWebhookView"
    inline_images: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = (Field("api_key", "API key", is_secret=True, help="xkeysib-…"), HOOK_PASSWORD)

    def options(self) -> dict[str, Any]:
        return {"api_key": self._secrets.get("api_key", ""), "api_url": self.settings.get("api_url") or API}

    def probe(self) -> tuple[str, dict[str, Any]]:
        return f"{self.options()['api_url']}account", {"headers": {"api-key": self._secrets.get("api_key", "")}}

    def is_permanent(self, raw: Any) -> bool:
        return raw.get("event") in FOR_EVER
