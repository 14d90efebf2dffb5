"""The form of an account, drawn from what its adapter declares. A secret goes in and never comes out again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.domain.ports.channels import Adapter, Field
from aldia.integrations.channels.addresses import plain_address
from aldia.messaging.filled import MAX_SECRET, MAX_SETTING
from aldia.messaging.models import Channel, ChannelAccount
from aldia.messaging.operations.accounts import Details

OWN = ("sender_name", "sender_address", "reply_to")


class AccountForm(forms.Form):
    """Name, sender, and the adapter's own fields. `known`: names of the secrets that are kept already."""

    name = forms.CharField(
        label=gettext_lazy("Nombre"), max_length=100, required=False,
        help_text=gettext_lazy("Para distinguirla de otras cuentas."),
    )  # fmt: skip
    sender_name = forms.CharField(label=gettext_lazy("Nombre del remitente"), max_length=200, required=False)
    sender_address = forms.CharField(
        label=gettext_lazy("Dirección del remitente"), max_length=254, required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    reply_to = forms.CharField(
        label=gettext_lazy("Las respuestas llegan a"), max_length=254, required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("El correo de una persona: quien recibe un recordatorio contesta."),
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        kind: type[Adapter],
        channel: str,
        account: ChannelAccount | None = None,
        known: Any = (),
    ) -> None:
        super().__init__(data, initial=_initial(kind, account))
        self.kind, self.channel = kind, channel
        if channel != Channel.EMAIL:
            for name in OWN:
                del self.fields[name]
        for each in kind.fields:
            self.fields[each.name] = field_of(each, kept=each.name in known)

    def own_fields(self) -> list[Any]:
        """The adapter's fields, in its order."""
        return [self[each.name] for each in self.kind.fields]

    def details(self) -> Details:
        """What was typed, as the operation takes it."""
        values = self.cleaned_data
        return Details(
            name=values["name"],
            settings={each.name: values[each.name] for each in self.kind.fields if not each.is_secret},
            secrets={each.name: values[each.name] for each in self.kind.fields if each.is_secret},
            **{name: values.get(name, "") for name in OWN},
        )


class TestForm(forms.Form):
    """Where to send a test: to oneself."""

    to = forms.CharField(label=gettext_lazy("Enviar a"), max_length=254)
    provider_template = forms.CharField(
        label=gettext_lazy("Plantilla aprobada"), max_length=200, required=False, initial="hello_world",
        help_text=gettext_lazy("hello_world viene con cada cuenta de WhatsApp."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, channel: str, to: str = "") -> None:
        super().__init__(data, initial={"to": to}, prefix="test")
        self.channel = channel
        if channel == Channel.EMAIL:
            self.fields["to"].widget = forms.EmailInput()
        else:
            self.fields["to"].widget = forms.TextInput(attrs={"inputmode": "tel", "placeholder": "+52…"})
        if channel != Channel.WHATSAPP:
            del self.fields["provider_template"]

    def clean_to(self) -> str:
        to: str = self.cleaned_data["to"]
        if self.channel == Channel.EMAIL and not plain_address(to):
            raise forms.ValidationError(_("Ese correo no es válido."))
        return to


def _initial(kind: type[Adapter], account: ChannelAccount | None) -> dict[str, str]:
    if account is None:
        return {each.name: each.default for each in kind.fields if each.default}
    columns = {name: getattr(account, name) for name in ("name", *OWN)}
    return columns | {each.name: account.settings.get(each.name, each.default) for each in kind.fields}


def field_of(each: Field, *, kept: bool) -> forms.Field:
    """The input of a setting that an adapter declares; a secret is never shown again."""
    label, hint = _(each.label), _(each.help) if each.help else ""
    if each.is_secret:
        shown = _("•••••••• guardada") if kept else ""
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "placeholder": shown})
        return forms.CharField(
            label=label, required=each.required and not kept, max_length=MAX_SECRET, help_text=hint, widget=widget
        )
    if each.choices:
        choices = [(value, _(text)) for value, text in each.choices]
        return forms.ChoiceField(label=label, required=each.required, choices=choices, help_text=hint)
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    if hint and " " not in hint:  # an example rather than an explanation
        attrs["placeholder"], hint = hint, ""
    widget_of = forms.Textarea(attrs=attrs | {"rows": 3}) if each.name == "verification_key" else forms.TextInput(attrs)
    return forms.CharField(
        label=label, required=each.required, max_length=MAX_SETTING, help_text=hint, widget=widget_of
    )
