"""Forms of late fees, discounts and instalment plans: they read what was typed; operations decide what may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer, Portfolio
from aldia.domain.charges.plans import Part
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.receivables.charge_models import ChargeScope, FixedEach, Frequency, RatePer, percent
from aldia.receivables.models import DiscountRule, LateFeeRule
from aldia.receivables.operations.charge_rules import DiscountDetails, LateDetails, Whom
from aldia.web.forms_receivables import AmountField, DayField, KeyedForm, reason_field

TIERS = 3
MOST_CUSTOMERS = 1000
EVERY = [("month", _("Cada mes")), ("fortnight", _("Cada 15 días")), ("week", _("Cada semana"))]
BASES = [(360, _("360 días")), (365, _("365 días"))]


class PercentField(forms.CharField):
    """A percent as people type it: "3", "2.5", "2,5 %"."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
        super().__init__(max_length=12, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace("%", "").replace(",", ".").strip()
        if not text:
            return None
        if not text.isascii() or not all(char.isdigit() or char == "." for char in text):
            raise forms.ValidationError(_("Escribe un porcentaje, por ejemplo 2.5."))
        try:
            return Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(_("Escribe un porcentaje, por ejemplo 2.5.")) from None


def days_field(label: Any, initial: int | None = 0, hint: Any = "", *, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=365, initial=initial, help_text=hint, required=required
    )


class WhomForm(forms.Form):
    """To whom a rule applies."""

    name = forms.CharField(label=_("Nombre"), max_length=100)
    scope = forms.ChoiceField(label=_("A quién"), choices=ChargeScope.choices, widget=forms.RadioSelect)
    portfolio = forms.ChoiceField(label=_("Cartera"), required=False)
    customers = forms.MultipleChoiceField(
        label=_("Clientes"), required=False, widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Elige varios con Ctrl (⌘ en Mac)."),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Moneda"), help_text=_("Una regla es para documentos de una moneda."))

    def __init__(self, *args: Any, currencies: Sequence[str], decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimal = decimal
        folders = Portfolio.objects.order_by("name").values_list("pk", "name")
        self.fields["portfolio"].choices = [("", "—"), *((str(pk), name) for pk, name in folders)]  # type: ignore[attr-defined]
        people = Customer.objects.filter(generic=False).order_by("-collecting", "legal_name")[:MOST_CUSTOMERS]
        self.fields["customers"].choices = [(str(row.pk), f"{row} · {row.tax_id}") for row in people]  # type: ignore[attr-defined]
        self.fields["currency"].choices = [(code, code) for code in currencies]  # type: ignore[attr-defined]

    def whom(self) -> Whom:
        data = self.cleaned_data
        return Whom(
            name=data["name"],
            scope=data["scope"],
            portfolio_id=UUID(data["portfolio"]) if data["portfolio"] else None,
            customer_ids=tuple(UUID(each) for each in data["customers"]),
            currency=data["currency"],
        )

    def _amount(self, name: str) -> int | None:
        """What was typed in a field of money, in the currency chosen; None where it is empty or wrong."""
        text, currency = self.cleaned_data.get(name), self.cleaned_data.get("currency")
        if not text or not currency:
            return None
        try:
            return parse_money(text, currency, decimal=self.decimal).minor
        except MoneyError as error:
            self.add_error(name, str(error))
            return None


class LateRuleForm(WhomForm):
    """A rule of late fees."""

    rate = PercentField(label=_("Interés (%)"), required=False, help_text=_("Simple, sobre lo que se debe cada día."))
    per = forms.ChoiceField(label=_("Por"), choices=RatePer.choices, initial=RatePer.MONTH)
    basis = forms.TypedChoiceField(label=_("Año de cálculo"), choices=BASES, coerce=int, initial=360)
    grace_days = days_field(_("Días de gracia"), 0, _("El interés empieza el día después."))
    fixed_fee = AmountField(label=_("Cargo fijo"), required=False)
    fixed_each = forms.ChoiceField(label=_("Se cobra"), choices=FixedEach.choices, initial=FixedEach.ONCE)
    minimum = AmountField(label=_("Cargo mínimo"), required=False, help_text=_("Por documento."))
    cap_percent = PercentField(label=_("Tope (% de lo que se debía)"), required=False)
    cap_amount = AmountField(label=_("Tope (importe)"), required=False, help_text=_("Por documento, sin IVA."))
    tax_percent = PercentField(
        label=_("IVA sobre el recargo (%)"), required=False,
        help_text=_("16 % si la venta lo llevó; vacío si no."),
    )  # fmt: skip
    frequency = forms.ChoiceField(label=_("Se cobra"), choices=Frequency.choices, initial=Frequency.MONTH)
    due_days = days_field(_("Vence a los (días)"), 10, _("El recargo, desde que se hace."))
    spares_disputed = forms.BooleanField(label=_("No cobrar lo que está en disputa"), required=False, initial=True)
    spares_paused = forms.BooleanField(label=_("No cobrar lo que está en pausa"), required=False, initial=True)
    spares_planned = forms.BooleanField(label=_("No cobrar lo que tiene plan de pagos"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("fixed_fee", "minimum", "cap_amount"):
            data[name] = self._amount(name)
        return data

    def details(self) -> LateDetails:
        data = self.cleaned_data
        return LateDetails(
            rate=data["rate"] or Decimal(0),
            per=data["per"],
            basis=data["basis"],
            grace_days=data["grace_days"],
            minimum=data["minimum"] or 0,
            cap_percent=data["cap_percent"],
            cap_amount=data["cap_amount"],
            fixed_fee=data["fixed_fee"] or 0,
            fixed_each=data["fixed_each"],
            tax_percent=data["tax_percent"] or Decimal(0),
            frequency=data["frequency"],
            due_days=data["due_days"],
            spares_disputed=data["spares_disputed"],
            spares_paused=data["spares_paused"],
            spares_planned=data["spares_planned"],
        )


def whom_initial(rule: LateFeeRule | DiscountRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "scope": rule.scope,
        "portfolio": str(rule.portfolio_id or ""),
        "customers": [str(each) for each in rule.members.values_list("customer_id", flat=True)],
        "currency": rule.currency,
    }


def late_initial(rule: LateFeeRule) -> dict[str, Any]:
    """What the form says of a rule that is there."""
    plain = ("per", "basis", "grace_days", "fixed_each", "frequency", "due_days")
    plain += ("spares_disputed", "spares_paused", "spares_planned")
    money = {"fixed_fee": rule.fixed_fee, "minimum": rule.minimum, "cap_amount": rule.cap_amount}
    percents = {"rate": rule.rate_ppm, "cap_percent": rule.cap_ppm, "tax_percent": rule.tax_ppm}
    return (
        whom_initial(rule)
        | {name: getattr(rule, name) for name in plain}
        | {name: minor_text(value, rule.currency) if value else "" for name, value in money.items()}
        | {name: str(percent(value)) if value else "" for name, value in percents.items()}
    )


class DiscountForm(WhomForm):
    """A discount for paying early: up to three tiers, or one percent until a day."""

    until_on = DayField(label=_("Hasta el día"), required=False, help_text=_("En lugar de contar días."))
    pro_rata = forms.BooleanField(label=_("También en proporción, si pagan solo una parte a tiempo"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in range(1, TIERS + 1):
            self.fields[f"days_{place}"] = days_field(_("Días desde la emisión"), None, required=False)
            self.fields[f"percent_{place}"] = PercentField(label=_("Descuento (%)"), required=False)

    @property
    def tiers(self) -> list[tuple[Any, Any]]:
        return [(self[f"days_{place}"], self[f"percent_{place}"]) for place in range(1, TIERS + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for place in range(1, TIERS + 1):
            days, value = data.get(f"days_{place}"), data.get(f"percent_{place}")
            if value is not None and days is None and not data.get("until_on"):
                self.add_error(f"days_{place}", _now("Di en cuántos días."))
            if days is not None and value is None and f"percent_{place}" not in self.errors:
                self.add_error(f"percent_{place}", _now("Di de cuánto es el descuento."))
        return data

    def details(self) -> DiscountDetails:
        data = self.cleaned_data
        found = [(data.get(f"days_{place}") or 0, data.get(f"percent_{place}")) for place in range(1, TIERS + 1)]
        tiers = tuple((days, value) for days, value in found if value is not None)
        return DiscountDetails(tiers, data["until_on"], data["pro_rata"])


def discount_initial(rule: DiscountRule) -> dict[str, Any]:
    found = whom_initial(rule) | {"until_on": rule.until_on, "pro_rata": rule.pro_rata}
    for place, (days, ppm) in enumerate(rule.tiers[:TIERS], 1):
        found |= {f"days_{place}": days, f"percent_{place}": str(percent(ppm))}
    return found


class StartForm(forms.Form):
    """From which day a rule holds."""

    starts_on = DayField(label=_("Desde el día"))


class OfferForm(forms.Form):
    """A discount on one document."""

    percent = PercentField(label=_("Descuento (%)"))
    until_on = DayField(label=_("Si paga a más tardar el"))
    pro_rata = forms.BooleanField(label=_("También en proporción"), required=False)


class WhyForm(forms.Form):
    reason = reason_field(_("Motivo"))


class PlanForm(forms.Form):
    """How a plan is proposed."""

    count = forms.IntegerField(label=_("Pagos"), min_value=1, max_value=60, initial=3)
    every = forms.ChoiceField(label=_("Cada cuánto"), choices=EVERY, initial="month")
    first_on = DayField(label=_("Primer pago"))
    down_payment = AmountField(label=_("Enganche"), required=False, help_text=_("Vacío si no hay."))
    down_on = DayField(label=_("Enganche el día"), required=False)

    def __init__(self, *args: Any, currency: str, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["down_payment"]
        assert isinstance(field, AmountField)  # noqa: S101
        field.currency, field.decimal = currency, decimal


class AcceptForm(KeyedForm):
    """What was agreed on with the plan; its rows come beside (`due-1`, `amount-1`)."""

    grace_days = forms.IntegerField(
        label=_("Días de gracia"), min_value=0, max_value=60, initial=5,
        help_text=_("Después de ellos un pago atrasado se marca como incumplimiento."),
    )  # fmt: skip
    note = forms.CharField(label=_("Nota del acuerdo"), max_length=300, required=False)


class BadRow(ValueError):
    """A row of a plan that cannot be read; the sentence is for the person."""


def rows_of(data: Any, *, currency: str, decimal: str, most: int = 61) -> list[Part]:
    """The rows of a plan as they were typed; empty ones are left out. Raises `BadRow`."""
    found = []
    for place in range(1, most + 1):
        day, amount = str(data.get(f"due-{place}", ""))[:20].strip(), str(data.get(f"amount-{place}", ""))[:60].strip()
        if not day and not amount:
            continue
        try:
            due_on = date.fromisoformat(day)
            if not 1990 <= due_on.year <= 2100:
                raise ValueError
        except ValueError:
            raise BadRow(_now("Pago %(place)s: la fecha no se entiende.") % {"place": place}) from None
        try:
            found.append(Part(due_on, parse_money(amount, currency, decimal=decimal).minor))
        except MoneyError as error:
            raise BadRow(_now("Pago %(place)s: %(error)s") % {"place": place, "error": error}) from None
    return found


def currencies_of(home: str, used: Iterable[str]) -> list[str]:
    """The company's currency first, then those of its documents."""
    return [home, *sorted(set(used) - {home})]
