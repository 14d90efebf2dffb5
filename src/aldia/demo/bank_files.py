"""Statement files of the demo's bank, in the layouts that banks hand out, and how each of them words a movement."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as the bank knows it. `words` is its text where nobody else takes part (charges, own transfers).

    `amount` in minor units, positive when money came in; `trace` the tracking key, `reference` the seven digits of a
    transfer.
    """

    on: date
    amount: int
    words: str = ""
    name: str = ""
    tax_id: str = ""
    clabe: str = ""
    bank: tuple[str, str] = ("002", "BANAMEX")
    concept: str = ""
    reference: str = ""
    trace: str = ""
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """An account and what moved on it, oldest first; `opening` is its balance before the first."""

    number: str
    opening: int
    lines: Sequence[Line]

    def rows(self) -> Iterator[tuple[Line, int]]:
        """Each movement with the balance after it."""
        balances = accumulate((line.amount for line in self.lines), initial=self.opening)
        next(balances)
        return zip(self.lines, balances, strict=True)


def ordered(lines: Iterable[Line]) -> tuple[Line, ...]:
    """As a bank books them: by day, and within it as they were told."""
    return tuple(sorted(lines, key=lambda line: line.on))


def bbva_text(book: Book) -> bytes:
    """BBVA's net cash: tabs, the newest first, the free text glued to the reference; it names no payer."""
    out = ["Día\tConcepto / Referencia\tcargo\tAbono\tSaldo"]
    for line, balance in reversed(list(book.rows())):
        charge, deposit = _sides(line.amount)
        out.append(f"{line.on:%d-%m-%Y}\t{_bbva_words(line)}\t{charge}\t{deposit}\t{_money(balance)}")
    return "\r\n".join(out).encode("cp1252", errors="replace")


def _bbva_words(line: Line) -> str:
    if line.words:
        return line.words
    what = "SPEI DEVUELTO" if line.returned else "SPEI RECIBIDO"
    folio = sum(map(ord, line.trace)) * 7919 % 10**10
    return f"{what}{line.bank[1]}/{folio:010d}  {line.bank[0]} {line.reference or '0':0>7}{line.concept[:30]}"


def banorte_sheet(book: Book) -> bytes:
    """Banorte's own columns in CSV: deposits before withdrawals, all that is known of the payer in the long text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(
        ("CUENTA", "FECHA DE OPERACIÓN", "FECHA", "REFERENCIA", "DESCRIPCIÓN", "COD. TRANSAC", "SUCURSAL", "DEPÓSITOS",
         "RETIROS", "SALDO", "MOVIMIENTO", "DESCRIPCIÓN DETALLADA", "CHEQUE")
    )  # fmt: skip
    for at, (line, balance) in enumerate(book.rows(), 1):
        charge, deposit = (f"${side}" if side else "-" for side in _sides(line.amount))
        day = f"{line.on:%d/%m/%Y}"
        short = line.words or line.trace
        writer.writerow(
            (f"'{book.number}", day, day, line.reference or "0", short, "561", "0001", deposit, charge,
             f"${_money(balance)}", at, _banorte_words(line), "-")
        )  # fmt: skip
    return out.getvalue().encode()


def _banorte_words(line: Line) -> str:
    if line.words:
        return line.words
    what = "SPEI DEVUELTO" if line.returned else "SPEI RECIBIDO"
    parts = [f"{what}, BCO:0{line.bank[0]} {line.bank[1]} HR LIQ: 10:24:31"]
    parts += [f"DEL CLIENTE {line.name}"] if line.name else []
    parts += [f"DE LA CLABE {line.clabe}"] if line.clabe else []
    parts += [f"CON RFC {line.tax_id}"] if line.tax_id else []
    parts += [f"CONCEPTO: {line.concept}"] if line.concept else []
    return " ".join([*parts, f"REFERENCIA: {line.reference or '0'} CVE RAST: {line.trace}"])


def dollars_ofx(book: Book, currency: str = "USD") -> bytes:
    """An account in dollars, in OFX as programs take it."""
    entries = [
        f"<STMTTRN><TRNTYPE>{'CREDIT' if line.amount > 0 else 'DEBIT'}<DTPOSTED>{line.on:%Y%m%d}"
        f"<TRNAMT>{_plain(line.amount)}<FITID>{line.trace or f'{at:012d}'}<NAME>{line.name[:32]}"
        f"<MEMO>{line.words or line.concept}</STMTTRN>"
        for at, line in enumerate(book.lines, 1)
    ]
    first, last = book.lines[0].on, book.lines[-1].on
    closing = book.opening + sum(line.amount for line in book.lines)
    head = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:UTF-8\nCHARSET:NONE\nCOMPRESSION:NONE\n"
    body = (
        f"<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>014<ACCTID>{book.number}"
        f"<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>{first:%Y%m%d}<DTEND>{last:%Y%m%d}"
        f"{''.join(entries)}</BANKTRANLIST><LEDGERBAL><BALAMT>{_plain(closing)}<DTASOF>{last:%Y%m%d}</LEDGERBAL>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    return f"{head}OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n{body}".encode()


def _sides(amount: int) -> tuple[str, str]:
    """What stands under charges and deposits."""
    return (_money(-amount), "") if amount < 0 else ("", _money(amount))


def _money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def _plain(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
