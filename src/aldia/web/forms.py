"""Forms of companies, people and a person's own choices."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain import tax_ids
from aldia.domain.money import CURRENCIES
from aldia.tenancy import operations
from aldia.tenancy.models import Country, Role

COMMON_ZONES = (
    "America/Mexico_City", "America/Tijuana", "America/Hermosillo", "America/Chihuahua", "America/Cancun",
    "America/Monterrey", "America/Santiago", "America/Bogota", "Europe/Madrid", "Atlantic/Canary",
)  # fmt: skip
COMMON_CURRENCIES = ("MXN", "USD", "EUR", "CLP", "COP")
ROLE_HELP = {
    Role.OWNER: _("Todo, incluso nombrar a otras personas dueñas."),
    Role.ADMIN: _("Todo, menos decidir sobre personas dueñas."),
    Role.FINANCE: _("Clientes, documentos, pagos y ajustes; no cambia la empresa ni las personas."),
    Role.COLLECTOR: _("Clientes, pagos y pausas; no importa documentos ni ajusta saldos."),
    Role.AUDITOR: _("Ve todo, no cambia nada."),
}


@cache
def _other_zones() -> tuple[str, ...]:
    """Every zone of the database that names a place, read from disk once."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
    return tuple(sorted(set(places) - set(COMMON_ZONES)))


def zone_choices() -> list[tuple[str, Any]]:
    """The zones of our countries first, then every other."""
    return [
        (str(_("Frecuentes")), [(zone, zone.replace("_", " ")) for zone in COMMON_ZONES]),
        (str(_("Todas")), [(zone, zone.replace("_", " ")) for zone in _other_zones()]),
    ]


def currency_choices() -> list[tuple[str, str]]:
    """The currencies of our countries first."""
    rest = sorted(CURRENCIES - set(COMMON_CURRENCIES))
    return [(code, code) for code in (*COMMON_CURRENCIES, *rest)]


class CompanyForm(forms.Form):
    """What a company is. The tax id warns and does not block: the authority's documents have the last word."""

    legal_name = forms.CharField(
        label=_("Razón social"), max_length=300, help_text=_("Como está en la constancia fiscal.")
    )
    trade_name = forms.CharField(
        label=_("Nombre comercial"), max_length=300, required=False, help_text=_("Como la conocen sus clientes.")
    )
    country = forms.ChoiceField(label=_("País"), choices=Country.choices, initial=Country.MX)
    tax_id = forms.CharField(label=_("RFC o identificador fiscal"), max_length=20)
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices, initial="MXN")
    time_zone = forms.ChoiceField(
        label=_("Zona horaria"), choices=zone_choices, initial="America/Mexico_City",
        help_text=_("Los vencimientos se cuentan con este calendario."),
    )  # fmt: skip

    def tax_id_warning(self) -> str:
        """What is doubtful about the id, as a sentence; "" when nothing is."""
        country = self.cleaned_data.get("country") or self.initial.get("country") or Country.MX
        return tax_ids.check(country, self.cleaned_data.get("tax_id", "")).message


class CompanySettingsForm(CompanyForm):
    """What may be changed later: not the country."""

    locale = forms.ChoiceField(
        label=_("Idioma de los documentos"), choices=[("es", _("Español")), ("en", _("Inglés"))],
    )  # fmt: skip
    sender_name = forms.CharField(
        label=_("Remitente"),
        max_length=200,
        required=False,
        help_text=_("El nombre con el que se escribe a los clientes."),
    )
    sender_email = forms.EmailField(label=_("Correo del remitente"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["country"]


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("Correo"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Papel"), choices=Role.choices, initial=Role.FINANCE)
    own_portfolio_only = forms.BooleanField(
        label=_("Solo sus carteras"), required=False, help_text=_("No ve a los clientes de otros ejecutivos.")
    )


class MemberForm(forms.Form):
    role = forms.ChoiceField(label=_("Papel"), choices=Role.choices)
    own_portfolio_only = forms.BooleanField(
        label=_("Solo sus carteras"), required=False, help_text=_("No ve a los clientes de otros ejecutivos.")
    )


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Nombre"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Idioma"), choices=[("es", "Español"), ("en", "English")])
    theme = forms.ChoiceField(
        label=_("Tema"), choices=[("auto", _("Como el sistema")), ("light", _("Claro")), ("dark", _("Oscuro"))]
    )


class SignupForm(forms.Form):
    """What registration asks besides e-mail and password (allauth calls `signup` when the person exists)."""

    name = forms.CharField(
        label=_("Tu nombre"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ["name", "email", "password1"]

    def signup(self, request: Any, user: Any) -> None:
        language = getattr(request, "LANGUAGE_CODE", "es")
        operations.change_preferences(user=user, name=self.cleaned_data["name"], language=language)
