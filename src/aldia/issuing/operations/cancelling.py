"""Cancelling documents of ours at the authority: asked by a person, carried out by a job, and what came of it.

The wish is written down first. The job asks the PAC outside any transaction; asked again (a lost answer, a killed
process), the PAC says how it stands, so nothing needs to be known of the attempt before. Only the authority's word
makes a document cancelled, and what is owed follows by the same road as any cancellation.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db.models import F
from django.utils.translation import gettext as _

from aldia.documents.models import AuthorityStatus, FiscalDocument
from aldia.documents.operations.notices import AlreadyCancelled
from aldia.documents.operations.parties import own_tax_id
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain.fiscal import cfdi
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.zones import CENTRE
from aldia.domain.money import Money
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, Stamper, StampFailure, StampRefused, ToCancel
from aldia.issuing.cancellable import OPEN, Advice, CancellingError, advise, check
from aldia.issuing.models import Cancellation, CancellationState, ComplementPart, Issue, IssueKind, IssueState
from aldia.issuing.operations import seals, stampers
from aldia.messaging.rendering import one_line
from aldia.receivables.operations.authority_status import cancel_document
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.storage import store

__all__ = ["Advice", "CancellingError", "StamperOf", "advise", "ask", "due", "withdraw", "work"]

# Opens the company's PAC and its seal for one use: `with stamper_of(cancellation) as (stamper, seal)`.
StamperOf = Callable[[Cancellation], AbstractContextManager[tuple[Stamper, Seal]]]

LEASE = timedelta(minutes=5)
ASKING = tuple(timedelta(minutes=each) for each in (2, 5, 15, 30, 60))  # until somebody takes the wish
POLLING = tuple(timedelta(minutes=each) for each in (10, 30, 60, 120, 240, 480))  # while the receiver thinks
STANDING = timedelta(minutes=30)  # what only a person can mend
MOST_NONE = 12  # times that the authority knows of nothing, before a person is told
XML = "application/xml"

log = structlog.get_logger("aldia.issuing")


def ask(
    *,
    document_id: uuid.UUID,
    motive: str,
    replacement_key: str = "",
    actor: User | None,
    now: datetime,
) -> Cancellation:
    """Write down that a document is to be cancelled; the job does it. Raises `CancellingError`."""
    with transaction():
        company = Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        document = FiscalDocument.objects.select_for_update(of=("self",)).filter(pk=document_id).first()
        if document is None:
            raise CancellingError(_("Ese documento no existe."))
        replacement_key = replacement_key.strip().upper()
        check(document, own_tax_id(company), motive, replacement_key)
        issue = Issue.objects.select_for_update(of=("self",)).filter(document=document).first()
        row = Cancellation.objects.create(
            company_id=company.pk,
            document=document,
            issue=issue,
            motive=motive,
            replacement_key=replacement_key,
            asked_at=now,
            asked_by=actor,
            next_at=now,
        )
        _mark_issue(row, IssueState.STAMPED, IssueState.CANCELLING)
        detail: dict[str, object] = {
            "motive": motive,
            "replacement": replacement_key,
            "number": document.number,
            "key": document.key,
        }
        _record(actor, "issuing.cancellation_asked", row, detail)
    return row


def withdraw(*, cancellation_id: uuid.UUID, actor: User | None) -> Cancellation:
    """Take a wish back while the authority was not asked. Raises `CancellingError`."""
    with transaction():
        row = Cancellation.objects.select_for_update(of=("self",)).filter(pk=cancellation_id).first()
        if row is None or row.state != CancellationState.ASKED or row.tries:
            raise CancellingError(_("La cancelación ya se pidió al SAT: no se puede retirar."))
        row.state, row.next_at = CancellationState.WITHDRAWN, None
        row.save(update_fields=["state", "next_at"])
        _mark_issue(row, IssueState.CANCELLING, IssueState.STAMPED)
        _record(actor, "issuing.cancellation_withdrawn", row, {})
    return row


def due(*, now: datetime, limit: int = 100) -> list[uuid.UUID]:
    """The cancellations of the company whose turn has come."""
    rows = Cancellation.objects.filter(state__in=OPEN, next_at__lte=now).order_by("next_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def work(*, now: datetime, stamper_of: StamperOf) -> int:
    """Ask the PAC for each cancellation that is due, or how it stands; how many were worked on."""
    _follow_authority()
    worked = 0
    for cancellation_id in due(now=now):
        row = _claim(cancellation_id, now)
        if row is None:
            continue
        worked += 1
        try:
            _advance(row, stamper_of, now)
        except Exception:
            log.exception("cancelling_failed", cancellation=str(row.pk))
            _put_off(row, "error", _("Algo falló de nuestro lado; se intenta otra vez."), now)
    return worked


def _follow_authority() -> None:
    """Documents of ours that the authority's own list tells as cancelled: their issues say so, too."""
    rows = Issue.objects.filter(
        state__in=(IssueState.STAMPED, IssueState.CANCELLING), document__status=AuthorityStatus.CANCELLED
    )
    ids = list(rows.values_list("pk", flat=True)[:1000])
    if ids:
        with transaction():
            Issue.objects.filter(pk__in=ids).update(state=IssueState.CANCELLED, version=F("version") + 1)
            ComplementPart.objects.filter(issue_id__in=ids).update(is_live=False)


# ── one attempt ───────────────────────────────────────────────────────────────────────────────────────────────


def _claim(cancellation_id: uuid.UUID, now: datetime) -> Cancellation | None:
    """Take a lease; `tries` is the fence of whoever holds it."""
    with transaction():
        rows = Cancellation.objects.select_for_update(of=("self",)).filter(state__in=OPEN, next_at__lte=now)
        row = rows.filter(pk=cancellation_id).first()
        if row is None:
            return None
        row.tries, row.next_at = min(row.tries + 1, 32_000), now + LEASE
        row.save(update_fields=["tries", "next_at"])
    return Cancellation.objects.select_related("document__original", "issue").get(pk=row.pk)


def _advance(row: Cancellation, stamper_of: StamperOf, now: datetime) -> None:
    if row.document.status == AuthorityStatus.CANCELLED:  # the authority's own list said so meanwhile
        _finish(row, _Result(CancelState.DONE), None, now)
        return
    wanted = _wanted(row, now)
    try:
        with stamper_of(row) as (stamper, seal):
            is_new = row.state == CancellationState.ASKED
            answer = (stamper.cancel if is_new else stamper.cancellation)(wanted, seal)
    except (stampers.NoStamper, seals.NoSeal) as error:
        _put_off(row, "not_ready", str(error), now, wait=STANDING)
        return
    except StampFailure as failure:
        _put_off(row, failure.code, _(failure.text), now, wait=STANDING if failure.permanent else None)
        return
    except StampRefused as refusal:
        if row.state == CancellationState.ASKED:
            _finish(row, _Result(None, refusal.code, _(refusal.text)), None, now)
        else:  # it was taken: that nobody says how it stands ends nothing
            _put_off(row, refusal.code, _(refusal.text), now)
        return
    crashpoint("after_cancel")
    if answer.state == CancelState.WAITING:
        _wait(row, answer, now)
    elif answer.state == CancelState.NONE:
        _none(row, answer, now)
    else:
        proof = store(f"{row.document.key}-acuse.xml", answer.acknowledgement, XML) if answer.acknowledgement else None
        _finish(row, _Result.of(answer), proof, now)


@dataclass(frozen=True, slots=True)
class _Result:
    """How it ended: done, rejected by the receiver, or (None) refused by the authority."""

    state: CancelState | None
    code: str = ""
    message: str = ""
    at: datetime | None = None

    @classmethod
    def of(cls, answer: CancelAnswer) -> _Result:
        return cls(answer.state, answer.code, _(answer.message) if answer.message else "", answer.at)


def _wanted(row: Cancellation, now: datetime) -> ToCancel:
    document = row.document
    return ToCancel(
        uuid=document.key,
        issuer=document.issuer_tax_id,
        receiver=document.receiver_tax_id,
        total=_printed_total(document),
        motive=row.motive,
        replacement=row.replacement_key,
        at=now.astimezone(ZoneInfo(CENTRE)),
    )


def _printed_total(document: FiscalDocument) -> str:
    """As the XML prints it: the authority compares the text."""
    try:
        return f"{cfdi.parse(read_original(document)).total:f}"
    except (OriginalLost, FiscalError):
        return "0" if document.currency == "XXX" else str(Money(document.total, document.currency).decimal)


def _mine(row: Cancellation) -> Cancellation | None:
    """The row, locked, while the lease is ours."""
    rows = Cancellation.objects.select_for_update(of=("self",)).filter(pk=row.pk, tries=row.tries, state__in=OPEN)
    return rows.first()


def _put_off(row: Cancellation, code: str, text: str, now: datetime, *, wait: timedelta | None = None) -> None:
    steps = ASKING if row.state == CancellationState.ASKED else POLLING
    wait = wait or steps[min(row.tries, len(steps)) - 1]
    with transaction():
        if (mine := _mine(row)) is not None:
            _tell(mine, code, text)
            mine.next_at = now + wait
            mine.save(update_fields=["code", "message", "next_at"])


def _wait(row: Cancellation, answer: CancelAnswer, now: datetime) -> None:
    """The receiver is asked: its turn, and then ours to ask how it stands."""
    with transaction():
        if (mine := _mine(row)) is None:
            return
        if mine.state == CancellationState.ASKED:
            mine.state = CancellationState.WAITING
            _record(None, "issuing.cancellation_waits", mine, {"code": answer.code})
        _tell(mine, answer.code, _(answer.message) if answer.message else "")
        mine.next_at = now + POLLING[min(mine.tries, len(POLLING)) - 1]
        mine.save(update_fields=["state", "code", "message", "next_at"])


def _none(row: Cancellation, answer: CancelAnswer, now: datetime) -> None:
    """The authority knows of no cancellation: it is asked for again, and at last a person is told."""
    if row.tries >= MOST_NONE:
        said = _("El SAT no registra la cancelación: pídela otra vez o consulta el estado del documento.")
        _finish(row, _Result(None, answer.code, said), None, now)
        return
    with transaction():
        if (mine := _mine(row)) is not None:
            mine.state = CancellationState.ASKED
            _tell(mine, answer.code, _(answer.message) if answer.message else "")
            mine.next_at = now + ASKING[min(mine.tries, len(ASKING)) - 1]
            mine.save(update_fields=["state", "code", "message", "next_at"])


def _finish(row: Cancellation, result: _Result, proof: StoredFile | None, now: datetime) -> None:
    """Write how it ended; done, the document is cancelled and what is owed follows, in the same transaction."""
    with transaction():
        lock_chain(CHAIN)  # before anything else, as every change of what is owed
        mine = _mine(row)
        if mine is None:
            return
        mine.answered_at, mine.next_at, mine.acknowledgement = now, None, proof
        _tell(mine, result.code, result.message)
        if result.state == CancelState.DONE:
            mine.state = CancellationState.DONE
            _void(mine, result.at, now)
            _mark_issue(mine, IssueState.CANCELLING, IssueState.CANCELLED)
        else:
            rejected = result.state == CancelState.REJECTED
            mine.state = CancellationState.REJECTED if rejected else CancellationState.FAILED
            _mark_issue(mine, IssueState.CANCELLING, IssueState.STAMPED)
        mine.save()
        _record(None, f"issuing.cancellation_{mine.state}", mine, {"code": mine.code, "message": mine.message})


def _void(row: Cancellation, at: datetime | None, now: datetime) -> None:
    company = Company.objects.get(pk=current_company_id())
    today = now.astimezone(ZoneInfo(company.time_zone)).date()
    document = FiscalDocument.objects.get(pk=row.document_id)
    try:
        cancel_document(document_id=document.pk, on=_day(document, at, today), now=now, today=today, actor=row.asked_by)
    except AlreadyCancelled:
        return  # the authority's own list said so first, and had its effect


def _day(document: FiscalDocument, at: datetime | None, today: date) -> date:
    """The authority's day, never before the document's own nor after today's."""
    said = at.date() if at is not None else today
    return max(document.issued_on, min(said, today))


def _mark_issue(row: Cancellation, before: str, after: str) -> None:
    """The issue of the document, where it is ours, says what is going on; a cancelled complement documents nothing."""
    if row.issue_id is None:
        return
    if after == IssueState.CANCELLED:
        Issue.objects.filter(pk=row.issue_id).update(state=after, version=F("version") + 1)
        ComplementPart.objects.filter(issue_id=row.issue_id, issue__kind=IssueKind.COMPLEMENT).update(is_live=False)
        return
    Issue.objects.filter(pk=row.issue_id, state=before).update(state=after, version=F("version") + 1)


def _tell(row: Cancellation, code: str, text: str) -> None:
    row.code, row.message = code[:30], one_line(text)[:500]


def _record(actor: User | None, verb: str, row: Cancellation, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="document", object_id=row.document_id, detail=detail)
