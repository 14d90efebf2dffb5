"""Why less came than was owed, to the cent: tax withheld, discount agreed, commission or fee kept, rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from aldia.domain.matching.model import Allocation, Document
from aldia.domain.matching.settings import Commission, Settings, Withholding

MILLION = 1_000_000
DECIMALS = (10_000, 100_000, 1_000_000)
RATE_SLACK = 20_000  # rates are written with two decimals of a per cent: 10.67 for two thirds of 16
GRACE_DAYS = 3  # an early payment sent on its last day arrives after a weekend


def divide(numerator: int, denominator: int) -> int:
    """Half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def net_of(document: Document, settings: Settings) -> int:
    """The amount before taxes, estimated from the company's VAT when the document does not tell."""
    if document.net is not None:
        return document.net
    return divide(document.total * MILLION, MILLION + settings.vat_ppm)


def explain(
    documents: Sequence[Document], amount: int, on: date, settings: Settings, *, cited: bool = False
) -> Iterator[tuple[str, tuple[Allocation, ...]]]:
    """The explanations under which `amount` settles all the documents. Nothing is explained twice the same way.

    Of `cited` documents a tax withheld may be off by as much as a rate written with two decimals is.
    """
    owed = sum(document.balance for document in documents)
    missing = owed - amount
    if missing <= 0 or missing * 2 > owed:
        return
    if missing < settings.rounding:
        yield "rounding", settle(documents, _on_last(documents, missing), "rounding")
        return
    if all(document.balance == document.total for document in documents):
        yield from _withheld(documents, missing, settings, cited)
        yield from _discounted(documents, missing, on)
    if missing in settings.fees:
        yield "fee", settle(documents, _on_last(documents, missing), "fee")
    for commission in settings.commissions:
        if abs(kept(commission, owed) - missing) <= 1:
            yield "commission", settle(documents, _spread(documents, missing), "commission")


def _withheld(
    documents: Sequence[Document], missing: int, settings: Settings, cited: bool
) -> Iterator[tuple[str, tuple[Allocation, ...]]]:
    nets = [net_of(document, settings) for document in documents]
    slack = len(documents) + (sum(nets) // RATE_SLACK if cited else 0)
    seen: set[str] = set()
    net, most = sum(nets), slack + len(nets)  # each part is rounded by itself
    for key, numerator, denominator in _written(settings.withholdings):
        if key in seen or abs(net * numerator - missing * denominator) > most * denominator:
            continue
        parts = [divide(each * numerator, denominator) for each in nets]
        if abs(sum(parts) - missing) <= slack:
            seen.add(key)
            yield "withholding", settle(documents, _exactly(parts, missing), f"withholding:{key}")


@lru_cache(maxsize=64)
def _written(rules: tuple[Withholding, ...]) -> tuple[tuple[str, int, int], ...]:
    """Rates, and as contracts write them: a per cent with two, three or four decimals (10.67 for two thirds of 16)."""
    found: list[tuple[str, int, int]] = []
    for rule in rules:
        found.append((rule.key, rule.numerator, rule.denominator))
        if rule.numerator * DECIMALS[-1] % rule.denominator:
            found += ((rule.key, divide(rule.numerator * scale, rule.denominator), scale) for scale in DECIMALS)
    return tuple(found)


def _discounted(documents: Sequence[Document], missing: int, on: date) -> Iterator[tuple[str, tuple[Allocation, ...]]]:
    terms = [document.discount for document in documents]
    if all(each is not None for each in terms):
        in_time = all(each and on <= each.until + timedelta(days=GRACE_DAYS) for each in terms)
        parts = [
            divide(document.total * each.ppm, MILLION)
            for document, each in zip(documents, terms, strict=True)
            if each is not None
        ]
        if abs(sum(parts) - missing) <= len(documents):
            family = "discount" if in_time else "late_discount"
            yield family, settle(documents, _exactly(parts, missing), "discount")


def short_of(documents: Sequence[Document], missing: int) -> tuple[Allocation, ...]:
    """All settled although `missing` did not come and nothing says why: for a person to name."""
    return settle(documents, _on_last(documents, missing), "unexplained")


def kept(commission: Commission, owed: int, payments: int = 1) -> int:
    """What a processor keeps of so many payments, with VAT."""
    fee = divide(owed * commission.ppm, MILLION) + commission.fixed * payments
    return fee + divide(fee * commission.vat_ppm, MILLION)


def _exactly(parts: list[int], missing: int) -> list[int]:
    """The cents by which the parts miss the whole go to the largest."""
    largest = max(range(len(parts)), key=lambda i: parts[i])
    parts[largest] += missing - sum(parts)
    return parts


def _on_last(documents: Sequence[Document], missing: int) -> list[int]:
    """All on the largest document, which surely bears it."""
    largest = max(range(len(documents)), key=lambda i: (documents[i].balance, documents[i].key))
    return [missing if i == largest else 0 for i in range(len(documents))]


def _spread(documents: Sequence[Document], missing: int) -> list[int]:
    owed = sum(document.balance for document in documents)
    return _exactly([missing * document.balance // owed for document in documents], missing)


def settle(documents: Sequence[Document], parts: Sequence[int], kind: str) -> tuple[Allocation, ...]:
    """Each document paid in full but for its part, which `kind` settles."""
    return tuple(
        Allocation(document.key, document.balance - part, part, kind if part else "")
        for document, part in zip(documents, parts, strict=True)
    )
