"""Forms of what customers say: promises, disputes, payments that they report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.collections.models import DisputeOutcome, DisputeReason
from aldia.web.forms_receivables import MAX_PROOF, METHODS, AmountField, DayField, KeyedForm, reason_field

NOTE = {"max_length": 500, "required": False}


class PromiseForm(KeyedForm):
    """With the amount empty, all that is owed of what it names is promised."""

    due_on = DayField(label=_("Pagará el"))
    amount = AmountField(label=_("Importe"), required=False, help_text=_("Vacío: todo lo que se debe."))
    note = forms.CharField(label=_("Nota"), **NOTE, help_text=_("Quién lo dijo y cómo."))

    def __init__(self, *args: Any, currency: str, decimal: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal
        self.fields["due_on"].widget.attrs["min"] = today.isoformat()


class PromiseManyForm(forms.Form):
    """One promise a customer and currency, of all that each owes of what was chosen."""

    due_on = DayField(label=_("Pagarán el"))
    note = forms.CharField(label=_("Nota"), **NOTE)


class WithdrawForm(forms.Form):
    reason = reason_field(_("Por qué ya no vale"))


class DisputeForm(KeyedForm):
    reason = forms.ChoiceField(label=_("Motivo"), choices=DisputeReason.choices)
    amount = AmountField(label=_("Parte en disputa"), required=False, help_text=_("Vacío: todo lo que se debe."))
    owner = forms.ChoiceField(label=_("Responsable"), required=False)
    answer_by = DayField(label=_("Responder antes del"), required=False, help_text=_("Vacío: en cinco días hábiles."))
    note = forms.CharField(label=_("Qué dice el cliente"), **NOTE)

    def __init__(
        self, *args: Any, currency: str, decimal: str, owners: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal
        self.fields["owner"].choices = [("", _("Quien le cobra al cliente")), *owners]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """Who answers for an open dispute, and until when."""

    owner = forms.ChoiceField(label=_("Responsable"), required=False)
    answer_by = DayField(label=_("Responder antes del"), required=False)

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", _("Nadie en particular")), *owners]  # type: ignore[attr-defined]


class ResolveForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Quién tenía razón"), choices=[("", "—"), *DisputeOutcome.choices])
    resolution = forms.CharField(
        label=_("Cómo se resolvió"), max_length=500, help_text=_("Se vuelve a cobrar todo lo que se debe."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class ReportForm(KeyedForm):
    """A payment that the customer says it made."""

    amount = AmountField(label=_("Importe"))
    paid_on = DayField(label=_("Dice que pagó el"))
    method = forms.ChoiceField(label=_("Forma de pago"), choices=METHODS, required=False)
    reference = forms.CharField(
        label=_("Referencia"), max_length=200, required=False, help_text=_("Clave de rastreo o folio.")
    )
    note = forms.CharField(label=_("Nota"), **NOTE)
    proof = forms.FileField(
        label=_("Comprobante"), required=False, max_length=300, help_text=_("PDF o imagen, hasta 10 MB.")
    )

    def __init__(self, *args: Any, currency: str, decimal: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal
        field.label = _("Importe (%(currency)s)") % {"currency": currency}
        self.fields["paid_on"].widget.attrs["max"] = today.isoformat()
        self.fields["paid_on"].initial = today

    def clean_proof(self) -> Any:
        proof = self.cleaned_data.get("proof")
        if proof is not None and proof.size > MAX_PROOF:
            raise forms.ValidationError(_("El comprobante pesa más de 10 MB."))
        return proof


class AcceptForm(forms.Form):
    """The money is in the bank: on which day."""

    received_on = DayField(label=_("Llegó el"))
    is_distinct = forms.BooleanField(required=False, widget=forms.HiddenInput)


class RejectForm(forms.Form):
    reason = reason_field(_("Por qué se rechaza"), _("Vuelve a cobrarse lo que nombra."))
