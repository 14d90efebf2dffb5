"""Forms of how the company shows itself to its customers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BrandForm(forms.Form):
    accent = forms.CharField(
        label=_("Color"), max_length=7, required=False, widget=forms.TextInput(attrs={"type": "color"}),
        help_text=_("El de títulos, botones y líneas."),
    )  # fmt: skip
    phone = forms.CharField(label=_("Teléfono"), max_length=30, required=False)
    website = forms.CharField(
        label=_("Página web"), max_length=200, required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://www.ejemplo.com"}),
    )  # fmt: skip
    footer = forms.CharField(
        label=_("Pie"), max_length=500, required=False, help_text=_("Domicilio o aviso, en la última línea.")
    )


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("Logotipo"), max_length=300, help_text=_("PNG, JPEG o WebP, hasta 2 MB. Mejor con fondo transparente."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )  # fmt: skip
