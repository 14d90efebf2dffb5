"""Which template says what: the company's own, else the one that came with the house."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from aldia.messaging.models import Template


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """A line of the list: a built-in one (`template_id` None) or the company's own row (`changed` from a built-in)."""

    template: Template
    template_id: uuid.UUID | None
    builtin: str
    is_archived: bool

    @property
    def is_builtin(self) -> bool:
        return self.template_id is None


def template_list(*, archived: bool = False) -> Sequence[TemplateEntry]:
    """The company's templates and the built-in ones that it has not made its own, by channel, purpose and tone."""
    raise NotImplementedError


def choose_template(
    *, purpose: str, channel: str, tone: str = "neutral", language: str = "es", step_override: Template | None = None
) -> Template:
    """The words for an occasion: the step's own, else the company's form of the built-in of that purpose and tone, else
    the built-in itself (an instance without a row). Tone falls back on neutral, language on Spanish."""
    raise NotImplementedError


def builtin_template(key: str) -> Template | None:
    """The built-in template of that key as an instance without a row."""
    raise NotImplementedError
