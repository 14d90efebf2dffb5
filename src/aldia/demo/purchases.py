"""What the company receives from its suppliers: purchases and fees, so that payables have something to show too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

from aldia.demo.books import Books
from aldia.demo.issued import Issued
from aldia.demo.people import DemoSupplier
from aldia.domain.fiscal.drafts import (
    ISR_WITHHELD_FEES,
    IVA_16,
    IVA_WITHHELD_FEES,
    DraftDocument,
    DraftLine,
    plain_line,
)

_GOODS = (
    ("47131805", "XBX", "Concentrado limpiador, tambor de 200 L", 684_000),
    ("24121503", "XPK", "Caja de cartón corrugado, tarima con 400", 412_500),
    ("14111704", "XBX", "Papel higiénico jumbo, tarima con 40 cajas", 1_526_000),
    ("42132203", "XBX", "Guante de nitrilo, tarima con 60 cajas", 2_890_000),
)


def received(books: Books, count: int) -> Iterator[Issued]:
    """As many received documents as asked for, by date over the whole history."""
    days = (books.cast.last_day - books.cast.first_day).days + 1
    for place in range(count):
        day = books.cast.first_day + timedelta(days=place * days // count)
        at = datetime.combine(day, time(books.rng.randrange(9, 18), books.rng.randrange(60)))
        yield _purchase(books, at, books.rng.choice(books.cast.suppliers))


def _purchase(books: Books, at: datetime, supplier: DemoSupplier) -> Issued:
    on_credit = not supplier.charges_fees and books.rng.random() < 0.7
    draft = DraftDocument(
        "I",
        "" if supplier.charges_fees else "FA",
        books.next_folio(f"supplier {supplier.party.rfc}"),
        at,
        supplier.party.postal_code,
        supplier.party,
        replace(books.cast.company.party, use="G03" if supplier.charges_fees else "G01"),
        _lines(supplier, books.rng),
        method="PPD" if on_credit else "PUE",
        form="99" if on_credit else "03",
        conditions="30 DIAS" if on_credit else "",
    )
    return Issued(books.new_uuid().lower(), draft, f"recibidos/{at:%Y-%m}")


def _lines(supplier: DemoSupplier, rng: Random) -> tuple[DraftLine, ...]:
    if supplier.charges_fees:  # a person bills a company: it withholds ISR and two thirds of the IVA
        taxes = (IVA_16, ISR_WITHHELD_FEES, IVA_WITHHELD_FEES)
        price = rng.randrange(600_000, 2_400_000, 50_000)
        return (plain_line("80101500", "E48", "Asesoría contable del mes", 1000, price, taxes),)
    goods = dict.fromkeys(rng.choices(_GOODS, k=2))
    return tuple(plain_line(key, unit, text, rng.randrange(1, 9) * 1000, price) for key, unit, text, price in goods)
