"""Invoices for the forecast's backtest: read from anybody's CSV, or simulated from a seed."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np

from aldia.domain.forecasting.book import Record

WANTED = ("customer", "issued", "due", "amount")
OPTIONAL = ("paid",)
DAYS = ("issued", "due", "paid")
SERIAL = "serial"  # days since 1899-12-30, as spreadsheets keep them
FORMATS = ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y",
           "%d-%b-%y", "%m/%d/%y", "%d/%m/%y", "%b %d, %Y", "%d %b %Y", "%d.%m.%y", "%m-%d-%y", "%d-%m-%y",
           "%B %d, %Y", "%d %B %Y", "%Y.%m.%d", SERIAL)  # fmt: skip
NOTHING = frozenset({"", "nan", "nat", "null", "none", "na", "n/a", "#n/a", "-", "--", "0", "0000-00-00", "open",
                     "unpaid", "pending", "abierta", "pendiente", "sin pagar"})  # fmt: skip
FIRST_YEAR, LAST_YEAR = 1980, 2100  # beyond them a day stands for none
SATURDAY = 5  # as date.weekday counts
Row = dict[str, str]
Reader = Callable[[str], date | None]


class CannotRead(ValueError):
    """The file or the columns will not do; the sentence says which."""


def columns_of(text: str) -> dict[str, str]:
    """ "customer=a,issued=b,…" as a map; every role that is needed must be there. A column's name may hold commas."""
    roles = "|".join((*WANTED, *OPTIONAL))
    parts = re.split(rf"(?:^|,)\s*({roles})\s*=", text)
    found = {role: name.strip() for role, name in zip(parts[1::2], parts[2::2], strict=True)}
    if parts[0].strip() or not set(WANTED) <= set(found) or not all(found.values()):
        raise CannotRead(f"--columns dice {', '.join((*WANTED, *OPTIONAL))}: customer=COLUMNA,issued=COLUMNA,…")
    return found


def read(path: Path, columns: Mapping[str, str], date_format: str = "") -> tuple[list[Record], dict[str, int]]:
    """The invoices of a CSV, and how many rows were left out by why. A blank day of payment is an open invoice."""
    rows = _rows(path)
    if not rows:
        raise CannotRead("El archivo está vacío")
    names = {role: _named(rows[0], name) for role, name in columns.items()}
    readers = _readers(rows, {role: name for role, name in names.items() if role in DAYS}, date_format)
    decimal = _decimal([row[names["amount"]] for row in rows])
    records: list[Record] = []
    skipped, seen = Counter[str](), set[tuple[str, ...]]()
    has_more = len(rows[0]) > len(set(names.values()))  # a number among them: the same row twice is the same invoice
    for row in rows:
        whole = tuple(row.values())
        made = "repetida" if has_more and whole in seen else _record(row, names, readers, decimal)
        seen.add(whole)
        if isinstance(made, Record):
            records.append(made)
        else:
            skipped[made] += 1
    if not records:
        raise CannotRead(f"Ninguna fila se pudo leer: {dict(skipped)}")
    return records, dict(skipped)


def _record(row: Row, names: Mapping[str, str], readers: Mapping[str, Reader], decimal: str) -> Record | str:
    issued, due = (readers[role](row[names[role]]) for role in ("issued", "due"))
    said = row[names["paid"]] if "paid" in names else ""
    paid = readers["paid"](said) if "paid" in names else None
    if issued is None or due is None:
        return "sin fecha"
    if paid is None and not _is_nothing(said):
        return "fecha de pago ilegible"
    amount, customer = _amount(row[names["amount"]], decimal), row[names["customer"]].strip()
    if amount is None or amount <= 0 or not customer:
        return "sin importe o cliente"
    return Record(customer, issued, due, amount, paid)


def _rows(path: Path) -> list[Row]:
    """The rows as text by heading. Of two columns of one name the first counts."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotRead(f"No se pudo leer «{path}»: {error.strerror}") from None
    text = _decoded(data).replace("\0", "")
    head = re.sub(r'"[^"]*"', "", text.lstrip("\ufeff\r\n")[:8192].partition("\n")[0])
    delimiter = max(",;\t|", key=head.count)
    table = csv.reader(io.StringIO(text.lstrip("\ufeff\r\n"), newline=""), delimiter=delimiter)
    heads = [name.strip() for name in next(table, [])]
    found = []
    for cells in table:
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(heads) - len(cells))]
            found.append(dict(reversed(list(zip(heads, padded, strict=False)))))
    return found


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _named(row: Row, name: str) -> str:
    """The heading meant: as it is written, or but for capitals and spaces."""
    if name in row:
        return name
    for each in row:
        if each.casefold().replace(" ", "") == name.casefold().replace(" ", ""):
            return each
    raise CannotRead(f"El archivo no tiene la columna {name}. Las que tiene: {', '.join(row)}")


def _readers(rows: Sequence[Row], names: Mapping[str, str], given: str) -> dict[str, Reader]:
    """The reader of each column of days. One form for all of them where it reads nearly everything; else each its own.

    So that a column of early days of the month is read as the others show that it must be.
    """
    values = {
        role: [each for each in {row[name].strip() for row in rows} if not _is_nothing(each)]
        for role, name in names.items()
    }
    tried = [given, *(each for each in FORMATS if each != given)] if given else list(FORMATS)
    counts = {
        role: [sum(_day(each, form) is not None for each in found) for form in tried] for role, found in values.items()
    }
    together = [
        min((counts[role][place] / len(values[role]) for role in values if values[role]), default=1.0)
        for place in range(len(tried))
    ]
    joint = max(range(len(tried)), key=lambda place: (together[place], -place))
    readers: dict[str, Reader] = {}
    for role, found in values.items():
        best = joint if together[joint] > 0.98 else max(range(len(tried)), key=lambda at: (counts[role][at], -at))
        if found and counts[role][best] < len(found) / 2:
            raise CannotRead(f"No se entienden las fechas de «{role}» (por ejemplo {found[0]!r}): usa --date-format")
        readers[role] = _reader(tried[best])
    return readers


def _reader(form: str) -> Reader:
    return lru_cache(maxsize=None)(lambda value: _day(value.strip(), form))


def _is_nothing(text: str) -> bool:
    """No day: blank, a word for it, or a day that no invoice has (1900-01-01, 9999-12-31)."""
    plain = re.sub(r"\.0+$", "", text.strip()).lower()
    years = re.findall(r"(?<!\d)\d{4}(?!\d)", plain)
    return plain in NOTHING or (len(years) == 1 and not FIRST_YEAR <= int(years[0]) <= LAST_YEAR)


def _day(text: str, form: str) -> date | None:
    """A day in a form, with or without a time, and without the ".0" that a number of a spreadsheet leaves."""
    short = re.sub(r"[T ]\d{1,2}:\d{2}.*$", "", re.sub(r"\.0+$", "", text))
    if form == SERIAL:
        return date(1899, 12, 30) + timedelta(int(short)) if re.fullmatch(r"[2-6]\d{4}", short) else None
    for each in (text, short):
        try:
            found = datetime.strptime(each, form).date()
        except ValueError:
            continue
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
    return None


def _decimal(texts: Sequence[str]) -> str:
    """The decimal mark of a column: the one that is followed by one or two digits at the end, more often."""
    ends = Counter(text.strip()[-3:].lstrip("0123456789")[:1] for text in texts[:5_000])
    return "," if ends[","] > ends["."] else "."


def _amount(text: str, decimal: str) -> float | None:
    """A number with whatever marks around; in brackets it is negative. Of both marks the last one is the decimal."""
    plain = re.sub(r"[^\d,.eE+\-]", "", text)
    if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)", plain):
        return float(plain)
    plain = re.sub(r"[^\d,.\-]", "", plain)
    if "," in plain and "." in plain:
        decimal = max(",.", key=plain.rfind)
    elif "," in plain and re.fullmatch(r"-?\d{1,3}(,\d{3})+", plain) and (plain.count(",") > 1 or decimal == "."):
        decimal = "."
    elif "," in plain or plain.count(".") > 1 or (decimal == "," and re.fullmatch(r"-?\d{1,3}(\.\d{3})+", plain)):
        decimal = ","
    else:
        decimal = "."
    plain = plain.replace("," if decimal == "." else ".", "").replace(",", ".")
    try:
        found = float(plain)
    except ValueError:
        return None
    return -found if text.strip().startswith("(") and text.strip().endswith(")") else found


def simulate(*, seed: int, invoices: int, customers: int, days: int) -> list[Record]:
    """A portfolio with habits that drift, big invoices paid later, weekends without payments, and some never paid."""
    random = np.random.default_rng(seed)
    place, spread = random.normal(3, 12, customers), np.exp(random.normal(1.6, 0.5, customers))
    terms, weight = random.choice([15, 30, 45], customers), random.gamma(1.2, 1, customers)
    drift = random.normal(0, 6, (customers, days // 90 + 2)).cumsum(axis=1) * 0.4
    who = random.choice(customers, invoices, p=weight / weight.sum())
    when, size = random.integers(0, days, invoices), random.normal(8, 1, invoices)
    delay = place[who] + drift[who, when // 90] + 0.8 * (size - 8) + spread[who] * random.standard_t(5, invoices)
    never = random.random(invoices) < 0.01
    start = date(2024, 1, 1)
    return [
        _simulated(start + timedelta(int(when[n])), int(terms[who[n]]), None if never[n] else round(float(delay[n])),
                   str(who[n]), float(np.exp(size[n])))
        for n in range(invoices)
    ]  # fmt: skip


def _simulated(issued: date, term: int, delay: int | None, customer: str, amount: float) -> Record:
    due = issued + timedelta(term)
    if delay is None:
        return Record(customer, issued, due, amount)
    paid = max(due + timedelta(delay), issued + timedelta(1))
    return Record(
        customer, issued, due, amount, paid + timedelta(7 - paid.weekday() if paid.weekday() >= SATURDAY else 0)
    )
