"""Looking a code of the authority's catalogues up: what the search box offers, and the name of one code.

Every question is one statement over the rows of one catalogue; nothing is kept in memory. A catalogue that was never
loaded (`aldia catalogues load`) answers from the small set that the house prints its papers with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length

from aldia.domain.fiscal.catalogues import BUILT_IN
from aldia.domain.folding import fold
from aldia.issuing.models import CatalogueEntry, CatalogueLoad

PRODUCTS, UNITS = "c_ClaveProdServ", "c_ClaveUnidad"
WORDS = 8  # of what somebody types, looked at
SHORT = 2
MEANINGFUL, ROOT = 4, 6  # letters of a word that says something, and of what its relatives share


@dataclass(frozen=True, slots=True)
class Entry:
    """A code with its name. `detail` is what else the catalogue says of it ("decimals" of a currency, …)."""

    code: str
    name: str
    detail: dict[str, Any] = field(default_factory=dict)


def search(catalogue: str, text: str, *, limit: int = 20, on: date | None = None) -> list[Entry]:
    """The codes whose code, name or synonyms hold every word typed, the likeliest first; else those that hold most.

    `on`: only those in force that day. Without text, the first ones by code. A word may be in the plural.
    """
    wanted = [_stem(word) for word in fold(text).split()[:WORDS]]
    if not is_loaded(catalogue):
        return _search_built_in(catalogue, wanted, limit)
    rows = _in_force(catalogue, on)
    found = [_entry(row) for row in _likeliest(_holding_all(rows, wanted), wanted)[:limit]]
    return found or [_entry(row) for row in _nearest(rows, wanted)[:limit]]


def name_of(catalogue: str, code: str) -> str:
    """The name of a code; empty where the catalogue has no such code."""
    row = CatalogueEntry.objects.filter(catalogue=catalogue, code=code).values_list("name", flat=True).first()
    return row if row is not None else BUILT_IN.get(catalogue, {}).get(code, "")


def codes(catalogue: str, *, on: date | None = None) -> list[Entry]:
    """Every code of a catalogue, by code: for catalogues of some dozens (régimen, uso, forma de pago)."""
    if not is_loaded(catalogue):
        return _search_built_in(catalogue, [], None)
    return [_entry(row) for row in _in_force(catalogue, on).order_by("code")]


def exists(catalogue: str, code: str, *, on: date | None = None) -> bool | None:
    """Whether the authority knows a code; None where the catalogue was never loaded and so cannot say no."""
    if is_loaded(catalogue):
        return _in_force(catalogue, on).filter(code=code).exists()
    return True if code in BUILT_IN.get(catalogue, {}) else None


def is_loaded(catalogue: str) -> bool:
    return CatalogueLoad.objects.filter(catalogue=catalogue).exists()


def loads() -> list[CatalogueLoad]:
    """What was loaded, by name of the catalogue."""
    return list(CatalogueLoad.objects.order_by("catalogue"))


def _in_force(catalogue: str, on: date | None) -> QuerySet[CatalogueEntry]:
    rows = CatalogueEntry.objects.filter(catalogue=catalogue)
    if on is None:
        return rows
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return rows.filter(begun, Q(valid_to__isnull=True) | Q(valid_to__gte=on))


def _likeliest(rows: QuerySet[CatalogueEntry], words: list[str]) -> QuerySet[CatalogueEntry]:
    """The code itself; then those that begin as typed; then where each word begins a word; short names first.

    `search` begins with the code, a bar and the name, folded, each word after one blank.
    """
    if not words:
        return rows.order_by("code")
    phrase = " ".join(words)
    begins = Q()
    for word in words:
        begins &= Q(search__contains=f" {word}")
    rank = Case(
        When(Q(code__iexact=phrase), then=Value(0)),
        When(Q(code__istartswith=phrase), then=Value(1)),
        When(Q(search__contains=f"| {phrase}"), then=Value(2)),
        When(begins, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank, shortness=Length("name")).order_by("rank", "shortness", "code")


def _holding_all(rows: QuerySet[CatalogueEntry], words: list[str]) -> QuerySet[CatalogueEntry]:
    """A letter or two would be everywhere: it must begin a word, or the code."""
    for word in words:
        begins = Q(search__contains=f" {word}") | Q(code__istartswith=word)
        rows = rows.filter(Q(search__contains=word) if len(word) > SHORT else begins)
    return rows


def _nearest(rows: QuerySet[CatalogueEntry], words: list[str]) -> QuerySet[CatalogueEntry]:
    """Those that hold the beginnings of most of several words ("mantenimiento de cómputo": "computadores")."""
    roots = {word[:ROOT] for word in words if len(word) >= MEANINGFUL}
    if len(words) < 2 or not roots:
        return rows.none()
    held = [Case(When(search__contains=f" {root}", then=Value(1)), default=Value(0)) for root in sorted(roots)]
    scored = rows.annotate(score=sum(held[1:], held[0]), shortness=Length("name"))
    return scored.filter(score__gte=(len(roots) + 1) // 2).order_by("-score", "shortness", "code")


def _entry(row: CatalogueEntry) -> Entry:
    return Entry(row.code, row.name, row.detail)


def _stem(word: str) -> str:
    """The singular of a plural, roughly: catalogues say "servicio" where people type "servicios", and the reverse."""
    if len(word) > 5 and word.endswith("es"):
        return word[:-2]
    return word[:-1] if len(word) > 4 and word.endswith("s") else word


def _search_built_in(catalogue: str, words: list[str], limit: int | None) -> list[Entry]:
    return list(_matching(catalogue, words))[:limit]


def _matching(catalogue: str, words: list[str]) -> Iterator[Entry]:
    for code, name in sorted(BUILT_IN.get(catalogue, {}).items()):
        text = fold(f"{code} {name}")
        if all(word in text for word in words):
            yield Entry(code, name)
