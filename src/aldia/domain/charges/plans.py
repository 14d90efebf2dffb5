"""Instalment plans: how a debt is split, and where a plan stands by what was paid, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from aldia.domain.calendars import add_bank_days, add_months
from aldia.domain.sentences import Refusal, gettext_noop

MAX_INSTALMENTS = 60
EVERY = ("month", "fortnight", "week")


class PlanRefused(Refusal):
    """A plan that cannot be."""

    code = "plan"


class TooFew(PlanRefused):
    code = "too_few"
    template = gettext_noop("Un plan tiene de 2 a 60 pagos.")


class BadSum(PlanRefused):
    code = "bad_sum"
    template = gettext_noop("Los pagos del plan no suman lo que se debe.")


class BadAmount(PlanRefused):
    code = "bad_amount"
    template = gettext_noop("Cada pago del plan debe ser mayor que cero: son demasiados para ese importe.")


class BadOrder(PlanRefused):
    code = "bad_order"
    template = gettext_noop("Las fechas del plan deben ir una después de otra.")


class BadDownPayment(PlanRefused):
    code = "bad_down_payment"
    template = gettext_noop("El enganche debe ser menor que lo que se debe.")


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment: what and until when."""

    due_on: date
    amount: int


def equal_parts(amount: int, count: int) -> tuple[int, ...]:
    """Equal parts; the last takes the remainder. Raises `BadAmount`."""
    each = amount // count
    if each <= 0:
        raise BadAmount()
    return (*([each] * (count - 1)), amount - each * (count - 1))


def proposed(
    *,
    amount: int,
    count: int,
    first_on: date,
    every: str,
    country: str,
    down_payment: int = 0,
    down_on: date | None = None,
) -> tuple[Part, ...]:
    """A plan of `count` equal instalments from `first_on`, after a down payment if there is one.

    Days that are no bank days go to the next; each is counted from the first, so that none drifts. Raises
    `PlanRefused`.
    """
    if not 0 <= down_payment < amount:
        raise BadDownPayment()
    parts = []
    if down_payment:
        parts.append(Part(add_bank_days(country, down_on or first_on, 0), down_payment))
    if count < 1 or not 2 <= count + len(parts) <= MAX_INSTALMENTS:
        raise TooFew()
    for place, each in enumerate(equal_parts(amount - down_payment, count)):
        parts.append(Part(add_bank_days(country, _nth(first_on, place, every), 0), each))
    return checked(parts, amount)


def _nth(first: date, place: int, every: str) -> date:
    if every == "month":
        return add_months(first, place)
    return first + timedelta(days=place * {"week": 7, "fortnight": 15}[every])


def checked(parts: Sequence[Part], amount: int) -> tuple[Part, ...]:
    """The parts of a plan that may be: in order, positive, and exactly what is owed. Raises `PlanRefused`."""
    if not 2 <= len(parts) <= MAX_INSTALMENTS:
        raise TooFew()
    if any(each.amount <= 0 for each in parts):
        raise BadAmount()
    if any(later.due_on <= sooner.due_on for sooner, later in pairwise(parts)):
        raise BadOrder()
    if sum(each.amount for each in parts) != amount:
        raise BadSum()
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class PartStanding:
    """An instalment with what was paid of it. `state`: paid, partial, due (today or before) or coming."""

    part: Part
    paid: int
    state: str

    @property
    def left(self) -> int:
        return self.part.amount - self.paid


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands. `next_due_on`: of the oldest instalment with anything left (None: all paid). `asked`: what
    is due by then or by today, which is what may be asked for; `is_broken`: something is overdue beyond the grace."""

    parts: tuple[PartStanding, ...]
    next_due_on: date | None
    asked: int
    is_broken: bool

    @property
    def number(self) -> int:
        """Which instalment is next, from 1; how many there are once all are paid."""
        paid = sum(each.state == "paid" for each in self.parts)
        return min(paid + 1, len(self.parts))


def standing(parts: Sequence[Part], *, owed: int, today: date, grace_days: int = 0) -> Standing:
    """Where a plan stands when `owed` is left of its debt: what was paid covers the oldest instalment first."""
    covers = split_oldest([each.amount for each in parts], sum(each.amount for each in parts) - owed)
    found = tuple(PartStanding(part, paid, _state(part, paid, today)) for part, paid in zip(parts, covers, strict=True))
    open_parts = [each for each in found if each.left > 0]
    if not open_parts or owed <= 0:
        return Standing(found, None, 0, False)
    next_on = open_parts[0].part.due_on
    until = max(next_on, today)
    extra = max(owed - sum(each.left for each in open_parts), 0)
    asked = sum(each.left for each in open_parts if each.part.due_on <= until) + extra
    return Standing(found, next_on, asked, next_on + timedelta(days=grace_days) < today)


def split_oldest(amounts: Sequence[int], paid: int) -> list[int]:
    """What of each amount is paid, the first one first."""
    left, found = max(paid, 0), []
    for amount in amounts:
        found.append(min(left, amount))
        left -= found[-1]
    return found


def _state(part: Part, paid: int, today: date) -> str:
    if paid >= part.amount:
        return "paid"
    if part.due_on <= today:
        return "due"
    return "partial" if paid else "coming"
