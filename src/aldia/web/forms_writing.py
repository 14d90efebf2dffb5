"""The form of a message that a person writes, to one customer or to many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from aldia.messaging.models import Channel
from aldia.web.forms_messages import MAX_BODY
from aldia.web.forms_receivables import KeyedForm

MAX_EXTRA = 20
CHECK = {"class": "form-check-input"}
Choices = Sequence[tuple[str, Any]]


class Addresses(forms.CharField):
    """Addresses by commas (or semicolons, or lines), as people paste them; its value is a list without repetitions."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        parts = [part.strip() for part in text.replace(";", ",").replace("\n", ",").split(",")]
        found = list(dict.fromkeys(part for part in parts if part))
        if len(found) > MAX_EXTRA:
            raise ValidationError(translate("Son demasiadas direcciones: hasta %(n)d.") % {"n": MAX_EXTRA})
        return found


class WriteForm(KeyedForm):
    """What every message by hand has: words, files, copy to oneself. `key` sends it once."""

    channel = forms.ChoiceField(
        label=_("Por dónde"),
        widget=forms.RadioSelect(attrs=CHECK),
        error_messages={"invalid_choice": _("Falta conectar ese canal: elige otro.")},
    )
    template = forms.ChoiceField(
        label=_("Empezar con"), required=False, error_messages={"invalid_choice": _("Esa plantilla ya no está.")}
    )
    subject = forms.CharField(
        label=_("Asunto"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-insert-here": ""}),
    )  # fmt: skip
    body = forms.CharField(
        label=_("Texto"), max_length=MAX_BODY, strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "words", "data-insert-here": "", "spellcheck": "true"}),
    )  # fmt: skip
    copy_me = forms.BooleanField(label=_("Mandarme una copia"), required=False)
    attach_pdf = forms.BooleanField(
        label=_("PDF de los documentos"), required=False, widget=forms.CheckboxInput(attrs=CHECK)
    )
    attach_xml = forms.BooleanField(
        label=_("XML de los documentos"), required=False, widget=forms.CheckboxInput(attrs=CHECK)
    )
    attach_statement = forms.BooleanField(
        label=_("Estado de cuenta"), required=False, widget=forms.CheckboxInput(attrs=CHECK)
    )

    def __init__(self, *args: Any, channels: Choices, templates: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]
        self.fields["template"].choices = [("", _("Una hoja en blanco")), *templates]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("channel") in (Channel.EMAIL, Channel.LETTER) and not data.get("subject", "").strip():
            self.add_error("subject", translate("Escribe el asunto."))
        return data


class OneForm(WriteForm):
    """To one customer: to which of its people, and about which of its documents."""

    to = forms.MultipleChoiceField(
        label=_("Para"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs=CHECK),
        error_messages={"invalid_choice": _("A alguno ya no se le puede escribir por aquí: vuelve a elegir.")},
    )
    extra = Addresses(
        label=_("También a"), required=False, max_length=2000, help_text=_("Más direcciones, separadas por comas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )  # fmt: skip
    receivables = forms.MultipleChoiceField(
        label=_("De qué documentos habla"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs=CHECK),
        error_messages={"invalid_choice": _("Alguno de los documentos ya no se debe: vuelve a elegirlos.")},
    )

    def __init__(self, *args: Any, people: Choices, receivables: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = people  # type: ignore[attr-defined]
        self.fields["receivables"].choices = receivables  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        channel = data.get("channel")
        if channel == Channel.LETTER or channel is None:
            return data
        if channel == Channel.EMAIL:
            for each in data.get("extra") or []:
                self._check_email(each)
        if not data.get("to") and not data.get("extra") and "extra" not in self.errors:
            self.add_error("to", translate("Elige a quién, o escribe una dirección."))
        return data

    def _check_email(self, address: str) -> None:
        try:
            validate_email(address)
        except ValidationError:
            self.add_error("extra", translate("«%(address)s» no es un correo.") % {"address": address})


class ManyForm(WriteForm):
    """To each of many customers: their own people, all that each owes or what of it is overdue."""

    only_overdue = forms.BooleanField(
        label=_("Solo lo vencido"), required=False,
        help_text=_("Habla de lo vencido nada más; a quien no tiene nada vencido no se le escribe."),
    )  # fmt: skip
