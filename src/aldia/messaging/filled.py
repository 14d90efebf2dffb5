"""What a person fills in to set up an account at somebody outside, checked against what its adapter declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from aldia.customers.operations.versions import Refused
from aldia.domain.ports.channels import Field

MAX_SETTING, MAX_SECRET = 300, 8000


def read_filled(
    fields: Sequence[Field],
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    known: Mapping[str, str],
    *,
    secrets_have_lines: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """The settings and the secrets of an account; an empty secret leaves the one that is `known`.

    `secrets_have_lines`: a key in PEM may be one. Raises `Refused`, naming the field at fault.
    """
    hidden, plain = dict(known), dict[str, str]()
    for each in fields:
        has_lines = each.is_secret and secrets_have_lines
        value = _typed(each, (secrets if each.is_secret else settings).get(each.name, ""), has_lines) or each.default
        if each.choices and value not in dict(each.choices):
            value = "" if each.required else each.default
        if each.required and not value and not (each.is_secret and known.get(each.name)):
            raise Refused(_("Falta este dato."), each.name)
        if not each.is_secret:
            plain[each.name] = value
        elif value:
            hidden[each.name] = value
    return plain, hidden


def _typed(field: Field, value: str, has_lines: bool) -> str:
    """What was typed, bounded."""
    text = value.replace("\r\n", "\n").strip()
    shown = text.replace("\n", "") if has_lines else text
    if len(text) > (MAX_SECRET if field.is_secret else MAX_SETTING) or not shown.isprintable():
        raise Refused(_("Es demasiado largo o tiene letras que no se ven."), field.name)
    return text
