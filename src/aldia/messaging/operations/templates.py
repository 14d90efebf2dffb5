"""A company's own words: saved, copied, archived, and put back to those that came with the house."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from aldia.messaging.models import Template
from aldia.tenancy.models import User


@dataclass(frozen=True, slots=True)
class Words:
    """What a person edits of a template."""

    name: str
    purpose: str
    channel: str
    subject: str
    body: str
    tone: str = "neutral"
    language: str = "es"
    provider_name: str = ""


def check(*, words: Words) -> None:
    """Raise `TemplateError` (sentence, `field`, `line`) if these words cannot be a template."""
    raise NotImplementedError


def save_template(
    *, words: Words, template_id: uuid.UUID | None = None, version: int = 0, builtin: str = "", actor: User | None
) -> Template:
    """Save an edit (`template_id` and the `version` that was shown), the company's own form of a built-in (`builtin`),
    or a new template. Raises `TemplateError`, `Stale`, `NotThere`."""
    raise NotImplementedError


def duplicate_template(
    *, name: str, actor: User | None, template_id: uuid.UUID | None = None, builtin: str = ""
) -> Template:
    """A copy under another name, for a person to change."""
    raise NotImplementedError


def archive_template(*, template_id: uuid.UUID, version: int, actor: User | None) -> None:
    """Take it out of use; messages keep what they said. Raises `InUse` (a rule names it), `Stale`, `NotThere`."""
    raise NotImplementedError


def unarchive_template(*, template_id: uuid.UUID, actor: User | None) -> Template:
    """Bring an archived template back."""
    raise NotImplementedError


def restore_builtin(*, template_id: uuid.UUID, version: int, actor: User | None) -> Template:
    """Put the words of the house back into the company's own form of a built-in template."""
    raise NotImplementedError
