"""Which receivables a credit pays, and how much of each.

A policy is a function that puts open items in the order in which they are paid; `allocate` then pays each up to its
balance. Nothing is lost or created: Σ lines + left = amount. Amounts are minor units of one currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import comb

from aldia.domain.sentences import Refusal, gettext_noop

# How many combinations `exact_else_oldest` may try: 0.03 s. 300 open items still get every pair, 50 every three.
SUBSETS_TRIED = 50_000


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A receivable with something still owed. `key` is its identity, `number` what people call it."""

    key: str
    balance: int
    due_on: date
    issued_on: date
    number: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is paid of each item, and the part of the amount for which there was no item."""

    lines: tuple[Line, ...]
    left: int

    @property
    def allocated(self) -> int:
        return sum(line.amount for line in self.lines)


class AllocationError(Refusal):
    """`allocate` was asked by a person for something that cannot be. `params["number"]` names the item."""

    code = "allocation"


class UnknownItem(AllocationError):
    code = "unknown_item"
    template = gettext_noop("El documento %(number)s no está abierto: ya se pagó, se canceló o no es de este cliente.")


class NamedTwice(AllocationError):
    code = "named_twice"
    template = gettext_noop("El documento %(number)s aparece dos veces.")


class OverBalance(AllocationError):
    code = "over_balance"
    template = gettext_noop("Se pide aplicar al documento %(number)s más de lo que se debe de él.")


class OverAmount(AllocationError):
    code = "over_amount"
    template = gettext_noop("Los importes por documento suman más que el importe por aplicar.")


def _by_due(item: OpenItem) -> tuple[date, date, str, str]:
    return (item.due_on, item.issued_on, item.number, item.key)


def oldest_due(amount: int, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The one that fell due first; same day: issued first, then number."""
    return sorted(items, key=_by_due)


def oldest_issued(amount: int, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The one issued first; same day: due first, then number."""
    return sorted(items, key=lambda item: (item.issued_on, item.due_on, item.number, item.key))


def largest(amount: int, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The one that owes most; same balance: the oldest due."""
    return sorted(items, key=lambda item: (-item.balance, *_by_due(item)))


def exact_else_oldest(amount: int, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The items that owe exactly the amount together (fewest, then oldest due), or else the oldest due.

    Sizes 1, 2, 3… are tried whole while `SUBSETS_TRIED` lasts, so that the answer depends only on the items.
    """
    ordered = sorted(items, key=_by_due)
    payable = [item for item in ordered if 0 < item.balance <= amount]
    tried = 0
    for size in range(1, len(payable) + 1):
        tried += comb(len(payable), size)
        if tried > SUBSETS_TRIED:
            break
        for chosen in combinations(payable, size):
            if sum(item.balance for item in chosen) == amount:
                return [*chosen, *(item for item in ordered if item not in chosen)]
    return ordered


Policy = Callable[[int, Iterable[OpenItem]], list[OpenItem]]
NAMED = "named"
# "named" keeps the order of those that `named` names and pays no other
POLICIES: dict[str, Policy] = {
    NAMED: lambda amount, items: list(items),
    "oldest_due": oldest_due,
    "oldest_issued": oldest_issued,
    "largest": largest,
    "exact_else_oldest": exact_else_oldest,
}


def allocate(amount: int, items: Iterable[OpenItem], policy: str, named: Sequence[tuple[str, int | None]] = ()) -> Plan:
    """Pay open items with `amount`, in the order of `policy` (a key of `POLICIES`).

    `named` is for the policy "named": keys in order, each with its amount, or None for as much as it owes. Raises
    `UnknownItem`, `NamedTwice`, `OverBalance`, `OverAmount`; ValueError for what no person asks: negative amounts or
    balances, an item twice. KeyError: no such policy.
    The order of `items` is irrelevant.
    """
    by_key = _index(items)
    if amount < 0:
        raise ValueError("a negative amount pays nothing")
    if policy != NAMED and named:
        raise ValueError('only the policy "named" takes named items')
    wanted = _wanted(named, by_key, amount) if policy == NAMED else {}
    candidates = [by_key[key] for key in wanted] if policy == NAMED else list(by_key.values())
    lines, left = [], amount
    for item in POLICIES[policy](amount, candidates):
        paid = min(left, wanted.get(item.key, item.balance))
        if paid:
            lines.append(Line(item.key, paid))
            left -= paid
    return Plan(tuple(lines), left)


def _index(items: Iterable[OpenItem]) -> dict[str, OpenItem]:
    by_key: dict[str, OpenItem] = {}
    for item in items:
        if item.balance < 0:
            raise ValueError(f"the balance of {item.key} is negative")
        if item.key in by_key:
            raise ValueError(f"the item {item.key} is there twice")
        by_key[item.key] = item
    return by_key


def _name(item: OpenItem) -> str:
    return item.number or item.key


def _wanted(named: Sequence[tuple[str, int | None]], by_key: dict[str, OpenItem], amount: int) -> dict[str, int]:
    """At most how much of each named item. Amounts given by a person are exact: what cannot be is refused."""
    wanted: dict[str, int] = {}
    fixed = 0
    for key, asked in named:
        if key not in by_key:
            raise UnknownItem(number=key)
        if key in wanted:
            raise NamedTwice(number=_name(by_key[key]))
        if asked is not None and asked < 0:
            raise ValueError(f"a negative amount was asked for {key}")
        if asked is not None and asked > by_key[key].balance:
            raise OverBalance(number=_name(by_key[key]))
        wanted[key] = by_key[key].balance if asked is None else asked
        fixed += asked or 0
    if fixed > amount:
        raise OverAmount()
    return wanted
