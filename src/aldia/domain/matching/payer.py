"""Who paid: every piece of evidence names a customer, and the strongest decides unless two contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aldia.domain.matching import aliases
from aldia.domain.matching.index import Index
from aldia.domain.matching.model import NOBODY, BankMovement, Payer
from aldia.domain.matching.names import distance, is_cut, name_key

OWN_ACCOUNT, ID, NAME, CUT, ALIKE = 5, 4, 3, 2, 1
MOST_WRONG = 2  # letters of a name; the next best customer must be at least two letters further away


def identify(movement: BankMovement, index: Index) -> Payer:
    """The payer of a deposit. A payer of several customers, or of nobody known, never identifies one."""
    if movement.collection_account and (customer := index.customer_of_collection_account(movement.collection_account)):
        return Payer(customer, OWN_ACCOUNT, "", "collection_account", movement.collection_account, (customer,))
    found = list(_evidence(movement, index))
    flagged = [payer for payer in found if payer.flag in ("shared", "external")]
    named = sorted((payer for payer in found if payer.customer), key=lambda payer: -payer.level)
    if any(payer.flag == "shared" for payer in flagged):
        return next(payer for payer in flagged if payer.flag == "shared")
    if not named:
        unsure = [payer for payer in found if payer.flag == "ambiguous"]
        return (unsure or flagged or [NOBODY])[0]
    return _agreed(named, flagged)


def _agreed(named: list[Payer], flagged: list[Payer]) -> Payer:
    best = named[0]
    others = {payer.customer for payer in named if payer.level >= NAME} - {best.customer}
    candidates = tuple(sorted({payer.customer for payer in named}))
    if others:
        return Payer(best.customer, best.level, "contradiction", best.how, best.value, candidates)
    if any(payer.how == "tax_id" for payer in flagged) and best.level < ID:
        # the name is a customer's and the tax id is not: a namesake
        return Payer(best.customer, ALIKE, "contradiction", best.how, best.value, candidates)
    return best


def _evidence(movement: BankMovement, index: Index) -> Iterator[Payer]:
    receipt = index.receipt(movement.trace_key) if movement.trace_key else None
    tax_id = (receipt and receipt.tax_id) or movement.payer_tax_id
    account = (receipt and receipt.account) or movement.payer_account
    name = (receipt and receipt.name) or movement.payer_name
    if tax_id:
        yield _by_tax_id(tax_id, name, movement, index)
    if account and (payer := _learned("account", account, movement, index)):
        yield payer
    if name and (payer := _by_name(name, movement, index)):
        yield payer


def _by_tax_id(tax_id: str, name: str, movement: BankMovement, index: Index) -> Payer:
    customers = tuple(index.customers_of_tax_id(tax_id))
    if len(customers) == 1:
        return Payer(customers[0], ID, "", "tax_id", tax_id, customers)
    if customers:
        named = [customer for customer in customers if name and customer in index.customers_named(name_key(name))]
        if len(named) == 1:
            return Payer(named[0], NAME, "", "tax_id", tax_id, customers)
        return Payer("", 0, "ambiguous", "tax_id", tax_id, customers)
    return _learned("tax_id", tax_id, movement, index) or Payer("", 0, "external", "tax_id", tax_id)


def _learned(kind: str, value: str, movement: BankMovement, index: Index) -> Payer | None:
    known = index.aliases(kind, value)
    if not known:
        return None
    if several := aliases.shared(known, movement.booked_on):
        return Payer("", 0, "shared", kind, value, several)
    if customer := aliases.strong(known, movement.booked_on):
        return Payer(customer, NAME if kind == "name" else ID, "", f"learned_{kind}", value, (customer,))
    return None


def _by_name(name: str, movement: BankMovement, index: Index) -> Payer | None:
    key = name_key(name)
    if not key:
        return None
    if payer := _learned("name", key, movement, index):
        return payer
    whole = tuple(index.customers_named(key))
    like = index.customers_like(key)
    # a name that other customers' names continue may be one of theirs, cut
    longer = [customer for customer, other in like if is_cut(key, other) and customer not in whole]
    if len(whole) == 1 and not longer:
        return Payer(whole[0], NAME, "", "name", name, whole)
    if whole or len(longer) > 1:
        return _ambiguous(name, (*whole, *longer))
    if longer:
        return Payer(longer[0], CUT, "", "name_cut", name, tuple(longer))
    return _alike(name, key, like)


def _ambiguous(name: str, customers: tuple[str, ...]) -> Payer:
    """One customer twice over is one; several are a question."""
    different = tuple(sorted(set(customers)))
    if len(different) == 1:
        return Payer(different[0], CUT, "", "name_cut", name, different)
    return Payer("", 0, "ambiguous", "name", name, different)


def _alike(name: str, key: str, like: Sequence[tuple[str, str]]) -> Payer | None:
    """One customer at most two letters away, also of its beginning, and the next much further."""
    near: list[tuple[int, str]] = []
    for customer, other in like:
        off = distance(key, other[: len(key)], MOST_WRONG + 2)
        if len(other) > len(key) and off:
            off = min(off, distance(key, other, MOST_WRONG + 2))
        near.append((off, customer))
    near.sort()
    if not near or near[0][0] > MOST_WRONG or len(key) < 8:
        return Payer("", 0, "external", "name", name)
    rivals = [customer for off, customer in near if customer != near[0][1] and off <= near[0][0] + 2]
    if rivals:
        return Payer("", 0, "ambiguous", "name", name, tuple(sorted({near[0][1], *rivals})))
    return Payer(near[0][1], ALIKE, "", "name_alike", name, (near[0][1],))
