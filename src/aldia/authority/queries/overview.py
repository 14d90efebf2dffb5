"""What pages and commands show of the connection with the authority."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from aldia.authority.models import (
    OPEN_REQUESTS,
    AuthorityConnection,
    ListedDocument,
    PackageState,
    RequestState,
    RunState,
    StatusCheck,
    SyncPackage,
    SyncRequest,
    SyncRun,
    Trigger,
)

FAILED = (RequestState.ERROR, RequestState.REJECTED, RequestState.EXPIRED, RequestState.STOPPED)
REPLACED = (RequestState.SPLIT, *FAILED)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is: requests by what became of them, packages, documents found.

    A request that others took the place of is not counted: they are.
    """

    requests: int
    finished: int
    waiting: int
    failed: int
    packages: int
    packages_stored: int
    packages_imported: int
    found: int

    @property
    def percent(self) -> int:
        return 100 * self.finished // self.requests if self.requests else 0


def connection() -> AuthorityConnection | None:
    """The connection that is in force."""
    return AuthorityConnection.objects.filter(revoked_at__isnull=True).order_by("created_at").first()


def connections_due(*, now: datetime) -> list[AuthorityConnection]:
    """The connections whose turn has come."""
    rows = AuthorityConnection.objects.filter(revoked_at__isnull=True, next_at__lte=now)
    return list(rows.order_by("next_at"))


def has_work() -> bool:
    """Whether any run is under way, or any package unread."""
    unread = SyncPackage.objects.filter(state=PackageState.STORED)
    return SyncRun.objects.filter(state=RunState.RUNNING).exists() or unread.exists()


def current_run() -> SyncRun | None:
    """The synchronisation under way (documents asked one by one left out)."""
    rows = SyncRun.objects.filter(state=RunState.RUNNING).exclude(trigger=Trigger.DOCUMENT)
    return rows.select_related("asked_by").order_by("-started_at").first()


def runs(*, limit: int = 20, before: uuid.UUID | None = None) -> list[SyncRun]:
    """The last runs, newest first; those before one of them, for the next page."""
    rows = SyncRun.objects.select_related("asked_by", "connection").order_by("-started_at", "-id")
    last = SyncRun.objects.filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, id__lt=last.pk))
    return list(rows[:limit])


def run(run_id: uuid.UUID) -> SyncRun | None:
    """One run."""
    return SyncRun.objects.select_related("asked_by", "connection").filter(pk=run_id).first()


def requests(run_id: uuid.UUID) -> list[SyncRequest]:
    """The requests of a run in order, each with its `packages` fetched."""
    rows = SyncRequest.objects.filter(run_id=run_id).prefetch_related("packages__batch")
    return list(rows.order_by("id"))


def progress(run_id: uuid.UUID) -> Step:
    """How far a run is."""
    rows = SyncRequest.objects.filter(run_id=run_id).exclude(state__in=REPLACED, parts__isnull=False)
    states = Counter(rows.values_list("state", flat=True))
    packages = SyncPackage.objects.filter(request__run_id=run_id)
    by_state = Counter(packages.values_list("state", flat=True))
    waiting = sum(states[each] for each in OPEN_REQUESTS)
    return Step(
        requests=sum(states.values()),
        finished=sum(states.values()) - waiting,
        waiting=waiting,
        failed=sum(states[each] for each in FAILED),
        packages=sum(by_state.values()),
        packages_stored=by_state[PackageState.STORED] + by_state[PackageState.IMPORTED],
        packages_imported=by_state[PackageState.IMPORTED],
        found=rows.aggregate(total=Sum("found"))["total"] or 0,
    )


def missing(*, limit: int = 50, after: uuid.UUID | None = None) -> list[ListedDocument]:
    """Documents in force in the authority's listing that are not on file, oldest first."""
    rows = ListedDocument.objects.filter(missing_since__isnull=False).order_by("issued_at", "id")
    last = ListedDocument.objects.filter(pk=after).first() if after else None
    if last is not None:
        rows = rows.filter(Q(issued_at__gt=last.issued_at) | Q(issued_at=last.issued_at, id__gt=last.pk))
    return list(rows[:limit])


def missing_count() -> int:
    """How many documents are missing."""
    return ListedDocument.objects.filter(missing_since__isnull=False).count()


def asked_keys(keys: Sequence[str]) -> set[str]:
    """Which of these documents are being asked for now."""
    rows = SyncRequest.objects.filter(uuid__in=list(keys), state__in=OPEN_REQUESTS)
    return set(rows.values_list("uuid", flat=True))


def status_checks(key: str, *, limit: int = 10) -> list[StatusCheck]:
    """What the authority answered about a document, newest first."""
    rows = StatusCheck.objects.filter(key=key).select_related("checked_by")
    return list(rows.order_by("-checked_at", "-id")[:limit])
