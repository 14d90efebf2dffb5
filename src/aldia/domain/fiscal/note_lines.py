"""The concepts of a note about an invoice: goods that come back, or an amount, taxes in the invoice's proportion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aldia.domain.fiscal.drafts import MICRO, QUOTA, DraftLine, DraftTax, half_up

SERVICE_KEY, SERVICE_UNIT = "84111506", "ACT"


class HasQuota(ValueError):
    """The invoice has taxes by unit: a note about it names quantities."""


def line_total(line: DraftLine) -> int:
    """A concept with its taxes, in minor units."""
    taxes = sum(-each.amount if each.tax.withheld else each.amount for each in line.tax_amounts)
    return line.base + taxes


def returned_lines(lines: Sequence[DraftLine], quantities: Mapping[int, int]) -> tuple[DraftLine, ...]:
    """So much (millionths) of each concept, by its place, with its share of the discount. Raises `ValueError` where
    a concept is not there or more comes back than was billed."""
    found = []
    for place, quantity in sorted(quantities.items()):
        if not 0 <= place < len(lines) or not 0 <= quantity <= lines[place].quantity_micro:
            raise ValueError(place)
        if quantity:
            line = lines[place]
            discount = half_up(line.discount * quantity, line.quantity_micro)
            units = half_up(line.quota_units * quantity, line.quantity_micro)
            found.append(replace(line, quantity_micro=quantity, discount=discount, quota_units=units))
    return tuple(found)


def amount_lines(
    lines: Sequence[DraftLine],
    amount: int,
    description: str,
    *,
    product_key: str = SERVICE_KEY,
    unit_key: str = SERVICE_UNIT,
) -> tuple[DraftLine, ...]:
    """Concepts that come to `amount` with taxes, to the cent: one for each set of taxes of the invoice, each in its
    proportion. Where no base gives the exact cent, a concept of the cents that are missing follows.

    Raises `HasQuota`: a quota falls on units, which an amount does not have.
    """
    whole = sum(line_total(line) for line in lines)
    if amount <= 0 or whole <= 0:
        raise ValueError(amount)
    if any(tax.factor == QUOTA for line in lines for tax in line.taxes):
        raise HasQuota
    found: list[DraftLine] = []
    done = before = 0
    for taxes, total in _by_taxes(lines).items():
        done += total
        share = half_up(amount * done, whole) - before
        before += share
        model = DraftLine(product_key, unit_key, description, MICRO, 0, taxes, decimals=lines[0].decimals)
        found += _exact(model, share)
    return tuple(found)


def _by_taxes(lines: Sequence[DraftLine]) -> dict[tuple[DraftTax, ...], int]:
    sums: dict[tuple[DraftTax, ...], int] = {}
    for line in lines:
        sums[line.taxes] = sums.get(line.taxes, 0) + line_total(line)
    return {taxes: total for taxes, total in sums.items() if total > 0}


def _exact(model: DraftLine, share: int) -> list[DraftLine]:
    """Concepts like the model that come to exactly `share`: the largest base that does not pass it, then the rest."""
    found: list[DraftLine] = []
    while share > 0:
        line = _largest(model, share)
        if line is None:
            break
        found.append(line)
        share -= line_total(line)
    return found


def _largest(model: DraftLine, share: int) -> DraftLine | None:
    """The largest base whose total with taxes does not pass `share` (totals grow with the base)."""
    low, high = 0, share * 3 + 3  # withholdings can make the base larger than the total, never three times
    while low < high:
        middle = (low + high + 1) // 2
        if line_total(_priced(model, middle)) <= share:
            low = middle
        else:
            high = middle - 1
    return _priced(model, low) if low else None


def _priced(model: DraftLine, base: int) -> DraftLine:
    return replace(model, price_micro=base * 10 ** (6 - model.decimals))
