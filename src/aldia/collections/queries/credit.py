"""Whether a customer may buy more on credit, and why not. Derived each time from the books, the policy and people's
word; nothing here is stored."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from aldia.collections.models import CreditHold, CreditPolicy, HoldOverride
from aldia.collections.queries import exposure as amounts
from aldia.domain.credit import (
    Case,
    Exposure,
    Late,
    Leave,
    Line,
    Manual,
    Policy,
    Reason,
    at_home,
    exposure_of,
    is_allowed,
    limit_of,
    reasons,
)
from aldia.domain.money import Money
from aldia.receivables.clusters import chunks
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@dataclass(frozen=True, slots=True)
class CreditStanding:
    """How a customer's credit stands today. Money is in the company's own currency.

    `is_held`: something stops it (`why`) and nobody's leave in force covers it (`override`: the one that does, or the
    newest in force). `limit` None: no line, so no limit. `missing`: currencies left out of `exposure`, no rate known.
    """

    is_held: bool
    why: tuple[Reason, ...]
    exposure: Money
    limit: Money | None
    available: Money | None
    override: HoldOverride | None
    hold: CreditHold | None = None
    parts: tuple[Exposure, ...] = ()
    lines: tuple[Line, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """More is in use than the limit allows, whether the policy minds or not."""
        return self.available is not None and self.available.minor < 0

    @property
    def percent(self) -> int:
        """Whole per cent of the limit in use, rounded down; 100 for any use of a limit of zero, 0 without one."""
        if self.limit is None:
            return 0
        used = self.exposure.minor
        return used * 100 // self.limit.minor if self.limit.minor else (100 if used else 0)


def standing(
    customer_id: uuid.UUID, *, today: date, adding: Money | None = None, is_counted: bool = False
) -> CreditStanding:
    """How the credit of one customer stands; with `adding`, whether that may be sold on credit too.

    `is_counted`: what is about to be sold is part of the exposure already.
    """
    read = _Read([customer_id], today, adding.currency if adding else "")
    return read.standing(customer_id, adding, is_counted)


def standings(ids: Collection[uuid.UUID] | None, *, today: date) -> dict[uuid.UUID, CreditStanding]:
    """How the credit of customers stands, in as many queries for a thousand as for one.

    With None: of every customer that something could stop (a line, a hold, something late); the others are free.
    """
    read = _Read(ids, today)
    found = read.everybody if ids is None else set(ids)
    return {customer_id: read.standing(customer_id) for customer_id in found}


def policy_of() -> CreditPolicy:
    """The company's policy; one not kept yet holds nobody."""
    return CreditPolicy.objects.first() or CreditPolicy(company_id=current_company_id(), version=0)


def plain_policy(row: CreditPolicy) -> Policy:
    return Policy(row.hold_over_limit, row.hold_overdue_days, row.hold_min_overdue)


def leaves_in_force(ids: Collection[uuid.UUID] | None, today: date) -> dict[uuid.UUID, list[HoldOverride]]:
    """Leave to sell in spite of a hold that counts today, newest first."""
    rows = HoldOverride.objects.filter(on__lte=today, until__gte=today, withdrawn_on__isnull=True)
    found: dict[uuid.UUID, list[HoldOverride]] = defaultdict(list)
    for part in [None] if ids is None else chunks(ids):
        here = rows if part is None else rows.filter(customer_id__in=part)
        for row in here.select_related("created_by").order_by("-created_at", "-id"):
            found[row.customer_id].append(row)
    return dict(found)


def open_holds(ids: Collection[uuid.UUID] | None) -> dict[uuid.UUID, CreditHold]:
    """Holds that people placed and nobody lifted."""
    rows = CreditHold.objects.filter(lifted_on__isnull=True).select_related("placed_by")
    parts = [rows] if ids is None else [rows.filter(customer_id__in=part) for part in chunks(ids)]
    return {row.customer_id: row for part in parts for row in part}


class _Read:
    """All that the standings of some customers need, read once."""

    def __init__(self, ids: Collection[uuid.UUID] | None, today: date, also: str = "") -> None:
        self.today = today
        self.home = Company.objects.values_list("currency", flat=True).get(pk=current_company_id())
        self.policy = plain_policy(policy_of())
        self.exposures = amounts.exposures(ids)
        self.lines = amounts.lines(ids)
        self.holds = open_holds(ids)
        self.leaves = leaves_in_force(ids, today)
        self.late: dict[uuid.UUID, list[Late]] = {}
        if self.policy.overdue_days is not None:
            self.late = amounts.late(ids, due_before=today - timedelta(days=self.policy.overdue_days))
        self.rates = self._rates(also)

    @property
    def everybody(self) -> set[uuid.UUID]:
        return self.lines.keys() | self.holds.keys() | self.late.keys()

    def _rates(self, also: str) -> dict[str, Decimal]:
        used = {each.currency for parts in self.exposures.values() for each in parts}
        used |= {line.currency for lines in self.lines.values() for line in lines}
        used |= {row.currency for rows in self.leaves.values() for row in rows if row.currency}
        used |= {also} - {""}
        return {code: rate for code, (rate, _on) in amounts.rates(used, self.home, self.today).items()}

    def standing(self, customer_id: uuid.UUID, adding: Money | None = None, is_counted: bool = False) -> CreditStanding:
        hold = self.holds.get(customer_id)
        case = Case(
            home=self.home,
            rates=self.rates,
            exposures=self.exposures.get(customer_id, ()),
            lines=self.lines.get(customer_id, ()),
            late=self.late.get(customer_id, ()),
            manual=Manual(hold.placed_on, hold.reason) if hold else None,
        )
        why = reasons(case, self.policy, today=self.today, adding=None if is_counted else adding)
        used, limit = exposure_of(case), limit_of(case)
        leaves = self.leaves.get(customer_id, [])
        return CreditStanding(
            is_held=bool(why) and not self._allowed(customer_id, leaves, adding),
            why=why,
            exposure=Money(used.minor, self.home),
            limit=None if limit is None else Money(limit, self.home),
            available=None if limit is None else Money(limit - used.minor, self.home),
            override=leaves[0] if leaves else None,
            hold=hold,
            parts=tuple(case.exposures),
            lines=tuple(case.lines),
            missing=used.missing,
        )

    def _allowed(self, customer_id: uuid.UUID, leaves: list[HoldOverride], adding: Money | None) -> bool:
        """Whether the leave of the day covers it. What was sold counts against it from the oldest that is in force."""
        if not leaves:
            return False
        if any(row.amount is None for row in leaves):
            return True
        sold = at_home(amounts.sold_since(customer_id, min(row.created_at for row in leaves)), self.home, self.rates)
        granted = [Leave(Money(row.amount, row.currency)) for row in leaves if row.amount is not None]
        return not sold.missing and is_allowed(
            granted, sold=Money(sold.minor, self.home), adding=adding, rates=self.rates
        )
