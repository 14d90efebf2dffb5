"""The authority's status service, asked about one document; what it says has its effect."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.authority.models import AuthorityConnection, ListedDocument, StatusCheck
from aldia.authority.operations.connections import ADAPTER
from aldia.customers.operations.versions import NotThere
from aldia.documents.models import AuthorityStatus, CancellationNotice, FiscalDocument
from aldia.documents.operations.notices import mark_cancelled
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.mass_download import to_local
from aldia.domain.fiscal.reading import read
from aldia.domain.ports.tax import AuthorityFailure, DocumentStatus, TaxAuthority
from aldia.integrations import registry
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

VALID, CANCELLED = "vigente", "cancelado"
SEAL_END = 8  # characters of the seal that the service wants


class NoAnswer(Exception):
    """The authority did not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class _Expression:
    """What a printed document says of itself, as the service wants it."""

    issuer: str
    receiver: str
    total: str
    seal_end: str


def check(
    *, document_id: uuid.UUID, now: datetime, actor: User | None, authority: TaxAuthority | None = None
) -> StatusCheck:
    """Ask how a document stands. Cancelled: what it collects is undone. "No Encontrado" undoes nothing.

    Raises `NoAnswer`, `NotThere`. The call is made outside any transaction.
    """
    document = FiscalDocument.objects.select_related("original").filter(pk=document_id).first()
    if document is None:
        raise NotThere
    said = _expression(document)
    try:
        answer = (authority or _authority()).status(
            issuer=said.issuer, receiver=said.receiver, total=said.total, uuid=document.key, seal_end=said.seal_end
        )
    except AuthorityFailure as failure:
        raise NoAnswer(failure.text) from failure
    return _take_in(document, answer, now, actor)


def _authority() -> TaxAuthority:
    row = AuthorityConnection.objects.filter(revoked_at__isnull=True).first()
    kind = registry.tax_authority(row.adapter if row else ADAPTER)
    if kind is None:
        raise NoAnswer(_("Esta instalación no conoce a esa autoridad."))
    return kind(row.settings if row else {})


def _expression(document: FiscalDocument) -> _Expression:
    try:
        root, _size = read(read_original(document))
    except (OriginalLost, FiscalError):
        raise NoAnswer(_("El archivo original no se encuentra o cambió: no se puede consultar.")) from None
    seal = "".join((root.get("Sello") or root.get("sello") or "").split())
    total = (root.get("Total") or root.get("total") or "0").strip()
    return _Expression(document.issuer_tax_id, document.receiver_tax_id, total, seal[-SEAL_END:])


def _take_in(document: FiscalDocument, answer: DocumentStatus, now: datetime, actor: User | None) -> StatusCheck:
    state = answer.state.strip().casefold()
    with transaction():
        lock_chain(CHAIN)  # before anything else: payments lock the ledger first, too
        fresh = FiscalDocument.objects.select_for_update().get(pk=document.pk)
        if state == CANCELLED and fresh.status != AuthorityStatus.CANCELLED:
            _cancel(fresh, now, actor)
        elif state == VALID and fresh.status != AuthorityStatus.CANCELLED:
            fresh.status, fresh.status_checked_at = AuthorityStatus.VALID, now
            fresh.save(update_fields=["status", "status_checked_at"])
        row = StatusCheck.objects.create(
            company_id=document.company_id, document=fresh, key=fresh.key, code=answer.code[:120],
            state=answer.state[:40], cancelable=answer.cancelable[:60], cancellation=answer.cancellation[:60],
            listed_issuer=answer.listed_issuer[:20], checked_at=now, checked_by=actor,
        )  # fmt: skip
        detail = {"key": fresh.key, "number": fresh.number, "state": answer.state, "code": answer.code}
        audit.record(
            actor=actor, verb="authority.status_asked", object_type="document", object_id=fresh.pk, detail=detail
        )
    return row


def _cancel(document: FiscalDocument, now: datetime, actor: User | None) -> None:
    today = to_local(now).date()
    on = _cancelled_on(document, today)
    mark_cancelled(document_id=document.pk, on=on, now=now, today=today, actor=actor)
    apply_documents(keys={document.key}, today=today, actor=actor)


def _cancelled_on(document: FiscalDocument, today: date) -> date:
    """The day that the listing tells of, else today: the service says none."""
    listed = ListedDocument.objects.filter(key=document.key, cancelled_at__isnull=False).first()
    notice = CancellationNotice.objects.filter(key=document.key).first()
    if listed is not None and listed.cancelled_at is not None:
        on = to_local(listed.cancelled_at).date()
    else:
        on = notice.cancelled_on if notice is not None and notice.cancelled_on else today
    return max(document.issued_on, min(on, today))
