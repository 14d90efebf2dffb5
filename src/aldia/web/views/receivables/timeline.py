"""The story of a receivable as the page tells it: each event with its icon, words, amount and who."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.receivables.models import Receivable
from aldia.receivables.queries.detail import Event
from aldia.tenancy.models import Company
from aldia.web.formatting import amount_html, day_text

RULES: dict[str, str | Promise] = {
    "credit_note": gettext_lazy("La nota nombra esta factura."),
    "advance": gettext_lazy("El anticipo se aplicó a esta factura."),
    "complement": gettext_lazy("Según su complemento de pago."),
    "presumed": gettext_lazy("PUE: se presume pagada al cierre de su mes."),
    "opening": gettext_lazy("Pagado antes del saldo inicial."),
    "bank": gettext_lazy("Al conciliar el banco."),
    "bank_note": gettext_lazy("Al conciliar el banco, con su nota de crédito."),
    "bank_advance": gettext_lazy("Anticipo que ya estaba en el banco."),
    "unmatched": gettext_lazy("Se deshizo la conciliación."),
    "named": gettext_lazy("Como lo repartió quien lo registró."),
    "by_hand": gettext_lazy("Asignado a mano."),
    "oldest_due": gettext_lazy("A lo que venció primero."),
    "oldest_issued": gettext_lazy("A lo más antiguo."),
    "largest": gettext_lazy("A lo más grande."),
    "exact_else_oldest": gettext_lazy("A lo que sume exacto."),
    "moved": gettext_lazy("Pasó al documento que sustituye a otro."),
    "restored": gettext_lazy("Volvió al revivir la factura."),
    "void": gettext_lazy("La factura se canceló."),
    "unassigned": gettext_lazy("Alguien lo quitó a mano."),
    "reversed": gettext_lazy("El abono se deshizo."),
    "derived": gettext_lazy("Los documentos ya no lo dicen."),
    "paid": gettext_lazy("Llegó un pago: ya no se presume."),
    "early": gettext_lazy("Lo demás se pagó a tiempo."),
    "early_undone": gettext_lazy("Ya no se cumple lo que lo daba."),
    "early_noted": gettext_lazy("La nota de crédito documenta el descuento."),
    "forgiven": gettext_lazy("Se condonó lo que faltaba."),
}
RELATIONS: dict[str, str | Promise] = {
    "01": gettext_lazy("Nota de crédito que la nombra"),
    "02": gettext_lazy("Nota de cargo que la nombra"),
    "03": gettext_lazy("Devolución que la nombra"),
    "04": gettext_lazy("Documento que la sustituye"),
    "07": gettext_lazy("Aplicación de anticipo que la nombra"),
    "pago": gettext_lazy("Complemento de pago que la nombra"),
}
VERBS: dict[str, tuple[str | Promise, str, str]] = {
    "receivables.paused": (gettext_lazy("Cobranza en pausa"), "player-pause", "gray"),
    "receivables.resumed": (gettext_lazy("Cobranza reanudada"), "player-play", "green"),
    "receivables.revived": (gettext_lazy("Se volvió a cobrar"), "arrow-back-up", "green"),
    "receivables.debit_note_assigned": (gettext_lazy("Nota de cargo asignada"), "link", "azure"),
    "receivables.openings_loaded": (gettext_lazy("Cargada como saldo inicial"), "table-import", "azure"),
    "late_fees.forgiven": (gettext_lazy("Se condonó un recargo"), "receipt-refund", "green"),
    "late_fees.reversed": (gettext_lazy("Se revirtió un recargo"), "arrow-back-up", "yellow"),
    "late_fees.not_owed": (gettext_lazy("Un recargo ya no correspondía"), "arrow-back-up", "yellow"),
    "late_fees.corrected": (gettext_lazy("Se corrigió un recargo"), "edit", "azure"),
    "plans.accepted": (gettext_lazy("Se acordó un plan de pagos"), "calendar-due", "azure"),
    "plans.cancelled": (gettext_lazy("Se canceló el plan de pagos"), "x", "gray"),
    "plans.broken": (gettext_lazy("El plan se dio por incumplido"), "alert-triangle", "red"),
    "discounts.offered": (gettext_lazy("Se ofreció un descuento"), "rosette-discount-check", "azure"),
    "discounts.refused": (gettext_lazy("Se quitó el descuento"), "x", "yellow"),
    "discounts.allowed": (gettext_lazy("Puede tener descuento otra vez"), "check", "green"),
    "presumptions.undone": (gettext_lazy("Alguien dijo que no está pagada"), "x", "yellow"),
    "presumptions.redone": (gettext_lazy("Se vuelve a presumir pagada"), "sparkles", "purple"),
}
SETTLED = frozenset({f"receivables.{kind}" for kind in ("write_off", "withholding", "discount", "adjustment")})


def told(events: list[Event], row: Receivable, company: Company) -> list[dict[str, Any]]:
    """The events as `components/timeline.html` draws them; what other rows already tell is left out."""
    return [
        _TELLERS[event.kind](event, row, company)
        for event in events
        if not (event.kind == "audit" and event.detail.get("verb") in SETTLED)
    ]


def _when(event: Event, with_time: bool = False) -> date | datetime:
    return event.at if with_time else event.on


def _opened(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    return {
        "icon": "file-plus",
        "tint": "azure",
        "title": _("%(kind)s emitida") % {"kind": row.get_kind_display()},
        "when": event.on,
        "who": event.actor,
        "amount": amount_html(row.total, row.currency, company),
        "url": reverse("document", args=[row.document_id]) if row.document_id else "",
    }


def _allocated(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    assert event.credit is not None  # noqa: S101
    title = str(event.credit.get_kind_display())
    if event.credit.reference:
        title = f"{title} · {event.credit.reference}"
    return {
        "icon": "check" if event.is_live else "x",
        "tint": "green" if event.is_live else "gray",
        "title": title,
        "text": str(RULES.get(event.rule, "")) if event.is_live else _("Se quitó después."),
        "when": event.on,
        "who": event.actor,
        "amount": amount_html(event.amount, row.currency, company),
        "url": reverse("credit", args=[event.credit.pk]),
    }


def _unallocated(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    assert event.credit is not None  # noqa: S101
    return {
        "icon": "arrow-back-up",
        "tint": "yellow",
        "title": _("Se quitó: %(kind)s") % {"kind": event.credit.get_kind_display()},
        "text": str(RULES.get(event.rule, "")),
        "when": event.on,
        "who": event.actor,
        "amount": amount_html(event.amount, row.currency, company),
        "url": reverse("credit", args=[event.credit.pk]),
    }


def _due_date(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    days = {"old": day_text(event.detail["from"]), "new": day_text(event.detail["to"])}
    return {
        "icon": "calendar-event",
        "tint": "yellow",
        "title": _("Vencimiento: del %(old)s al %(new)s") % days,
        "text": event.detail["reason"],
        "when": event.at,
        "who": event.actor,
    }


def _document(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    assert event.document is not None  # noqa: S101
    relation = str(RELATIONS.get(event.detail["relation"], _("Documento que la nombra")))
    return {
        "icon": "file-text",
        "tint": "azure",
        "title": f"{relation}: {event.document.number}",
        "when": event.on,
        "url": reverse("document", args=[event.document.pk]),
    }


def _voided(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    return {
        "icon": "ban",
        "tint": "red",
        "title": _("Dejó de cobrarse"),
        "text": event.detail["reason"],
        "when": event.on,
        "amount": amount_html(event.amount, row.currency, company),
    }


def _audited(event: Event, row: Receivable, company: Company) -> dict[str, Any]:
    verb = str(event.detail.get("verb", ""))
    title, icon, tint = VERBS.get(verb, (verb, "history", "gray"))
    return {
        "icon": icon,
        "tint": tint,
        "title": str(title),
        "text": _why(event.detail),
        "when": _when(event, with_time=True),
        "who": event.actor,
    }


def _why(detail: Mapping[str, Any]) -> str:
    reason = str(detail.get("reason") or "")
    until = detail.get("until")
    if until:
        return _("%(reason)s Hasta el %(day)s.") % {"reason": reason, "day": day_text(date.fromisoformat(str(until)))}
    return reason


_TELLERS = {
    "opened": _opened,
    "allocated": _allocated,
    "unallocated": _unallocated,
    "due_date": _due_date,
    "document": _document,
    "voided": _voided,
    "audit": _audited,
}
