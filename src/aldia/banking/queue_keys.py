"""What a decision rested on: the keys by which a change in the books finds the movements that it could concern."""

from __future__ import annotations

from collections.abc import Iterator

from aldia.domain.matching import BankMovement, Decision, Index
from aldia.domain.matching import references as cite
from aldia.domain.matching.names import blocks, name_key
from aldia.domain.matching.references import read_citing
from aldia.domain.matching.settings import Settings

Key = tuple[str, str]  # (kind, value)
CUSTOMER, AMOUNT, FOLIO, UUID, ORDER, SERIES = "customer", "amount", "folio", "uuid", "order", "series"
TRACE, TAX_ID, ACCOUNT, NAME, SAID = "trace", "tax_id", "account", "name", "said"
CLAIM = "claim"  # whose documents (or which money on the books) its first explanation takes: two such decide together
WIDTH = 200
MOST_CLAIMED = 30


def amount_key(currency: str, amount: int) -> Key:
    return (AMOUNT, f"{currency}:{amount}")


def keys_of(movement: BankMovement, decision: Decision, index: Index, settings: Settings) -> frozenset[Key]:
    """The keys of a movement that waits, after its decision."""
    found = set(_of_payer(movement))
    if movement.amount > 0:
        found.update(_of_words(movement, index, settings))
        found.update(_of_decision(movement, decision))
        found.update(claims_of(movement, decision))
    return frozenset((kind, value[:WIDTH]) for kind, value in found if value)


def claims_of(movement: BankMovement, decision: Decision) -> frozenset[Key]:
    """What it shares with the movements that must be decided together with it."""
    best = decision.hypothesis
    found = {decision.payer.customer, best.customer if best else ""}
    found.update(key for key, _amount in (best.known[:MOST_CLAIMED] if best else ()))
    claims = {(CLAIM, each) for each in found if each} if movement.amount > 0 else set()
    return frozenset(claims | ({(TRACE, movement.trace_key[:WIDTH])} if movement.trace_key else set()))


def _of_payer(movement: BankMovement) -> Iterator[Key]:
    yield (TRACE, movement.trace_key)
    yield (TAX_ID, movement.payer_tax_id)
    yield (ACCOUNT, movement.payer_account)
    yield (ACCOUNT, movement.collection_account)
    if movement.amount > 0 and (key := name_key(movement.payer_name)):
        yield (NAME, key)
        yield from ((NAME, block) for block in blocks(key))


def _of_words(movement: BankMovement, index: Index, settings: Settings) -> Iterator[Key]:
    for token in read_citing(movement, settings.concept_limits).tokens:
        if token.kind == cite.UUID:
            yield (UUID, token.number)
            continue
        if token.kind == cite.ORDER:
            yield (ORDER, token.number)
        yield (FOLIO, token.number.lstrip("0"))
        if token.kind == cite.SERIES and not index.is_series(token.series):
            yield (SERIES, token.series)


def _of_decision(movement: BankMovement, decision: Decision) -> Iterator[Key]:
    choices = [each for each in (decision.hypothesis, *decision.alternatives) if each is not None]
    customers = {*decision.touched, *decision.payer.candidates, decision.payer.customer}
    customers.update(each.customer for each in choices)
    yield from ((CUSTOMER, customer) for customer in customers)
    yield amount_key(movement.currency, movement.amount)
    for best in choices[:1]:
        if best.family == "declared":
            yield (SAID, best.support)
        if not decision.payer.customer:  # then it counts how many documents owe as much
            for each in best.allocations:
                yield amount_key(movement.currency, each.amount + each.difference)
