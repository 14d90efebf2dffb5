"""The form of an evidence file: its period, and the key that makes it one."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class EvidenceForm(forms.Form):
    since = forms.DateField(
        label=_("Desde"), required=False, help_text=_("Vacío: desde el principio."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    until = forms.DateField(label=_("Hasta"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    key = forms.UUIDField(widget=forms.HiddenInput)
