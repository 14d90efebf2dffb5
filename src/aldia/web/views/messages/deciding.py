"""What a person decides: whether a message that waits may leave, and what became of one of which nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aldia.jobs.reminders import enqueue_sending
from aldia.messaging.operations.delivering import resolve_unknown
from aldia.reminders.operations.approving import Decided, approve_messages, reject_messages
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import ReasonForm
from aldia.web.views import errors
from aldia.web.views.messages.common import REFUSALS, delivery_or_404, message_or_404
from aldia.web.views.messages.sent import in_tab, listing

OUTCOMES = ("sent", "again")
AT_ONCE = 1_000


@require_POST
@needs(permissions.SEND_MESSAGES)
def approve(request: CompanyRequest, message_id: UUID) -> HttpResponse:
    return _answer(request, message_id, _approve(request, [message_or_404(request, message_id).pk]))


@require_POST
@needs(permissions.SEND_MESSAGES)
def reject(request: CompanyRequest, message_id: UUID) -> HttpResponse:
    message, form = message_or_404(request, message_id), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Escribe por qué no debe salir."))
        return redirect("message", message.pk)
    return _answer(request, message.pk, _reject(request, [message.pk], form))


def _answer(request: CompanyRequest, message_id: UUID, decided: Decided) -> HttpResponse:
    """Back to the page; a decision that somebody took before is a conflict."""
    if decided.late:
        return errors.conflict(request, _("Este mensaje ya no espera: alguien decidió antes que tú."))
    return redirect("message", message_id)


@require_POST
@needs(permissions.SEND_MESSAGES)
def approve_many(request: CompanyRequest) -> HttpResponse:
    ids = _chosen(request)
    _say_late(request, _approve(request, ids))
    return redirect(_back(request))


@require_POST
@needs(permissions.SEND_MESSAGES)
def reject_many(request: CompanyRequest) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Escribe por qué no deben salir."))
        return redirect(_back(request))
    _say_late(request, _reject(request, _chosen(request), form))
    return redirect(_back(request))


def _chosen(request: CompanyRequest) -> list[UUID]:
    """The messages that the form names, or that match the filter, of those that the person may see."""
    rows = listing(request).selected(request, in_tab(request)).order_by("id")
    ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        messages.info(request, _("No elegiste ninguno."))
    return ids


def _back(request: CompanyRequest) -> str:
    return f"{reverse('messages')}?{request.GET.urlencode()}"


def _approve(request: CompanyRequest, ids: Sequence[UUID]) -> Decided:
    decided = approve_messages(message_ids=ids, actor=request.user, as_of=clock.now())
    if decided.done:
        enqueue_sending()
        text = ngettext(
            "%(n)d mensaje aprobado: sale en el horario de la empresa.",
            "%(n)d mensajes aprobados: salen en el horario de la empresa.",
            len(decided.done),
        )
        messages.success(request, text % {"n": len(decided.done)})
    if decided.changed:
        text = ngettext(
            "%(n)d decía algo que ya cambió: se escribe de nuevo con lo que se debe hoy.",
            "%(n)d decían algo que ya cambió: se escriben de nuevo con lo que se debe hoy.",
            len(decided.changed),
        )
        messages.warning(request, text % {"n": len(decided.changed)})
    return decided


def _reject(request: CompanyRequest, ids: Sequence[UUID], form: ReasonForm) -> Decided:
    reason = form.cleaned_data["reason"]
    decided = reject_messages(message_ids=ids, reason=reason, actor=request.user, as_of=clock.now())
    if decided.done:
        text = ngettext("%(n)d mensaje rechazado: no sale.", "%(n)d mensajes rechazados: no salen.", len(decided.done))
        messages.success(request, text % {"n": len(decided.done)})
    return decided


def _say_late(request: CompanyRequest, decided: Decided) -> None:
    if decided.late:
        text = ngettext(
            "%(n)d ya no esperaba: alguien decidió antes.",
            "%(n)d ya no esperaban: alguien decidió antes.",
            len(decided.late),
        )
        messages.warning(request, text % {"n": len(decided.late)})


@require_POST
@needs(permissions.SEND_MESSAGES)
def resolve(request: CompanyRequest, delivery_id: UUID) -> HttpResponse:
    """A person says what became of a message of which nobody knows: it arrived, or it is sent once more."""
    delivery, outcome = delivery_or_404(request, delivery_id), request.POST.get("to", "")
    if outcome not in OUTCOMES:
        return errors.answer(request, 400)
    try:
        today = clock.today(request.company)
        resolve_unknown(delivery_id=delivery.pk, outcome=outcome, actor=request.user, on_day=today)
    except REFUSALS as error:
        return errors.conflict(request, str(error))
    if outcome == "again":
        enqueue_sending()
        messages.success(request, _("Se envía otra vez a %(address)s.") % {"address": delivery.address})
    else:
        messages.success(request, _("Anotado: sí llegó a %(address)s.") % {"address": delivery.address})
    return redirect("message", delivery.message_id)
