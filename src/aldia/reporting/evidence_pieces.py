"""The pieces of an evidence file: what is on record of one customer, each as bytes with its own SHA-256.

What came as a file (documents, attachments, acknowledgements, proofs) is the file as it came. What was sent is the
content as it was frozen. What the house recorded is JSON with its ids, so that it can be held against the house again.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.customers.models import Customer
from aldia.documents.originals import read_originals
from aldia.messaging.models import Channel, Message, MessageState
from aldia.messaging.operations.letters import acknowledgement_of
from aldia.messaging.queries.messages import MessageDetail, message_detail
from aldia.receivables.models import Credit, Receivable
from aldia.reporting import evidence_facts as facts
from aldia.reporting import words
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.storage import DamagedFile, open_stored

FOLDER = "piezas"
KINDS: dict[str, Any] = {
    "document": gettext_lazy("Documento fiscal"),
    "message": gettext_lazy("Mensaje"),
    "delivery": gettext_lazy("Prueba de entrega"),
    "attachment": gettext_lazy("Adjunto enviado"),
    "acknowledgement": gettext_lazy("Acuse de recibo"),
    "receivables": gettext_lazy("Cuentas por cobrar"),
    "promises": gettext_lazy("Promesas"),
    "disputes": gettext_lazy("Disputas"),
    "plans": gettext_lazy("Planes de pago"),
    "claims": gettext_lazy("Avisos de pago"),
    "activities": gettext_lazy("Gestiones"),
    "payments": gettext_lazy("Pagos y créditos"),
    "proof": gettext_lazy("Comprobante"),
    "portal": gettext_lazy("Visitas al portal"),
    "ledger": gettext_lazy("Extracto del libro"),
    "audit": gettext_lazy("Extracto de la bitácora"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """`source`: what it is a copy of, "table:id" ("" for what was put together for this file)."""

    kind: str
    title: str
    on: date | None
    name: str
    data: bytes
    content_type: str
    source: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class Collected:
    """Everything that an evidence file holds, and what could not be put in (`missing`: a sentence each)."""

    customer: Customer
    company: Company
    since: date | None
    until: date
    receivables: list[Receivable] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    messages: list[MessageDetail] = field(default_factory=list)
    recorded: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def within(self, name: str) -> Q:
        """A column of dates is inside the period."""
        asked = Q(**{f"{name}__lte": self.until})
        return asked & Q(**{f"{name}__gte": self.since}) if self.since else asked


def collect(customer: Customer, company: Company, *, since: date | None, until: date) -> Collected:
    """Read everything. The order is the order of the index."""
    found = Collected(customer, company, since, until)
    rows = Receivable.objects.filter(customer=customer, issued_on__lte=until).select_related("document", "customer")
    if since:
        rows = rows.filter(Q(issued_on__gte=since) | Q(balance__gt=0) | Q(due_on__gte=since))
    found.receivables = list(rows.order_by("issued_on", "id"))
    paid = Credit.objects.filter(found.within("received_on"), customer=customer).select_related("proof", "document")
    found.credits = list(paid.order_by("received_on", "id"))
    found.pieces += _documents(found)
    found.messages = _messages(found)
    for each in found.messages:
        found.pieces += _of_message(found, each)
    found.recorded = facts.recorded(found)
    for kind, rows_of in found.recorded.items():
        if rows_of:
            title = f"{KINDS[kind]} ({len(rows_of)})"
            found.pieces.append(Piece(kind, title, None, f"{kind}.json", as_json(rows_of), "application/json"))
    found.pieces += _proofs(found)
    return found


def as_json(value: object) -> bytes:
    """JSON that is the same for the same facts, and that a person can read."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode()


def file_name(place: int, name: str) -> str:
    """Where a piece lies inside the PDF: "piezas/0007-F-12.xml"."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[-60:]
    return f"{FOLDER}/{place:04}-{plain or 'pieza'}"


def _documents(found: Collected) -> Iterator[Piece]:
    """The XML of each document of the account, as it came: invoices, notes, complements."""
    named = {row.document for row in [*found.receivables, *found.credits] if row.document is not None}
    papers = sorted(named, key=lambda each: (each.issued_on, each.pk))
    for paper, data in read_originals(papers).items():
        title = f"{paper.get_kind_display()} {paper.number}"
        if data is None:
            found.missing.append(_("%(document)s: su original ya no está en el almacén.") % {"document": title})
            continue
        name = paper.original_name.rsplit("/", 1)[-1] or f"{paper.number}.xml"
        yield Piece("document", title, paper.issued_on, name, data, "application/xml", f"document:{paper.pk}")


def _messages(found: Collected) -> list[MessageDetail]:
    """What left (or is about to): not what waits for approval, nor what was called off."""
    rows = Message.objects.filter(found.within("on_day"), customer=found.customer)
    rows = rows.filter(state__in=(MessageState.DONE, MessageState.READY))
    ids = rows.order_by("on_day", "created_at", "id").values_list("pk", flat=True)
    return [detail for each in ids if (detail := message_detail(each)) is not None]


def _of_message(found: Collected, detail: MessageDetail) -> Iterator[Piece]:
    message = detail.message
    stem, on = f"mensaje-{message.on_day:%Y%m%d}-{message.channel}", message.on_day
    title = message.subject or str(message.get_purpose_display())
    yield Piece("message", title, on, f"{stem}.txt", message.text.encode(), "text/plain", f"message_text:{message.pk}")
    if message.html:
        yield Piece(
            "message", title, on, f"{stem}.html", message.html.encode(), "text/html", f"message_html:{message.pk}"
        )
    for each in message.attachments.all():
        yield from _file(found, each.file, "attachment", each.name, on)
    proof = as_json(facts.delivery_proof(detail))
    yield Piece("delivery", title, on, f"{stem}-entrega.json", proof, "application/json")
    if message.channel == Channel.LETTER:
        for delivery in detail.deliveries:
            if (file := acknowledgement_of(delivery_id=delivery.pk)) is not None:
                said = _("Acuse de la carta %(number)s") % {"number": delivery.provider_id}
                yield from _file(found, file, "acknowledgement", said, _day(found, delivery.delivered_at))


def _day(found: Collected, moment: Any) -> date | None:
    return moment.astimezone(ZoneInfo(found.company.time_zone)).date() if moment else None


def _proofs(found: Collected) -> Iterator[Piece]:
    """What backs a payment, or the customer's word that it paid."""
    for credit in found.credits:
        if credit.proof is not None:
            title = f"{words.credit_name(credit.kind)} {credit.reference}".strip()
            yield from _file(found, credit.proof, "proof", title, credit.received_on)
    for claim in facts.claims_of(found).exclude(proof=None).select_related("proof"):
        assert claim.proof is not None  # noqa: S101
        yield from _file(found, claim.proof, "proof", _("Comprobante que mandó el cliente"), claim.reported_on)


def _file(found: Collected, file: StoredFile, kind: str, title: str, on: date | None) -> Iterator[Piece]:
    try:
        with open_stored(file) as stream:
            data = stream.read()
    except (DamagedFile, OSError):
        data = b""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        found.missing.append(_("%(name)s: el archivo ya no está como se guardó.") % {"name": file.name})
        return
    yield Piece(kind, title, on, file.name, data, file.content_type or "application/octet-stream", f"file:{file.pk}")


def bytes_on_record(source: str) -> bytes | None:
    """What the house has now of what a piece is a copy of; None where it has it no more."""
    table, _colon, text = source.partition(":")
    row_id = uuid.UUID(text)
    if table == "file":
        return _stored(StoredFile.objects.filter(pk=row_id).first())
    if table == "document":
        from aldia.documents.models import FiscalDocument

        return next(iter(read_originals(list(FiscalDocument.objects.filter(pk=row_id))).values()), None)
    message = Message.objects.filter(pk=row_id).first()
    if message is None:
        return None
    return (message.text if table == "message_text" else message.html).encode()


def _stored(file: StoredFile | None) -> bytes | None:
    if file is None:
        return None
    try:
        with open_stored(file) as stream:
            return stream.read()
    except (DamagedFile, OSError):
        return None
