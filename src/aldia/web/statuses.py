"""States and how they look: one table of word and colour for every pill in the house."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

COLOURS = ("red", "yellow", "green", "azure", "purple", "gray")

STATUSES = {
    # receivables
    "current": (_("Vigente"), "green"),
    "due_soon": (_("Por vencer"), "yellow"),
    "due_today": (_("Vence hoy"), "yellow"),
    "overdue": (_("Vencida"), "red"),
    "partial": (_("Parcial"), "azure"),
    "paid": (_("Pagada"), "green"),
    "presumed": (_("Presunta pagada"), "purple"),
    "voided": (_("Cancelada"), "gray"),
    "paused": (_("En pausa"), "gray"),
    "disputed": (_("En disputa"), "purple"),
    # the collector's list
    "desk_done": (_("Atendido"), "green"),
    "desk_paid": (_("Ya pagó"), "green"),
    # customers
    "on": (_("Prendido"), "green"),
    "off": (_("Apagado"), "gray"),
    "over_limit": (_("Excedido"), "red"),
    "credit_held": (_("Detenido"), "red"),
    "credit_allowed": (_("Con permiso"), "yellow"),
    "credit_open": (_("Abierto"), "green"),
    "credit_free": (_("Sin límite"), "gray"),
    # credits
    "applied": (_("Aplicado"), "green"),
    "available": (_("A favor"), "azure"),
    "held": (_("Por revisar"), "yellow"),
    "reversed": (_("Revertido"), "gray"),
    # fiscal documents: authority and seal
    "valid": (_("Vigente"), "green"),
    "cancelled": (_("Cancelado"), "red"),
    "unknown": (_("Sin consultar"), "gray"),
    "ok": (_("Correcto"), "green"),
    "bad": (_("No corresponde"), "red"),
    "unverified": (_("Sin verificar"), "gray"),
    "pending": (_("Pendiente"), "yellow"),
    # imports and their items
    "queued": (_("En espera"), "gray"),
    "running": (_("En curso"), "azure"),
    "done": (_("Terminada"), "green"),
    "failed": (_("Detenida"), "red"),
    "opened": (_("Por cobrar"), "green"),
    "stored": (_("En archivo"), "azure"),
    "updated": (_("Actualizado"), "azure"),
    "duplicate": (_("Ya estaba"), "gray"),
    "ignored": (_("Ignorado"), "gray"),
    "error": (_("Con error"), "red"),
    # messages and their deliveries
    "msg_awaiting": (_("Por aprobar"), "yellow"),
    "msg_ready": (_("Por enviar"), "azure"),
    "msg_queued": (_("En cola"), "azure"),
    "msg_sending": (_("Enviando"), "azure"),
    "msg_sent": (_("Enviado"), "green"),
    "msg_delivered": (_("Entregado"), "green"),
    "msg_opened": (_("Abierto"), "purple"),
    "msg_bounced": (_("Rebotó"), "red"),
    "msg_complained": (_("No deseado"), "red"),
    "msg_failed": (_("Falló"), "red"),
    "msg_unknown": (_("No se sabe"), "yellow"),
    "msg_cancelled": (_("No se envió"), "gray"),
    "msg_done": (_("Enviado"), "green"),
    # rules of reminding
    "rule_on": (_("Activa"), "green"),
    "rule_off": (_("Apagada"), "gray"),
    "rule_draft": (_("Borrador"), "yellow"),
    "rule_replaced": (_("Sustituida"), "gray"),
    # late fees and instalment plans
    "run_live": (_("Cobrada"), "green"),
    "run_reversed": (_("Revertida"), "gray"),
    "plan_going": (_("Al corriente"), "green"),
    "plan_late": (_("Atrasado"), "red"),
    "plan_kept": (_("Cumplido"), "green"),
    "plan_cancelled": (_("Cancelado"), "gray"),
    "plan_broken": (_("Incumplido"), "red"),
    "part_paid": (_("Pagado"), "green"),
    "part_partial": (_("En parte"), "azure"),
    "part_due": (_("Toca pagar"), "yellow"),
    # what customers say
    "promised": (_("Con promesa"), "azure"),
    "reported": (_("Dice que pagó"), "yellow"),
    "promise_open": (_("Abierta"), "azure"),
    "promise_kept": (_("Cumplida"), "green"),
    "promise_partly": (_("En parte"), "yellow"),
    "promise_broken": (_("Incumplida"), "red"),
    "promise_withdrawn": (_("Retirada"), "gray"),
    "dispute_open": (_("En disputa"), "purple"),
    "dispute_late": (_("Sin responder"), "red"),
    "dispute_resolved": (_("Resuelta"), "green"),
    "report_waiting": (_("Por revisar"), "yellow"),
    "report_accepted": (_("Aceptado"), "green"),
    "report_rejected": (_("Rechazado"), "red"),
    # payment links, payments on line, collection accounts
    "link_live": (_("Vigente"), "green"),
    "link_paid": (_("Pagada"), "azure"),
    "link_expired": (_("Vencida"), "gray"),
    "link_revoked": (_("Revocada"), "gray"),
    "pay_created": (_("Iniciado"), "gray"),
    "pay_pending": (_("En espera"), "yellow"),
    "pay_failed": (_("No pasó"), "red"),
    "pay_expired": (_("Venció"), "gray"),
    "pay_succeeded": (_("Pagado"), "green"),
    "pay_refunded": (_("Devuelto"), "purple"),
    "pay_disputed": (_("Contracargo"), "red"),
    "pay_review": (_("Por revisar"), "yellow"),
    "account_open": (_("Activa"), "green"),
    "account_asking": (_("Por emitir"), "azure"),
    "account_failed": (_("Sin emitir"), "red"),
    "account_closed": (_("Cerrada"), "gray"),
    # documents of ours, and their cancellations
    "issue_draft": (_("Borrador"), "gray"),
    "issue_queued": (_("Por timbrar"), "azure"),
    "issue_sealed": (_("Timbrando"), "azure"),
    "issue_unknown": (_("Esperando al PAC"), "yellow"),
    "issue_rejected": (_("Rechazado"), "red"),
    "issue_stamped": (_("Timbrado"), "green"),
    "issue_cancelling": (_("Cancelación en curso"), "yellow"),
    "issue_cancelled": (_("Cancelado"), "red"),
    "issue_discarded": (_("Descartado"), "gray"),
    "cancel_asked": (_("Por pedir"), "azure"),
    "cancel_waiting": (_("Espera al receptor"), "yellow"),
    "cancel_done": (_("Cancelado"), "red"),
    "cancel_rejected": (_("El receptor no aceptó"), "purple"),
    "cancel_failed": (_("No se pudo"), "red"),
    "cancel_withdrawn": (_("Retirada"), "gray"),
    # jobs
    "ready": (_("En espera"), "gray"),
    "dead": (_("Detenido"), "red"),
    # people
    "active": (_("Activo"), "green"),
    "suspended": (_("Suspendido"), "gray"),
    "invited": (_("Invitado"), "yellow"),
    "expired": (_("Caducada"), "gray"),
    "two_factor": (_("Activada"), "green"),
    "no_two_factor": (_("Sin activar"), "yellow"),
}


def status_html(state: str, label: str = "", colour: str = "") -> SafeString:
    """A pill; `label` and `colour` overrule the table. A state that the table does not know is shown as it is, grey."""
    return _pill(str(state), str(label), colour, get_language() or "es")


@lru_cache(maxsize=1024)
def _pill(state: str, label: str, colour: str, language: str) -> SafeString:
    word, tint = STATUSES.get(state, (state, "gray"))
    tint = colour if colour in COLOURS else tint
    return SafeString(f'<span class="st st-{tint}">{escape(label or str(word))}</span>')
