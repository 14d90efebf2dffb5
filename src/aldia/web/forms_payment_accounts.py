"""The form of an account at a payment provider, drawn from what its adapter declares."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain.ports.payments import Provider
from aldia.payments.models import ProviderAccount
from aldia.payments.operations.provider_accounts import Details
from aldia.web.forms_channels import field_of
from aldia.web.payment_words import SANDBOX

MODES = [
    ("test", _("De prueba: aprende sin mover dinero")),
    ("live", _("De verdad: tus clientes pagan")),
]


class PaymentAccountForm(forms.Form):
    """Name, test or live, and the provider's own fields. `known`: names of the secrets that are kept already."""

    name = forms.CharField(
        label=_("Nombre"), max_length=100, required=False, help_text=_("Para distinguirla de otras cuentas tuyas.")
    )
    mode = forms.ChoiceField(
        label=_("Claves"), choices=MODES, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: type[Provider],
        account: ProviderAccount | None = None,
        known: Collection[str] = (),
    ) -> None:
        super().__init__(data, initial=_initial(kind, account))
        self.kind = kind
        if kind.name == SANDBOX:
            del self.fields["mode"]
        for each in kind.fields:
            self.fields[each.name] = field_of(each, kept=each.name in known)
            if each.is_secret and "PEM" in each.label:  # its lines matter: an input of one line would join them
                shown = self.fields[each.name].widget.attrs["placeholder"]
                attrs = {"rows": 4, "autocomplete": "off", "spellcheck": "false", "placeholder": shown}
                self.fields[each.name].widget = forms.Textarea(attrs=attrs)

    def own_fields(self) -> list[Any]:
        """The provider's fields, in its order."""
        return [self[each.name] for each in self.kind.fields]

    def details(self) -> Details:
        """What was typed, as the operation takes it."""
        values = self.cleaned_data
        return Details(
            name=values["name"],
            settings={each.name: values[each.name] for each in self.kind.fields if not each.is_secret},
            secrets={each.name: values[each.name] for each in self.kind.fields if each.is_secret},
            is_live=values.get("mode") == "live",
        )


def _initial(kind: type[Provider], account: ProviderAccount | None) -> dict[str, str]:
    if account is None:
        return {"mode": "live", **{each.name: each.default for each in kind.fields if each.default}}
    own = {each.name: account.settings.get(each.name, each.default) for each in kind.fields}
    return {"name": account.name, "mode": "live" if account.is_live else "test", **own}
