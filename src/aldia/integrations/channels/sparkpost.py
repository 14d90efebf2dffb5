"""SparkPost (Bird): https://developers.sparkpost.com/api/transmissions/, https://developers.sparkpost.com/api/webhooks/."""

from __future__ import annotations

from typing import Any, ClassVar

from aldia.domain.ports.channels import Field
from aldia.domain.sentences import gettext_noop
from aldia.integrations.channels.by_anymail import HOOK_PASSWORD, AnymailAdapter

REGIONS = {"us": "https://api.sparkpost.com/api/v1/", "eu": "https://api.eu.sparkpost.com/api/v1/"}
FOR_EVER = frozenset({"10", "30"})  # invalid recipient; no such recipient


class SparkPost(AnymailAdapter):
    name: ClassVar[str] = "sparkpost"
    label: ClassVar[str] = "SparkPost"
    module: ClassVar[str] = "sparkpost"
    view: ClassVar[str] = "SparkPostTrackingWebhookView"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "region",
            gettext_noop("Región"),
            choices=(("us", gettext_noop("Estados Unidos")), ("eu", gettext_noop("Europa"))),
            default="us",
        ),
        Field("api_key", "API key", is_secret=True),
        HOOK_PASSWORD,
    )

    def options(self) -> dict[str, Any]:
        return {
            "api_key": self._secrets.get("api_key", ""),
            "api_url": self.settings.get("api_url") or REGIONS.get(self.settings.get("region", ""), REGIONS["us"]),
        }

    def probe(self) -> tuple[str, dict[str, Any]]:
        headers = {"Authorization": self._secrets.get("api_key", "")}
        return f"{self.options()['api_url']}account", {"headers": headers}

    def is_permanent(self, raw: Any) -> bool:
        inner: dict[str, Any] = next(iter(raw.get("msys", {}).values()), {})
        return str(inner.get("bounce_class", "")) in FOR_EVER
