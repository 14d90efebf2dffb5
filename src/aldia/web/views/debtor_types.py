"""What kind of debtor a customer looks like, as the card of its file and of the call page, and a person's word on it.

`credit/_debtor_type.html` draws a `Card` named `debtor`: never a bare label, always the dated events it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from aldia.collections.models import DebtorTypeOverride
from aldia.collections.operations.debtor_types import DebtorTypeError, set_debtor_type, withdraw_debtor_type
from aldia.collections.queries.debtor_types import Debtor, debtor_of
from aldia.customers.models import Customer
from aldia.domain.debtor_episodes import Fault
from aldia.domain.debtor_types import OVERRIDE_FOR, DebtorType, Event
from aldia.reminders.queries.reminded import reminders_of
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_receivables import reason_field
from aldia.web.views.collecting.common import Question, ask, back_to, patience_of
from aldia.web.views.customers.common import customer_or_404
from aldia.web.views.receivables.common import sight

MOST_EVENTS = 8
LABELS = {
    DebtorType.FORTUITOUS: gettext_lazy("Fortuito"),
    DebtorType.DISORGANISED: gettext_lazy("Desorganizado"),
    DebtorType.INTENTIONAL: gettext_lazy("Intencional"),
    DebtorType.NEGLIGENT: gettext_lazy("Negligente"),
    DebtorType.CIRCUMSTANTIAL: gettext_lazy("Circunstancial"),
}
MEANS = {
    DebtorType.FORTUITOUS: gettext_lazy("Quiere pagar y ahora no puede."),
    DebtorType.DISORGANISED: gettext_lazy("Puede pagar y se le pasa."),
    DebtorType.INTENTIONAL: gettext_lazy("Puede pagar y lo evita."),
    DebtorType.NEGLIGENT: gettext_lazy("Lo deja para después mientras nadie insista."),
    DebtorType.CIRCUMSTANTIAL: gettext_lazy("No está de acuerdo con algo de esta cuenta."),
}
APPROACH = {
    DebtorType.FORTUITOUS: gettext_lazy("Ofrécele un plan de pagos con fechas que sí pueda cumplir."),
    DebtorType.DISORGANISED: gettext_lazy(
        "Reenvíale la factura, recuérdale antes de que venza y propón domiciliar el pago."
    ),
    DebtorType.INTENTIONAL: gettext_lazy(
        "Pide fecha e importe firmes, sin largas, y deja de surtirle hasta que pague."
    ),
    DebtorType.NEGLIGENT: gettext_lazy("Insiste con más frecuencia y busca otro contacto que sí responda."),
    DebtorType.CIRCUMSTANTIAL: gettext_lazy("Resuelve primero la disputa; lo demás se cobra como siempre."),
}
EVENTS = {
    Event.PAID_SOON_AFTER_REMINDER: gettext_lazy("Pagó en cuanto se le recordó"),
    Event.PAID_AFTER_MANY_REMINDERS: gettext_lazy("Pagó hasta el tercer recordatorio o después"),
    Event.PAID_AFTER_ULTIMATUM: gettext_lazy("Pagó hasta el último aviso, o cuando se le dejó de surtir"),
    Event.PROMISE_KEPT: gettext_lazy("Cumplió una promesa"),
    Event.PROMISE_BROKEN: gettext_lazy("No cumplió una promesa"),
    Event.PARTIAL_OR_PLAN: gettext_lazy("Pagó una parte, o pidió plazo"),
    Event.ASKED_FOR_COPY: gettext_lazy("Pidió la factura u otro documento"),
    Event.DISPUTE_OPENED: gettext_lazy("Abrió una disputa"),
    Event.PAID_AFTER_DISPUTE: gettext_lazy("Pagó en cuanto se resolvió su disputa"),
    Event.DISPUTE_DISMISSED: gettext_lazy("Su disputa no procedió"),
    Event.NO_ANSWER: gettext_lazy("No contestó tres veces seguidas"),
    Event.KEEPS_ORDERING: gettext_lazy("Siguió comprando o pagó algo más nuevo"),
    Event.DELAY_GREW_WITH_SIZE: gettext_lazy("Se tardó más con un importe mayor, o a fin de mes"),
}
FAULTS = {
    Fault.SENT_LATE: gettext_lazy("se envió después de vencer"),
    Fault.CUSTOMER_WAS_RIGHT: gettext_lazy("el cliente tenía razón"),
    Fault.UNAPPLIED: gettext_lazy("hay dinero suyo sin aplicar"),
    Fault.NO_COMPLEMENT: gettext_lazy("esperaba un complemento de pago nuestro"),
    Fault.CARRIED_IN: gettext_lazy("entró ya vencida como saldo inicial"),
}


class DebtorTypeForm(forms.Form):
    type = forms.ChoiceField(
        label=gettext_lazy("Tipo"), choices=[("", "—"), *((str(key), LABELS[key]) for key in LABELS)]
    )
    reason = reason_field(gettext_lazy("En qué te basas"))


@dataclass(frozen=True, slots=True)
class Card:
    """What `credit/_debtor_type.html` draws."""

    customer: Customer
    debtor: Debtor
    today: date
    may_say: bool
    form: DebtorTypeForm

    @property
    def type(self) -> DebtorType | None:
        return self.debtor.verdict.type

    @property
    def is_shown(self) -> bool:
        """Not of whoever always paid in time."""
        return bool(self.debtor.episodes or self.debtor.left_out or self.debtor.verdict.type)

    @property
    def source(self) -> str:
        return self.debtor.verdict.source

    @property
    def label(self) -> str:
        """Intent is never said as a fact unless a person confirmed it."""
        if self.type is None:
            return _("Sin tipo todavía")
        return _("Señales de intencional") if self.debtor.verdict.needs_person else str(LABELS[self.type])

    @property
    def means(self) -> str:
        if self.debtor.verdict.needs_person:
            return _("Lo que ha pasado apunta a que puede pagar y lo evita.")
        return str(MEANS[self.type]) if self.type else ""

    @property
    def approach(self) -> str:
        """What to do next. Of mere signs of intent: look at them first."""
        if self.debtor.verdict.needs_person:
            return _(
                "Revisa los hechos: solo una persona puede confirmarlo. Mientras, pide fecha e importe por escrito."
            )
        return str(APPROACH[self.type]) if self.type else ""

    @property
    def events(self) -> list[tuple[Any, date]]:
        """The dated events it rests on; without a type, the latest of all."""
        seen = self.debtor.verdict.because if self.type else tuple(
            each for episode in reversed(self.debtor.episodes) for each in episode.events
        )  # fmt: skip
        latest = sorted(seen, key=lambda each: each.on, reverse=True)[:MOST_EVENTS]
        return [(EVENTS[each.event], each.on) for each in latest]

    @property
    def points(self) -> list[tuple[Any, int]]:
        """The points of each type, the most first."""
        found = [(LABELS[kind], value) for kind, value in self.debtor.verdict.points.items()]
        return sorted(found, key=lambda pair: -pair[1])

    @property
    def word(self) -> DebtorTypeOverride | None:
        """A person's word in force."""
        return self.debtor.override if self.source == "person" else None

    @property
    def word_ends(self) -> date | None:
        return self.word.on + OVERRIDE_FOR if self.word else None

    @property
    def left_out(self) -> list[tuple[str, UUID, Any]]:
        return [(number, key, FAULTS[fault]) for number, key, fault in self.debtor.left_out]


def debtor_card(request: CompanyRequest, customer: Customer) -> Card | None:
    """The card of a customer; None of the generic one, which is nobody."""
    if customer.generic:
        return None
    today = clock.today(request.company)
    found = debtor_of(customer.pk, today=today, patience=patience_of(request.company), reminded=reminders_of)
    kind = found.verdict.type
    form = DebtorTypeForm(initial={"type": str(kind) if kind else ""}, auto_id="debtor_%s")
    return Card(customer, found, today, allows(request.membership, permissions.COLLECT), form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.COLLECT)
def say(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    """Overrule what was measured, or confirm it, with a reason."""
    customer = customer_or_404(request, customer_id)

    def run(data: dict[str, Any]) -> None:
        word = set_debtor_type(
            customer_id=customer.pk, type=data["type"], reason=data["reason"], today=clock.today(request.company),
            actor=request.user,
        )  # fmt: skip
        messages.success(request, _("Queda como «%(type)s» por 180 días.") % {"type": LABELS[DebtorType(word.type)]})

    question = Question(
        _("Tipo de deudor"), _("Guardar"), reverse("customer", args=[customer.pk]),
        _("Tu palabra vale 180 días y puedes quitarla cuando quieras."), str(customer),
    )  # fmt: skip
    return ask(request, DebtorTypeForm(request.POST if request.method == "POST" else None), question, run)


@require_POST
@needs(permissions.COLLECT)
def withdraw(request: CompanyRequest, debtor_type_override_id: UUID) -> HttpResponse:
    """Take the word back: what is on file speaks again."""
    rows = sight(request).narrow(DebtorTypeOverride.objects.all())
    word = get_object_or_404(rows, pk=debtor_type_override_id)
    try:
        withdraw_debtor_type(override_id=word.pk, today=clock.today(request.company), actor=request.user)
    except DebtorTypeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Otra vez habla lo que está registrado."))
    return back_to(request, reverse("customer", args=[word.customer_id]))
