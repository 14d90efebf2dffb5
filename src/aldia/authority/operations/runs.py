"""Synchronisations: begun, moved on one step at a time by whoever comes, closed when nothing is left, stopped.

A run only plans; what it covers is told by its requests. So a run after an outage, or after one that failed, plans
whatever is not covered yet: nothing has to be remembered.
"""

from __future__ import annotations

import uuid as ids
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import IntegrityError
from django.utils.translation import gettext as _

from aldia.authority.desk import Desk
from aldia.authority.models import (
    OPEN_REQUESTS,
    AuthorityConnection,
    ListedDocument,
    PackageState,
    RequestKind,
    RequestState,
    RunState,
    SyncPackage,
    SyncRequest,
    SyncRun,
    Trigger,
)
from aldia.authority.moments import period_of
from aldia.authority.operations import packages, requests
from aldia.authority.operations.connections import NotConnected, open_signer
from aldia.authority.operations.listing import confirm_listed, settle_missing
from aldia.customers.operations.versions import NotThere, Refused
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.domain.fiscal.mass_download import BadQuery, Period, check_query, to_local, to_moment
from aldia.domain.fiscal.sync_plan import plan
from aldia.domain.ports.tax import AuthorityFailure, Query, Side, TaxAuthority, Wanted
from aldia.integrations import registry
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

COVERS = (RequestState.DONE, RequestState.EMPTY)
# the session itself refused, in the words of WS-Security: a revoked e.firma, or a clock that is wrong
OF_SECURITY = frozenset({"InvalidSecurity", "InvalidSecurityToken", "FailedAuthentication", "FailedCheck"})
MOST_REFUSED = 4  # some hours: the authority says it at times when it is merely unwell
TO_MEND = timedelta(days=1)  # what stayed behind is not left for the next turn


class AlreadyRunning(Exception):
    """One synchronisation at a time: there is one under way."""


def start(*, connection: AuthorityConnection, trigger: str, now: datetime, asked_by: User | None = None) -> SyncRun:
    """Begin a synchronisation: its requests are planned, nothing is asked yet. Raises `AlreadyRunning`, `NotConnected`.

    The interface enqueues `jobs.authority.enqueue_step()` afterwards.
    """
    try:
        with transaction():
            row = AuthorityConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
            _see_that_it_works(row, now)
            run = _plan(row, trigger, now, asked_by)
            row.next_at = now + timedelta(days=row.interval_days)
            row.save(update_fields=["next_at"])
            detail = {"trigger": trigger, "requests": run.requests.count()}
            audit.record(actor=asked_by, verb="authority.sync", object_type="syncrun", object_id=run.pk, detail=detail)
    except IntegrityError:
        raise AlreadyRunning(_("Ya hay una sincronización en curso.")) from None
    return run


def _see_that_it_works(row: AuthorityConnection, now: datetime) -> None:
    if row.revoked_at is not None:
        raise NotConnected(_("La empresa no tiene su e.firma conectada."))
    if now >= row.valid_to:
        raise NotConnected(_("La e.firma ya venció: renuévala en el SAT y súbela otra vez."))
    if SyncRun.objects.filter(connection=row, state=RunState.RUNNING).exclude(trigger=Trigger.DOCUMENT).exists():
        raise AlreadyRunning(_("Ya hay una sincronización en curso."))


def _plan(row: AuthorityConnection, trigger: str, now: datetime, asked_by: User | None) -> SyncRun:
    sides = [side for side, wants in ((Side.ISSUED, row.wants_issued), (Side.RECEIVED, row.wants_received)) if wants]
    covered = {(side, wanted): _covered(row, side, wanted) for side in sides for wanted in Wanted}
    local = to_local(now)
    planned = plan(since=row.since, now=local, sides=sides, covered=covered)
    first = min((each.period.since for each in planned), default=local)
    run = SyncRun.objects.create(
        company_id=row.company_id, connection=row, trigger=trigger, since=to_moment(first), until=to_moment(local),
        asked_by=asked_by, started_at=now,
    )  # fmt: skip
    SyncRequest.objects.bulk_create(
        SyncRequest(
            id=uuid7(), company_id=row.company_id, run=run, kind=each.wanted.value, direction=each.side.value,
            since=to_moment(each.period.since), until=to_moment(each.period.until), next_at=now,
        )
        for each in planned
    )  # fmt: skip
    return run


def _covered(row: AuthorityConnection, side: Side, wanted: Wanted) -> list[Period]:
    rows = SyncRequest.objects.filter(
        run__connection__tax_id=row.tax_id, kind=wanted.value, direction=side.value, uuid="", state__in=COVERS
    )
    return [period for each in rows.only("since", "until") if (period := period_of(each)) is not None]


def step(
    *,
    now: Callable[[], datetime],
    today: date,
    take_in: Callable[[IngestBatch], None],
    authority: TaxAuthority | None = None,
) -> int:
    """Move every open request that is due one step on, read what is stored, close what is done. Returns how many moved.

    `take_in` has a batch of documents imported (at once, or by a job). Each call to the authority is made outside any
    transaction. What goes wrong is written down where it went wrong: nothing is raised.
    """
    moved, desks = 0, dict[ids.UUID, Desk | None]()
    for request_id in requests.due(now=now()):
        row = requests.claim(request_id=request_id, now=now())
        if row is None:
            continue
        connection = row.run.connection
        if connection.pk not in desks:
            desks[connection.pk] = _desk(row, authority, now)
        moved += _move(row, desks, now)
    moved += packages.read_stored(now=now, today=today, take_in=take_in)
    for run in SyncRun.objects.filter(state=RunState.RUNNING).select_related("connection"):
        close(run=run, now=now())
    return moved


def _desk(row: SyncRequest, authority: TaxAuthority | None, now: Callable[[], datetime]) -> Desk | None:
    """A visit to the authority; None when the e.firma cannot be used, and then the run is stopped."""
    connection = row.run.connection
    kind = registry.tax_authority(connection.adapter)
    try:
        signer = open_signer(connection=connection, purpose="sync", now=now())
        if authority is None and kind is None:
            raise NotConnected(_("Esta instalación ya no conoce a esa autoridad."))
    except NotConnected as problem:
        fail(run=row.run, message=str(problem), now=now())
        return None
    return Desk(authority or kind(connection.settings), signer, now)  # type: ignore[misc]


def _move(row: SyncRequest, desks: dict[ids.UUID, Desk | None], now: Callable[[], datetime]) -> int:
    desk = desks[row.run.connection.pk]
    if desk is None:
        fail(run=row.run, message=row.run.connection.trouble or _("La e.firma no se puede usar."), now=now())
        return 0
    try:
        if desk.is_shut is not None:  # nobody answered a moment ago: the others wait, too
            raise desk.is_shut
        if row.state == RequestState.PLANNED:
            requests.ask(row=row, desk=desk)
        elif row.state == RequestState.FINISHED:
            packages.download(row=row, desk=desk)
        else:
            requests.verify(row=row, desk=desk)
    except requests.Stopped as stopped:
        fail(run=row.run, message=str(stopped), now=now())
        return 0
    except AuthorityFailure as failure:
        if failure.permanent or (failure.code in OF_SECURITY and row.tries >= MOST_REFUSED):
            fail(run=row.run, message=failure.text, now=now())
        else:
            requests.failed(row, failure, now=now())
        return 0
    return 1


def fail(*, run: SyncRun, message: str, now: datetime) -> None:
    """Stop a run that no waiting can help, and say so on the connection."""
    with transaction():
        rows = SyncRequest.objects.filter(run=run, state__in=OPEN_REQUESTS)
        rows.update(state=RequestState.STOPPED, next_at=None, message=message[:300])
        SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
            state=RunState.FAILED, message=message[:500], finished_at=now
        )
        AuthorityConnection.objects.filter(pk=run.connection_id).update(trouble=message[:300])
        run.connection.trouble = message[:300]


def close(*, run: SyncRun, now: datetime) -> bool:
    """Close a run of which nothing is left to ask or to read."""
    if SyncRequest.objects.filter(run=run, state__in=OPEN_REQUESTS).exists():
        return False
    if (
        SyncPackage.objects.filter(request__run=run, state__in=(PackageState.WAITING, PackageState.STORED))
        .exclude(request__state__in=(RequestState.STOPPED, RequestState.ERROR, RequestState.REJECTED))
        .exists()
    ):
        return False
    confirm_listed(now=now)
    missing = settle_missing(since=run.started_at, now=now)
    with transaction():
        row = SyncRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if row.state != RunState.RUNNING:
            return False
        left, refused = _left_behind(row), _refused(row)
        row.state, row.finished_at = RunState.PARTIAL if left or refused else RunState.DONE, now
        row.counts |= _counts(row) | {"missing": missing, "left": left}
        row.message = refused[:500]
        row.save(update_fields=["state", "finished_at", "counts", "message"])
        _told(row, now, has_more=bool(left))
        audit.record(
            actor=row.asked_by, verb="authority.synced", object_type="syncrun", object_id=row.pk, detail=row.counts
        )
    return True


def _left_behind(run: SyncRun) -> int:
    """Requests that came to nothing and that no other took the place of."""
    dead = (RequestState.ERROR, RequestState.REJECTED, RequestState.EXPIRED, RequestState.STOPPED)
    return SyncRequest.objects.filter(run=run, state__in=dead, parts__isnull=True).count()


def _refused(run: SyncRun) -> str:
    """Why a package was not read to its end, "" when each was: its bytes are kept, and a person decides."""
    packages = SyncPackage.objects.filter(request__run=run, batch__message__gt="")
    return packages.order_by("id").values_list("batch__message", flat=True).first() or ""


def _told(run: SyncRun, now: datetime, *, has_more: bool) -> None:
    """The connection works; what stayed behind is asked for again tomorrow."""
    rows = AuthorityConnection.objects.filter(pk=run.connection_id, revoked_at__isnull=True)
    rows.update(trouble="")
    if has_more and run.trigger != Trigger.DOCUMENT:
        rows.filter(next_at__gt=now + TO_MEND).update(next_at=now + TO_MEND)


def _counts(run: SyncRun) -> dict[str, int]:
    """What the documents of a run became, by the outcome of each file."""
    found: dict[str, int] = {}
    batches = SyncPackage.objects.filter(request__run=run, batch__isnull=False).values_list("batch__counts", flat=True)
    for counts in batches:
        for name, count in counts.items():
            found[name] = found.get(name, 0) + count
    return found


def cancel(*, run_id: ids.UUID, now: datetime, actor: User | None) -> SyncRun:
    """Ask for no more of a run; what it brought stays. Raises `NotThere`, `Refused` when it is over."""
    with transaction():
        run = SyncRun.objects.select_for_update(no_key=True).filter(pk=run_id).first()
        if run is None:
            raise NotThere
        if run.state != RunState.RUNNING:
            raise Refused(_("Esa sincronización ya terminó."))
        SyncRequest.objects.filter(run=run, state__in=OPEN_REQUESTS).update(state=RequestState.STOPPED, next_at=None)
        run.state, run.finished_at = RunState.CANCELLED, now
        run.counts |= _counts(run)
        run.save(update_fields=["state", "finished_at", "counts"])
        audit.record(actor=actor, verb="authority.sync_cancelled", object_type="syncrun", object_id=run.pk)
    return run


def fetch_document(
    *, connection: AuthorityConnection, uuid: str, now: datetime, asked_by: User | None = None
) -> SyncRun:
    """Ask for one document by its UUID (a run of its own). Raises `Refused` (not a UUID, on file, being asked)."""
    key = uuid.strip().upper()
    listed = ListedDocument.objects.filter(key=key).first()
    side = Side(listed.direction) if listed else Side.ISSUED
    try:
        check_query(Query(side, Wanted.XML, uuid=key), now=to_local(now))
    except BadQuery as problem:
        raise Refused(_(problem.template) % problem.params, "uuid") from None
    if FiscalDocument.objects.filter(key=key).exists():
        raise Refused(_("Ese documento ya está en archivo."), "uuid")
    with transaction():
        row = AuthorityConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        if row.revoked_at is not None or now >= row.valid_to:
            raise Refused(_("La e.firma no está conectada o ya venció: conéctala otra vez."))
        if SyncRequest.objects.filter(uuid=key, state__in=OPEN_REQUESTS).exists():
            raise Refused(_("Ese documento ya se está pidiendo."), "uuid")
        run = SyncRun.objects.create(
            company_id=current_company_id(), connection=row, trigger=Trigger.DOCUMENT, since=now, until=now,
            asked_by=asked_by, started_at=now,
        )  # fmt: skip
        SyncRequest.objects.create(
            company_id=row.company_id, run=run, kind=RequestKind.XML, direction=side.value, uuid=key, next_at=now
        )
        audit.record(
            actor=asked_by, verb="authority.document_asked", object_type="syncrun", object_id=run.pk,
            detail={"key": key},
        )  # fmt: skip
    return run
