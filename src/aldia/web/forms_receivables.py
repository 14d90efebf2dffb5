"""Forms of receivables and payments: they read what was typed; what may be is decided by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain.money import Money, MoneyError, minor_text, parse_money
from aldia.receivables import methods
from aldia.receivables.models import CreditKind, Receivable
from aldia.receivables.operations.charges import new_key
from aldia.web.forms import currency_choices

METHODS = [("", _("Sin especificar")), *methods.METHODS]
SETTLING = [
    (CreditKind.WRITE_OFF, _("Incobrable")),
    (CreditKind.WITHHOLDING, _("Retención")),
    (CreditKind.DISCOUNT, _("Descuento")),
    (CreditKind.ADJUSTMENT, _("Ajuste")),
]
POLICIES = [
    ("oldest_due", _("A lo que venció primero")),
    ("oldest_issued", _("A lo más antiguo")),
    ("largest", _("A lo más grande")),
    ("exact_else_oldest", _("A lo que sume exacto; si no, a lo que venció primero")),
    ("", _("A ninguno: queda a favor del cliente")),
]
CHARGES = [("charge_note", _("Nota de cobro")), ("payment_order", _("Orden de pago"))]
MAX_PROOF = 10 * 1024 * 1024


class DayField(forms.DateField):
    """A date as `<input type="date">` sends it, of years that businesses have."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1990-01-01", "max": "2100-12-31"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is not None and not 1990 <= value.year <= 2100:
            raise forms.ValidationError(_("La fecha debe estar entre 1990 y 2100."))


class AmountField(forms.CharField):
    """An amount as people type it. With a `currency` its value is minor units; the form reads it where it is chosen."""

    def __init__(self, *, currency: str = "", decimal: str = ".", **kwargs: Any) -> None:
        self.currency, self.decimal = currency, decimal
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
        super().__init__(max_length=60, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text or not self.currency:
            return text or None
        try:
            return parse_money(text, self.currency, decimal=self.decimal).minor
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from None


class KeyedForm(forms.Form):
    """Carries the idempotency key of what it asks for: sent twice, it is done once."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = new_key


def reason_field(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, help_text=hint, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class ReceiptForm(KeyedForm):
    """What is known of money received: day, method, reference, proof."""

    received_on = DayField(label=_("Fecha del pago"))
    method = forms.ChoiceField(label=_("Forma de pago"), choices=METHODS, required=False)
    reference = forms.CharField(
        label=_("Referencia"),
        max_length=200,
        required=False,
        help_text=_("Clave de rastreo, folio o número de cheque."),
    )
    note = forms.CharField(label=_("Nota"), max_length=500, required=False)
    proof = forms.FileField(
        label=_("Comprobante"), required=False, max_length=300, help_text=_("PDF o imagen, hasta 10 MB.")
    )
    is_distinct = forms.BooleanField(label=_("Es otro pago distinto"), required=False, widget=forms.HiddenInput)

    def clean_proof(self) -> Any:
        proof = self.cleaned_data.get("proof")
        if proof is not None and proof.size > MAX_PROOF:
            raise forms.ValidationError(_("El comprobante pesa más de 10 MB."))
        return proof


class PayForm(ReceiptForm):
    """A payment of one receivable, whole or part."""

    field_order = ["amount", "received_on", "method", "reference", "note", "proof"]

    def __init__(self, *args: Any, receivable: Receivable, decimal: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = AmountField(
            label=_("Importe (%(currency)s)") % {"currency": receivable.currency},
            currency=receivable.currency,
            decimal=decimal,
            initial=minor_text(receivable.balance, receivable.currency),
        )
        self.fields["amount"] = amount
        self.fields["received_on"].initial = today
        self.order_fields(self.field_order)


class PaymentForm(ReceiptForm):
    """A payment of a customer: which documents it pays comes beside, one amount each (`pay-<id>`)."""

    amount = AmountField(label=_("Importe recibido"))
    currency = forms.ChoiceField(label=_("Moneda"))
    policy = forms.ChoiceField(label=_("Lo que no repartas"), choices=POLICIES, required=False)

    def __init__(self, *args: Any, decimal: str, today: date, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimal = decimal
        self.fields["amount"].widget.attrs["data-total"] = ""
        self.fields["received_on"].initial = today
        self.fields["currency"].choices = [(each, each) for each in currencies]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and data.get("currency"):
            try:
                data["money"] = parse_money(data["amount"], data["currency"], decimal=self.decimal)
            except MoneyError as error:
                self.add_error("amount", str(error))
        return data


class SettleForm(KeyedForm):
    kind = forms.ChoiceField(label=_("Qué es"), choices=SETTLING)
    on = DayField(label=_("Fecha"))
    reason = reason_field(_("Motivo"))

    field_order = ["kind", "amount", "on", "reason"]

    def __init__(self, *args: Any, receivable: Receivable, decimal: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = AmountField(
            label=_("Importe (%(currency)s)") % {"currency": receivable.currency},
            currency=receivable.currency,
            decimal=decimal,
            initial=minor_text(receivable.balance, receivable.currency),
        )
        self.fields["on"].initial = today
        self.order_fields(self.field_order)


class DueForm(forms.Form):
    new_due_on = DayField(label=_("Nuevo vencimiento"))
    reason = reason_field(_("Motivo"), _("Queda en su historia."))


class DueManyForm(forms.Form):
    """To a date, or by days."""

    new_due_on = DayField(label=_("Vencen el"), required=False)
    add_days = forms.IntegerField(label=_("O se recorren (días)"), required=False, min_value=-3650, max_value=3650)
    reason = reason_field(_("Motivo"))


class PauseForm(forms.Form):
    until = DayField(label=_("Hasta"), required=False, help_text=_("Vacío: hasta que alguien la reanude."))
    reason = reason_field(_("Motivo"))


class ReasonForm(forms.Form):
    reason = reason_field(_("Motivo"))


class UseCreditForm(forms.Form):
    """Which credit in favour to apply to a receivable, and how much of it (empty: all that fits)."""

    credit = forms.ChoiceField(label=_("Saldo a favor"))
    amount = AmountField(label=_("Importe"), required=False, help_text=_("Vacío: todo lo que alcance."))

    def __init__(
        self, *args: Any, choices: Sequence[tuple[str, str]], currency: str, decimal: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credit"].choices = choices  # type: ignore[attr-defined]
        amount = self.fields["amount"]
        assert isinstance(amount, AmountField)  # noqa: S101
        amount.currency, amount.decimal = currency, decimal


class RaisesForm(forms.Form):
    raises = forms.ChoiceField(label=_("Aumenta lo que se debe de"), required=False)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["raises"].choices = [("", _("Ninguna: se cobra sola")), *choices]  # type: ignore[attr-defined]


class ChargeForm(KeyedForm):
    """A charge note or a payment order; the customer is chosen beside."""

    kind = forms.ChoiceField(
        label=_("Tipo"), choices=CHARGES, initial="charge_note",
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )  # fmt: skip
    concept = forms.CharField(
        label=_("Concepto"), max_length=300, help_text=_("Lo que se cobra, como lo leerá el cliente.")
    )
    amount = AmountField(label=_("Importe"))
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices)
    issued_on = DayField(label=_("Fecha"))
    due_on = DayField(label=_("Vence"), required=False, help_text=_("Vacío: según el plazo del cliente."))
    number = forms.CharField(label=_("Folio"), max_length=40, required=False, help_text=_("Vacío: el que sigue."))

    def __init__(self, *args: Any, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimal = decimal

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and data.get("currency"):
            try:
                data["money"] = parse_money(data["amount"], data["currency"], decimal=self.decimal)
            except MoneyError as error:
                self.add_error("amount", str(error))
        return data

    def money(self) -> Money:
        money = self.cleaned_data["money"]
        assert isinstance(money, Money)  # noqa: S101
        return money


class OpeningForm(forms.Form):
    file = forms.FileField(label=_("Hoja"), max_length=300)
    collect = forms.BooleanField(
        label=_("Prender a sus clientes"), required=False, initial=True,
        help_text=_("Sin marcar, los saldos quedan guardados y no se cobran hasta prenderlos."),
    )  # fmt: skip
