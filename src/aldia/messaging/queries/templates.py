"""Which template says what: the company's own, else the one that came with the house."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from aldia.messaging.builtins import LANGUAGES, builtins
from aldia.messaging.models import Channel, Purpose, Template, Tone
from aldia.tenancy.reading import marks, select_rows


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """A line of the list: a built-in one (`template_id` None), or the company's own row, perhaps its form of one."""

    template: Template
    template_id: uuid.UUID | None
    builtin: str
    is_archived: bool

    @property
    def is_builtin(self) -> bool:
        return self.template_id is None


def template_list(*, archived: bool = False) -> Sequence[TemplateEntry]:
    """The company's templates and the built-in ones that it has not made its own, by channel, purpose, tone, name."""
    rows = list(Template.objects.all())
    shown = [row for row in rows if (row.archived_at is not None) == archived]
    entries = [TemplateEntry(row, row.pk, row.builtin, archived) for row in shown]
    if not archived:
        own = {row.builtin for row in shown}
        entries += [
            TemplateEntry(each.template(), None, key, False) for key, each in builtins().items() if key not in own
        ]
    return sorted(entries, key=lambda entry: _place(entry.template))


def choose_template(
    *, purpose: str, channel: str, tone: str = "neutral", language: str = "es", step_override: Template | None = None
) -> Template:
    """The words for an occasion: the step's own, else the company's form of the built-in of that purpose and tone, else
    the built-in itself (an instance without a row). Tone falls back on neutral, language on Spanish.

    Raises `LookupError` where there are no words at all for a purpose on a channel (a receipt as a letter).
    """
    if step_override is not None and step_override.archived_at is None:
        return step_override
    keys = _keys(purpose, channel, tone, language[:2].lower())
    own = {row.builtin: row for row in _own(keys)}
    for key in keys:
        if key in own:
            return own[key]
        if key in builtins():
            return builtins()[key].template()
    raise LookupError(f"no words for {purpose} by {channel}")


def builtin_template(key: str) -> Template | None:
    """The built-in template of that id (`after.firm.email.es`) as an instance without a row."""
    found = builtins().get(key)
    return found.template() if found else None


def _keys(purpose: str, channel: str, tone: str, language: str) -> list[str]:
    """Ids by preference: a customer's language weighs more than the tone; any tone is better than silence."""
    tones = dict.fromkeys((tone, Tone.NEUTRAL, Tone.FRIENDLY, Tone.FIRM))
    return [
        f"{purpose}.{each}.{channel}.{spoken}" for spoken in dict.fromkeys((language, *LANGUAGES)) for each in tones
    ]


def _own(keys: list[str]) -> list[Template]:
    return select_rows(Template, f"builtin IN ({marks(keys)}) AND archived_at IS NULL", keys)


def _place(template: Template) -> tuple[int, int, int, str, str]:
    return (
        list(Channel).index(Channel(template.channel)),
        list(Purpose).index(Purpose(template.purpose)),
        list(Tone).index(Tone(template.tone)),
        template.language,
        template.name,
    )
