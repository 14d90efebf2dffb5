"""Why less came than was owed, to the cent: tax withheld, discount agreed, commission or fee kept, rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from aldia.domain.matching.model import Allocation, Document
from aldia.domain.matching.settings import Commission, Settings

MILLION = 1_000_000
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
    documents: Sequence[Document], amount: int, on: date, settings: Settings
) -> Iterator[tuple[str, tuple[Allocation, ...]]]:
    """The explanations under which `amount` settles all the documents. Nothing is explained twice the same way."""
    owed = sum(document.balance for document in documents)
    missing = owed - amount
    if missing <= 0 or missing * 2 > owed:
        return
    if missing < settings.rounding:
        yield "rounding", settle(documents, _on_last(documents, missing), "rounding")
        return
    if all(document.balance == document.total for document in documents):
        yield from _shares(documents, missing, on, settings)
    if missing in settings.fees:
        yield "fee", settle(documents, _on_last(documents, missing), "fee")
    for commission in settings.commissions:
        if abs(_kept(commission, owed) - missing) <= 1:
            yield "commission", settle(documents, _spread(documents, missing), "commission")


def _shares(
    documents: Sequence[Document], missing: int, on: date, settings: Settings
) -> Iterator[tuple[str, tuple[Allocation, ...]]]:
    """Differences that are a share of each document."""
    slack = len(documents)
    nets = [net_of(document, settings) for document in documents]
    seen: set[tuple[int, ...]] = set()
    for rule in settings.withholdings:
        parts = [divide(net * rule.numerator, rule.denominator) for net in nets]
        if abs(sum(parts) - missing) <= slack + sum(nets) // RATE_SLACK and tuple(parts) not in seen:
            seen.add(tuple(parts))
            yield "withholding", settle(documents, _exactly(parts, missing), f"withholding:{rule.key}")
    terms = [document.discount for document in documents]
    if all(each is not None and on <= each.until + timedelta(days=GRACE_DAYS) for each in terms):
        parts = [
            divide(document.total * each.ppm, MILLION)
            for document, each in zip(documents, terms, strict=True)
            if each is not None
        ]
        if abs(sum(parts) - missing) <= slack:
            yield "discount", settle(documents, _exactly(parts, missing), "discount")


def _kept(commission: Commission, owed: int) -> int:
    kept = divide(owed * commission.ppm, MILLION) + commission.fixed
    return kept + divide(kept * commission.vat_ppm, MILLION)


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
