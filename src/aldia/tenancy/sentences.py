"""Refusals of the pure rings, said in the language of whoever reads them."""

from __future__ import annotations

from django.utils.translation import gettext

from aldia.domain.sentences import Refusal


def spoken(error: BaseException) -> str:
    """The sentence of an error in the active language: a `Refusal` by its template, anything else as it is."""
    template = getattr(error, "template", "")
    params = getattr(error, "params", None)
    if not template or params is None:
        return str(error)
    reason = getattr(error, "reason", None)
    if isinstance(reason, Refusal):
        params = {**params, "why": spoken(reason)}
    return gettext(template) % params if params else gettext(template)
