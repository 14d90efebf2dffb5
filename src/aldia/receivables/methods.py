"""How money comes in, by the word that a credit keeps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

METHODS = (
    ("transfer", _("Transferencia")),
    ("cash", _("Efectivo")),
    ("cheque", _("Cheque")),
    ("card", _("Tarjeta")),
    ("deposit", _("Depósito en ventanilla")),
    ("offset", _("Compensación")),
    ("other", _("Otro")),
)


def method_name(method: str) -> str:
    """Its name for people; the word itself if it is none of ours, "" for ""."""
    return str(dict(METHODS).get(method, method))
