"""Documents in the making: drafts created, changed, checked, duplicated, discarded, and given their folio."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError
from django.db import transaction as django_transaction
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.fiscal.draft_checks import blocking
from aldia.domain.fiscal.draft_findings import Finding
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import (
    UNDATED,
    Draft,
    DraftComplement,
    DraftDocument,
    from_json,
    to_json,
)
from aldia.issuing.checking import findings_of
from aldia.issuing.contents import as_issuer, as_receiver, blank_content, series_for
from aldia.issuing.models import ComplementPart, Issue, IssueKind, IssueState
from aldia.issuing.numbering import next_folio
from aldia.issuing.operations import profiles
from aldia.issuing.operations.noting import note_for
from aldia.issuing.previews import preview
from aldia.issuing.refusals import DraftingError, NotReady, Stale
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

OPEN = (IssueState.DRAFT, IssueState.REJECTED)

__all__ = [
    "DraftingError", "NotReady", "Stale", "blank", "check", "create", "discard", "duplicate", "note_for", "preview",
    "submit", "update",
]  # fmt: skip


def create(
    *,
    kind: str,
    customer_id: uuid.UUID,
    content: Mapping[str, Any],
    origin: str = "screen",
    origin_key: str = "",
    replaces_id: uuid.UUID | None = None,
    due_on: date | None = None,
    actor: User | None,
) -> Issue:
    """A new draft. With an `origin_key` that is there already, the one it made (nothing is changed)."""
    draft = _drawn(kind, content)
    with transaction():
        if found := _made_before(origin, origin_key):
            return found
        if not Customer.objects.filter(pk=customer_id).exists():
            raise DraftingError(_("Ese cliente ya no existe."))
        row = Issue(
            company_id=current_company_id(),
            kind=kind,
            customer_id=customer_id,
            origin=origin,
            origin_key=origin_key,
            replaces_id=replaces_id,
            due_on=due_on,
            created_by=actor,
        )
        _fill(row, draft)
        try:
            with django_transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # the other of two at once made it first
            if found := _made_before(origin, origin_key):
                return found
            raise
        _record(actor, "issuing.drafted", row, {"kind": kind, "origin": origin, "origin_key": origin_key})
    return row


def update(*, issue_id: uuid.UUID, content: Mapping[str, Any], version: int, actor: User | None) -> Issue:
    """Change a draft (or a rejected document, which becomes a draft again and keeps its folio)."""
    with transaction():
        row = _take(issue_id, version)
        draft = _drawn(row.kind, content)
        if row.state == IssueState.REJECTED:
            _reopen(row)
        _fill(row, draft)
        row.version += 1
        row.save()
        _record(actor, "issuing.changed", row, {"version": row.version})
    return row


def check(issue: Issue, *, today: date | None = None) -> list[Finding]:
    """What a PAC would refuse, field by field, and what is only worth saying; `today` defaults to its own day."""
    return findings_of(issue, today=today or issue.created_at.date())


def submit(
    *,
    issue_id: uuid.UUID,
    version: int,
    now: datetime,
    actor: User | None,
    gate: Callable[[Issue], None] | None = None,
) -> Issue:
    """Give series and folio under the series' lock and queue it. Raises `NotReady` with the findings.

    `gate` is asked of a document without findings, and refuses by raising: nothing is given a folio then.
    """
    with transaction():
        row = _take(issue_id, version)
        draft = as_issuer(from_json(row.content), profiles.issuer())
        if row.state == IssueState.REJECTED:
            _reopen(row)
        row.content = to_json(draft)
        if stopping := blocking(findings_of(row, today=now.date())):
            raise NotReady(stopping)
        if gate is not None:
            gate(row)
        series = row.series if row.folio else draft.series or series_for(row.kind)
        folio = row.folio or next_folio(series)
        _fill(row, replace(draft, series=series, folio=folio))
        row.series, row.folio = series, folio
        row.state, row.next_at, row.version = IssueState.QUEUED, now, row.version + 1
        row.save()
        _record(actor, "issuing.submitted", row, {"series": series, "folio": folio, "total": row.total})
    return row


def discard(*, issue_id: uuid.UUID, version: int, actor: User | None) -> Issue:
    """Take a draft or a rejected document out of the way; a folio that it had is not given again."""
    with transaction():
        row = _take(issue_id, version)
        row.state, row.next_at, row.version = IssueState.DISCARDED, None, row.version + 1
        row.origin_key = ""  # what asked for it may ask again
        row.save(update_fields=["state", "next_at", "version", "origin_key"])
        ComplementPart.objects.filter(issue=row).update(is_live=False)
        _record(actor, "issuing.discarded", row, {"series": row.series, "folio": row.folio})
    return row


def duplicate(*, issue_id: uuid.UUID, actor: User | None) -> Issue:
    """A new draft like a document of ours, without its relations and its exchange rate; both parties as named now."""
    row = Issue.objects.filter(pk=issue_id).first()
    if row is None or row.kind == IssueKind.COMPLEMENT:
        raise DraftingError(_("Ese documento no se puede duplicar."))
    draft = from_json(row.content)
    if not isinstance(draft, DraftDocument):
        raise DraftingError(_("Ese documento no se puede duplicar."))
    fresh = replace(draft, series="", folio="", issued_at=UNDATED, relations=(), exchange_rate=0)
    content = to_json(as_issuer(as_receiver(fresh, row.customer_id), profiles.issuer()))
    return create(kind=row.kind, customer_id=row.customer_id, content=content, actor=actor)


def blank(*, kind: str, customer_id: uuid.UUID) -> dict[str, Any]:
    """The content of a new draft: parties, currency and terms as the company and the customer usually have."""
    return to_json(blank_content(kind, customer_id))


# ── the row ───────────────────────────────────────────────────────────────────────────────────────────────────


def _take(issue_id: uuid.UUID, version: int) -> Issue:
    """Lock a document that a person may still change."""
    row = Issue.objects.select_for_update(of=("self",)).filter(pk=issue_id).first()
    if row is None:
        raise DraftingError(_("Ese documento ya no existe."))
    if row.version != version:
        raise Stale
    if row.state not in OPEN:
        raise DraftingError(
            _("El documento ya no es un borrador: está %(state)s.") % {"state": row.get_state_display()}
        )
    return row


def _reopen(row: Issue) -> None:
    """A rejected document is a draft again: other bytes, so another name at the PAC."""
    row.state, row.key, row.sealed, row.sealed_at = IssueState.DRAFT, uuid7(), None, None
    row.stamper, row.next_at, row.trouble, row.trouble_code = None, None, "", ""


def _drawn(kind: str, content: Mapping[str, Any]) -> Draft:
    """The draft of a content, of the type that its kind needs."""
    try:
        draft = from_json(content)
    except BadContent as error:
        raise DraftingError(_("El borrador no se entiende (%(field)s).") % {"field": error}) from None
    if draft.type_code != TYPES.get(kind):
        raise DraftingError(_("El tipo de comprobante no corresponde al documento."))
    return draft


TYPES: dict[str, str] = {
    IssueKind.INVOICE: "I",
    IssueKind.DEBIT_NOTE: "I",
    IssueKind.ADVANCE: "I",
    IssueKind.CREDIT_NOTE: "E",
    IssueKind.COMPLEMENT: "P",
}


def _fill(row: Issue, draft: Draft) -> None:
    row.content = to_json(draft)
    if isinstance(draft, DraftComplement):
        moneys = {payment.currency for payment in draft.payments}
        row.currency = moneys.pop() if len(moneys) == 1 else "XXX"
        row.total = sum(payment.amount for payment in draft.payments) if row.currency != "XXX" else 0
    else:
        row.currency, row.total = draft.currency[:3] or "MXN", _bounded(draft.total)


def _bounded(total: int) -> int:
    """What fits a column: a draft may hold anything that people type; the checks say that it is too much."""
    return max(-(2**62), min(total, 2**62))


def _made_before(origin: str, origin_key: str) -> Issue | None:
    if not origin_key:
        return None
    return Issue.objects.filter(origin=origin, origin_key=origin_key).first()


def _record(actor: User | None, verb: str, row: Issue, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="issue", object_id=row.pk, detail=detail)
