"""One request of a mass download: claimed by one worker at a time, moved one step on, replaced when it is dead.

Before a call the row says what is about to be asked; after it, what came. A request that was perhaps asked (somebody
was killed, or no answer came) is never asked again as it was: another in its place asks for a second more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aldia.authority.desk import Desk
from aldia.authority.models import OPEN_REQUESTS, RequestState, SyncPackage, SyncRequest
from aldia.authority.moments import period_of, query_of
from aldia.domain.fiscal.mass_download import (
    BadQuery,
    Meaning,
    Next,
    Period,
    after_asking,
    after_progress,
    check_query,
    fresh,
    halves,
    is_stuck,
    to_local,
    to_moment,
    wait_for_progress,
    wait_for_retry,
)
from aldia.domain.ports.tax import Asked, AuthorityFailure, Progress, Stage
from aldia.domain.sentences import gettext_noop
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import transaction

LEASE = timedelta(minutes=20)  # longer than any call: whoever holds a request is gone after it
MOST_REPLACED = 12  # requests in place of one another, halves not counted
ASKED_ONCE = 2  # a period counts as spent from the first time: the authority would call a second one a duplicate
UNKNOWN = gettext_noop("No se supo si el SAT recibió la petición: se pide otra que no la repite.")
FOLIO_SPENT = gettext_noop("Ese folio ya se pidió y el SAT no lo contesta otra vez: descárgalo de su portal.")
# codes of an e.firma, not of a question: nothing else would fare better
OF_EFIRMA = frozenset({"300", "302", "303", "304", "305", "5001"})
_SHOWN = {Stage.ACCEPTED: RequestState.ACCEPTED, Stage.IN_PROCESS: RequestState.IN_PROCESS}


class Stopped(Exception):
    """The authority does not take the e.firma: the whole run stops. The text says why."""


def due(*, now: datetime, limit: int = 50) -> list[uuid.UUID]:
    """Requests that may be moved on now, the longest waiting first."""
    rows = SyncRequest.objects.filter(state__in=OPEN_REQUESTS, next_at__lte=now).order_by("next_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def claim(*, request_id: uuid.UUID, now: datetime) -> SyncRequest | None:
    """Take a request for this worker alone; None when another has it, or it is over."""
    rows = SyncRequest.objects.filter(pk=request_id, state__in=OPEN_REQUESTS, next_at__lte=now)
    with transaction():
        if not rows.update(next_at=now + LEASE):
            return None
    return SyncRequest.objects.select_related("run__connection").get(pk=request_id)


def ask(*, row: SyncRequest, desk: Desk) -> None:
    """Put the request to the authority. Raises `AuthorityFailure`, `Stopped`."""
    if row.asked_at is not None and not row.uuid:
        said = row.message or _(UNKNOWN)
        _instead(row, RequestState.ERROR, said, row.code, desk)
        return
    try:
        _never_twice(row, desk)
        check_query(query_of(row), now=to_local(desk.now))
    except BadQuery as problem:
        end(row, RequestState.REJECTED, message=_(problem.template) % problem.params)
        return
    desk.open()  # nothing is written down when not even a session can be had
    _write(row, since=row.since, until=row.until, asked_at=desk.now, asked_with=desk.signer.number, code="", message="")
    crashpoint("before_request")
    answer, meaning = desk.call(lambda token: desk.authority.ask(desk.signer, token, query_of(row)), after_asking)
    crashpoint("after_request")
    _asked(row, answer, meaning, desk)


def _never_twice(row: SyncRequest, desk: Desk) -> None:
    """Let the request differ by a second from every one before it. Raises `Exhausted`."""
    period = period_of(row)
    if period is not None and _was_asked(row, period):
        other = fresh(period, lambda each: ASKED_ONCE * _was_asked(row, each), now=to_local(desk.now))
        row.since, row.until = to_moment(other.since), to_moment(other.until)


def _asked(row: SyncRequest, answer: Asked, meaning: Meaning, desk: Desk) -> None:
    if meaning.next is Next.WAIT:
        _write(
            row, state=RequestState.ACCEPTED, request_id=answer.request_id, code=answer.code,
            message=_(meaning.said), tries=0, next_at=desk.now + wait_for_progress(0),
        )  # fmt: skip
        return
    follow(row, meaning, answer.code, desk)


def verify(*, row: SyncRequest, desk: Desk) -> None:
    """Ask how the request is. Raises `AuthorityFailure`, `Stopped`."""
    answer, meaning = desk.call(
        lambda token: desk.authority.progress(desk.signer, token, row.request_id), after_progress
    )
    crashpoint("after_verify")
    if meaning.next is Next.WAIT:
        _waits(row, answer, meaning, desk)
    elif meaning.next is Next.DOWNLOAD:
        _finished(row, answer, meaning, desk)
    elif meaning.next is Next.ASK_AGAIN and answer.stage is Stage.EXPIRED:
        _instead(row, RequestState.EXPIRED, _(meaning.said), answer.code, desk)
    else:
        follow(row, meaning, answer.stage_code or answer.code, desk)


def _waits(row: SyncRequest, answer: Progress, meaning: Meaning, desk: Desk) -> None:
    if row.asked_at is not None and is_stuck(asked_at=row.asked_at, now=desk.now):
        said = _("El SAT lleva más de tres días sin terminarla: se pide otra.")
        _instead(row, RequestState.EXPIRED, said, answer.code, desk)
        return
    _write(
        row, state=_SHOWN.get(answer.stage, row.state), code=answer.code, message=_(meaning.said),
        tries=row.tries + 1, next_at=desk.now + wait_for_progress(row.tries + 1),
    )  # fmt: skip


def _finished(row: SyncRequest, answer: Progress, meaning: Meaning, desk: Desk) -> None:
    with transaction():
        known = set(SyncPackage.objects.filter(request=row).values_list("name", flat=True))
        names = [name for name in dict.fromkeys(answer.packages) if name not in known]
        SyncPackage.objects.bulk_create(
            SyncPackage(id=uuid7(), company_id=row.company_id, request=row, name=name[:80]) for name in names
        )
        _write(
            row, state=RequestState.FINISHED, code=answer.code, message=_(meaning.said), found=answer.found,
            tries=0, next_at=desk.now,
        )  # fmt: skip


def follow(row: SyncRequest, meaning: Meaning, code: str, desk: Desk) -> None:
    """Every answer that is not yes."""
    said, what = _(meaning.said), meaning.next
    if what is Next.NOTHING:
        end(row, RequestState.EMPTY, code=code, message=said, found=0)
    elif what is Next.SPLIT:
        _split(row, said, code, desk)
    elif what in (Next.SHIFT, Next.WAIT_FOR_TWIN) and row.uuid:
        end(row, RequestState.REJECTED, code=code, message=_(FOLIO_SPENT))
    elif what in (Next.SHIFT, Next.WAIT_FOR_TWIN):
        _instead(row, RequestState.REJECTED, said, code, desk)
    elif what is Next.ASK_AGAIN:
        _instead(row, RequestState.ERROR, said, code, desk)
    elif what in (Next.RETRY, Next.NEW_SESSION):
        postpone(row, said, now=desk.now, code=code)
    elif what is Next.TOMORROW:
        _write(row, code=code, message=said, next_at=tomorrow(desk.now))
    else:
        end(row, RequestState.REJECTED, code=code, message=said)
        if code in OF_EFIRMA:
            raise Stopped(said)


def _split(row: SyncRequest, said: str, code: str, desk: Desk) -> None:
    period = period_of(row)
    try:
        parts = halves(period) if period else ()
    except BadQuery as problem:
        end(row, RequestState.REJECTED, code=code, message=_(problem.template))
        return
    replace(row=row, state=RequestState.SPLIT, said=said, periods=parts, now=desk.now, code=code)


def _instead(row: SyncRequest, state: str, said: str, code: str, desk: Desk) -> None:
    """Another request in the place of one that came to nothing."""
    replace(row=row, state=state, said=said, periods=shifted(row, desk), now=desk.now, code=code)


def shifted(row: SyncRequest, desk: Desk) -> Sequence[Period]:
    """A period that covers that of the request and was never asked for; none where the request names a document."""
    period = period_of(row)
    if period is None:
        return ()
    try:
        return (fresh(period, lambda each: ASKED_ONCE * _was_asked(row, each), now=to_local(desk.now)),)
    except BadQuery:
        return ()


def _was_asked(row: SyncRequest, period: Period) -> bool:
    same = SyncRequest.objects.filter(
        kind=row.kind, direction=row.direction, since=to_moment(period.since), until=to_moment(period.until)
    )
    return same.exclude(asked_at=None, pk=row.pk).exists()


def replace(
    *, row: SyncRequest, state: str, said: str, periods: Sequence[Period], now: datetime, code: str = ""
) -> None:
    """End a request and plan others in its place: all of it or nothing."""
    if state != RequestState.SPLIT and _times_replaced(row) >= MOST_REPLACED:
        periods, said = (), _("Se pidió muchas veces sin éxito: la próxima sincronización vuelve a intentarlo.")
    with transaction():
        end(row, state, code=code, message=said)
        for period in periods:
            SyncRequest.objects.create(
                company_id=row.company_id, run=row.run, parent=row, kind=row.kind, direction=row.direction,
                since=to_moment(period.since), until=to_moment(period.until), next_at=now,
            )  # fmt: skip


def _times_replaced(row: SyncRequest) -> int:
    count, parent = 0, row.parent
    while parent is not None and count < MOST_REPLACED:
        count += parent.state != RequestState.SPLIT
        parent = parent.parent
    return count


def hold(row: SyncRequest, *, now: datetime) -> None:
    """Keep a request for this worker a while longer."""
    _write(row, next_at=now + LEASE)


def end(row: SyncRequest, state: str, **values: object) -> None:
    """No more is asked of this request."""
    _write(row, state=state, next_at=None, **values)


def postpone(row: SyncRequest, said: str, *, now: datetime, code: str = "") -> None:
    """The same again, later: after an answer that is none, or nobody there."""
    tries = row.tries + 1
    _write(row, tries=min(tries, 30_000), code=code, message=said[:300], next_at=now + wait_for_retry(tries))


def failed(row: SyncRequest, failure: AuthorityFailure, *, now: datetime) -> None:
    """Write down that the authority could not be asked."""
    postpone(row, failure.text, now=now, code=failure.code[:10])


def tomorrow(now: datetime) -> datetime:
    """A little after the authority's next midnight."""
    local = to_local(now)
    return to_moment(local.replace(hour=0, minute=10, second=0) + timedelta(days=1))


def _write(row: SyncRequest, **values: object) -> None:
    """Write on a request that is still open, unless the run was stopped meanwhile."""
    if "message" in values:
        values["message"] = str(values["message"])[:300]
    for name, value in values.items():
        setattr(row, name, value)
    with transaction():
        SyncRequest.objects.filter(pk=row.pk, state__in=OPEN_REQUESTS).update(**values)
