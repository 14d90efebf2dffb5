"""The archive of the demo: thousands of CFDI as files, the same for the same seed and day.

One generator feeds demo, screenshots, benchmarks and browser tests. Sealed, it is what a company would download from
SAT; unsealed, it is fast (see `simulated.UnsealedPress`). It streams: memory does not grow with the number of files,
save for what is still owed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from random import Random

from aldia.demo.books import Books, Ledger
from aldia.demo.cast import COMPANY, make_cast
from aldia.demo.issued import METADATA_HEADER, GeneratedFile, Issued
from aldia.demo.people import DemoCast
from aldia.demo.purchases import received
from aldia.demo.rates import Rates
from aldia.demo.trade import tell
from aldia.integrations.stamping.certificates import Credentials, Holder, load_or_make_credentials, make_credentials
from aldia.integrations.stamping.simulated import Press, SimulatedPress, UnsealedPress

# Of a hundred documents, those that the company issues; received ones make up the number asked for.
_ISSUED_SHARE = 96
_FEWEST_RECEIVED = 6
# The seed of the demo that people see: screenshots and browser tests take the same.
DEMO_SEED = 11


def generate(
    *,
    seed: int,
    today: date,
    customers: int = 120,
    documents: int = 3000,
    credentials: Credentials | None = None,
    sealed: bool = True,
    ledger: Ledger | None = None,
) -> Iterator[GeneratedFile]:
    """The archive's files: issued CFDI by date, received ones, one duplicate, and SAT's metadata of the cancelled.

    `documents` CFDI, give or take two in a hundred of the issued ones when they are few. `credentials`: from
    `demo_credentials`; made on the spot if missing. `ledger`: filled with what each invoice owes once all is
    generated. Raises SealingUnavailable when the extra `mx` is missing and `sealed` is asked for.
    """
    cast = make_cast(seed=seed, today=today, customers=customers)
    press = _press(cast, credentials, sealed)
    return _files(tell_story(cast, seed=seed, documents=documents, ledger=ledger), press)


def demo_credentials(directory: Path, cast: DemoCast) -> Credentials:
    """The certificates of the demo, kept in a directory so that the next run seals alike."""
    company, suppliers = _holders(cast)
    return load_or_make_credentials(
        directory, company=company, suppliers=suppliers, first_day=cast.first_day, last_day=cast.last_day
    )


def write_zip(path: Path, files: Iterable[GeneratedFile], *, level: int = 6) -> int:
    """Stream files into a ZIP; how many there were. `level` 1 is fast, 9 small."""
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for count, file in enumerate(files, start=1):  # noqa: B007  (counted for the caller)
            entry = zipfile.ZipInfo(file.name, date_time=(2020, 1, 1, 0, 0, 0))  # the same bytes on every run
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content, compresslevel=level)
    return count


class Story:
    """The documents of a cast as drafts; `books` tell how it ended once they have all been taken."""

    def __init__(self, books: Books, documents: int) -> None:
        """Nothing is told until it is iterated, and it is told once."""
        self.books = books
        self._documents = documents

    def __iter__(self) -> Iterator[Issued]:
        """Issued documents by date, then the received ones."""
        count = 0
        for count, issued in enumerate(tell(self.books, self._documents * _ISSUED_SHARE // 100), start=1):  # noqa: B007
            yield issued
        yield from received(self.books, max(self._documents - count, _FEWEST_RECEIVED))


def tell_story(cast: DemoCast, *, seed: int, documents: int, ledger: Ledger | None = None) -> Story:
    """The story of a cast, before it is XML."""
    days = (cast.last_day - cast.first_day).days + 1
    rates = Rates(first_day=cast.first_day, days=days, seed=seed)
    return Story(Books(cast, Random(f"{seed}:story"), rates, ledger), documents)  # noqa: S311


def _files(story: Story, press: Press) -> Iterator[GeneratedFile]:
    first: GeneratedFile | None = None
    for issued in story:
        file = GeneratedFile(issued.name, press.issue(issued.draft, uuid=issued.uuid))
        first = first or file
        yield file
    if first is not None:
        yield GeneratedFile(f"emitidos/copias/{first.name.rsplit('/', 1)[1][:-4]} (1).xml", first.content)
    text = "\r\n".join((METADATA_HEADER, *story.books.cancelled_rows, ""))
    yield GeneratedFile("metadata/cancelados_01.txt", text.encode())


def _press(cast: DemoCast, credentials: Credentials | None, sealed: bool) -> Press:
    if not sealed:
        return UnsealedPress()
    if credentials is None:
        company, suppliers = _holders(cast)
        credentials = make_credentials(company=company, suppliers=suppliers, valid_from=cast.first_day)
    return SimulatedPress(credentials)


def _holders(cast: DemoCast) -> tuple[Holder, tuple[Holder, ...]]:
    company = Holder(COMPANY.rfc, COMPANY.party.name, COMPANY.representative_rfc)
    return company, tuple(Holder(s.party.rfc, s.party.name) for s in cast.suppliers)
