"""The templates that come with the house, read once from `builtin/*.toml`. Their id says everything about them:
purpose, tone, channel, language, as in `after.firm.email.es`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from aldia.messaging.models import Template

LANGUAGES = ("es", "en")


@dataclass(frozen=True, slots=True)
class Builtin:
    """One of them, as it is in its file."""

    key: str
    name: str
    subject: str
    body: str
    provider_name: str = ""

    def template(self) -> Template:
        """As a row that is not in the table."""
        purpose, tone, channel, language = self.key.split(".")
        return Template(
            name=self.name,
            purpose=purpose,
            channel=channel,
            tone=tone,
            language=language,
            subject=self.subject,
            body=self.body,
            builtin=self.key,
            provider_name=self.provider_name,
        )


@cache
def builtins() -> dict[str, Builtin]:
    """All of them by id, in the order of their files."""
    found = {}
    for language in LANGUAGES:
        text = files("aldia.messaging.builtin").joinpath(f"{language}.toml").read_text("utf-8")
        for each in tomllib.loads(text)["template"]:
            key = f"{each['key']}.{language}"
            body = each["body"].strip("\n")
            found[key] = Builtin(key, each["name"], each.get("subject", ""), body, each.get("provider_name", ""))
    return found
