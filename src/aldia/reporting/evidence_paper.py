"""The evidence file as a paper: who, what is owed, what happened, every message whole, and the index with hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.collections.models import ActivityKind, DisputeOutcome, DisputeReason, Outcome
from aldia.domain.promises import PromiseState
from aldia.integrations.typesetting.pictures import NotAPicture, TooManyPixels, png_svg, redrawn
from aldia.messaging.letter_papers import parts_of
from aldia.messaging.models import DeliveryState
from aldia.messaging.queries.messages import MessageDetail
from aldia.receivables.queries.statement import CurrencyStatement, Statement
from aldia.reporting import words
from aldia.reporting.evidence_pieces import KINDS, Collected
from aldia.tenancy.brand import brand_words, current_brand

PICTURE = {"max_width": 900, "max_height": 1100}  # of an acknowledgement, in pixels
MOST_PRINTED = 400  # messages with their whole text on paper; the others are inside with everything
_PROMISES = {
    PromiseState.OPEN: gettext_lazy("Vigente"),
    PromiseState.KEPT: gettext_lazy("Cumplida"),
    PromiseState.PARTLY: gettext_lazy("Cumplida en parte"),
    PromiseState.BROKEN: gettext_lazy("Incumplida"),
    PromiseState.WITHDRAWN: gettext_lazy("Retirada"),
}


def paper_of(
    found: Collected, account: Statement, index: list[dict[str, Any]], proof: dict[str, str]
) -> dict[str, Any]:
    """What the template `evidence.typ` asks for. `index`: the manifest's pieces; `proof`: its hash and the chains'."""
    brand, company, customer = current_brand(), found.company, found.customer
    contact = [company.tax_id, brand.contact, company.sender_email]
    since = words.day(found.since) if found.since else _("el principio")
    return {
        "brand": brand_words(brand),
        "company": {"name": company.legal_name, "lines": [each for each in contact if each]},
        "title": _("Expediente de cobranza"),
        "date": proof["made"],
        "period": _("Desde %(since)s hasta el %(until)s") % {"since": since, "until": words.day(found.until)},
        "customer": [each for each in (customer.legal_name, customer.tax_id) if each],
        "summary": [_summary(part, found) for part in account.currencies],
        "counts": _counts(found),
        "parts": [each for each in _tables(found, account) if each["rows"]],
        "messages": [_message(found, each) for each in found.messages[:MOST_PRINTED]],
        "pictures": list(_pictures(found)),
        "index": [
            [str(each["n"]), str(KINDS[each["kind"]]), each["title"], each["on"] or "", each["sha256"]]
            for each in index
        ],
        "missing": found.missing,
        "proof": proof,
        "footer": f"{company.legal_name} · {company.tax_id}",
        "words": _words(),
    }


def _words() -> dict[str, Any]:
    return {
        "page": _("Página"),
        "customer": _("Deudor"),
        "inside": _("Qué contiene"),
        "messages": _("Mensajes enviados, con su contenido y su prueba de entrega"),
        "delivery_heads": [_("Destinatario"), _("Dirección"), _("Qué pasó"), _("Cuándo")],
        "pictures": _("Acuses de recibo"),
        "index": _("Índice de piezas"),
        "index_heads": [_("N.º"), _("Pieza"), _("Título"), _("Fecha"), "SHA-256"],
        "missing": _("No se pudo incluir"),
        "verify": _("Cómo comprobarlo"),
        "how": _(
            "Cada pieza va dentro de este PDF como archivo adjunto, tal como está en los registros de la empresa, y el "
            "índice trae su huella SHA-256. La orden «aldia evidence verify ARCHIVO.pdf» vuelve a calcular todas las "
            "huellas; con «--company» las compara con lo que la empresa tiene registrado. Cualquier programa que "
            "calcule SHA-256 sirve igual."
        ),
        "manifest": _("Huella del índice (indice.json)"),
        "audit": _("Último eslabón de la bitácora"),
        "ledger": _("Último eslabón del libro"),
    }


def _summary(part: CurrencyStatement, found: Collected) -> dict[str, str]:
    """What was owed at the end of the period; how much of it was late, where that is today."""
    late = _("Vencido: %(amount)s") % {"amount": words.amount(part.overdue, part.currency, found.company)}
    return {
        "label": _("Saldo al %(day)s") % {"day": words.day(found.until)},
        "value": words.amount(part.closing, part.currency, found.company),
        "late": late if part.overdue and part.owed == part.closing else "",
    }


def _counts(found: Collected) -> list[dict[str, str]]:
    letters = sum(piece.kind == "acknowledgement" for piece in found.pieces)
    counted = [
        (_("Documentos"), len(found.receivables)),
        (_("Mensajes"), len(found.messages)),
        (_("Acuses"), letters),
        (_("Promesas"), len(found.recorded["promises"])),
        (_("Gestiones"), len(found.recorded["activities"])),
        (_("Piezas"), len(found.pieces)),
    ]
    return [{"label": label, "value": f"{count:,}"} for label, count in counted]


def _tables(found: Collected, account: Statement) -> Iterator[dict[str, Any]]:
    yield _table(_("Promesas de pago"), [_("Prometió"), _("Para el"), _("Importe"), _("Resultado"), _("Nota")], [2], [
        [
            words.day(each["promised_on"]), words.day(each["due_on"]),
            words.amount(each["amount"], each["currency"], found.company),
            str(_PROMISES[PromiseState(each["state"])]), each["note"] or each["withdraw_reason"],
        ]
        for each in found.recorded["promises"]
    ])  # fmt: skip
    yield _table(_("Disputas"), [_("Abierta"), _("Documento"), _("Motivo"), _("Resuelta"), _("Resultado")], [], [
        [
            words.day(each["opened_on"]), each["receivable"], str(DisputeReason(each["reason"]).label),
            words.day(each["resolved_on"]),
            str(DisputeOutcome(each["outcome"]).label) if each["outcome"] else each["resolution"],
        ]
        for each in found.recorded["disputes"]
    ])  # fmt: skip
    yield _table(_("Planes de pago"), [_("Acordado"), _("Documento"), _("Importe"), _("Pagos"), _("Terminó")], [2, 3], [
        [
            words.day(each["accepted_on"]), each["receivable"], f"{_figure(each['instalments'], found)}",
            str(len(each["instalments"])), words.day(each["ended_on"]),
        ]
        for each in found.recorded["plans"]
    ])  # fmt: skip
    yield _table(_("Llamadas, visitas y notas"), [_("Cuándo"), _("Qué"), _("Resultado"), _("Nota"), _("Quién")], [], [
        [
            _moment(each["at"], found), str(ActivityKind(each["kind"]).label),
            str(Outcome(each["outcome"]).label) if each["outcome"] else "", each["note"], each["by"],
        ]
        for each in found.recorded["activities"]
    ])  # fmt: skip
    yield _table(_("Lo que el cliente dijo haber pagado"), [_("Avisó"), _("Pagó el"), _("Importe"), _("Estado")], [2], [
        [
            words.day(each["reported_on"]), words.day(each["paid_on"]),
            words.amount(each["amount"], each["currency"], found.company), _claim(each["state"]),
        ]
        for each in found.recorded["claims"]
    ])  # fmt: skip
    yield _table(_("Visitas a su estado de cuenta"), [_("Primera vez"), _("Última vez"), _("Liga enviada a")], [], [
        [_moment(each["first_used_at"], found), _moment(each["last_used_at"], found), each["address"]]
        for each in found.recorded["portal"]
    ])  # fmt: skip
    for part in account.currencies:
        yield _extract(part, account, found)


def _table(name: str, heads: list[str], numeric: list[int], rows: list[list[str]]) -> dict[str, Any]:
    wide = max((place for place in range(len(heads)) if place not in numeric), default=0)
    return {"name": name, "heads": heads, "numeric": numeric, "rows": rows, "wide": wide}


def _claim(state: str) -> str:
    from aldia.payments.models import ReportState

    return str(ReportState(state).label)


def _figure(parts: list[dict[str, Any]], found: Collected) -> str:
    return words.figure(sum(each["amount"] for each in parts), found.company.currency, found.company)


def _extract(part: CurrencyStatement, account: Statement, found: Collected) -> dict[str, Any]:
    """The account of a currency, as in a statement: from the balance before to the one at the end."""

    def figure(minor: int) -> str:
        return words.figure(minor, part.currency, found.company)

    rows = [
        [
            words.day(each.on), words.movement_text(each), figure(each.amount) if words.is_charge(each) else "",
            "" if words.is_charge(each) else figure(-each.amount), figure(each.running),
        ]
        for each in part.movements
    ]  # fmt: skip
    if part.opening:
        rows.insert(0, [words.day(account.first), _("Saldo anterior"), "", "", figure(part.opening)])
    name = _("Extracto de la cuenta en %(currency)s") % {"currency": part.currency}
    return _table(name, [_("Fecha"), _("Concepto"), _("Cargo"), _("Abono"), _("Saldo")], [2, 3, 4], rows)


def _message(found: Collected, detail: MessageDetail) -> dict[str, Any]:
    message = detail.message
    hashed = hashlib.sha256(message.text.encode()).hexdigest()
    return {
        "head": f"{words.day(message.on_day)} · {message.get_channel_display()} · {message.get_purpose_display()}",
        "subject": message.subject,
        "parts": parts_of(message.text),
        "deliveries": [row for each in detail.deliveries for row in _delivery(found, detail, each)],
        "hash": f"SHA-256 {hashed}",
    }


def _delivery(found: Collected, detail: MessageDetail, row: Any) -> Iterator[list[str]]:
    """One line for each thing that happened to an address; where nothing was told, its state."""
    events = [each for each in detail.events if each.delivery_id == row.pk]
    name, address = row.name, row.address
    for each in events:
        said = " · ".join(part for part in (_state(each.kind), each.detail) if part)
        yield [name, address, said, _moment(each.at, found)]
        name = address = ""
    if not events:
        yield [name, address, " · ".join(part for part in (_state(row.state), row.error) if part), ""]


def _state(kind: str) -> str:
    return str(DeliveryState(kind).label) if kind in DeliveryState.values else kind


def _pictures(found: Collected) -> Iterator[dict[str, str]]:
    """Acknowledgements that are photographs, on paper too; a PDF is inside."""
    for piece in found.pieces:
        if piece.kind == "acknowledgement" and piece.content_type in ("image/jpeg", "image/png"):
            try:
                yield {"title": piece.title, "svg": png_svg(redrawn(piece.data, **PICTURE)), "hash": piece.sha256}
            except (NotAPicture, TooManyPixels):
                continue


def _moment(value: datetime | None, found: Collected) -> str:
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(found.company.time_zone))
    return f"{words.day(local.date())}, {local:%H:%M}"


def made_words(now: datetime, found: Collected) -> str:
    """ "Hecho el 21 nov 2026, 16:05 · 34 piezas"."""
    count = len(found.pieces)
    pieces = ngettext("%(count)s pieza", "%(count)s piezas", count) % {"count": f"{count:,}"}
    return _("Hecho el %(moment)s · %(pieces)s") % {"moment": _moment(now, found), "pieces": pieces}
