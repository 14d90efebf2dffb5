"""Why an operation on companies and people is refused."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _


class Refused(ValueError):
    """What was asked cannot be done; the text says why. `field` names the value at fault ("" if none)."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check_email(email: str, field: str = "email") -> None:
    """Refuse what is not an e-mail address."""
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(_("Ese correo no es válido."), field) from None
