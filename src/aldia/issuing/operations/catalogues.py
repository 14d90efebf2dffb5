"""Loading the authority's catalogues: each load replaces a catalogue as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from aldia.domain.fiscal.catalogue_sheets import CatalogueRow
from aldia.domain.folding import fold
from aldia.issuing.models import CatalogueEntry, CatalogueLoad
from aldia.tenancy.bulk import refresh_statistics
from aldia.tenancy.scope import transaction

CHUNK = 1_000


class CatalogueLooksCut(ValueError):
    """The new one has far fewer codes than the one before: most likely it was cut, and it is not taken."""


def load(
    *,
    catalogue: str,
    rows: Iterable[CatalogueRow],
    source: str,
    now: datetime,
    revision: str = "",
    is_confirmed: bool = False,
) -> CatalogueLoad:
    """Make `rows` the codes of a catalogue. A code that comes twice counts as it came last. Never all in memory.

    Raises `CatalogueLooksCut` where less than half the codes of the one before come, unless a person confirmed it.
    """
    with transaction():
        before = CatalogueLoad.objects.select_for_update().filter(catalogue=catalogue).first()
        CatalogueEntry.objects.filter(catalogue=catalogue).delete()
        for chunk in _chunks(iter(rows)):
            _insert(catalogue, chunk)
        count = CatalogueEntry.objects.filter(catalogue=catalogue).count()
        if not count or (before is not None and 2 * count < before.rows and not is_confirmed):
            known = before.rows if before is not None else 0
            raise CatalogueLooksCut(f"{catalogue} trae {count:,} claves y antes había {known:,}: parece cortado.")
        loaded, _ = CatalogueLoad.objects.update_or_create(
            catalogue=catalogue,
            defaults={"source": source[:200], "revision": revision[:60], "rows": count, "loaded_at": now},
        )
    refresh_statistics([CatalogueEntry])
    return loaded


def _insert(catalogue: str, rows: list[CatalogueRow]) -> None:
    CatalogueEntry.objects.bulk_create(
        [_entry(catalogue, row) for row in {row.code: row for row in rows}.values()],
        update_conflicts=True,
        unique_fields=["catalogue", "code"],
        update_fields=["name", "search", "detail", "valid_from", "valid_to"],
    )


def _entry(catalogue: str, row: CatalogueRow) -> CatalogueEntry:
    text = f"{fold(row.code)}| {fold(row.name)} {fold(row.synonyms)}"
    return CatalogueEntry(
        catalogue=catalogue,
        code=row.code[:20],
        name=row.name[:500],
        search=text[:900].rstrip(),
        detail=row.detail,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _chunks(rows: Iterator[CatalogueRow]) -> Iterator[list[CatalogueRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
