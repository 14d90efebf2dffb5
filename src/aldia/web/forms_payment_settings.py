"""Forms of how the company asks for money and what its portal offers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.payments.models import LinkPolicy, PaymentSettings, PortalSettings
from aldia.payments.operations.preferences import MOST_GREETING, MOST_LINK_DAYS, MOST_PASS_DAYS
from aldia.web.forms_customers import VersionedForm
from aldia.web.forms_receivables import AmountField

CHECK = {"class": "form-check-input"}
POLICIES = [
    (LinkPolicy.PARTIAL, _("El importe que quiera, hasta su saldo")),
    (LinkPolicy.FULL, _("Solo el saldo completo")),
]


class PaymentSettingsForm(forms.Form):
    """How money is asked for by link, and what goes with papers and reminders."""

    policy = forms.ChoiceField(
        label=_("Cuánto puede pagar tu cliente"), choices=POLICIES, widget=forms.RadioSelect(attrs=CHECK)
    )
    least_partial = AmountField(
        label=_("Abono mínimo"), help_text=_("Para que nadie abone unos centavos. El saldo, si es menor, siempre cabe.")
    )
    link_days = forms.IntegerField(
        label=_("Días que vive una liga"), min_value=1, max_value=MOST_LINK_DAYS,
        help_text=_("Después pide una nueva. Tú puedes cambiarlo en cada liga."),
    )  # fmt: skip
    link_in_reminders = forms.BooleanField(
        label=_("Poner la liga de pago en los recordatorios"), required=False,
        help_text=_("El cliente paga desde el mismo correo, sin buscar nada."),
    )  # fmt: skip
    accounts_in_papers = forms.BooleanField(
        label=_("Imprimir la CLABE o referencia del cliente"), required=False,
        help_text=_("En su estado de cuenta, en el PDF de sus facturas y en los recordatorios."),
    )  # fmt: skip
    accounts_for_all = forms.BooleanField(
        label=_("Emitirla sola a cada cliente que se prenda"), required=False,
        help_text=_("En cuanto empiezas a cobrarle ya tiene dónde transferir."),
    )  # fmt: skip
    attach_statement = forms.BooleanField(
        label=_("Adjuntar el estado de cuenta a cada factura enviada"), required=False,
        help_text=_("Junto con la factura, o con la orden de pago, va todo lo que debe ese día."),
    )  # fmt: skip
    notice_address = forms.CharField(
        label=_("Avisar de cada pago a"), max_length=500, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=_("Uno o varios correos, separados por comas. Vacío: a los dueños."),
    )  # fmt: skip

    NAMES = (
        "policy", "link_days", "link_in_reminders", "accounts_in_papers", "accounts_for_all", "attach_statement",
        "notice_address",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, row: PaymentSettings, currency: str, decimal: str) -> None:
        shown = {name: getattr(row, name) for name in self.NAMES}
        super().__init__(data, initial=shown | {"least_partial": minor_text(row.least_partial, currency)})
        self.currency, self.decimal = currency, decimal

    def clean_least_partial(self) -> int:
        try:
            return parse_money(self.cleaned_data["least_partial"] or "", self.currency, decimal=self.decimal).minor
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.NAMES, "least_partial")}


class PortalSettingsForm(VersionedForm):
    """What customers see and may do without an account of ours."""

    may_pay = forms.BooleanField(
        label=_("Pagar en línea"), required=False, help_text=_("Uno, varios o todos sus documentos, o un importe.")
    )
    may_report = forms.BooleanField(
        label=_("Avisar que ya pagó, con comprobante"), required=False,
        help_text=_("Te avisa, y sus recordatorios esperan mientras lo revisas."),
    )  # fmt: skip
    may_dispute = forms.BooleanField(
        label=_("Reportar un problema con un documento"), required=False,
        help_text=_("Ese documento deja de reclamarse hasta que lo resuelvas."),
    )  # fmt: skip
    may_download = forms.BooleanField(
        label=_("Descargar PDF, XML y su estado de cuenta"), required=False,
        help_text=_("Deja de pedirte por correo lo que ya le mandaste."),
    )  # fmt: skip
    asks_code = forms.BooleanField(
        label=_("Pedir un código al entrar"), required=False,
        help_text=_("Le llega por correo, dura 10 minutos y admite 5 intentos. Aun con la liga en otras manos, nadie "
                    "más ve su cuenta."),
    )  # fmt: skip
    pass_days = forms.IntegerField(
        label=_("Días que vive la liga del portal"), min_value=1, max_value=MOST_PASS_DAYS,
        help_text=_("Hasta 30. Cuando vence, el cliente pide otra y le llega solo al correo que tienes de él."),
    )  # fmt: skip
    greeting = forms.CharField(
        label=_("Saludo"), max_length=MOST_GREETING, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Se lee arriba de su estado de cuenta. Por ejemplo, tus horarios o a quién llamar."),
    )  # fmt: skip

    NAMES = ("pass_days", "asks_code", "may_pay", "may_report", "may_dispute", "may_download", "greeting")

    def __init__(self, data: Any = None, *, row: PortalSettings) -> None:
        super().__init__(data, initial={name: getattr(row, name) for name in (*self.NAMES, "version")})

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.NAMES}
