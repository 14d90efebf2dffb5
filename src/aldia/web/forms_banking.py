"""The form of a bank account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.banking.models import BankAccount
from aldia.banking.operations.accounts import Details
from aldia.domain.clabe import BANKS
from aldia.tenancy.models import Country
from aldia.web.forms import currency_choices


class BankAccountForm(forms.Form):
    """What a person says of an account at a bank."""

    name = forms.CharField(
        label=_("Nombre"), max_length=100, help_text=_("Como la llaman ustedes: «BBVA pagos», «Banorte dólares».")
    )
    bank = forms.CharField(
        label=_("Banco"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"list": "banks", "autocomplete": "off"}),
        help_text=_("Ayuda a leer lo que el banco escribe de cada movimiento."),
    )  # fmt: skip
    number = forms.CharField(
        label=_("CLABE o número de cuenta"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
        help_text=_("Con él se reconoce de qué cuenta es cada archivo, y se evita subirlo a otra."),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices)
    country = forms.ChoiceField(label=_("País del banco"), choices=Country.choices)
    holder = forms.CharField(
        label=_("Titular"), max_length=200, required=False, help_text=_("Si no es la razón social de la empresa.")
    )

    def __init__(self, data: Any = None, *, company: Any, account: BankAccount | None = None, **more: Any) -> None:
        known: dict[str, Any] = {"currency": company.currency, "country": company.country}
        if account is not None:
            known = {name: getattr(account, name) for name in self.base_fields}
        known |= {name: value for name, value in more.pop("known", {}).items() if value}
        super().__init__(data, initial=known, **more)

    def details(self) -> Details:
        """What was typed, as the operation takes it."""
        return Details(**{name: self.cleaned_data[name] for name in self.fields})

    @staticmethod
    def banks() -> list[str]:
        """Names of banks to choose from."""
        return sorted(set(BANKS.values()))
