"""What happened to a customer, as sentences: the audit's events of it, its receivables and its credits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.collections.models import Activity, ActivityKind, Dispute, Outcome, Promise
from aldia.customers import queries
from aldia.customers.models import Customer
from aldia.payments.models import ReportedPayment
from aldia.receivables.models import Credit, Receivable
from aldia.tenancy.models import AuditEvent

RECENT = 300  # receivables and credits whose events are looked for

# verb -> icon, tint, sentence
VERBS: dict[str, tuple[str, str, Any]] = {
    "customers.appeared": ("file-import", "azure", gettext_lazy("Apareció con sus documentos")),
    "customers.created": ("user-plus", "azure", gettext_lazy("Se dio de alta a mano")),
    "customers.edited": ("edit", "gray", gettext_lazy("Se editaron sus datos")),
    "customers.switched_on": ("toggle-right", "green", gettext_lazy("Se prendió: se le cobra")),
    "customers.switched_off": ("toggle-left", "gray", gettext_lazy("Se apagó: no se le cobra")),
    "customers.portfolio_assigned": ("folder", "azure", gettext_lazy("Cambió de cartera")),
    "customers.sheet_applied": ("file-spreadsheet", "azure", gettext_lazy("Se editó desde una hoja de Excel")),
    "customers.contact_added": ("user-plus", "green", gettext_lazy("Contacto nuevo")),
    "customers.contact_edited": ("user", "gray", gettext_lazy("Se editó un contacto")),
    "customers.contact_removed": ("user-off", "red", gettext_lazy("Se quitó un contacto")),
    "customers.credit_line_added": ("credit-card", "green", gettext_lazy("Línea de crédito nueva")),
    "customers.credit_line_edited": ("credit-card", "gray", gettext_lazy("Se editó una línea de crédito")),
    "customers.credit_line_removed": ("credit-card", "red", gettext_lazy("Se quitó una línea de crédito")),
    "customers.file_added": ("file-plus", "green", gettext_lazy("Archivo nuevo")),
    "customers.file_removed": ("file-minus", "red", gettext_lazy("Se quitó un archivo")),
    "customers.file_restored": ("file-plus", "gray", gettext_lazy("Se recuperó un archivo")),
    "payments.recorded": ("cash", "green", gettext_lazy("Se registró un pago")),
    "payments.reversed": ("arrow-back-up", "red", gettext_lazy("Se revirtió un pago")),
    "receivables.opened": ("file-invoice", "azure", gettext_lazy("Se abrió una cuenta por cobrar")),
    "receivables.voided": ("file-off", "red", gettext_lazy("Se canceló una cuenta por cobrar")),
    "receivables.revived": ("file-invoice", "gray", gettext_lazy("Se recuperó una cuenta por cobrar")),
    "receivables.due_date_changed": ("calendar-event", "yellow", gettext_lazy("Cambió un vencimiento")),
    "receivables.paused": ("player-pause", "yellow", gettext_lazy("Se pausó una cobranza")),
    "receivables.resumed": ("player-play", "green", gettext_lazy("Se reanudó una cobranza")),
    "collections.promise_recorded": ("calendar-check", "azure", gettext_lazy("Prometió pagar")),
    "collections.promise_withdrawn": ("x", "gray", gettext_lazy("Una promesa ya no vale")),
    "collections.dispute_opened": ("flag", "purple", gettext_lazy("Se abrió una disputa")),
    "collections.dispute_resolved": ("check", "green", gettext_lazy("Se resolvió una disputa")),
    "collections.dispute_changed": ("edit", "gray", gettext_lazy("Cambió quién responde una disputa")),
    "collections.dispute_reopened": ("flag", "yellow", gettext_lazy("Se abrió otra vez una disputa")),
    "collections.debtor_type_set": ("user-check", "azure", gettext_lazy("Se dijo qué tipo de deudor es")),
    "collections.debtor_type_withdrawn": ("user", "gray", gettext_lazy("Se quitó lo dicho de su tipo")),
    "collections.activity_logged": ("phone", "azure", gettext_lazy("Se anotó qué se hizo")),
    "collections.activity_withdrawn": ("arrow-back-up", "gray", gettext_lazy("Se deshizo lo que se había anotado")),
    "collections.next_step_done": ("check", "green", gettext_lazy("Se hizo el siguiente paso")),
    "payments.reported": ("message-dollar", "yellow", gettext_lazy("Dice que ya pagó")),
    "payments.report_accepted": ("check", "green", gettext_lazy("Se aceptó su aviso de pago")),
    "payments.report_rejected": ("x", "red", gettext_lazy("Se rechazó su aviso de pago")),
    "portal.question": ("help-circle", "azure", gettext_lazy("Preguntó desde su estado de cuenta")),
    "presumptions.undone": ("arrow-back-up", "yellow", gettext_lazy("Se quitó un pago presunto")),
    "presumptions.redone": ("rotate", "purple", gettext_lazy("Se presumió el pago otra vez")),
}
FIELDS: dict[str, Any] = {
    "legal_name": gettext_lazy("razón social"),
    "trade_name": gettext_lazy("nombre comercial"),
    "term_days": gettext_lazy("días de crédito"),
    "portfolio_id": gettext_lazy("cartera"),
    "portfolio": gettext_lazy("cartera"),
    "reminder": gettext_lazy("recordatorios"),
    "language": gettext_lazy("idioma"),
    "notes": gettext_lazy("notas"),
    "name": gettext_lazy("nombre"),
    "role": gettext_lazy("papel"),
    "email": gettext_lazy("correo"),
    "phone": gettext_lazy("teléfono"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "is_primary": gettext_lazy("contacto principal"),
    "is_default": gettext_lazy("línea por omisión"),
    "limit_minor": gettext_lazy("límite"),
    "limit": gettext_lazy("límite"),
    "currency": gettext_lazy("moneda"),
    "collecting": gettext_lazy("cobranza"),
}
NAMING = ("contact", "label", "line", "number", "reference", "reason", "name")
QUIET = frozenset({"portfolio_id", "notes", "limit_minor"})  # named without their values


class Event(NamedTuple):
    """What the timeline draws."""

    icon: str
    tint: str
    title: str
    text: str
    when: datetime
    who: str


def events_of(customer: Customer, limit: int) -> list[Event]:
    """The latest events of a customer, newest first."""
    rows = Receivable.objects.filter(customer=customer).order_by("-id").values_list("pk", flat=True)[:RECENT]
    money = Credit.objects.filter(customer=customer).order_by("-id").values_list("pk", flat=True)[:RECENT]
    own = {"receivable": [str(pk) for pk in rows], "credit": [str(pk) for pk in money], **_said(customer)}
    return [_event(each, customer) for each in queries.activity_of(customer, own, limit)]


def _said(customer: Customer) -> dict[str, list[str]]:
    """What the customer said, by the name that the audit gives it."""
    found: dict[str, Any] = {
        "promise": Promise.objects.filter(customer=customer),
        "dispute": Dispute.objects.filter(receivable__customer=customer),
        "reported_payment": ReportedPayment.objects.filter(customer=customer),
        "activity": Activity.objects.filter(customer=customer),
    }
    latest = {name: rows.order_by("-id").values_list("pk", flat=True)[:RECENT] for name, rows in found.items()}
    return {name: [str(pk) for pk in ids] for name, ids in latest.items()}


def _event(event: AuditEvent, customer: Customer) -> Event:
    icon, tint, title = VERBS.get(event.verb, ("point", "gray", event.verb))
    who = str(event.actor) if event.actor else _("Aldía")
    text = _done(event.detail) if event.object_type == "activity" else _text(event.detail, str(customer.pk))
    return Event(icon, tint, str(title), text, event.created_at, who)


def _done(detail: dict[str, Any]) -> str:
    """What was done and how it ended."""
    parts = [(ActivityKind, detail.get("kind")), (Outcome, detail.get("outcome"))]
    return " · ".join(str(words(value).label) for words, value in parts if value in words.values)


def _text(detail: dict[str, Any], customer_id: str) -> str:
    """The particulars of an event: what it names, and each change from before to after."""
    parts = [_line(detail[key]) for key in NAMING if detail.get(key)]
    changes = detail.get("changes") or {}
    together = detail.get("customers")
    if isinstance(together, dict) and isinstance(together.get(customer_id), dict):
        changes = together[customer_id]
    if isinstance(changes, dict):
        parts += [_change(name, pair) for name, pair in changes.items()]
    return " · ".join(parts)


def _line(value: Any) -> str:
    return str(value.get("name", "")) if isinstance(value, dict) else str(value)


def _change(name: str, pair: Any) -> str:
    label = str(FIELDS.get(name, name))
    if name in QUIET or not isinstance(pair, list) or len(pair) != 2:
        return label
    before, after = (_("vacío") if value in (None, "") else _word(value) for value in pair)
    return f"{label}: {before} → {after}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _("sí") if value else _("no")
    return str(value)
