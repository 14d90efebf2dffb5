"""Getting a document of ours stamped, once: queued → sealed → asked → stamped and on file.

Exactly once rests on three things: the sealed bytes are written down once, before anybody is asked, and asked for
again as they are; a PAC gives the same bytes the same stamp (or says that it has one); and what came is taken in under
the row's lock. The lease (`next_at`) only spares the PAC two questions at once. `tries` is the fence: who lost the
lease changes nothing but what is certain, the stamp itself. The network is never asked inside a transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils.translation import gettext as _

from aldia.documents.operations.discarding import mark_discarded
from aldia.domain.fiscal.draft_json import BadContent
from aldia.domain.fiscal.drafts import Draft, from_json
from aldia.domain.ports.stamping import Stamped, StampFailure, StampRefused
from aldia.integrations.stamping.reading import Unreadable, essence, read_cfdi, uuid_of
from aldia.integrations.stamping.sealing import CannotSeal, Sealer, local_moment
from aldia.integrations.stamping.simulated import SealingUnavailable
from aldia.issuing.models import Issue, IssueState
from aldia.issuing.operations import seals, stampers
from aldia.issuing.operations.storing import put_on_file
from aldia.messaging.rendering import one_line
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.scope import transaction
from aldia.tenancy.storage import CannotStore, DamagedFile, read_range, store

LEASE = timedelta(minutes=5)  # longer than any PAC is waited for
MINUTES = (1, 2, 5, 10, 20, 30)  # waits between attempts; then the last one, for ever
STANDING = timedelta(minutes=30)  # what only a person can mend is looked at again; mending it wakes it at once
# CFF 29: stamped within 72 hours of its date. Older than this and never asked for, it is dated and sealed anew.
STALE = timedelta(hours=70)
WAITING = (IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN)
NEVER_ASKED = (IssueState.QUEUED, IssueState.SEALED)
XML = "application/xml"

log = structlog.get_logger("aldia.issuing")


class _NotNow(Exception):
    """This attempt ends here; the next one is at `wait` from now (None: as often as it was tried)."""

    def __init__(self, code: str, text: str, *, wait: timedelta | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.wait = code, text, wait


class _Rejected(Exception):
    """It will not do as it is: a person mends it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def work(*, issue_id: uuid.UUID, now: datetime) -> Issue:
    """Take a document one attempt further, as far as it goes. Safe to repeat and to run twice at once."""
    issue = _claim(issue_id, now)
    if issue is not None:
        try:
            _advance(issue, now)
        except _NotNow as reason:
            _put_off(issue, reason, now)
        except _Rejected as refusal:
            _reject(issue, refusal)
        except Exception:
            log.exception("stamping_failed", issue=str(issue_id))
            _put_off(issue, _NotNow("error", _("Algo falló de nuestro lado; se intenta otra vez.")), now)
    return Issue.objects.get(pk=issue_id)


def due(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """The documents of the company that wait to be stamped and whose turn has come."""
    rows = Issue.objects.filter(_is_due(now), state__in=WAITING)
    return list(rows.order_by("next_at", "created_at").values_list("pk", flat=True)[:limit])


def _is_due(now: datetime) -> Q:
    return Q(next_at__isnull=True) | Q(next_at__lte=now)


def _claim(issue_id: uuid.UUID, now: datetime) -> Issue | None:
    """Take a lease on a document that is due; None where nothing is to be done, or somebody is at it."""
    with transaction():
        issue = Issue.objects.select_for_update(of=("self",)).filter(_is_due(now), pk=issue_id, state__in=WAITING)
        found = issue.first()
        if found is None:
            return None
        if found.state in NEVER_ASKED:  # whoever was asked is asked again; whoever was not may have changed
            account = stampers.current_account()
            found.stamper, found.is_test = account, account is not None and account.is_test
        found.tries, found.next_at = min(found.tries + 1, 32_000), now + LEASE
        found.save(update_fields=["stamper", "is_test", "tries", "next_at"])
    return found


def _advance(issue: Issue, now: datetime) -> None:
    if issue.stamper is None:
        raise _NotNow("no_stamper", stampers.no_account(), wait=STANDING)
    if issue.state == IssueState.SEALED and issue.sealed_at and now - issue.sealed_at > STALE:
        issue.sealed = None
    if issue.sealed is None:
        _seal(issue, now)
    crashpoint("after_seal")
    stamped = _ask(issue)
    crashpoint("after_stamp")
    put_on_file(issue_id=issue.pk, stamped=stamped, now=now)


def _seal(issue: Issue, now: datetime) -> None:
    """Write the sealed bytes down, which from then on are asked for as they are."""
    try:
        draft = _draft(issue)
        pair = seals.open_seal(purpose="stamp", now=now, about=issue.pk)
        xml = Sealer(pair).seal(draft, local_moment(now, draft.place))
        file = store(f"{issue}.xml", xml, XML)
    except seals.NoSeal as error:
        raise _NotNow("no_seal", str(error), wait=STANDING) from None
    except (SealingUnavailable, CannotStore) as error:
        raise _NotNow("cannot_seal", _(str(error)), wait=STANDING) from None
    except CannotSeal as error:
        raise _Rejected("seal", " ".join((_(error.text), *error.findings[:2]))) from None
    with transaction():
        row = _mine(issue)
        if row is None:
            raise _NotNow("overtaken", "")
        old, row.sealed = row.sealed, file
        row.sealed_at, row.state = now, IssueState.SEALED
        row.save(update_fields=["sealed", "sealed_at", "state"])
        if old is not None:
            mark_discarded(old)
        issue.sealed, issue.sealed_at, issue.state = file, now, IssueState.SEALED
        detail = {"number": str(issue), "certificate": pair.number, "sha256": file.sha256}
        audit.record(actor=None, verb="issuing.sealed", object_type="issue", object_id=issue.pk, detail=detail)


def _draft(issue: Issue) -> Draft:
    try:
        draft = from_json(issue.content)
    except (BadContent, ValueError) as error:
        raise _Rejected("content", _("Al borrador le falta un dato: %(field)s.") % {"field": error}) from None
    return replace(draft, series=issue.series, folio=issue.folio)


def _ask(issue: Issue) -> Stamped:
    """Have the PAC stamp the bytes on file, or give the stamp that they have."""
    was_asked = issue.state == IssueState.UNKNOWN
    try:
        stamper = stampers.stamper_of(issue.stamper)
        xml = _sealed(issue)
    except stampers.NoStamper as error:
        raise _NotNow("no_stamper", str(error), wait=STANDING) from None
    except DamagedFile as error:
        raise _NotNow("damaged", str(error), wait=STANDING) from None
    with transaction():
        if (row := _mine(issue)) is None:
            raise _NotNow("overtaken", "")
        row.state = issue.state = IssueState.UNKNOWN
        row.save(update_fields=["state"])
    crashpoint("before_stamp")
    try:
        found = stamper.recover(xml, key=str(issue.key), uuid=issue.uuid) if was_asked else None
        stamped = found or stamper.stamp(xml, key=str(issue.key))
    except StampRefused as refusal:
        raise _Rejected(refusal.code, _(refusal.text)) from None
    except StampFailure as failure:
        if not was_asked and not failure.is_unknown:
            issue.state = IssueState.SEALED  # nobody took it, for certain
        wait = STANDING if failure.permanent else None
        raise _NotNow("account" if failure.permanent else failure.code, _(failure.text), wait=wait) from None
    _check_same(xml, stamped)
    return stamped


def _sealed(issue: Issue) -> bytes:
    if issue.sealed is None:
        raise DamagedFile(_("El comprobante sellado ya no está."))
    return read_range(issue.sealed, 0, issue.sealed.size)


def _check_same(sealed: bytes, stamped: Stamped) -> None:
    """That what came back is the document that was sent, stamped. A PAC that seals by itself changes seal and date."""
    try:
        ours, theirs = read_cfdi(sealed), read_cfdi(stamped.xml)
        same = essence(ours) == essence(theirs) and uuid_of(theirs) == stamped.uuid.upper() != ""
    except Unreadable:
        same = False
    if not same:
        said = _("El PAC devolvió un comprobante que no es el que se le pidió: avísale y no lo entregues.")
        raise _NotNow("other_document", said, wait=STANDING)


def _mine(issue: Issue) -> Issue | None:
    """The row, locked, while the lease is ours: who came after us has raised `tries`."""
    rows = Issue.objects.select_for_update(of=("self",)).filter(pk=issue.pk, tries=issue.tries, state__in=WAITING)
    return rows.first()


def _put_off(issue: Issue, reason: _NotNow, now: datetime) -> None:
    wait = reason.wait or timedelta(minutes=MINUTES[min(issue.tries, len(MINUTES)) - 1])
    if reason.code == "overtaken":
        return
    with transaction():
        if (row := _mine(issue)) is None:
            return
        if row.state == IssueState.UNKNOWN:
            row.state = issue.state
        row.next_at = now + wait
        row.trouble_code, row.trouble = reason.code[:30], one_line(reason.text)[:500]
        row.save(update_fields=["state", "next_at", "trouble_code", "trouble"])
    log.info("not_stamped", issue=str(issue.pk), code=reason.code)


def _reject(issue: Issue, refusal: _Rejected) -> None:
    """Hand it back to a person. Its sealed bytes go: mended, it is another document."""
    with transaction():
        if (row := _mine(issue)) is None:
            return
        old, row.sealed, row.sealed_at = row.sealed, None, None
        row.state, row.next_at = IssueState.REJECTED, None
        row.trouble_code, row.trouble = refusal.code[:30], one_line(refusal.text)[:500]
        row.version += 1
        row.save()
        if old is not None:
            mark_discarded(old)
        detail = {"code": row.trouble_code, "text": row.trouble, "number": str(issue)}
        audit.record(actor=None, verb="issuing.rejected", object_type="issue", object_id=issue.pk, detail=detail)
