"""Packages: downloaded once, stored as they came before anything reads them, then read by the ordinary road.

A package of documents becomes a batch of the imports, as a file that a person uploads does. A package of the listing
is applied row by row; when payroll stands in it, its file does not stay.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.authority.desk import Desk
from aldia.authority.models import PackageState, RequestKind, RequestState, SyncPackage, SyncRequest, SyncRun
from aldia.authority.moments import period_of
from aldia.authority.operations import requests
from aldia.authority.operations.listing import apply_package
from aldia.documents import archives
from aldia.documents.models import BatchState, IngestBatch
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.discarding import mark_discarded, sweep_marked
from aldia.documents.originals import MAX_ARCHIVE, PROVISIONAL, ZIP_TYPE
from aldia.documents.refusals import ArchiveRefused
from aldia.domain.fiscal.mass_download import Meaning, Next, after_download
from aldia.domain.ports.tax import Package
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import transaction
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, store

SOURCE = "sat"
MOST_TRIES = 4
OVER = (BatchState.DONE, BatchState.FAILED)


def download(*, row: SyncRequest, desk: Desk) -> None:
    """Bring the packages of a finished request; a lost one is asked for again. Raises `AuthorityFailure`."""
    waiting = SyncPackage.objects.filter(request=row, state=PackageState.WAITING).order_by("name")
    for package in waiting:
        requests.hold(row, now=desk.now)  # a big package takes long: the request stays ours meanwhile
        instead = _bring(package, row, desk)
        if instead is not None:
            requests.follow(row, instead[0], instead[1], desk)
            return
    _close(row, desk)


def _bring(package: SyncPackage, row: SyncRequest, desk: Desk) -> tuple[Meaning, str] | None:
    """Download and store one package; what to do instead when the whole request must wait."""
    stored = StoredFile.objects.filter(name=str(package.pk), content_type=PROVISIONAL).first()
    if stored is None:
        with transaction():
            SyncPackage.objects.filter(pk=package.pk).update(tries=package.tries + 1)
        crashpoint("before_package")
        answer, meaning = desk.call(
            lambda token: desk.authority.download(desk.signer, token, package.name), after_download
        )
        if meaning.next is not Next.READ or answer.file is None:
            return _refused(package, answer, meaning)
        try:
            with answer.file as content:
                content.seek(0)
                stored = store(str(package.pk), content, PROVISIONAL, max_bytes=MAX_ARCHIVE)
        except (CannotStore, FileTooLarge) as error:
            return Meaning(Next.RETRY, str(error)), ""
        crashpoint("after_package")
    if not _is_sound(package, stored):
        return None
    _keep(package, row, stored, desk.now)
    crashpoint("after_package_row")
    return None


def _refused(package: SyncPackage, answer: Package, meaning: Meaning) -> tuple[Meaning, str] | None:
    """No package: lost for good, or to be tried again with the whole request."""
    is_lost = meaning.next is Next.ASK_AGAIN or (package.tries + 1 >= MOST_TRIES and meaning.next is Next.RETRY)
    message = f"{answer.code} {_(meaning.said)}".strip()[:300]
    values = {"message": message} | ({"state": PackageState.LOST} if is_lost else {})
    with transaction():
        SyncPackage.objects.filter(pk=package.pk).update(**values)
    return None if is_lost else (meaning, answer.code)


def _is_sound(package: SyncPackage, stored: StoredFile) -> bool:
    """Whether the file is an archive that can be read; what is not goes, and the package counts as lost."""
    try:
        archives.survey(stored)
    except ArchiveRefused as refusal:
        with transaction():
            mark_discarded(stored)
            SyncPackage.objects.filter(pk=package.pk).update(state=PackageState.LOST, message=refusal.message[:300])
        sweep_marked()
        return False
    return True


def _keep(package: SyncPackage, row: SyncRequest, stored: StoredFile, now: datetime) -> None:
    with transaction():
        values: dict[str, object] = {"sha256": stored.sha256, "size": stored.size, "stored_at": now, "message": ""}
        if row.kind == RequestKind.METADATA:
            StoredFile.objects.filter(pk=stored.pk).update(content_type=ZIP_TYPE)
            values["file"] = stored
        else:
            values["batch"] = create_batch(file=stored, name=_title(row), actor=None, source=SOURCE)
        rows = SyncPackage.objects.filter(pk=package.pk, state=PackageState.WAITING)
        rows.update(state=PackageState.STORED, **values)


def _title(row: SyncRequest) -> str:
    side = _("emitidos") if row.direction == "issued" else _("recibidos")
    period = period_of(row)
    if period is None:
        return _("SAT, documento %(uuid)s") % {"uuid": row.uuid}
    return _("SAT, %(side)s del %(since)s al %(until)s") % {
        "side": side, "since": f"{period.since:%d/%m/%Y}", "until": f"{period.until:%d/%m/%Y}",
    }  # fmt: skip


def _close(row: SyncRequest, desk: Desk) -> None:
    """Every package was looked at: done, or another request for what was lost."""
    if SyncPackage.objects.filter(request=row, state=PackageState.LOST).exists():
        said = _("El SAT perdió un paquete o ya no lo entrega: se pide otra vez.")
        other = requests.shifted(row, desk)
        requests.replace(row=row, state=RequestState.ERROR, said=said, periods=other, now=desk.now, code=row.code)
    else:
        requests.end(row, RequestState.DONE)


def read_stored(*, now: Callable[[], datetime], today: date, take_in: Callable[[IngestBatch], None]) -> int:
    """Read what is stored: listings here and now, documents handed to `take_in`. Returns how many were finished."""
    count = 0
    rows = SyncPackage.objects.filter(state=PackageState.STORED).select_related("file", "batch", "request__run")
    for package in rows.order_by("stored_at", "id"):
        if package.batch is None:
            _read_listing(package, now(), today)
        elif package.batch.state == BatchState.QUEUED:  # begun, it is for the imports to resume
            take_in(package.batch)
        count += _finish(package, now())
    return count


def _read_listing(package: SyncPackage, now: datetime, today: date) -> None:
    if package.file is None:
        return
    try:
        done = apply_package(file=package.file, now=now, today=today)
    except DamagedFile as error:
        SyncPackage.objects.filter(pk=package.pk).update(message=str(error)[:300])
        return
    with transaction():
        if done.is_personal:
            SyncPackage.objects.filter(pk=package.pk).update(file=None)
            mark_discarded(package.file)
        run = SyncRun.objects.select_for_update(no_key=True).get(pk=package.request.run_id)
        for name in ("listed", "cancelled", "unread"):
            run.counts[name] = run.counts.get(name, 0) + getattr(done, "rows" if name == "listed" else name)
        run.save(update_fields=["counts"])
    sweep_marked()


def _finish(package: SyncPackage, now: datetime) -> int:
    """Note that a package is read to its end."""
    rows = SyncPackage.objects.filter(pk=package.pk, state=PackageState.STORED)
    if package.batch_id is not None:
        rows = rows.filter(batch__state__in=OVER)
    with transaction():
        return rows.update(state=PackageState.IMPORTED, imported_at=now)
