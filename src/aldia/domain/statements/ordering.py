"""The order of the movements of a day when two files tell parts of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence


def merged(
    stored: Sequence[Hashable], incoming: Sequence[Hashable], same: Mapping[Hashable, Hashable]
) -> list[Hashable]:
    """One day's movements: those on file in their order, each new one behind the one that the file puts before it.

    `same` says which incoming rows are on file already, and as what. New rows before the first known one stand before
    it; a file without any known row of the day continues it.
    """
    order = list(stored)
    places = {key: at for at, key in enumerate(order)}
    known = [places[same[key]] for key in incoming if key in same and same[key] in places]
    behind: dict[int, list[Hashable]] = {}
    at = min(known) - 1 if known else len(order) - 1
    for key in incoming:
        if key in same:
            at = max(at, places.get(same[key], at))
        else:
            behind.setdefault(at, []).append(key)
    found = list(behind.get(-1, []))
    for place, key in enumerate(order):
        found += [key, *behind.get(place, [])]
    return found
