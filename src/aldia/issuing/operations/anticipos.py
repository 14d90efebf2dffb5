"""Advances by the two procedures of the Anexo 20 guide (appendix 6), as contents for `drafting.create`.

A: the advance (`advance`), the invoice of the whole with relation 07 (`full_invoice`), and once it is stamped the
credit note "Aplicación de anticipo", form 30 (`application`). B: one invoice of the remainder (`remainder`).
http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from aldia.documents.models import AuthorityStatus, Direction, DocumentRelation, FiscalDocument, Kind
from aldia.domain import currencies
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import (
    IVA_16,
    MICRO,
    UNDATED,
    DraftDocument,
    DraftLine,
    DraftRelation,
    DraftTax,
    from_json,
    half_up,
    to_json,
)
from aldia.domain.fiscal.note_lines import HasQuota, amount_lines
from aldia.issuing.contents import CREDIT_USE, as_issuer, blank_content, series_for
from aldia.issuing.models import IssueKind
from aldia.issuing.operations import profiles
from aldia.issuing.refusals import DraftingError
from aldia.issuing.sources import NoSource, draft_of
from aldia.receivables.models import Credit, CreditKind

KEY, UNIT = "84111506", "ACT"
ADVANCE, APPLICATION, REMAINDER = (
    "Anticipo del bien o servicio",
    "Aplicación de anticipo",
    "CFDI por remanente de un anticipo",
)
RELATION, APPLIED = "07", "30"  # c_TipoRelacion, c_FormaPago


@dataclass(frozen=True, slots=True)
class OpenAdvance:
    """An advance of a customer with what is left of it, in minor units: the invoice and the note choose from these."""

    document: FiscalDocument
    remaining: int
    is_used: bool  # an invoice in force names it already


def open_advances(customer_id: uuid.UUID) -> list[OpenAdvance]:
    """The advances of a customer that are in force and not wholly used, the oldest first."""
    rows = Credit.objects.filter(customer_id=customer_id, kind=CreditKind.ADVANCE, reversed_on__isnull=True)
    left = dict(rows.filter(remaining__gt=0).values_list("document_id", "remaining"))
    documents = FiscalDocument.objects.filter(pk__in=left, direction=Direction.ISSUED, kind=Kind.ADVANCE)
    in_force = documents.exclude(status=AuthorityStatus.CANCELLED).order_by("issued_on", "id")
    used = _used([each.key for each in in_force])
    return [OpenAdvance(each, left[each.pk], each.key in used) for each in in_force]


def _used(keys: list[str]) -> set[str]:
    naming = DocumentRelation.objects.filter(code=RELATION, to_key__in=keys, document__type_code="I")
    in_force = naming.exclude(document__status=AuthorityStatus.CANCELLED)
    return set(in_force.values_list("to_key", flat=True))


def advance(
    *, customer_id: uuid.UUID, total: int, currency: str = "MXN", form: str = "03", tax: DraftTax = IVA_16
) -> dict[str, Any]:
    """An advance of so much with its tax, PUE: the customer has paid already. Raises `DraftingError`."""
    if total <= 0:
        raise DraftingError(_("Escribe un importe mayor que cero."))
    blank = blank_content(IssueKind.ADVANCE, customer_id)
    model = DraftLine(KEY, UNIT, ADVANCE, MICRO, MICRO, (tax,), decimals=currencies.exponent(currency))
    lines = amount_lines([model], total, ADVANCE, product_key=KEY, unit_key=UNIT)
    draft = replace(blank, lines=lines, currency=currency, method="PUE", form=form, conditions="")
    return to_json(draft)


def full_invoice(*, advance_uuid: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Procedure A, step 2: an invoice's content related to its advance. Raises `DraftingError`."""
    draft, found = _invoice(content), _advance(advance_uuid)
    return to_json(_related(draft, found.key))


def application(*, advance_uuid: str, invoice_uuid: str) -> dict[str, Any]:
    """Procedure A, step 3: the credit note that applies the advance to the invoice; never more than the invoice.

    Raises `DraftingError`.
    """
    found = _advance(advance_uuid)
    invoice = FiscalDocument.objects.filter(key=invoice_uuid.upper(), direction=Direction.ISSUED, type_code="I").first()
    if invoice is None or invoice.status == AuthorityStatus.CANCELLED:
        raise DraftingError(_("La factura del anticipo no está emitida y vigente."))
    if (invoice.customer_id, invoice.currency) != (found.customer_id, found.currency):
        raise DraftingError(_("El anticipo y la factura son del mismo cliente y en la misma moneda."))
    if not DocumentRelation.objects.filter(document=invoice, code=RELATION, to_key=found.key).exists():
        raise DraftingError(_("La factura debe mencionar el anticipo con la relación 07."))
    try:
        source = draft_of(found)
        lines = amount_lines(source.lines, min(found.total, invoice.total), APPLICATION, product_key=KEY, unit_key=UNIT)
    except HasQuota:
        raise DraftingError(_("El anticipo lleva IEPS por unidad: haz la nota a mano.")) from None
    except NoSource as error:
        raise DraftingError(str(error)) from None
    use = source.receiver.use if source.receiver.use == "S01" else CREDIT_USE
    note = replace(
        source,
        type_code="E",
        series=series_for(IssueKind.CREDIT_NOTE),
        receiver=replace(source.receiver, use=use),
        lines=lines,
        method="PUE",
        form=APPLIED,
        conditions="",
        relations=(DraftRelation(RELATION, (invoice.key,)),),
        place="",
    )
    return to_json(as_issuer(note, profiles.issuer()))


def remainder(*, advance_uuid: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Procedure B: an invoice's content with the advance (without taxes) as its discount, spread over the concepts.

    Raises `DraftingError` when the advance is not smaller than what is sold.
    """
    draft, found = _invoice(content), _advance(advance_uuid)
    if draft.currency != found.currency:
        raise DraftingError(_("El anticipo y la factura van en la misma moneda."))
    before = found.subtotal - found.discount
    whole = sum(line.base for line in draft.lines)
    if before >= whole:
        raise DraftingError(_("El anticipo cubre todo: emite la factura completa y aplica el anticipo con una nota."))
    lines, done, given = [], 0, 0
    for line in draft.lines:
        done += line.base
        share = half_up(before * done, whole) - given
        given += share
        text = line.description if "remanente" in line.description else f"{line.description}. {REMAINDER}"
        lines.append(replace(line, discount=line.discount + share, description=text[:1000]))
    return to_json(_related(replace(draft, lines=tuple(lines)), found.key))


def _invoice(content: Mapping[str, Any]) -> DraftDocument:
    try:
        draft = from_json(content)
    except BadContent as error:
        raise DraftingError(_("El borrador no se entiende (%(field)s).") % {"field": error}) from None
    if not isinstance(draft, DraftDocument) or draft.type_code != "I":
        raise DraftingError(_("Un anticipo se aplica a una factura."))
    return replace(draft, issued_at=UNDATED)


def _advance(key: str) -> FiscalDocument:
    row = FiscalDocument.objects.filter(key=key.upper(), direction=Direction.ISSUED, kind=Kind.ADVANCE).first()
    if row is None:
        raise DraftingError(_("Ese folio fiscal no es de un anticipo tuyo."))
    if row.status == AuthorityStatus.CANCELLED:
        raise DraftingError(_("El anticipo está cancelado ante el SAT."))
    return row


def _related(draft: DraftDocument, key: str) -> DraftDocument:
    """With the advance among what relation 07 names, once."""
    others = tuple(each for each in draft.relations if each.code != RELATION)
    named = [uuid for each in draft.relations if each.code == RELATION for uuid in each.uuids]
    keys = tuple(dict.fromkeys([*named, key]))
    return replace(draft, relations=(*others, DraftRelation(RELATION, keys)))
