"""Forms of reminders: the company's settings, pauses, and who follows which rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.reminders.models import ReminderRule, ReminderSettings, Weekdays
from aldia.web.forms_customers import VersionedForm
from aldia.web.forms_receivables import DayField, reason_field


class SettingsForm(VersionedForm):
    """How and when the company reminds."""

    send_from = forms.TimeField(label=_("Desde las"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    send_until = forms.TimeField(label=_("Hasta las"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    weekdays = forms.ChoiceField(label=_("Qué días"), choices=Weekdays.choices, widget=forms.RadioSelect)
    min_days_between = forms.IntegerField(
        label=_("Días entre un mensaje y otro"), min_value=1, max_value=60,
        help_text=_("Al mismo cliente, cuente la regla que cuente. 1: como mucho uno al día."),
    )  # fmt: skip
    max_per_week = forms.IntegerField(
        label=_("Mensajes por semana, como mucho"), min_value=1, max_value=50,
        help_text=_("Al mismo cliente, por todos los canales juntos."),
    )  # fmt: skip
    transit_days = forms.IntegerField(
        label=_("Días hábiles de espera al vencer"), min_value=0, max_value=15,
        help_text=_("Lo que tarda en verse una transferencia. Antes de eso no se reclama un pago que viene en camino."),
    )  # fmt: skip
    merge_after_days = forms.IntegerField(
        label=_("Avisos atrasados: juntar después de (días)"), min_value=0, max_value=60,
        help_text=_("Si algo impidió enviarlos, los de hace más días no salen en ráfaga: va uno solo, el último."),
    )  # fmt: skip
    receipts = forms.BooleanField(
        label=_("Enviar recibo de cada pago al cliente"), required=False,
        help_text=_("Al registrar un pago, su contacto recibe un recibo en PDF."),
    )  # fmt: skip
    promises = forms.BooleanField(
        label=_("Recordar al cliente lo que prometió"), required=False,
        help_text=_("Un correo el día hábil anterior al que prometió pagar, si aún lo debe."),
    )  # fmt: skip
    notices = forms.BooleanField(
        label=_("Avisarnos de lo que necesita a una persona"), required=False,
        help_text=_(
            "Correos que rebotan, pagos que reporta un cliente, mensajes por aprobar; y cada mañana, a quien le toca: "
            "promesas incumplidas, disputas por responder y planes atrasados."
        ),
    )  # fmt: skip
    notice_email = forms.EmailField(
        label=_("A este correo"), required=False, help_text=_("Vacío: a las personas administradoras."),
    )  # fmt: skip
    attach_limit_mb = forms.IntegerField(
        label=_("Adjuntos sueltos hasta (MB)"), min_value=1, max_value=20,
        help_text=_("Si pesan más, viajan juntos en un ZIP."),
    )  # fmt: skip

    NAMES = (
        "send_from", "send_until", "weekdays", "min_days_between", "max_per_week", "transit_days", "merge_after_days",
        "receipts", "promises", "notices", "notice_email",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begin, end = data.get("send_from"), data.get("send_until")
        if begin and end and begin >= end:
            self.add_error("send_until", _now("Tiene que ser después de la hora en que se empieza."))
        return data

    @classmethod
    def initial_of(cls, row: ReminderSettings) -> dict[str, Any]:
        size = max(1, round(row.attach_limit_kb / 1000))
        kept = {name: getattr(row, name) for name in (*cls.NAMES, "version")}
        return kept | {"attach_limit_mb": size, "promises": row.promises is not False}

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: data[name] for name in self.NAMES} | {"attach_limit_kb": data["attach_limit_mb"] * 1000}


class CustomerPauseForm(forms.Form):
    """Do not remind until a day, with the reason."""

    until = DayField(label=_("Hasta"), required=False, help_text=_("Vacío: hasta que alguien la reanude."))
    reason = reason_field(_("Motivo"), _("Lo verá tu equipo junto a la pausa."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data.get("until")
        if until is not None and until <= self.today:
            raise forms.ValidationError(_now("Tiene que ser un día por venir."))
        return until


GENERAL, NONE = "general", "none"


class FollowForm(forms.Form):
    """Which rule a customer or a receivable follows."""

    rule = forms.ChoiceField(label=_("Regla de recordatorios"))

    def __init__(self, *args: Any, rules: Sequence[ReminderRule], above: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(str(rule.pk), rule.name) for rule in rules]
        none = (NONE, _now("Sin recordatorios"))
        self.fields["rule"].choices = [(GENERAL, above), *own, none]  # type: ignore[attr-defined]
