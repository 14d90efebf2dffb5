"""The forms of the connection with SAT. The key and its password go in and are never shown again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.authority.models import AuthorityConnection
from aldia.authority.operations.connections import INTERVALS, LARGEST


class WishesForm(forms.Form):
    """How often, and what is asked for."""

    interval_days = forms.IntegerField(
        label=gettext_lazy("Cada cuántos días"),
        min_value=INTERVALS.start,
        max_value=INTERVALS.stop - 1,
        initial=3,
        help_text=gettext_lazy("Lo usual son 3. Después de una interrupción se pone al corriente solo."),
    )
    wants_issued = forms.BooleanField(label=gettext_lazy("Los que emitimos"), required=False, initial=True)
    wants_received = forms.BooleanField(label=gettext_lazy("Los que recibimos"), required=False, initial=True)

    def __init__(self, *args: Any, connection: AuthorityConnection | None = None, **kwargs: Any) -> None:
        if connection is not None:
            names = ("interval_days", "wants_issued", "wants_received", "since")
            kwargs["initial"] = {name: getattr(connection, name) for name in names} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)

    def wishes(self) -> dict[str, Any]:
        """What was wished for, as the operation takes it."""
        return {name: self.cleaned_data[name] for name in ("interval_days", "wants_issued", "wants_received")}


class EfirmaForm(WishesForm):
    """The e.firma, and since when documents are asked for."""

    cer = forms.FileField(
        label=gettext_lazy("Certificado (.cer)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".cer"}),
    )
    key = forms.FileField(
        label=gettext_lazy("Llave privada (.key)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".key"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Contraseña de la llave"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
    )
    since = forms.DateField(
        label=gettext_lazy("Traer desde"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("El SAT entrega hasta seis años atrás."),
    )
    field_order = ("cer", "key", "password", "since", "interval_days", "wants_issued", "wants_received")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = kwargs.get("initial", {})
        if kwargs.get("connection") is None:
            kwargs["initial"] = {"since": date(today.year - 1, 1, 1)} | kwargs["initial"]
        super().__init__(*args, **kwargs)

    def clean_cer(self) -> bytes:
        return _content(self.cleaned_data["cer"])

    def clean_key(self) -> bytes:
        return _content(self.cleaned_data["key"])

    def own_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("cer", "key", "password")]


def _content(file: UploadedFile) -> bytes:
    """The bytes of a small file; a large one is no e.firma and is not read."""
    if (file.size or 0) > LARGEST:
        raise forms.ValidationError(_("No es un archivo de la e.firma: es demasiado grande."))
    return bytes(file.read())
