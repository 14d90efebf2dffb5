"""Forms of links, refunds and reviews: they read what was typed; what may be is decided by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.domain.money import minor_text
from aldia.payments.models import LinkPolicy, PaymentAttempt
from aldia.receivables.models import ReceivableKind
from aldia.web.forms_receivables import AmountField, ChargeForm, DayField, KeyedForm
from aldia.web.forms_writing import Addresses

CHECK = {"class": "form-check-input"}
EVERYTHING, CHOSEN = "all", "some"
COVERS = [
    (CHOSEN, _("Los documentos que elija")),
    (EVERYTHING, _("Todo lo que deba cuando la abra")),
]
POLICIES = [
    (LinkPolicy.PARTIAL, _("Lo que quiera, hasta el saldo")),
    (LinkPolicy.FULL, _("El saldo completo")),
    (LinkPolicy.FIXED, _("Un importe fijo")),
]


class LinkTermsForm(KeyedForm):
    """What every link has: what it covers, how much may be paid, until when, and a note that the customer reads."""

    covers = forms.ChoiceField(label=_("Qué cobra"), choices=COVERS, widget=forms.RadioSelect(attrs=CHECK))
    policy = forms.ChoiceField(label=_("Cuánto puede pagar"), choices=POLICIES, widget=forms.RadioSelect(attrs=CHECK))
    expires_on = DayField(label=_("Sirve hasta el"))
    note = forms.CharField(
        label=_("Nota para el cliente"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("La lee al abrir la liga. Por ejemplo: «Gracias por ponerte al corriente»."),
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, days: int, policy: str, **kwargs: Any) -> None:
        initial = {"expires_on": today + timedelta(days=days), "policy": policy, "covers": CHOSEN}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.today = today

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        if day < self.today:
            raise forms.ValidationError(_now("Tiene que ser hoy o después."))
        if day > self.today + timedelta(days=365):
            raise forms.ValidationError(_now("A lo más, un año."))
        return day


class LinkForm(LinkTermsForm):
    """A link for one customer."""

    def __init__(self, *args: Any, currency: str, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = AmountField(
            label=_("Importe fijo (%(currency)s)") % {"currency": currency},
            currency=currency, decimal=decimal, required=False,
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("policy") == LinkPolicy.FIXED and not data.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _now("Escribe cuánto pide la liga."))
        return data


class ManyLinksForm(LinkTermsForm):
    """One link for each of many customers: a fixed amount would make no sense."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["policy"].choices = POLICIES[:2]  # type: ignore[attr-defined]
        self.fields["covers"].choices = [  # type: ignore[attr-defined]
            (CHOSEN, _("Lo seleccionado")), (EVERYTHING, _("Todo lo que deba cuando la abra")),
        ]  # fmt: skip


class RefundForm(KeyedForm):
    """Send money back: all that is left, or a part."""

    def __init__(self, *args: Any, attempt: PaymentAttempt, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = max(attempt.received - attempt.refunded - attempt.disputed, 0)
        self.left = left
        self.fields["amount"] = AmountField(
            label=_("Importe a devolver (%(currency)s)") % {"currency": attempt.currency},
            currency=attempt.currency, decimal=decimal, initial=minor_text(left, attempt.currency),
        )  # fmt: skip

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_now("Tiene que ser mayor que cero."))
        if amount > self.left:
            raise forms.ValidationError(_now("No puede pasar de lo que queda del pago."))
        return amount


class SeenForm(forms.Form):
    """Why a person closes a review."""

    reason = forms.CharField(
        label=_("Qué hiciste"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Queda en la historia del pago."),
    )  # fmt: skip


class MethodsForm(forms.Form):
    """Which methods of a provider are offered."""

    methods = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple(attrs=CHECK))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["methods"].choices = choices  # type: ignore[attr-defined]


class OrderForm(ChargeForm):
    """A charge note, or a payment order whose link leaves by itself."""

    send_now = forms.BooleanField(
        label=_("Enviar la liga de pago ahora"), required=False, widget=forms.CheckboxInput(attrs=CHECK),
        help_text=_("Sin marcar, la liga queda lista para copiarla."),
    )  # fmt: skip
    addresses = Addresses(
        label=_("A estos correos"), required=False, max_length=2000, help_text=_("Separados por comas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Nota para el cliente"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind") != ReceivableKind.PAYMENT_ORDER or not data.get("send_now"):
            return data
        if not data.get("addresses") and "addresses" not in self.errors:
            self.add_error("addresses", _now("Escribe a quién se le envía, o desmarca el envío."))
        for address in data.get("addresses") or []:
            try:
                validate_email(address)
            except ValidationError:
                self.add_error("addresses", _now("«%(address)s» no es un correo.") % {"address": address})
        return data
