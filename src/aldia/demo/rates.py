"""The price of the dollar in the story: a slow walk by days, in millionths of a peso."""

from __future__ import annotations

from datetime import date
from random import Random


class Rates:
    """MXN per USD for each day from `first_day`, four decimals as the DOF publishes it."""

    def __init__(self, *, first_day: date, days: int, seed: int) -> None:
        """The walk is decided by the seed alone."""
        rng = Random(f"{seed}:rates")  # noqa: S311
        self._first = first_day.toordinal()
        self._rates = []
        rate = 184_000
        for _ in range(days):
            rate = min(max(rate + rng.randrange(-900, 901), 168_000), 204_000)
            self._rates.append(rate * 100)

    def on(self, day: date) -> int:
        """The rate of a day; the nearest known one outside the history."""
        return self._rates[min(max(day.toordinal() - self._first, 0), len(self._rates) - 1)]
