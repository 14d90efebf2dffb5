"""Forms of recurring documents: when they are issued, and what they charge."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.domain.money import Money, MoneyError, minor_text, parse_money
from aldia.domain.recurrence import DAY, LAST, MONTH, WEEK, Rule, RuleRefused
from aldia.web.forms import currency_choices
from aldia.web.forms_charges import PercentField
from aldia.web.forms_invoice import METHODS
from aldia.web.forms_issuer import coded
from aldia.web.forms_issuing import text_field
from aldia.web.forms_receivables import AmountField, DayField

HALF = "half"
RHYTHMS = [
    ("week:1", _("Cada semana")),
    ("week:2", _("Cada dos semanas")),
    (HALF, _("Cada quincena: dos días al mes")),
    ("month:1", _("Cada mes")),
    ("month:2", _("Cada dos meses")),
    ("month:3", _("Cada tres meses")),
    ("month:4", _("Cada cuatro meses")),
    ("month:6", _("Cada seis meses")),
    ("month:12", _("Cada año")),
    ("day", _("Cada cierto número de días")),
]
WEEKDAYS = [
    ("0", _("Lunes")), ("1", _("Martes")), ("2", _("Miércoles")), ("3", _("Jueves")), ("4", _("Viernes")),
    ("5", _("Sábado")), ("6", _("Domingo")),
]  # fmt: skip
MONTH_DAYS = [*((str(day), str(day)) for day in range(1, 32)), (str(LAST), _("El último"))]
ADJUSTS = [
    ("none", _("Se emite ese mismo día")),
    ("next", _("Se emite el siguiente día hábil")),
    ("previous", _("Se emite el día hábil anterior")),
    ("within", _("El siguiente día hábil, sin pasar de mes")),
]
COVERS = [
    ("0", _("El mismo periodo")),
    ("-1", _("El periodo anterior (vencido)")),
    ("1", _("El siguiente (anticipado)")),
]


class RuleForm(forms.Form):
    """When it is issued: rhythm, days, first and last."""

    name = forms.CharField(
        label=_("Nombre de la serie"), max_length=150, help_text=_("Para reconocerla: Renta local 3.")
    )
    rhythm = forms.ChoiceField(label=_("Se repite"), choices=RHYTHMS, initial="month:1")
    weekdays = forms.MultipleChoiceField(
        label=_("Días de la semana"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    month_day = forms.ChoiceField(label=_("Día del mes"), choices=MONTH_DAYS, initial="1")
    second_day = forms.ChoiceField(label=_("Y el día"), choices=MONTH_DAYS, initial=str(LAST))
    every = forms.IntegerField(label=_("Cada cuántos días"), min_value=1, max_value=366, initial=30, required=False)
    adjust = forms.ChoiceField(label=_("Si cae en un día sin bancos"), choices=ADJUSTS, initial="none")
    covers = forms.ChoiceField(
        label=_("Periodo que se cobra"), choices=COVERS, initial="0",
        help_text=_("El de {mes}, {año} y {periodo} en los textos."),
    )  # fmt: skip
    starts_on = DayField(label=_("Primera fecha, desde el"))
    ends_on = DayField(label=_("Termina el"), required=False, help_text=_("Vacío: hasta que la termines."))
    most = forms.IntegerField(
        label=_("O después de (documentos)"), min_value=1, max_value=1000, required=False,
        help_text=_("Los omitidos no cuentan."),
    )  # fmt: skip
    due_days = forms.IntegerField(
        label=_("Vence a los (días)"), min_value=0, max_value=365, required=False,
        help_text=_("Vacío: el plazo del cliente."),
    )  # fmt: skip

    def offer(self, rule: Rule) -> None:
        """Put a rhythm that is not among the usual ones into the list."""
        value = f"{rule.unit}:{rule.every}"
        rhythm = self.fields["rhythm"]
        if rule.unit != DAY and len(rule.days) < 2 and value not in dict(RHYTHMS):
            rhythm.choices = [*RHYTHMS, (value, f"{rule.unit} × {rule.every}")]  # type: ignore[attr-defined]

    def rule(self, country: str) -> Rule:
        """The rule that was chosen; only after the form was found valid."""
        data = self.cleaned_data
        unit, _colon, every = data["rhythm"].partition(":")
        more: dict[str, Any] = {"adjust": data["adjust"], "covers": int(data["covers"]), "country": country}
        if unit == DAY:
            return Rule(DAY, data["every"] or 0, (), **more)
        if unit == WEEK:
            return Rule(WEEK, int(every), tuple(int(each) for each in data["weekdays"]), **more)
        if unit == HALF:
            return Rule(MONTH, 1, (int(data["month_day"]), int(data["second_day"])), **more)
        return Rule(MONTH, int(every), (int(data["month_day"]),), **more)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        rhythm = data.get("rhythm", "")
        if rhythm.startswith(WEEK) and not data.get("weekdays"):
            self.add_error("weekdays", _now("Elige al menos un día de la semana."))
        elif rhythm == DAY and not data.get("every") and "every" not in self.errors:
            self.add_error("every", _now("Di cada cuántos días."))
        elif not self.errors:
            try:
                self.rule("MX")
            except RuleRefused as error:
                self.add_error("rhythm", _now(error.template) % error.params if error.params else str(error))
        return data


def rule_initial(rule: Rule) -> dict[str, Any]:
    """What the form says of a rule that is there."""
    found: dict[str, Any] = {"adjust": rule.adjust, "covers": str(rule.covers)}
    if rule.unit == DAY:
        return found | {"rhythm": DAY, "every": rule.every}
    if rule.unit == WEEK:
        return found | {"rhythm": f"{WEEK}:{rule.every}", "weekdays": [str(day) for day in rule.days]}
    if len(rule.days) > 1:
        return found | {"rhythm": HALF, "month_day": str(rule.days[0]), "second_day": str(rule.days[1])}
    return found | {"rhythm": f"{MONTH}:{rule.every}", "month_day": str(rule.days[0])}


class ChargeForm(forms.Form):
    """What a charge note says and costs."""

    concept = forms.CharField(
        label=_("Concepto"), max_length=300, help_text=_("Puede decir {mes}, {año} o {periodo}: «Renta de {periodo}»."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    amount = AmountField(label=_("Importe"))
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices)
    sends = forms.BooleanField(label=_("Enviarla por correo con su liga de pago"), required=False, initial=True)

    def __init__(self, *args: Any, decimal: str = ".", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimal = decimal

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("amount") and data.get("currency"):
            try:
                money: Money = parse_money(data["amount"], data["currency"], decimal=self.decimal)
                data["amount"] = money.minor
            except MoneyError as error:
                self.add_error("amount", str(error))
        return data


class TermsForm(forms.Form):
    """How an invoice is paid, and what it is for."""

    use = forms.ChoiceField(label=_("Uso del CFDI"))
    method = forms.ChoiceField(label=_("Método de pago"), choices=METHODS)
    form = forms.ChoiceField(label=_("Forma de pago"))
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices)
    conditions = text_field(_("Condiciones de pago"), 1000)
    note = forms.CharField(
        label=_("Nota para el cliente"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Sale en el PDF. También puede decir {mes}, {año} o {periodo}."),
    )  # fmt: skip
    is_automatic = forms.BooleanField(
        label=_("Timbrar y enviar sin que nadie la revise"), required=False, initial=True,
        help_text=_("Si no, cada fecha deja un borrador para que lo timbres tú."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["use"].choices = coded("c_UsoCFDI")  # type: ignore[attr-defined]
        self.fields["form"].choices = coded("c_FormaPago")  # type: ignore[attr-defined]


class PriceForm(forms.Form):
    """A change of price: by a percentage or, of a charge note, to an amount."""

    from_on = DayField(label=_("Desde el"))
    reason = forms.CharField(label=_("Motivo"), max_length=300, required=False)

    def __init__(
        self, *args: Any, today: date, currency: str, decimal: str = ".", has_amount: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].initial = today
        self.fields["percent"] = SignedPercentField(
            label=_("Sube (%)"), required=False, help_text=_("4.66 lo sube 4.66 %; -5 lo baja.")
        )
        self.fields["amount"] = AmountField(
            label=_("O nuevo importe"), required=False, currency=currency, decimal=decimal
        )
        if not has_amount:
            del self.fields["amount"]
        self.order_fields(["from_on", "percent", "amount", "reason"])


class SignedPercentField(PercentField):
    """A percent that may be below zero, in hundredths of a percent."""

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        sign = -1 if text[:1] in ("-", "\N{MINUS SIGN}") else 1
        found = super().clean(text[1:] if sign < 0 else text)
        if found is None:
            return None
        if found != round(found, 2):
            raise forms.ValidationError(_("Escribe el porcentaje con dos decimales a lo más."))
        return sign * int(found * 100)


def charge_initial(content: dict[str, Any], currency: str) -> dict[str, Any]:
    return {"concept": content["concept"], "amount": minor_text(content["amount"], currency), "currency": currency}
