"""Forms of templates and messages: they read what was typed; what may be is decided by the operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.messaging.models import Channel, Purpose, Template, Tone
from aldia.messaging.operations.templates import Words
from aldia.web.forms_receivables import DayField

LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]
MAX_BODY = 20_000


class TemplateForm(forms.Form):
    """The words of a template. `version` is the one that was shown (0: there is no row yet)."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    name = forms.CharField(
        label=_("Nombre"), max_length=120, help_text=_("Solo lo ve tu equipo."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    purpose = forms.ChoiceField(label=_("Para qué"), choices=Purpose.choices)
    channel = forms.ChoiceField(label=_("Canal"), choices=Channel.choices)
    tone = forms.ChoiceField(label=_("Tono"), choices=Tone.choices, initial=Tone.NEUTRAL)
    language = forms.ChoiceField(label=_("Idioma"), choices=LANGUAGES, initial="es")
    subject = forms.CharField(
        label=_("Asunto"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-insert-here": "", "spellcheck": "true"}),
    )  # fmt: skip
    body = forms.CharField(
        label=_("Texto"), max_length=MAX_BODY, strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "data-insert-here": "", "class": "words", "spellcheck": "true"}),
    )  # fmt: skip
    provider_name = forms.CharField(
        label=_("Nombre de la plantilla en WhatsApp"), max_length=200, required=False,
        help_text=_("Como la aprobó Meta. WhatsApp solo deja escribir primero con una plantilla aprobada."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    @staticmethod
    def initial_of(template: Template) -> dict[str, Any]:
        names = ("name", "purpose", "channel", "tone", "language", "subject", "body", "provider_name")
        return {"version": template.version if template.pk else 0} | {name: getattr(template, name) for name in names}

    def words(self) -> Words:
        """What was typed, once it is valid."""
        data = self.cleaned_data
        names = ("name", "purpose", "channel", "tone", "language", "subject", "provider_name")
        return Words(body=data["body"].replace("\r\n", "\n"), **{name: data[name] for name in names})


class DuplicateForm(forms.Form):
    name = forms.CharField(label=_("Nombre de la copia"), max_length=120)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motivo"), max_length=300)


class PostedForm(forms.Form):
    """A letter that a person took to the post."""

    carrier = forms.CharField(label=_("Con quién"), max_length=80, widget=forms.TextInput(attrs={"list": "carriers"}))
    tracking_number = forms.CharField(label=_("Número de guía"), max_length=60)
    posted_on = DayField(label=_("Día en que se envió"))


class ReceivedForm(forms.Form):
    """The acknowledgement of a letter."""

    received_on = DayField(label=_("Día en que la recibieron"))
    file = forms.FileField(label=_("Acuse"), max_length=300, help_text=_("PDF o imagen, hasta 15 MB."))
