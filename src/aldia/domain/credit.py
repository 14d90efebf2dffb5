"""Credit given to a customer: how much of it is in use, and what stops more of it.

Exposure is all that would be lost if a customer never paid again: what it owes, what was sold and is not on its account
yet, what it was financed, less what it has in favour. Each currency for itself; against a limit, all of it in one.
Amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from aldia.domain.money import Money, convert

Rates = Mapping[str, Decimal]  # units of the house's own currency for one of another


class Why(StrEnum):
    """What stops credit. The first is a person's word, the others are the house's policy."""

    MANUAL = "manual"
    OVER_LIMIT = "over_limit"  # all of it is more than all lines together
    LINE_OVER = "line_over"  # one of several lines is exceeded
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that stops credit. `days` late of the oldest debt that is late enough; `name` of the line; `text` said."""

    why: Why
    currency: str = ""
    amount: int = 0
    limit: int = 0
    days: int = 0
    since: date | None = None
    name: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Of one customer in one currency. `financed` is what the house advanced it or had others advance it."""

    currency: str
    open: int = 0
    unbilled: int = 0
    financed: int = 0
    in_favour: int = 0

    @property
    def total(self) -> int:
        """Never below zero: what is in favour in a currency pays nothing that is owed in another."""
        return max(0, self.open + self.unbilled + self.financed - self.in_favour)


@dataclass(frozen=True, slots=True)
class Line:
    """A credit line: `used` is what is owed on it in its own currency, less nothing."""

    name: str
    currency: str
    limit: int
    used: int
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """`overdue_days` None: what is overdue stops nothing. `min_overdue`: smaller sums (own currency) stop nothing."""

    over_limit: bool = False
    overdue_days: int | None = None
    min_overdue: int = 0


@dataclass(frozen=True, slots=True)
class Late:
    """What is overdue by more days than the policy bears, without what is in dispute, in one currency."""

    currency: str
    amount: int
    oldest_due_on: date


@dataclass(frozen=True, slots=True)
class Manual:
    """A person's word that credit stops."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave to sell in spite of what stops it, in force today: up to an amount more (None: no matter how much)."""

    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class AtHome:
    """Amounts of several currencies in the house's own. `missing`: currencies whose rate is not known, left out."""

    minor: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """All that is looked at to say whether a customer's credit stops."""

    home: str
    rates: Rates
    exposures: Sequence[Exposure] = ()
    lines: Sequence[Line] = ()
    late: Sequence[Late] = ()
    manual: Manual | None = None


def at_home(amounts: Iterable[tuple[str, int]], home: str, rates: Rates) -> AtHome:
    """The sum of (currency, minor units) in the house's own currency, each currency rounded once."""
    total, missing = 0, set()
    for currency, minor in amounts:
        if currency == home:
            total += minor
        elif currency in rates:
            total += convert(Money(minor, currency), rates[currency], home).minor
        elif minor:
            missing.add(currency)
    return AtHome(total, tuple(sorted(missing)))


def exposure_of(case: Case, adding: Money | None = None) -> AtHome:
    """What is in use, with what is about to be sold."""
    return at_home([(each.currency, each.total) for each in _with(case.exposures, adding)], case.home, case.rates)


def limit_of(case: Case) -> int | None:
    """All lines together; None without lines, or where one is in a currency without a rate: no sum is said then."""
    if not case.lines:
        return None
    found = at_home([(line.currency, line.limit) for line in case.lines], case.home, case.rates)
    return None if found.missing else found.minor


def reasons(case: Case, policy: Policy, *, today: date, adding: Money | None = None) -> tuple[Reason, ...]:
    """Everything that stops more credit today, a person's word first. `adding`: what is about to be sold on credit."""
    found = []
    if case.manual is not None:
        found.append(Reason(Why.MANUAL, since=case.manual.on, text=case.manual.reason))
    if policy.over_limit:
        found += _over_limit(case, adding)
    if policy.overdue_days is not None:
        found += _overdue(case, policy, today)
    return tuple(found)


def _over_limit(case: Case, adding: Money | None) -> list[Reason]:
    """All of it against all lines; else each line in its own currency."""
    limit, used = limit_of(case), exposure_of(case, adding).minor
    if limit is not None and used > limit:
        return [Reason(Why.OVER_LIMIT, case.home, used, limit)]
    favour = {each.currency: each.in_favour for each in case.exposures}
    waiting = {each.currency: each.unbilled + each.financed for each in case.exposures}
    found = []
    for line in case.lines:
        more = (waiting.get(line.currency, 0) + _of(adding, line.currency)) if line.is_default else 0
        used = max(0, line.used + more - favour.get(line.currency, 0))
        if used > line.limit:
            found.append(Reason(Why.LINE_OVER, line.currency, used, line.limit, name=line.name))
    return found


def _overdue(case: Case, policy: Policy, today: date) -> list[Reason]:
    late = [each for each in case.late if each.amount > 0]
    if not late:
        return []
    amount = at_home([(each.currency, each.amount) for each in late], case.home, case.rates)
    if amount.minor < policy.min_overdue and not amount.missing:
        return []
    oldest = min(each.oldest_due_on for each in late)
    return [Reason(Why.OVERDUE, case.home, amount.minor, days=(today - oldest).days, since=oldest)]


def is_allowed(leaves: Iterable[Leave], *, sold: Money, adding: Money | None, rates: Rates) -> bool:
    """Whether leave in force covers what is about to be sold; `sold`: what was sold under it already, at home.

    Nothing asked for is covered while any of it is left. Where a rate is not known, only leave without a bound covers.
    """
    granted = list(leaves)
    if any(leave.amount is None for leave in granted):
        return True
    sums = [leave.amount for leave in granted if leave.amount is not None]
    bound = at_home([(each.currency, each.minor) for each in sums], sold.currency, rates)
    asked = at_home([(adding.currency, adding.minor)] if adding else [], sold.currency, rates)
    if asked.missing or not sums:
        return False
    left = bound.minor - sold.minor
    return asked.minor <= left if adding else left > 0


def _with(exposures: Sequence[Exposure], adding: Money | None) -> list[Exposure]:
    if adding is None:
        return list(exposures)
    found = {each.currency: each for each in exposures}
    here = found.get(adding.currency, Exposure(adding.currency))
    found[adding.currency] = Exposure(
        here.currency, here.open, here.unbilled + adding.minor, here.financed, here.in_favour
    )
    return list(found.values())


def _of(money: Money | None, currency: str) -> int:
    return money.minor if money is not None and money.currency == currency else 0
