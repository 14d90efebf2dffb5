"""The form of a report that goes out by itself: which, of what, when, and to whom."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Customer
from aldia.reporting import options, recipients
from aldia.reporting.catalogue import PDF, XLSX, Report
from aldia.reporting.models import Frequency, ReportSchedule
from aldia.reporting.operations.schedules import Words
from aldia.web.forms_writing import CHECK

SEPARATORS = re.compile(r"[,;\s]+")
WEEKDAYS = [
    (1, _("Lunes")), (2, _("Martes")), (3, _("Miércoles")), (4, _("Jueves")), (5, _("Viernes")), (6, _("Sábado")),
    (7, _("Domingo")),
]  # fmt: skip
MONTH_DAYS = [*((day, str(day)) for day in range(1, 31)), (31, _("El último"))]
FORMATS = [(XLSX, _("Excel")), (PDF, _("PDF")), ("both", _("Los dos"))]
BY = [("customer", _("Cliente")), ("portfolio", _("Cartera")), ("currency", _("Moneda"))]
PERIODS = [
    ("last_month", _("El mes pasado")), ("month", _("El mes en curso")), ("quarter", _("Los últimos 3 meses")),
    ("year", _("Los últimos 12 meses")),
]  # fmt: skip
MONTHS = [("last_month", _("El mes pasado")), ("month", _("El mes en curso"))]
STEPS = [
    ("week", _("Semanas")), ("fortnight", _("Quincenas")), ("month", _("Meses")), ("quarter", _("Trimestres")),
    ("half", _("Semestres")),
]  # fmt: skip


class RegularForm(forms.Form):
    """Fields of options are those of the report. `people` are members, `addresses` whoever else."""

    name = forms.CharField(
        label=_("Nombre"), max_length=150, help_text=_("Va en el asunto del correo."),
        error_messages={"required": _("Ponle un nombre al envío.")},
    )  # fmt: skip
    format = forms.ChoiceField(label=_("Cómo va"), choices=FORMATS, initial=XLSX, widget=forms.RadioSelect(attrs=CHECK))
    frequency = forms.ChoiceField(label=_("Cada cuándo"), choices=Frequency.choices, initial=Frequency.WEEKLY)
    weekday = forms.TypedChoiceField(label=_("Día de la semana"), choices=WEEKDAYS, coerce=int, initial=1)
    month_day = forms.TypedChoiceField(label=_("Día del mes"), choices=MONTH_DAYS, coerce=int, initial=1)
    at = forms.TimeField(
        label=_("Hora"), initial=time(8), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("La de la empresa."), error_messages={"invalid": _("Escribe la hora así: 08:00.")},
    )  # fmt: skip
    people = forms.MultipleChoiceField(
        label=_("Personas de la empresa"), required=False, widget=forms.CheckboxSelectMultiple(attrs=CHECK),
        error_messages={"invalid_choice": _("Una de las personas ya no es de la empresa.")},
    )  # fmt: skip
    addresses = forms.CharField(
        label=_("Otros correos"), required=False, max_length=2000,
        help_text=_("Separados por comas. No necesitan cuenta: lo que reciban sale de tu empresa."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, report: Report, portfolios: list[tuple[str, str]], currencies: list[str],
        customer: Customer | None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.report, self.customer = report, customer
        members: Any = self.fields["people"]
        members.choices = [(str(each.user_id), str(each.user)) for each in recipients.members()]
        for name in report.options:
            field = self._option(name, portfolios, currencies)
            if field is not None:
                self.fields[f"option_{name}"] = field

    def _option(self, name: str, portfolios: list[tuple[str, str]], currencies: list[str]) -> forms.Field | None:
        every = ("", _("Todas"))
        usual = _("Todas") if self.report.has_all_currencies else _("La de la empresa")
        choices: dict[str, tuple[Any, list[Any]]] = {
            options.PORTFOLIO: (_("Cartera"), [every, *portfolios]),
            options.CURRENCY: (_("Moneda"), [("", usual), *((each, each) for each in currencies)]),
            options.BY: (_("Agrupado por"), BY),
            options.PERIOD: (_("Periodo"), PERIODS),
            options.STEP: (_("Por"), STEPS),
            options.WHICH: (_("De qué mes"), MONTHS),
        }
        if name == options.CUSTOMER:
            return forms.CharField(widget=forms.HiddenInput, required=False)
        if name == options.BILLING:
            return forms.BooleanField(label=_("Sumar la facturación recurrente al flujo neto"), required=False)
        label, offered = choices[name]
        return forms.ChoiceField(label=label, choices=offered, required=False)

    @property
    def option_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("option_")]

    @property
    def words(self) -> Words:
        """What was typed, as the operation takes it."""
        data = self.cleaned_data
        chosen = {name: data.get(f"option_{name}") for name in self.report.options}
        if options.BILLING in chosen:
            chosen[options.BILLING] = "1" if chosen[options.BILLING] else ""
        days = {Frequency.WEEKLY: data["weekday"], Frequency.MONTHLY: data["month_day"]}
        return Words(
            report=self.report.key,
            name=data["name"],
            options=chosen,
            format=data["format"],
            frequency=data["frequency"],
            day=days.get(data["frequency"], 1),
            at=data["at"],
            people=data["people"],
            addresses=[each for each in SEPARATORS.split(data["addresses"]) if each],
        )


def initial_of(row: ReportSchedule) -> dict[str, Any]:
    """A schedule as its form shows it."""
    found: dict[str, Any] = {
        "name": row.name, "format": row.format, "frequency": row.frequency, "at": row.at, "version": row.version,
        "people": [each["user"] for each in row.recipients if "user" in each],
        "addresses": ", ".join(each["email"] for each in row.recipients if "email" in each),
    }  # fmt: skip
    if row.frequency == Frequency.WEEKLY:
        found["weekday"] = row.day
    if row.frequency == Frequency.MONTHLY:
        found["month_day"] = row.day
    return found | {f"option_{name}": value for name, value in row.options.items()}
