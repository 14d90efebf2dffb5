"""What moved on the demo's accounts in the last weeks, told from what its customers owe and from what is on its books.

Every kind that a reconciliation meets: payments that cite everything and payments that say nothing, of one document, of
several, of a part; less a tax, a commission, some cents; by somebody else; twice; given back; before any invoice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from aldia.demo.bank_files import Line
from aldia.domain.calendars import is_bank_day

BANKS = (("002", "BANAMEX"), ("072", "BANORTE"), ("014", "SANTANDER"), ("021", "HSBC"), ("044", "SCOTIABANK"))
SPEI_FEE, SPEI_FEE_VAT = 5_00, 80


@dataclass(frozen=True, slots=True)
class Owed:
    """A document that is open. `net` before taxes, if its paper tells."""

    key: str
    number: str
    currency: str
    balance: int
    total: int
    issued_on: date
    net: int = 0


@dataclass(frozen=True, slots=True)
class Debtor:
    """A customer and what it owes in one currency, oldest first."""

    key: str
    name: str
    tax_id: str
    clabe: str
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class Deposit:
    """A movement with what it truly is, which the demo's people know: documents and minor units of each."""

    line: Line
    kind: str
    customer: str = ""
    pays: tuple[tuple[str, int], ...] = ()
    left: int = 0


@dataclass
class Pool:
    """Debtors not yet told of, and what they owe: a document is used once, so that no story spoils another."""

    debtors: list[Debtor]
    rng: Random
    today: date
    _serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def take(self, least: int = 1, same: bool = False) -> Debtor | None:
        """The next debtor with so many open documents (`same`: at least two of equal balance)."""
        for at, debtor in enumerate(self.debtors):
            balances = [each.balance for each in debtor.owed]
            twins = len(set(balances)) < len(balances)
            if len(balances) >= least and twins == same:
                return self.debtors.pop(at)
        return None

    def used(self, debtor: Debtor, *chosen: Owed) -> None:
        """Give a debtor back for later, without these."""
        rest = tuple(each for each in debtor.owed if each not in chosen)
        if rest:
            self.debtors.append(replace(debtor, owed=rest))

    def day(self, back: int, after: date | None = None) -> date:
        """A day on which banks work, so many days ago, not before `after`."""
        day = max(self.today - timedelta(days=back), after or date.min)
        day = min(day, self.today - timedelta(days=1))
        while not is_bank_day("MX", day):
            day -= timedelta(days=1)
        return day

    def transfer(self, who: Debtor, amount: int, on: date, concept: str, **fields: str) -> Line:
        """A transfer in, with all that the sending bank says of its customer."""
        serial = next(self._serial)
        bank = BANKS[serial % len(BANKS)]
        line = Line(
            on, amount, name=who.name.upper(), tax_id=who.tax_id, clabe=who.clabe, bank=bank, concept=concept,
            reference=f"{self.rng.randrange(10**6):07d}", trace=f"{on:%Y%m%d}{bank[0]}{serial:012d}",
        )  # fmt: skip
        return replace(line, **fields) if fields else line


def whole(owed: Sequence[Owed]) -> tuple[tuple[str, int], ...]:
    return tuple((each.key, each.balance) for each in owed)


def queue(pool: Pool) -> Iterator[Deposit]:
    """The last ten days: what is left to be explained, of every kind. The stories that need several documents first."""
    stories = (
        (_twins, 3), (_several_uncited, 3), (_several_cited, 3), (_oldest, 2), (_advance, 3), (_cash, 2),
        (_wrong_folio, 2), (_cited, 4), (_cited_short, 4), (_uncited, 5), (_part, 3), (_withheld, 3), (_less_fee, 2),
        (_less_cents, 2), (_surplus, 2), (_stranger, 4),
    )  # fmt: skip
    for story, times in stories:
        for turn in range(times):
            yield from story(pool, pool.day(1 + (turn * 3) % 9))


def cited(pool: Pool, times: int, back: int) -> Iterator[Deposit]:
    """Payments that cite their document, one a day from so many days ago on."""
    for turn in range(times):
        yield from _cited(pool, pool.day(back - turn))


def by_another(pool: Pool, name: str, clabe: str, days: tuple[int, ...]) -> Iterator[Deposit]:
    """One customer's documents, each paid by the same somebody else."""
    if debtor := pool.take(len(days)):
        chosen = debtor.owed[: len(days)]
        pool.used(debtor, *chosen)
        for back, owed in zip(days, chosen, strict=True):
            on = pool.day(back, owed.issued_on)
            line = pool.transfer(debtor, owed.balance, on, "TRASPASO", name=name, tax_id="", clabe=clabe)
            yield Deposit(line, "learned", debtor.key, whole([owed]))


def _one(pool: Pool, on: date) -> tuple[Debtor, Owed, date] | None:
    debtor = pool.take()
    if debtor is None:
        return None
    owed = debtor.owed[0]
    pool.used(debtor, owed)
    return debtor, owed, pool.day((pool.today - on).days, owed.issued_on)


def _cited(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        line = pool.transfer(debtor, owed.balance, day, f"PAGO FACT {owed.number}")
        yield Deposit(line, "exact", debtor.key, whole([owed]))


def _cited_short(pool: Pool, on: date) -> Iterator[Deposit]:
    """The folio alone, and nobody's name: as BBVA prints it."""
    if found := _one(pool, on):
        debtor, owed, day = found
        digits = "".join(char for char in owed.number if char.isdigit())
        line = pool.transfer(debtor, owed.balance, day, f"F {digits}", name="", tax_id="", clabe="")
        yield Deposit(line, "folio", debtor.key, whole([owed]))


def _uncited(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        line = pool.transfer(debtor, owed.balance, day, "PAGO A PROVEEDORES")
        yield Deposit(line, "equal", debtor.key, whole([owed]))


def _several_cited(pool: Pool, on: date) -> Iterator[Deposit]:
    if debtor := pool.take(3):
        chosen = debtor.owed[:3]
        pool.used(debtor, *chosen)
        day = pool.day((pool.today - on).days, max(each.issued_on for each in chosen))
        total = sum(each.balance for each in chosen)
        line = pool.transfer(debtor, total, day, "FACTS " + " ".join(each.number for each in chosen))
        yield Deposit(line, "several" if (pool.today - day).days % 2 else "folios", debtor.key, whole(chosen))


def _several_uncited(pool: Pool, on: date) -> Iterator[Deposit]:
    if debtor := pool.take(3):
        chosen = (debtor.owed[0], debtor.owed[2])
        pool.used(debtor, *chosen)
        day = pool.day((pool.today - on).days, max(each.issued_on for each in chosen))
        line = pool.transfer(debtor, sum(each.balance for each in chosen), day, "LIQUIDACION DE FACTURAS", tax_id="")
        yield Deposit(line, "set", debtor.key, whole(chosen))


def _oldest(pool: Pool, on: date) -> Iterator[Deposit]:
    """A round sum on account."""
    if debtor := pool.take(2):
        amount = max(debtor.owed[0].balance * 3 // 5 // 1_000_00 * 1_000_00, 1_000_00)
        pays = ((debtor.owed[0].key, min(amount, debtor.owed[0].balance)),)
        left = amount - pays[0][1]
        line = pool.transfer(debtor, amount, on, "ABONO A CUENTA")
        yield Deposit(line, "round", debtor.key, pays, left)


def _part(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        amount = owed.balance * 2 // 5
        line = pool.transfer(debtor, amount, day, f"ABONO PARCIAL FACT {owed.number}")
        yield Deposit(line, "partial", debtor.key, ((owed.key, amount),))


def _withheld(pool: Pool, on: date) -> Iterator[Deposit]:
    """Less income tax at the rate of RESICO, which the customer keeps."""
    if found := _one(pool, on):
        debtor, owed, day = found
        kept = (owed.net or owed.total * 100 // 116) * 125 // 10_000
        amount = owed.balance - kept
        line = pool.transfer(debtor, amount, day, f"FACT {owed.number} MENOS RETENCION")
        yield Deposit(line, "withholding", debtor.key, ((owed.key, amount),))


def _less_fee(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        amount = owed.balance - SPEI_FEE - SPEI_FEE_VAT
        line = pool.transfer(debtor, amount, day, f"PAGO {owed.number}")
        yield Deposit(line, "fee", debtor.key, ((owed.key, amount),))


def _less_cents(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        amount = owed.balance - owed.balance % 100 - (100 if owed.balance % 100 < 5 else 0)
        amount = max(amount, owed.balance - 90)
        line = pool.transfer(debtor, amount, day, f"PAGO FACTURA {owed.number}")
        yield Deposit(line, "rounding", debtor.key, ((owed.key, amount),))


def _surplus(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        line = pool.transfer(debtor, owed.balance + 500_00, day, f"PAGO FACT {owed.number}")
        yield Deposit(line, "surplus", debtor.key, whole([owed]), 500_00)


def _twins(pool: Pool, on: date) -> Iterator[Deposit]:
    """Documents of the same amount, and no word of which."""
    if debtor := pool.take(2, same=True):
        balances = [each.balance for each in debtor.owed]
        owed = next(each for each in debtor.owed if balances.count(each.balance) > 1)
        line = pool.transfer(debtor, owed.balance, on, "RENTA MENSUAL")
        yield Deposit(line, "twins", debtor.key, whole([owed]))


def _stranger(pool: Pool, on: date) -> Iterator[Deposit]:
    """Somebody else pays: a relative, another company of the group."""
    if found := _one(pool, on):
        debtor, owed, day = found
        serial = next(pool._serial)
        name = f"OPERADORA {debtor.name.split(' ')[-1].upper().strip('.,')} NORTE SA DE CV"
        line = pool.transfer(debtor, owed.balance, day, "TRANSFERENCIA", name=name, tax_id="", clabe="")
        yield Deposit(replace(line, reference=f"{serial:07d}"), "stranger", debtor.key, whole([owed]))


def _cash(pool: Pool, on: date) -> Iterator[Deposit]:
    if found := _one(pool, on):
        debtor, owed, day = found
        yield Deposit(Line(day, owed.balance, "DEPOSITO EN EFECTIVO"), "cash", debtor.key, whole([owed]))


def _advance(pool: Pool, on: date) -> Iterator[Deposit]:
    """Before any invoice; what is owed already is left alone."""
    if debtor := pool.take():
        pool.used(debtor)
        amount = pool.rng.randrange(8, 30) * 1_000_00
        line = pool.transfer(debtor, amount, on, "ANTICIPO PEDIDO TEMPORADA")
        yield Deposit(line, "advance", debtor.key, left=amount)


def _wrong_folio(pool: Pool, on: date) -> Iterator[Deposit]:
    """It cites a folio of somebody else."""
    if (found := _one(pool, on)) and pool.debtors:
        debtor, owed, day = found
        other = pool.debtors[-1].owed[0]
        line = pool.transfer(debtor, owed.balance, day, f"PAGO FACT {other.number}")
        yield Deposit(line, "wrong_folio", debtor.key, whole([owed]))


# What is no customer's money


def charges(pool: Pool, first: int, last: int) -> Iterator[Line]:
    """What any account pays: commissions, wages, suppliers, taxes, by days ago."""
    paid: set[tuple[str, int]] = set()
    for back in range(first, last, -1):
        on = pool.day(back)
        if back % 7 == 3:
            yield Line(on, -pool.rng.randrange(40, 180) * 101_30, "SPEI ENVIADO PAGO A PROVEEDOR")
            yield Line(on, -SPEI_FEE, "COMISION SPEI")
            yield Line(on, -SPEI_FEE_VAT, "IVA COMISION SPEI")
        due = (("DISPERSION DE NOMINA", (on.month * 2 + (on.day > 15)), -86_300_00),
               ("RENTA DE BODEGA", on.month, -28_420_00))  # fmt: skip
        for words, turn, amount in due:
            if (words, turn) not in paid and on.day > 1:
                paid.add((words, turn))
                yield Line(on, amount, words)
