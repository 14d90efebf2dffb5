"""Bounds on an error rate from cases judged right or wrong, in parts per million. Exact arithmetic, no tables."""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from math import isqrt

MILLION = 1_000_000
MOST_EXACT = 300  # wrong cases up to which the binomial tail is summed term by term
_WIDE = Context(prec=40)
_Z2_95 = (270_554, 100_000)  # square of the 95 % quantile of the normal, one side


@lru_cache(maxsize=4_096)
def upper_ppm(wrong: int, cases: int, doubt_ppm: int = 50_000) -> int:
    """The least rate that the cases refute with confidence 1 - `doubt_ppm` (95 %): Clopper and Pearson, 1934, one side.

    No cases: a million. 0 of 3,000 gives 999 ("rule of three"). Beyond `MOST_EXACT` wrong ones: Wilson, 1927.
    """
    if not 0 <= wrong <= cases:
        raise ValueError("wrong cases are some of the cases")
    if cases == 0 or wrong == cases:
        return MILLION
    if wrong > MOST_EXACT:
        return _wilson_ppm(wrong, cases, up=True)
    low, high = wrong * MILLION // cases, MILLION
    while low < high:
        middle = (low + high) // 2
        if at_most_ppm(wrong, cases, middle) <= doubt_ppm:
            high = middle
        else:
            low = middle + 1
    return low


@lru_cache(maxsize=4_096)
def lower_ppm(wrong: int, cases: int, doubt_ppm: int = 50_000) -> int:
    """The rate above which the truth lies with that confidence. No wrong cases: 0."""
    if not 0 <= wrong <= cases:
        raise ValueError("wrong cases are some of the cases")
    if wrong == 0:
        return 0
    if wrong > MOST_EXACT:
        return _wilson_ppm(wrong, cases, up=False)
    low, high = 0, wrong * MILLION // cases
    while low < high:
        middle = (low + high + 1) // 2
        if MILLION - at_most_ppm(wrong - 1, cases, middle) <= doubt_ppm:
            low = middle
        else:
            high = middle - 1
    return low


def at_most_ppm(wrong: int, cases: int, rate_ppm: int) -> int:
    """The chance, per million, of at most so many wrong ones if each is wrong with that rate."""
    if rate_ppm <= 0:
        return MILLION
    if rate_ppm >= MILLION:
        return MILLION if wrong >= cases else 0
    rate = _WIDE.divide(Decimal(rate_ppm), Decimal(MILLION))
    other = _WIDE.subtract(Decimal(1), rate)
    term = total = _WIDE.power(other, cases)
    odds = _WIDE.divide(rate, other)
    for i in range(wrong):
        term = _WIDE.multiply(_WIDE.multiply(term, odds), _WIDE.divide(Decimal(cases - i), Decimal(i + 1)))
        total = _WIDE.add(total, term)
    return int(_WIDE.multiply(total, Decimal(MILLION)))


def _wilson_ppm(wrong: int, cases: int, *, up: bool) -> int:
    """(2nq + z² ± z √(z² + 4nq(1 - q))) / 2(n + z²), with n·q the wrong ones, in integers."""
    numerator, scale = _Z2_95
    # everything times `scale`
    middle = 2 * wrong * scale + numerator
    under = numerator * (numerator * cases + 4 * wrong * (cases - wrong) * scale)
    root = isqrt(under // cases)
    return (middle + (root if up else -root)) * MILLION // (2 * (cases * scale + numerator))
