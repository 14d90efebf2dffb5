"""What stands in the way of cancelling a document of ours, and what to know before asking for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from aldia.documents.models import (
    AuthorityStatus,
    Direction,
    DocumentRelation,
    FiscalDocument,
    PaymentComplementLine,
)
from aldia.domain.calendars import short_date
from aldia.domain.fiscal.cancellation_rules import (
    IN_GLOBAL,
    MOTIVES,
    WITH_RELATION,
    Cancellable,
    answer_due,
    last_day,
    needs_acceptance,
)
from aldia.issuing.models import Cancellation, CancellationState

OPEN = (CancellationState.ASKED, CancellationState.WAITING)
SUBSTITUTION = "04"
NAMED = 5  # of the documents in the way, by their number in the sentence


class CancellingError(ValueError):
    """It cannot be cancelled (so); the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should know before cancelling. `in_the_way`: documents in force to cancel first. `sentences`: who
    has to accept and until when it may be done."""

    document: FiscalDocument
    in_the_way: tuple[FiscalDocument, ...]
    open: Cancellation | None
    needs_acceptance: bool
    last_day: date
    sentences: tuple[str, ...]


def advise(document_id: uuid.UUID, *, today: date) -> Advice:
    """Raises `FiscalDocument.DoesNotExist`."""
    document = FiscalDocument.objects.get(pk=document_id)
    acceptance = needs_acceptance(_rules(document), today)
    until = last_day(document.issued_on, document.issuer_tax_id)
    return Advice(
        document,
        tuple(in_the_way(document)),
        Cancellation.objects.filter(document=document, state__in=OPEN).first(),
        acceptance,
        until,
        (_acceptance(acceptance, today), deadline(document, today)),
    )


def deadline(document: FiscalDocument, today: date) -> str:
    """Until when it may be cancelled, or that it is late, as a sentence."""
    until = last_day(document.issued_on, document.issuer_tax_id)
    if today <= until:
        return _("Se puede cancelar sin multa hasta el %(on)s.") % {"on": short_date(until)}
    return _("El plazo para cancelarlo venció el %(on)s: el SAT puede multar con 5 a 10 %% del importe.") % {
        "on": short_date(until)
    }


def _acceptance(needed: bool, today: date) -> str:
    if not needed:
        return _("No necesita que el receptor acepte.")
    return _("El receptor tiene tres días hábiles para aceptar (hasta el %(on)s); si no contesta, queda cancelado.") % {
        "on": short_date(answer_due(today))
    }


def in_the_way(document: FiscalDocument) -> list[FiscalDocument]:
    """Documents in force that name it: while they are, the authority says that it is not cancellable."""
    naming = DocumentRelation.objects.filter(to_key=document.key).exclude(code=SUBSTITUTION)
    paying = PaymentComplementLine.objects.filter(to_key=document.key)
    ids = set(naming.values_list("document_id", flat=True)) | set(paying.values_list("payment__document_id", flat=True))
    rows = FiscalDocument.objects.filter(pk__in=ids, direction=Direction.ISSUED).exclude(pk=document.pk)
    return list(rows.exclude(status=AuthorityStatus.CANCELLED).order_by("issued_on", "id"))


def check(document: FiscalDocument, own: str, motive: str, replacement_key: str) -> None:
    """Raise `CancellingError` where a cancellation must not be asked for."""
    if document.direction != Direction.ISSUED or document.issuer_tax_id != own:
        raise CancellingError(_("Solo cancela un documento quien lo emitió."))
    if document.status == AuthorityStatus.CANCELLED:
        raise CancellingError(_("El documento ya está cancelado."))
    if Cancellation.objects.filter(document=document, state__in=OPEN).exists():
        raise CancellingError(_("Su cancelación ya se pidió."))
    if motive not in MOTIVES:
        raise CancellingError(_("Elige el motivo de la cancelación."))
    if motive == IN_GLOBAL and not document.is_global:
        raise CancellingError(_("El motivo 04 es solo de facturas globales."))
    if motive == WITH_RELATION:
        _check_replacement(document, replacement_key)
    elif replacement_key:
        raise CancellingError(_("Solo el motivo 01 lleva un documento que sustituye."))
    if first := in_the_way(document):
        numbers = ", ".join(each.number for each in first[:NAMED]) + ("…" if len(first) > NAMED else "")
        raise CancellingError(_("Antes hay que cancelar lo que lo menciona: %(numbers)s.") % {"numbers": numbers})


def _check_replacement(document: FiscalDocument, key: str) -> None:
    if not key:
        raise CancellingError(_("Con el motivo 01 di qué documento lo sustituye; emítelo primero."))
    row = FiscalDocument.objects.filter(key=key, direction=Direction.ISSUED).first()
    if row is None or row.pk == document.pk or row.status == AuthorityStatus.CANCELLED:
        raise CancellingError(_("El documento que lo sustituye no está emitido y vigente."))
    if row.type_code != document.type_code:
        raise CancellingError(_("El documento que lo sustituye es de otro tipo."))
    if not DocumentRelation.objects.filter(document=row, code=SUBSTITUTION, to_key=document.key).exists():
        raise CancellingError(_("El documento que lo sustituye debe mencionarlo con la relación 04."))


def _rules(document: FiscalDocument) -> Cancellable:
    return Cancellable(
        document.type_code,
        document.issued_on,
        document.receiver_tax_id,
        document.currency,
        document.total,
        document.is_global,
    )
