"""What a sheet says of itself above and below its table: account, holder, currency, period, balances, totals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from aldia.domain import tax_ids
from aldia.domain.currencies import CURRENCIES
from aldia.domain.folding import fold
from aldia.domain.statements import banks, dates, numbers
from aldia.domain.statements.model import Row, Value

MAX_LABEL = 70
# Labels, as folded text begins with them, of what a statement states about itself.
AMOUNTS = {
    "opening": ("saldo inicial", "saldo anterior", "saldo de apertura", "saldo apertura", "opening balance",
                "saldo periodo anterior", "saldo del periodo anterior", "saldo al inicio", "saldo inicio",
                "saldo de operacion inicial", "saldo de liquidacion inicial", "saldo del mes anterior"),
    "closing": ("saldo final", "saldo de cierre", "saldo cierre", "closing balance", "nuevo saldo", "saldo al corte",
                "saldo al final"),
    "debits": ("total cargos", "total de cargos", "total retiros", "total de retiros", "total debitos",
               "total giros", "total cheques y otros cargos", "suma de cargos", "total cheques y cargos",
               "total importe cargos", "retiros cargos", "importe total de cargos"),
    "credits": ("total abonos", "total de abonos", "total depositos", "total de depositos", "total creditos",
                "suma de abonos", "total depositos y abonos", "total importe abonos", "depositos abonos",
                "importe total de abonos"),
}  # fmt: skip
COUNTS = {
    "debit_count": ("total movimientos cargos", "numero de cargos", "numero de retiros", "no de cargos",
                    "no de retiros", "numero de giros"),
    "credit_count": ("total movimientos abonos", "numero de abonos", "numero de depositos", "no de abonos",
                     "no de depositos"),
}  # fmt: skip
BEGINNINGS = frozenset(label[:2] for labels in AMOUNTS.values() for label in labels)
SUMMARY = (
    "total", "subtotal", "sub total", "suma", "saldo", "resumen", "saldos", "totales", "movimientos", "numero de",
    "gran total",
)  # fmt: skip
_ACCOUNT = re.compile(
    r"^(?:n |numero (?:de )?|no )?(?:cuenta|account|iban|clabe|contrato|cta)(?: (?:corriente|vista|n|no|numero|clabe|"
    r"iban|eje|cheques|de cheques|de ahorros?|ahorros?|number|contrato|bancaria))*(?= |$)"
)
_HOLDER = (
    "titular",
    "cliente",
    "razon social",
    "nombre",
    "sr a",
    "sres",
    "empresa",
    "account holder",
    "nombre titular",
)
_MONEY_WORDS = (("peso", ""), ("euro", "EUR"), ("dolar", "USD"), ("usd", "USD"), ("mn", "MXN"), ("m n", "MXN"))
COUNTRY_CURRENCY = {"MX": "MXN", "CL": "CLP", "CO": "COP", "ES": "EUR"}
COUNTRY_OF = {currency: country for country, currency in COUNTRY_CURRENCY.items()}
_DATE = re.compile(
    r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|[0-9]{1,2}[ -/]+(?:de )?[A-Za-z]{3,10}\.?[ -/]+(?:del? )?[0-9]{4}"
)
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_DIGITS = re.compile(r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?|[0-9*Xx][0-9*Xx .\-]{3,30}[0-9]")


@dataclass(slots=True)
class Preamble:
    """What was found. `amounts` holds texts as written (the decimal mark is not known yet) or native numbers."""

    account: str = ""
    holder: str = ""
    currency: str = ""
    bank: str = ""
    dates: list[dates.Parts] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    period: bool = False
    amounts: dict[str, Value] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def read_preamble(above: Sequence[Row], below: Sequence[Row], sheet: str, country: str) -> Preamble:
    """Labels and values of the rows outside the table."""
    found = Preamble()
    rows = [*above, *below]
    for row_at, row in enumerate(rows):
        for at, cell in enumerate(row.cells):
            if isinstance(cell, str) and cell.strip():
                under = rows[row_at + 1] if row_at + 1 < len(rows) else None
                _read_cell(found, cell, row, at, under, above=row_at < len(above))
        _read_dates(found, row, above=row_at < len(above))
    if not found.account:
        found.account = _numbered(" ".join(cell for row in above for cell in row.cells if isinstance(cell, str)))
    words = fold(" ".join(cell for row in above for cell in row.cells if isinstance(cell, str)) + " " + sheet)
    found.bank = banks.bank_of(words)
    if not found.currency and " pesos" in f" {words}":
        found.currency = COUNTRY_CURRENCY.get(country, "") if country != "ES" else ""
    return found


def _read_cell(found: Preamble, cell: str, row: Row, at: int, under: Row | None, above: bool) -> None:
    label, inline = _label(cell)
    if not label:
        return
    for name, labels in AMOUNTS.items():
        if name not in found.amounts and label.startswith(labels) and len(label) < 50:
            value = _money_near(inline, row, at, under)
            if value is not None:
                found.amounts[name] = value
    _read_counts(found, label, inline, row, at)
    if not above:
        return
    if not found.account and _ACCOUNT.match(label):
        found.account = _account(inline) or next((text for text in map(_account, _right(row, at)) if text), "")
    if not found.holder and label.startswith(_HOLDER):
        found.holder = inline or next((text for text in _right(row, at) if len(text) < 100), "")
    if not found.currency and label.startswith(("moneda", "divisa", "currency", "tipo de moneda")):
        found.currency = _currency(inline or next(iter(_right(row, at)), ""))


def _read_counts(found: Preamble, label: str, inline: str, row: Row, at: int) -> None:
    """How many charges and deposits the file says it holds."""
    for name, labels in COUNTS.items():
        if name not in found.counts and label.startswith(labels) and len(label) < 50:
            stated = inline or next(iter(_right(row, at)), "")
            if stated.isascii() and stated.isdigit() and len(stated) < 7:
                found.counts[name] = int(stated)


def _label(cell: str) -> tuple[str, str]:
    """ "Cuenta N°: 00-123" -> ("cuenta n", "00-123"); without colon the whole cell is the label, and may be inline."""
    head, colon, tail = cell.partition(":")
    if colon:
        return fold(head[:MAX_LABEL]), tail.strip()
    match = re.search(r"[0-9$(]", cell)
    return fold(cell[:MAX_LABEL]), cell[match.start() :].strip() if match else ""


def _right(row: Row, at: int) -> Iterator[str]:
    """Texts of the next filled cells of the row."""
    seen = 0
    for cell in row.cells[at + 1 :]:
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            continue
        yield f"{cell:f}" if isinstance(cell, Decimal) and abs(cell) < 10**20 else str(cell)
        seen += 1
        if seen == 2:
            return


def _account(text: str) -> str:
    match = _DIGITS.search(text)
    return match[0].strip(" .-") if match else ""


def _numbered(text: str) -> str:
    """An account that nothing labels but its own check digits, or the IBAN's shape."""
    for match in re.finditer(r"\bES[0-9]{2}(?: ?[0-9]{4}){5}\b|(?<![0-9])[0-9]{18}(?![0-9])", text):
        number = match[0].replace(" ", "")
        if not number.isdigit() or tax_ids.clabe_check_digit(number[:17]) == number[17]:
            return number
    return ""


def _currency(text: str) -> str:
    for code in re.findall(r"\b[A-Z]{3}\b", text.upper()):
        if code in CURRENCIES:
            return str(code)
    words = fold(text)
    return next((code for word, code in _MONEY_WORDS if code and word in words), "")


def _money_near(inline: str, row: Row, at: int, under: Row | None) -> Value:
    """The number in the cell itself, next to it, or under it."""
    if inline and numbers.take_apart(inline):
        return inline
    nearby = [cell for cell in row.cells[at + 1 : at + 4] if cell not in (None, "")]
    if len(nearby) > 1 and _is_count(nearby[0]) and isinstance(nearby[1], str) and numbers.take_apart(nearby[1]):
        nearby = nearby[1:]  # "Depósitos / Abonos   12   120,000.00"
    below = under.cells[at : at + 1] if under else ()
    for cell in (*nearby[:1], *below):
        if isinstance(cell, Decimal) or (isinstance(cell, str) and numbers.take_apart(cell) and cell.strip()):
            return cell
    return None


def _is_count(cell: Value) -> bool:
    return isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 5


def _read_dates(found: Preamble, row: Row, above: bool) -> None:
    texts = [cell for cell in row.cells if isinstance(cell, str)]
    line = " ".join(texts)
    here = [parts for text in _DATE.findall(line) if (parts := dates.take_apart(text.strip()))]
    here += [parts for cell in row.cells if isinstance(cell, date | datetime) and (parts := dates.take_apart(cell))]
    if above and len(here) >= 2 and not found.period:
        found.dates, found.period = here[:2], True
    elif above and not found.period:
        found.dates += here
    found.years += [int(year) for year in _YEAR.findall(line) if 1990 <= int(year) <= 2100] if above else []
    found.years += [parts.year for parts in here if parts.year and above]


def is_summary(texts: Sequence[str]) -> bool:
    """Whether a row without date is a total or a balance of the file, not a movement."""
    words = [fold(text[:MAX_LABEL]) for text in texts]
    return any(word.startswith(SUMMARY) for word in words if word)


def is_total(texts: Sequence[str]) -> bool:
    """Whether the row is the one total of both columns."""
    return any(
        fold(text[:MAX_LABEL]) in ("total", "totales", "gran total", "sumas", "suma", "totals") for text in texts
    )


def amount_label(texts: Sequence[str]) -> str:
    """opening, closing, debits or credits when the row says so."""
    for text in texts:
        word = fold(text[:MAX_LABEL])
        for name, labels in AMOUNTS.items():
            if word.startswith(labels) and len(word) < 50:
                return name
    return ""
