"""Forms of credit: the policy, a hold and its end, leave to sell in spite of one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.collections.models import CreditPolicy
from aldia.collections.operations.credit_policy import MOST_DAYS
from aldia.collections.operations.holds import LONGEST
from aldia.domain.credit import Policy
from aldia.domain.money import Money, format_money
from aldia.web.forms_receivables import AmountField, DayField, KeyedForm


def why_field(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=500, help_text=hint, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class PolicyForm(forms.Form):
    """When the house stops by itself; an empty number of days: never for being late."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    over_limit = forms.BooleanField(
        label=_("Detener a quien pase de su límite"), required=False,
        help_text=_("Cuenta lo que debe, lo que está por facturarse y lo que se está vendiendo."),
    )  # fmt: skip
    overdue_days = forms.IntegerField(
        label=_("Detener a quien deba algo con más de estos días de atraso"), required=False, min_value=0,
        max_value=MOST_DAYS, help_text=_("Vacío: el atraso no detiene a nadie. Lo que está en disputa no cuenta."),
    )  # fmt: skip
    min_overdue = AmountField(
        label=_("…y lo atrasado sume al menos"), required=False, help_text=_("Vacío: cualquier importe.")
    )

    def __init__(self, *args: Any, currency: str, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["min_overdue"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal

    @staticmethod
    def initial_of(row: CreditPolicy, currency: str, decimal: str) -> dict[str, Any]:
        least = row.hold_min_overdue
        return {
            "version": row.version,
            "over_limit": row.hold_over_limit,
            "overdue_days": row.hold_overdue_days,
            "min_overdue": format_money(least, currency, symbol=False, decimal=decimal) if least else "",
        }

    def policy(self) -> Policy:
        data = self.cleaned_data
        return Policy(data["over_limit"], data["overdue_days"], data["min_overdue"] or 0)


class HoldForm(forms.Form):
    reason = why_field(_("Por qué se detiene"))


class LiftForm(forms.Form):
    reason = why_field(_("Por qué se libera"))


class LeaveForm(KeyedForm):
    """Leave for a customer; with a document in hand, for that one."""

    reason = why_field(_("Por qué se le permite"), _("Queda en la bitácora con tu nombre."))
    until = DayField(label=_("Vale hasta el"))
    amount = AmountField(label=_("Hasta por"), required=False, help_text=_("Vacío: sin tope."))

    def __init__(self, *args: Any, currency: str, decimal: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal
        field.label = _("Hasta por (%(currency)s)") % {"currency": currency}
        self.currency = currency
        attrs = self.fields["until"].widget.attrs
        attrs["min"], attrs["max"] = today.isoformat(), (today + LONGEST).isoformat()
        self.fields["until"].initial = today + timedelta(days=0)

    def money(self) -> Money | None:
        minor = self.cleaned_data["amount"]
        return None if minor is None else Money(minor, self.currency)
