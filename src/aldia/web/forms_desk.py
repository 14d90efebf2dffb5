"""The form of what was done about a customer: how it ended, what was said, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.collections.models import ActivityKind, DisputeReason, Outcome
from aldia.web.forms_receivables import AmountField, DayField, KeyedForm


class ActivityForm(KeyedForm):
    """A promise asks for its day; what it names and how much are beside it (empty: all that is owed of it).

    Disputes are opened when a reason is given.
    """

    kind = forms.ChoiceField(label=_("Qué hiciste"), choices=ActivityKind.choices, initial=ActivityKind.CALL)
    outcome = forms.ChoiceField(label=_("Cómo terminó"), choices=[("", "—"), *Outcome.choices], required=False)
    contact = forms.ChoiceField(label=_("Con quién"), required=False)
    note = forms.CharField(
        label=_("Nota"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    next_on = DayField(label=_("Volver el"), required=False)
    next_kind = forms.ChoiceField(label=_("Qué sigue"), choices=ActivityKind.choices, required=False)
    next_note = forms.CharField(
        label=_("Para qué"), max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    promise_on = DayField(label=_("Pagará el"), required=False)
    promise_amount = AmountField(label=_("Importe"), required=False)
    dispute_reason = forms.ChoiceField(
        label=_("Abrir una disputa"),
        choices=[("", _("No, sólo anotarlo")), *DisputeReason.choices],
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        contacts: Sequence[tuple[str, str]],
        currency: str,
        decimal: str,
        today: date,
        promise_on: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].choices = [("", _("Sin decir")), *contacts]  # type: ignore[attr-defined]
        amount = self.fields["promise_amount"]
        assert isinstance(amount, AmountField)  # noqa: S101
        amount.currency, amount.decimal = currency, decimal
        for name in ("next_on", "promise_on"):
            self.fields[name].widget.attrs["min"] = today.isoformat()
        self.fields["promise_on"].initial = promise_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("outcome") == Outcome.PROMISED and not data.get("promise_on") and "promise_on" not in self.errors:
            self.add_error("promise_on", _("¿Para qué día lo prometió?"))
        return data
