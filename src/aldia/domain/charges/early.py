"""Discount for paying early: terms as 2/10 net 30, or until a date, in tiers; whole payment needed, or in proportion.

What a debt is given is a function of the money that came and its days, asked again whenever something moves: a payment
that is undone takes its discount with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from aldia.domain.charges.late import half_up


@dataclass(frozen=True, slots=True)
class Tier:
    """`percent` off for money that came on or before `last_on`."""

    last_on: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What settles a debt on a day: `net` instead of what is owed, with `discount` off."""

    tier: Tier
    discount: int
    net: int


def tier_on(tiers: Iterable[Tier], on: date) -> Tier | None:
    """The tier that gives most to money of that day."""
    live = [each for each in tiers if on <= each.last_on and each.percent > 0]
    return max(live, key=lambda each: (each.percent, each.last_on), default=None)


def off(base: int, percent: Decimal) -> int:
    """The discount on a base, rounded half up once."""
    return half_up(Fraction(percent) / 100 * base)


def given(*, tiers: Sequence[Tier], base: int, money: Iterable[tuple[date, int]], pro_rata: bool) -> int:
    """The discount that a debt has earned.

    `base`: what money has to pay: the total less credit notes, withholdings and the like. `money`: (day, amount) of
    each payment applied. Whole: the best tier whose net was in by its day. `pro_rata`: each payment settles as much
    more as its tier gives. Never more than what the money left.
    """
    payments = sorted(each for each in money if each[1] > 0)
    paid = sum(amount for _day, amount in payments)
    left = max(base - paid, 0)
    best = 0
    for tier in tiers:
        discount = off(base, tier.percent)
        in_time = sum(amount for day, amount in payments if day <= tier.last_on)
        if in_time and in_time >= base - discount:
            best = max(best, discount)
    if not best and pro_rata:
        best = half_up(sum((_share(tiers, day, amount) for day, amount in payments), Fraction(0)))
    return min(best, left)


def _share(tiers: Sequence[Tier], day: date, amount: int) -> Fraction:
    tier = tier_on(tiers, day)
    if tier is None or tier.percent >= 100:
        return Fraction(0)
    percent = Fraction(tier.percent)
    return amount * percent / (100 - percent)


def offer_on(
    *, tiers: Sequence[Tier], base: int, money: Iterable[tuple[date, int]], pro_rata: bool, on: date
) -> Offer | None:
    """What would settle the debt on a day; None where nothing is off, or nothing is owed."""
    payments = list(money)
    paid = sum(amount for _day, amount in payments)
    earned = given(tiers=tiers, base=base, money=payments, pro_rata=pro_rata)
    owed = base - paid - earned
    tier = tier_on(tiers, on)
    if tier is None or owed <= 0:
        return None
    net = _net(tiers, base, payments, pro_rata, on, tier)
    if not 0 < net < owed + earned:
        return None
    discount = given(tiers=tiers, base=base, money=[*payments, (on, net)], pro_rata=pro_rata)
    return Offer(tier, discount - earned, net) if discount > earned and paid + net + discount == base else None


def _net(
    tiers: Sequence[Tier], base: int, payments: Sequence[tuple[date, int]], pro_rata: bool, on: date, tier: Tier
) -> int:
    """The least that settles it: by the whole where all came in time, else by what is left of it in proportion."""
    in_time = sum(amount for day, amount in payments if day <= tier.last_on)
    paid = sum(amount for _day, amount in payments)
    if in_time == paid:
        return base - off(base, tier.percent) - paid
    if not pro_rata:
        return 0
    settled = paid + half_up(sum((_share(tiers, day, amount) for day, amount in payments), Fraction(0)))
    owed = base - settled
    return owed - off(owed, tier.percent)
