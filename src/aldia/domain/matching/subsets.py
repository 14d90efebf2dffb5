"""Which open documents add up to an amount, and how likely it is that they do so by chance.

Finding a combination is easy; proving that it is no coincidence is the work. Sets are searched in families, the
simplest to describe first (everything, oldest first, a month…, then two, three, four, any), and for each found set λ
says how many sets of its family chance alone would put on that very amount, from how many fall near it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from math import gcd

from aldia.domain.matching.model import Document

FAMILIES = ("all_open", "all_due", "oldest_first", "month", "run", "all_but_one", "pair", "triple", "quad", "any")
STRUCTURED = frozenset(FAMILIES[:6])
_SIZES = {"pair": 2, "triple": 3, "quad": 4}
MOST_ANY, MOST_QUAD, MOST_TRIPLE = 16, 40, 120
MOST_FOUND = 4
ENOUGH = 4  # documents from which on their common divisor is a habit, and no accident
Members = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    family: str
    documents: tuple[Document, ...]
    chance_ppm: int


def solve(documents: Sequence[Document], target: int, today_ordinal: int, most: str = "any") -> list[Found]:
    """Sets of two or more that owe exactly `target`, at most `MOST_FOUND`, the simplest family first, up to `most`.

    `today_ordinal` (`date.toordinal`) tells what is due. All subsets are tried up to `MOST_ANY` documents, fours up to
    `MOST_QUAD`, threes up to `MOST_TRIPLE`.
    """
    items = sorted((each for each in documents if each.balance > 0), key=_by_due)
    if len(items) < 2 or sum(each.balance for each in items) < target:
        return []
    search = _Search(items, target, today_ordinal)
    found: list[Found] = []
    seen: set[Members] = set()
    for family in FAMILIES[: FAMILIES.index(most) + 1]:
        for members in search.exact(family):
            if members not in seen and len(members) > 1:
                seen.add(members)
                found.append(Found(family, tuple(items[i] for i in members), search.chance_ppm(family)))
            if len(found) >= MOST_FOUND:
                return found
        if found and family in ("all_but_one", "pair", "triple", "quad"):
            return found
    return found


def _by_due(document: Document) -> tuple[int, int, str]:
    return (document.due_on.toordinal(), document.issued_on.toordinal(), document.key)


def lattice(target: int, balances: Sequence[int]) -> int:
    """The steps in which amounts of this customer come: whole pesos, hundreds… or cents."""
    step = gcd(target, *balances) if len(balances) >= ENOUGH else 1
    for coarse in (1_000_000, 100_000, 10_000, 1_000, 100):
        if target % coarse == 0:
            return max(step, coarse)
    return step


def chance_ppm(near: int, target: int, step: int) -> int:
    """λ per million: `near` sums fall within a quarter of the target, of so many places where one could fall.

    Half a sum is added: seeing none does not prove that there is no chance.
    """
    places = max(1, 2 * (target // 4) // step)
    return (2 * near + 1) * 500_000 // places


def single_chance_ppm(balances: Sequence[int], target: int) -> int:
    """λ of one document that owes the very amount, among those of its customer."""
    step = lattice(target, balances)
    window = target // 4
    near = sum(1 for balance in balances if abs(balance - target) <= window and balance % step == 0) - 1
    return chance_ppm(max(0, near), target, step)


def near_chance_ppm(balances: Sequence[int], target: int, width: int) -> int:
    """λ of a document whose difference to the amount may be any of `width` amounts."""
    window = target // 4
    near = sum(1 for balance in balances if abs(balance - target) <= window) - 1
    return chance_ppm(max(0, near), target, 1) * width


def fraction_chance_ppm(balances: Sequence[int], target: int, most: int) -> int:
    """λ of a document of which the amount is one of up to `most` equal parts, to the cent up or down."""
    window = target // 4
    near = sum(
        1 for balance in balances for parts in range(2, most + 1) if abs(balance - parts * target) <= parts * window
    )
    return chance_ppm(max(0, near - 1), target, 1) * 3


class _Search:
    """One customer's documents against one amount."""

    def __init__(self, items: list[Document], target: int, today: int) -> None:
        self.items = items
        self.target = target
        self.today = today
        self.values = [item.balance for item in items]
        self.fit = [i for i, value in enumerate(self.values) if value < target]
        self.step = lattice(target, self.values)
        self.window = target // 4

    def exact(self, family: str) -> Iterator[Members]:
        """The sets of a family that add up, each as sorted positions."""
        if family in STRUCTURED:
            for total, members in self._structured(family, 0):
                if total == self.target:
                    yield members
        elif family == "any":
            yield from self._any()
        else:
            yield from self._few(_SIZES[family])

    def chance_ppm(self, family: str) -> int:
        if family == "all_open":  # nothing else can add up to all there is
            return chance_ppm(0, self.target, lattice(self.target, ()))
        near = self._near(family)
        return chance_ppm(max(0, near - 1), self.target, self.step)

    def _near(self, family: str) -> int:
        """How many sets of the family fall near the amount, on the same steps."""
        low, high = self.target - self.window, self.target + self.window
        if family in STRUCTURED:
            return sum(
                low <= total <= high and total % self.step == 0 for total, _ in self._structured(family, self.window)
            )
        whole = max(1, gcd(*self.values))
        if self.step <= whole:
            return _near(self.values, family, low, high)
        # a round amount: sets of round balances reach it, and of the others one in so many happens to
        rounded = [value for value in self.values if value % self.step == 0]
        return _near(rounded, family, low, high) + _near(self.values, family, low, high) * whole // self.step

    def _structured(self, family: str, window: int) -> Iterator[tuple[int, Members]]:
        items, values = self.items, self.values
        everything = tuple(range(len(items)))
        if family == "all_open":
            yield sum(values), everything
        elif family == "all_due":
            due = tuple(i for i in everything if items[i].due_on.toordinal() <= self.today)
            yield sum(values[i] for i in due), due
        elif family == "oldest_first":
            for size, total in enumerate(accumulate(values), 1):
                yield total, everything[:size]
        elif family == "month":
            yield from self._months()
        elif family == "run":
            yield from self._runs(window)
        else:
            whole = sum(values)
            for i in everything:
                yield whole - values[i], everything[:i] + everything[i + 1 :]

    def _months(self) -> Iterator[tuple[int, Members]]:
        for by_due in (False, True):
            groups: dict[tuple[int, int], list[int]] = {}
            for i, item in enumerate(self.items):
                day = item.due_on if by_due else item.issued_on
                groups.setdefault((day.year, day.month), []).append(i)
            for members in groups.values():
                yield sum(self.values[i] for i in members), tuple(members)

    def _runs(self, window: int) -> Iterator[tuple[int, Members]]:
        """Neighbours by due date, those near the amount only: as many starts as documents, not their square."""
        low = self.target - window
        end, total = 0, 0
        for start in range(len(self.values)):
            while end < len(self.values) and total < low:
                total += self.values[end]
                end += 1
            there, reach = end, total
            while reach <= self.target + window:
                if reach >= low and there - start > 1:
                    yield reach, tuple(range(start, there))
                if there == len(self.values):
                    break
                reach += self.values[there]
                there += 1
            if end > start:
                total -= self.values[start]
            else:
                end = start + 1

    def _few(self, size: int) -> Iterator[Members]:
        fit = self.fit
        if size == 2:
            yield from self._pairs(fit, self.target)
        elif size == 3 and len(fit) <= MOST_TRIPLE:
            for at, i in enumerate(fit):
                for j, k in self._pairs(fit[at + 1 :], self.target - self.values[i]):
                    yield (i, j, k)
        elif size == 4 and len(fit) <= MOST_QUAD:
            yield from self._quads()

    def _pairs(self, fit: Sequence[int], target: int) -> Iterator[tuple[int, int]]:
        where: dict[int, list[int]] = {}
        values = self.values
        for j in fit:
            value = values[j]
            for i in where.get(target - value, ()):
                yield (i, j)
            where.setdefault(value, []).append(j)

    def _quads(self) -> Iterator[Members]:
        """Two pairs: those before a document meet the pair that begins with it."""
        before: dict[int, list[tuple[int, int]]] = {}
        values, fit = self.values, self.fit
        for at, j in enumerate(fit):
            for k in fit[at + 1 :]:
                for pair in before.get(self.target - values[j] - values[k], ()):
                    yield (*pair, j, k)
            for i in fit[:at]:
                before.setdefault(values[i] + values[j], []).append((i, j))

    def _any(self) -> Iterator[Members]:
        """All subsets of five or more by meeting in the middle (Horowitz and Sahni, 1974)."""
        if not 5 <= len(self.fit) <= MOST_ANY:
            return
        half = len(self.fit) // 2
        left, right = self.fit[:half], self.fit[half:]
        sums: dict[int, list[Members]] = {}
        for members in _subsets(left):
            sums.setdefault(sum(self.values[i] for i in members), []).append(members)
        for members in _subsets(right):
            for rest in sums.get(self.target - sum(self.values[i] for i in members), ()):
                if len(rest) + len(members) > 4:
                    yield rest + members


def _subsets(of: Sequence[int]) -> Iterator[Members]:
    for size in range(len(of) + 1):
        yield from combinations(of, size)


def _near(values: Sequence[int], family: str, low: int, high: int) -> int:
    if family == "any":
        return _sums_between(values[:MOST_ANY], low, high)
    return _combinations_between(values, _SIZES[family], low, high) if values else 0


def _sums_between(values: Sequence[int], low: int, high: int) -> int:
    half = len(values) // 2
    left = sorted(sum(members) for members in _subsets(values[:half]))
    return sum(
        bisect_right(left, high - sum(members)) - bisect_left(left, low - sum(members))
        for members in _subsets(values[half:])
    )


def _combinations_between(values: Sequence[int], size: int, low: int, high: int) -> int:
    """How many choices of `size` fall between; of many documents, of an even sample of them."""
    most = {2: 400, 3: 60, 4: 24}[size]
    stride = -(-len(values) // most)
    sample = sorted(values)[::stride]
    count = _count(sample, size, low, high)
    return count * int(stride**size)


def _count(ordered: Sequence[int], size: int, low: int, high: int) -> int:
    if size == 2:
        return sum(
            bisect_right(ordered, high - value, i + 1) - bisect_left(ordered, low - value, i + 1)
            for i, value in enumerate(ordered)
        )
    return sum(
        _count(ordered[i + 1 :], size - 1, low - value, high - value)
        for i, value in enumerate(ordered)
        if value * size <= high
    )
