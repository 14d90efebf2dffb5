"""The form of a statement of account that is sent by e-mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from aldia.messaging.richtext import MOST, from_html, to_html
from aldia.receivables.queries import lists
from aldia.web.forms_receivables import KeyedForm
from aldia.web.forms_writing import CHECK, Addresses

PERIODS = (("quarter", _("90 días")), ("year", _("12 meses")), ("all", _("Todo")))
SHOWS = ((lists.OPEN, _("Todo lo que debe")), (lists.OVERDUE, _("Solo lo vencido")))


class StatementForm(KeyedForm):
    """`body_html` is what the editor holds; without script, `body` is written with light formatting."""

    addresses = Addresses(
        label=_("Para"),
        max_length=2000,
        help_text=_("Uno o varios correos, separados por comas. Cada quien recibe su propia liga."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
        error_messages={"required": _("Escribe a qué correo se manda.")},
    )
    subject = forms.CharField(
        label=_("Asunto"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Escribe el asunto.")},
    )  # fmt: skip
    body = forms.CharField(
        label=_("Mensaje"), required=False, max_length=10_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "words", "spellcheck": "true"}),
    )  # fmt: skip
    body_html = forms.CharField(required=False, max_length=MOST, widget=forms.HiddenInput)
    shows = forms.ChoiceField(
        label=_("Qué documentos lleva"), choices=SHOWS, initial=lists.OPEN, widget=forms.RadioSelect(attrs=CHECK)
    )
    period = forms.ChoiceField(
        label=_("Movimientos de"), choices=PERIODS, initial="quarter", widget=forms.RadioSelect(attrs=CHECK)
    )
    attach_pdf = forms.BooleanField(
        label=_("PDF"), required=False, initial=True, widget=forms.CheckboxInput(attrs=CHECK)
    )
    attach_sheet = forms.BooleanField(label=_("Excel"), required=False, widget=forms.CheckboxInput(attrs=CHECK))
    copy_me = forms.BooleanField(label=_("Mandarme una copia"), required=False)

    def clean_addresses(self) -> list[str]:
        found: list[str] = self.cleaned_data["addresses"]
        for each in found:
            try:
                validate_email(each)
            except ValidationError:
                self.add_error("addresses", translate("«%(address)s» no es un correo.") % {"address": each[:80]})
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not from_html(self.html):
            self.add_error("body", translate("Escribe el mensaje."))
        return data

    @property
    def html(self) -> str:
        """The words as the editor has them, cleaned."""
        kept = self.data if self.is_bound else self.initial
        written = str(kept.get("body_html") or "")
        return to_html(from_html(written)) if written else to_html(str(kept.get("body") or ""))
