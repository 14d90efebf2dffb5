"""Forms of who issues: the company's profile, its seal, its PAC, and how each customer is named on a document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain.ports.stamping import Stamper
from aldia.issuing.models import ComplementMode, FiscalProfile, IssuerProfile, StamperAccount
from aldia.issuing.queries import catalogues
from aldia.web.forms_channels import field_of
from aldia.web.forms_customers import VersionedForm
from aldia.web.forms_receivables import DayField

MOST_BYTES = 64 * 1024
MODES = [
    ("test", _("De prueba: lo que timbra no tiene validez fiscal")),
    ("live", _("De verdad: timbra ante el SAT")),
]
_SERIES = {"max_length": 25, "required": False}


def coded(catalogue: str) -> list[tuple[str, str]]:
    """A catalogue of some dozens of codes as choices: "601 · General de Ley Personas Morales"."""
    return [(each.code, f"{each.code} · {each.name}") for each in catalogues.codes(catalogue)]


def postal_field(label: Any, hint: Any = "") -> forms.CharField:
    attrs = {"inputmode": "numeric", "autocomplete": "postal-code", "class": "num-start"}
    return forms.RegexField(
        r"^[0-9]{5}$", label=label, max_length=5, help_text=hint, widget=forms.TextInput(attrs=attrs),
        error_messages={"invalid": _("Son cinco dígitos.")},
    )  # fmt: skip


class IssuerForm(VersionedForm):
    """Who the company is on what it issues."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, initial=0)
    name = forms.CharField(
        label=_("Nombre registrado"), max_length=300,
        help_text=_("Como está en tu constancia de situación fiscal: en mayúsculas y sin «SA de CV»."),
    )  # fmt: skip
    regime = forms.ChoiceField(label=_("Régimen fiscal"))
    postal_code = postal_field(
        _("Código postal de expedición"), _("De donde emites; casi siempre tu domicilio fiscal.")
    )
    invoice_series = forms.CharField(label=_("Facturas y anticipos"), **_SERIES)
    credit_note_series = forms.CharField(label=_("Notas de crédito"), **_SERIES)
    debit_note_series = forms.CharField(label=_("Notas de cargo"), **_SERIES)
    complement_series = forms.CharField(label=_("Complementos de pago"), **_SERIES)
    complement_mode = forms.ChoiceField(
        label=_("Complementos"), choices=ComplementMode.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )  # fmt: skip
    complement_day = forms.IntegerField(
        label=_("Día límite del mes siguiente"), min_value=1, max_value=28, initial=5,
        help_text=_("La regla 2.7.1.32 dice el quinto día natural."),
    )  # fmt: skip
    complements_since = DayField(
        label=_("Hacer complementos desde"), required=False, help_text=_("Vacío: de todos los pagos registrados.")
    )
    is_automatic = forms.BooleanField(
        label=_("Timbrar y enviar los complementos sin que nadie los revise"), required=False
    )
    sends_documents = forms.BooleanField(
        label=_("Enviar por correo cada documento al timbrarlo"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regime"].choices = [("", _("Elige…")), *coded("c_RegimenFiscal")]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What was typed, as the operation takes it."""
        return dict(self.cleaned_data)

    @staticmethod
    def initial_of(profile: IssuerProfile | None) -> dict[str, Any]:
        if profile is None:
            return {"complement_mode": ComplementMode.RECEIPT, "credit_note_series": "NC", "debit_note_series": "ND",
                    "complement_series": "P"}  # fmt: skip
        return {name: getattr(profile, name) for name in IssuerForm.base_fields}


class SealForm(forms.Form):
    """The files of a CSD as SAT delivers them. Nothing of them is ever shown again."""

    cer = forms.FileField(
        label=_("Certificado (.cer)"), widget=forms.FileInput(attrs={"accept": ".cer"}), max_length=300
    )
    key = forms.FileField(label=_("Llave (.key)"), widget=forms.FileInput(attrs={"accept": ".key"}), max_length=300)
    password = forms.CharField(
        label=_("Contraseña de la llave"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("cer", "key"):
            if (file := data.get(name)) is not None and file.size > MOST_BYTES:
                self.add_error(name, _("Ese archivo no es del sello: pesan unos 2 kB."))
        return data


class StamperForm(forms.Form):
    """The account at a PAC: test or real, and the adapter's own fields. `known`: names of the secrets kept."""

    mode = forms.ChoiceField(
        label=_("Servicio"), choices=MODES, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: type[Stamper],
        account: StamperAccount | None = None,
        known: Collection[str] = (),
    ) -> None:
        own = account.settings if account else {}
        initial = {each.name: own.get(each.name, each.default) for each in kind.fields if not each.is_secret}
        mode = "test" if account is not None and account.is_test else "live"
        super().__init__(data, initial={"mode": mode, **initial})
        self.kind = kind
        if not kind.is_fiscal:
            del self.fields["mode"]
        for each in kind.fields:
            self.fields[each.name] = field_of(each, kept=each.name in known)

    def own_fields(self) -> list[Any]:
        """The adapter's fields, in its order."""
        return [self[each.name] for each in self.kind.fields]

    def values(self) -> dict[str, Any]:
        """What was typed, as the operation takes it."""
        data = self.cleaned_data
        return {
            "adapter": self.kind.name,
            "settings": {each.name: data[each.name] for each in self.kind.fields if not each.is_secret},
            "secrets": {each.name: data[each.name] for each in self.kind.fields if each.is_secret},
            "is_test": data.get("mode") != "live",
        }


class FiscalProfileForm(VersionedForm):
    """How a customer is named on a document."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, initial=0)
    name = forms.CharField(
        label=_("Nombre registrado"), max_length=300,
        help_text=_("Como está en su constancia: en mayúsculas y sin «SA de CV»."),
    )  # fmt: skip
    postal_code = postal_field(_("Código postal de su domicilio fiscal"))
    regime = forms.ChoiceField(label=_("Régimen fiscal"))
    use = forms.ChoiceField(label=_("Uso del CFDI"), help_text=_("El que se propone en cada factura."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        empty = ("", _("Elige…"))
        self.fields["regime"].choices = [empty, *coded("c_RegimenFiscal")]  # type: ignore[attr-defined]
        self.fields["use"].choices = [empty, *coded("c_UsoCFDI")]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(profile: FiscalProfile) -> dict[str, Any]:
        names = ("name", "postal_code", "regime", "use")
        kept = 0 if profile._state.adding else profile.version
        return {name: getattr(profile, name) for name in names} | {"version": kept}
