"""Money that the books know before the bank shows it: a payment recorded by hand, or by a provider that pays it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import accumulate

from aldia.domain.matching.candidates import Case
from aldia.domain.matching.differences import kept
from aldia.domain.matching.model import Hypothesis, KnownMoney
from aldia.domain.matching.subsets import chance_ppm

BEFORE_DAYS, AFTER_DAYS = 12, 3  # cheques and weekends; a payment noted some days after it came
PAID_OUT = ("card", "provider", "terminal")  # how such sources begin
MOST_SINGLES = 5
MOST_IN_RUN = 300
TOLD = frozenset({"key", "group"})


def recognised(case: Case) -> Iterator[Hypothesis]:
    """One hypothesis for each payment on the books, and for each payout of several, that this deposit can be."""
    movement = case.movement
    near = [each for each in case.known() if each.currency == movement.currency and _is_near(case, each)]
    near.sort(key=lambda each: (each.received_on, each.key))
    keyed = [each for each in near if each.trace and each.trace == movement.trace_key]
    singles = [each for each in keyed or near if _fits(case, each) and (keyed or not _is_paid_out(each))]
    for each in singles[:MOST_SINGLES]:
        yield _of(case, [each], "known", "key" if keyed else "none")
    if not keyed:
        yield from _payouts(case, near)


def _is_near(case: Case, money: KnownMoney) -> bool:
    booked = case.movement.booked_on
    return booked - timedelta(days=BEFORE_DAYS) <= money.received_on <= booked + timedelta(days=AFTER_DAYS)


def _is_paid_out(money: KnownMoney) -> bool:
    """Whether it comes by a provider or a terminal, never as a transfer of the customer."""
    return bool(money.group) or money.source.startswith(PAID_OUT)


def _fits(case: Case, money: KnownMoney) -> bool:
    """Its own amount, or what is left of it after its fee, by a payer that is not known to be somebody else."""
    if case.movement.amount not in (money.amount, money.amount - money.fee):
        return False
    return case.payer.customer in ("", money.customer) or bool(money.trace and money.trace == case.movement.trace_key)


def _payouts(case: Case, near: Sequence[KnownMoney]) -> Iterator[Hypothesis]:
    """Groups that a provider named; else what one source took in a day, or in days on end, less its commission."""
    amount = case.movement.amount
    groups: dict[str, list[KnownMoney]] = defaultdict(list)
    sources: dict[str, list[KnownMoney]] = defaultdict(list)
    for each in near:
        if each.group:
            groups[each.group].append(each)
        elif each.received_on <= case.movement.booked_on:
            sources[each.source].append(each)
    for group in groups.values():
        if sum(each.amount - each.fee for each in group) == amount:
            yield _of(case, group, "payout", "group")
    if case.payer.customer:
        return  # a customer that pays is not a provider that pays out
    for items in sources.values():
        yield from _runs(case, items[-MOST_IN_RUN:])


def _runs(case: Case, items: Sequence[KnownMoney]) -> Iterator[Hypothesis]:
    """Whole days on end of one source, to the cent after fees or after the commission that the company told."""
    by_day: dict[int, list[KnownMoney]] = defaultdict(list)
    for each in items:
        by_day[each.received_on.toordinal()].append(each)
    days = [by_day[day] for day in sorted(by_day)]
    gross = [0, *accumulate(sum(each.amount for each in day) for day in days)]
    net = [0, *accumulate(sum(each.amount - each.fee for each in day) for day in days)]
    chance = chance_ppm(len(days) * (len(days) + 1) // 2 - 1, case.movement.amount, 1)
    for start in range(len(days)):
        for end in range(start + 1, len(days) + 1):
            group = [each for day in days[start:end] for each in day]
            if _is_likely_run(case, group) and _adds_up(
                case, gross[end] - gross[start], net[end] - net[start], len(group)
            ):
                yield _of(case, group, "payout", "day", chance)


def _is_likely_run(case: Case, group: Sequence[KnownMoney]) -> bool:
    """More than one payment, or one of a terminal or provider of which something was kept."""
    return len(group) > 1 or (_is_paid_out(group[0]) and group[0].amount != case.movement.amount)


def _adds_up(case: Case, gross: int, net: int, count: int) -> bool:
    """Each payment's commission may be rounded by itself."""
    amount = case.movement.amount
    return amount in (gross, net) or any(
        abs(gross - kept(each, gross, count) - amount) <= count for each in case.settings.commissions
    )


def _of(case: Case, group: Sequence[KnownMoney], family: str, support: str, chance: int = 0) -> Hypothesis:
    owners = {each.customer for each in group}
    case.touched |= owners
    known = tuple(sorted((each.key, each.amount) for each in group))
    fee = sum(each.amount for each in group) - case.movement.amount
    return Hypothesis(
        owners.pop() if len(owners) == 1 else "", family, (), support, chance_ppm=chance, known=known, fee=fee
    )


def on_books(case: Case, best: Hypothesis) -> bool:
    """Whether the customer's payment of this very amount is on the books already and waits for its deposit."""
    return any(
        each.customer == best.customer and not _is_paid_out(each) and _is_near(case, each) and _fits(case, each)
        for each in case.known()
    )
