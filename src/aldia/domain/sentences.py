"""Sentences for people, written here in Spanish and translated by the interface that shows them.

What refuses something carries `template` (marked for the message catalogue) and `params`; `message` is the Spanish
sentence itself.
"""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark a sentence for the message catalogue; translating is the interface's business."""
    return text


def quoted(text: str, limit: int = 40) -> str:
    """Foreign text that may stand inside a sentence: printable, at most `limit` characters."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:limit])
    return shown + ("…" if len(text) > limit else "")


class Refusal(ValueError):
    """A refusal with its sentence. `code` is for programs; `params` fill `template`."""

    code = "refused"
    template = gettext_noop("No se acepta.")

    def __init__(self, **params: object) -> None:
        self.params = {name: quoted(str(value)) for name, value in params.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template % self.params if self.params else self.template
