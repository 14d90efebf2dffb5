"""The company's bank accounts: what waits in each, and which days no statement tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Max

from aldia.banking.models import BankAccount, BankMovement, MovementState, StatementImport, StatementState

OPEN_STATES = (MovementState.PENDING, MovementState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between two statements that no file tells, or balances that do not meet.

    `missing` is the money between the balance before and the balance after (None: they say nothing). `days` without
    `missing` may hold nothing at all: nobody can tell.
    """

    after: date
    before: date
    missing: int | None = None

    @property
    def first_day(self) -> date:
        return min(self.after + timedelta(days=1), self.before)

    @property
    def last_day(self) -> date:
        return max(self.before - timedelta(days=1), self.first_day)

    @property
    def days(self) -> int:
        return max((self.before - self.after).days - 1, 0)


@dataclass(slots=True)
class Standing:
    """An account and what is known of it."""

    account: BankAccount
    movements: int = 0
    pending: int = 0
    doubtful: int = 0
    last_on: date | None = None
    balance: int | None = None
    balance_on: date | None = None
    gaps: list[Gap] = field(default_factory=list)


def accounts(*, archived: bool = False) -> list[BankAccount]:
    """Accounts in use (or put away), by name."""
    return list(BankAccount.objects.filter(archived_at__isnull=not archived).order_by("name"))


def standings(rows: Sequence[BankAccount]) -> list[Standing]:
    """What is known of each account."""
    found = {row.pk: Standing(row) for row in rows}
    counts = _by_account(BankMovement.objects.filter(account__in=found))
    pending = _by_account(BankMovement.objects.filter(account__in=found, state__in=OPEN_STATES, doubt=""))
    doubts = _by_account(BankMovement.objects.filter(account__in=found).exclude(doubt=""))
    for key, standing in found.items():
        standing.movements, standing.last_on = counts.get(key, (0, None))
        standing.pending = pending.get(key, (0, None))[0]
        standing.doubtful = doubts.get(key, (0, None))[0]
    for key, parts in _imports(list(found)).items():
        standing = found[key]
        standing.gaps = gaps_between(parts)
        known = [part for part in parts if part.closing is not None and part.last_on]
        if known:
            last = max(known, key=lambda part: (part.last_on, part.imported_at))
            standing.balance, standing.balance_on = last.closing, last.last_on
    return list(found.values())


def _by_account(rows: object) -> dict[UUID, tuple[int, date | None]]:
    grouped = rows.order_by().values_list("account").annotate(Count("pk"), Max("booked_on"))  # type: ignore[attr-defined]
    return {account: (count, last) for account, count, last in grouped}


def _imports(keys: Sequence[UUID]) -> dict[UUID, list[StatementImport]]:
    rows = StatementImport.objects.filter(
        account__in=keys, state=StatementState.IMPORTED, first_on__isnull=False, last_on__isnull=False
    )
    found: dict[UUID, list[StatementImport]] = {}
    for row in rows.defer("skipped", "seen", "proof").order_by("first_on", "last_on", "imported_at"):
        found.setdefault(row.account_id, []).append(row)
    return found


def gaps(account: BankAccount) -> list[Gap]:
    """What is missing between the statements of an account, oldest first."""
    return gaps_between(_imports([account.pk]).get(account.pk, []))


def gaps_between(parts: Sequence[StatementImport]) -> list[Gap]:
    """`parts` by their first day. Statements that share days are one; between two, the balances must meet.

    Days that no file tells are no gap when the balances meet: nothing moved.
    """
    found: list[Gap] = []
    end: StatementImport | None = None
    for part in parts:
        if end is not None and part.first_on and end.last_on and not _shares_days(part, end):
            missing = part.opening - end.closing if part.opening is not None and end.closing is not None else None
            gap = Gap(end.last_on, part.first_on, missing)
            if missing or (missing is None and gap.days):
                found.append(gap)
        if end is None or _reaches(part) >= _reaches(end):
            end = part
    return found


def _shares_days(part: StatementImport, end: StatementImport) -> bool:
    """Whether a statement begins before the one before it ends: then their movements were compared one by one."""
    if part.first_on != end.last_on:
        return _first(part) < _reaches(end)[0]
    return part.known > 0 or part.doubtful > 0 or part.opening is None or end.closing is None


def _first(part: StatementImport) -> date:
    return part.first_on or date.max


def _reaches(part: StatementImport) -> tuple[date, date]:
    return part.last_on or date.min, part.first_on or date.min
