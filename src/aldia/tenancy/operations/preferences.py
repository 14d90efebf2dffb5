"""A person's own choices: name, language, theme."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aldia.tenancy.models import User
from aldia.tenancy.operations.companies import LANGUAGES
from aldia.tenancy.operations.refusals import Refused
from aldia.tenancy.scope import transaction

THEMES = ("auto", "light", "dark")


def change_preferences(
    *, user: User, name: str | None = None, language: str | None = None, theme: str | None = None
) -> User:
    """A person's own name, language and theme (of no company: nothing to audit)."""
    if language is not None and language not in LANGUAGES:
        raise Refused(_("Ese idioma no se admite."), "language")
    if theme is not None and theme not in THEMES:
        raise Refused(_("Ese tema no existe."), "theme")
    wanted = {"name": name, "language": language, "theme": theme}
    changes = {key: value.strip()[:200] for key, value in wanted.items() if value is not None}
    with transaction():
        for key, value in changes.items():
            setattr(user, key, value)
        user.save(update_fields=list(changes))
    return user
