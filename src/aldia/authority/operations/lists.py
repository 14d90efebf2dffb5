"""Loading the authority's lists of taxpayers: each load replaces the one before, as a whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from aldia.authority.models import ListedTaxpayer, TaxpayerList
from aldia.domain.fiscal.taxpayer_lists import Listed, read_list
from aldia.tenancy.bulk import insert_rows, refresh_statistics
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import transaction

CHUNK = 2_000


class ListLooksCut(ValueError):
    """The new file has far fewer taxpayers than the one before: most likely it was cut, and it is not taken."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `is_new` False: the same file is current already."""

    name: str
    rows: int
    is_new: bool


def load_list(*, data: bytes, now: datetime, file_name: str = "", is_confirmed: bool = False) -> Loaded:
    """Make a file of the authority the current list of its kind. Safe to repeat.

    Raises `NotAList`, and `ListLooksCut` where it has less than half the taxpayers of the one before, unless a person
    confirmed it.
    """
    file, digest = read_list(data, file_name=file_name), hashlib.sha256(data).hexdigest()
    with transaction():
        before = TaxpayerList.objects.select_for_update().filter(name=file.name, is_current=True).first()
        if before is not None and before.sha256 == digest:
            TaxpayerList.objects.filter(pk=before.pk).update(loaded_at=now)
            return Loaded(file.name, before.rows, is_new=False)
        listing = TaxpayerList.objects.create(
            name=file.name, sha256=digest, published_on=file.published_on, loaded_at=now, rows=0, is_current=False
        )
        count = _insert(listing, file.rows)
        if before is not None and count < before.rows // 2 and not is_confirmed:
            raise ListLooksCut(f"La lista trae {count:,} contribuyentes y la anterior {before.rows:,}: parece cortada.")
        TaxpayerList.objects.filter(name=file.name).exclude(pk=listing.pk).delete()
        TaxpayerList.objects.filter(pk=listing.pk).update(rows=count, is_current=True)
    refresh_statistics([ListedTaxpayer])
    return Loaded(file.name, count, is_new=True)


def _insert(listing: TaxpayerList, rows: Iterable[Listed]) -> int:
    count = 0
    for chunk in _chunks(iter(rows)):
        insert_rows([_row(listing, each) for each in chunk])
        count += len(chunk)
    return count


def _chunks(rows: Iterator[Listed]) -> Iterator[list[Listed]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _row(listing: TaxpayerList, each: Listed) -> ListedTaxpayer:
    return ListedTaxpayer(
        id=uuid7(),
        listing=listing,
        tax_id=each.tax_id[:20],
        name=each.name[:300],
        situation=each.situation[:120],
        since=each.since,
        detail=each.detail[:300],
    )
