"""What stops credit, in sentences: for pages, and for who is told of a document that was not issued."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.domain.credit import Reason, Why
from aldia.domain.money import format_money


def sentence(reason: Reason, home: str) -> str:
    """One reason, with its figures."""
    amount = format_money(reason.amount, reason.currency or home, home=home)
    limit = format_money(reason.limit, reason.currency or home, home=home)
    if reason.why == Why.MANUAL:
        return _("Alguien lo detuvo: %(text)s") % {"text": reason.text}
    if reason.why == Why.OVER_LIMIT:
        return _("Usa %(amount)s de un límite de %(limit)s.") % {"amount": amount, "limit": limit}
    if reason.why == Why.LINE_OVER:
        known = {"name": reason.name, "amount": amount, "limit": limit}
        return _("La línea «%(name)s» está excedida: usa %(amount)s de %(limit)s.") % known
    text = ngettext(
        "Debe %(amount)s con demasiado atraso: lo más antiguo, %(days)s día.",
        "Debe %(amount)s con demasiado atraso: lo más antiguo, %(days)s días.",
        reason.days,
    )
    return text % {"amount": amount, "days": f"{reason.days:,}"}


def sentences(reasons: Iterable[Reason], home: str) -> list[str]:
    """All of them, in their order."""
    return [sentence(each, home) for each in reasons]
