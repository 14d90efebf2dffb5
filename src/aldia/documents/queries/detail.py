"""One document with everything that touches it: what it names, what names it, what paid it, what it says inside."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from aldia.documents.models import (
    ComplementPayment,
    DocumentRelation,
    DocumentTax,
    FiscalDocument,
    IngestItem,
    PaymentComplementLine,
)
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain.fiscal import cfdi
from aldia.domain.fiscal.document import Line
from aldia.domain.fiscal.errors import FiscalError

CODES = {
    "01": _("Nota de crédito"),
    "02": _("Nota de débito"),
    "03": _("Devolución de mercancía"),
    "04": _("Sustitución de CFDI previos"),
    "05": _("Traslados de mercancías facturados"),
    "06": _("Factura por traslados previos"),
    "07": _("Aplicación de anticipo"),
    "08": _("Parcialidades"),
    "09": _("Pagos diferidos"),
}
LINES_SHOWN = 200
SHOWN = 500


@dataclass(frozen=True, slots=True)
class Link:
    """A relation from one side: its code (c_TipoRelacion), the key of the other document, and the row if on file."""

    code: str
    key: str
    document: FiscalDocument | None

    @property
    def meaning(self) -> str:
        return str(CODES.get(self.code, self.code))


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of a payment complement and the document at its other end, if on file."""

    line: PaymentComplementLine
    payment: ComplementPayment
    document: FiscalDocument | None


@dataclass(slots=True)
class DocumentDetail:
    """What the page of a document draws. `is_lost`: the original bytes cannot be read any more."""

    document: FiscalDocument
    names: list[Link] = field(default_factory=list)
    named_by: list[Link] = field(default_factory=list)
    pays: list[PaidLine] = field(default_factory=list)
    paid_by: list[PaidLine] = field(default_factory=list)
    taxes: list[DocumentTax] = field(default_factory=list)
    lines: tuple[Line, ...] = ()
    line_count: int = 0
    item: IngestItem | None = None
    is_lost: bool = False


def document_detail(*, document_id: uuid.UUID) -> DocumentDetail:
    """Everything about a document of the company. Raises `FiscalDocument.DoesNotExist`."""
    row = FiscalDocument.objects.select_related("customer", "original").get(pk=document_id)
    detail = DocumentDetail(row, taxes=list(DocumentTax.objects.filter(document=row).order_by("withheld", "code")))
    _relations(detail)
    _payments(detail)
    detail.item = IngestItem.objects.filter(document=row).select_related("batch").order_by("created_at").first()
    _lines(detail)
    return detail


def _relations(detail: DocumentDetail) -> None:
    row = detail.document
    own = list(DocumentRelation.objects.filter(document=row).order_by("code", "to_key")[:SHOWN])
    others = DocumentRelation.objects.filter(to_key=row.key).select_related("document")
    there = on_file(relation.to_key for relation in own)
    detail.names = [Link(each.code, each.to_key, there.get(each.to_key)) for each in own]
    detail.named_by = [
        Link(each.code, each.document.key, each.document) for each in others.order_by("document__issued_on")[:SHOWN]
    ]


def _payments(detail: DocumentDetail) -> None:
    row = detail.document
    lines = PaymentComplementLine.objects.select_related("payment", "payment__document")
    own = list(lines.filter(payment__document=row).order_by("payment__position", "position")[:SHOWN])
    there = on_file(line.to_key for line in own)
    detail.pays = [PaidLine(line, line.payment, there.get(line.to_key)) for line in own]
    detail.paid_by = [
        PaidLine(line, line.payment, line.payment.document)
        for line in lines.filter(to_key=row.key).order_by("payment__paid_on", "partiality")[:SHOWN]
    ]


def _lines(detail: DocumentDetail) -> None:
    try:
        source = cfdi.parse(read_original(detail.document), with_lines=True)
    except OriginalLost:
        detail.is_lost = True
    except FiscalError:  # bytes that an older parser read; the page does without its lines
        return
    else:
        detail.lines, detail.line_count = source.lines[:LINES_SHOWN], len(source.lines)


def on_file(keys: Iterable[str]) -> dict[str, FiscalDocument]:
    """Documents of the company by key."""
    wanted = sorted(set(keys))
    found: dict[str, FiscalDocument] = {}
    for start in range(0, len(wanted), 400):
        found |= {row.key: row for row in FiscalDocument.objects.filter(key__in=wanted[start : start + 400])}
    return found
