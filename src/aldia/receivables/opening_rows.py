"""The sheet of opening balances: its headings, and each row read strictly, every doubt a sentence with its row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from django.utils.translation import gettext as _

from aldia.documents.models import number_of
from aldia.domain import tax_ids
from aldia.domain.currencies import CURRENCIES
from aldia.integrations.spreadsheets import CellError, Limits, MissingColumns, Record, read_records

T = TypeVar("T")
HEADINGS: dict[str, tuple[str, ...]] = {
    "tax_id": ("RFC", "customer_tax_id", "tax_id", "RUT", "NIT", "NIF", "RFC del cliente", "RFC cliente"),
    "name": ("Cliente", "customer_name", "Nombre", "Nombre del cliente", "Razón social"),
    "series": ("Serie", "series"),
    "folio": ("Folio", "Número", "Factura", "number", "Documento", "No. de factura", "Número de factura"),
    "key": ("UUID", "Folio fiscal", "uuid", "Folio fiscal (UUID)"),
    "purchase_order": ("Orden de compra", "purchase_order", "OC", "Pedido"),
    "issued_on": ("Fecha", "issued_on", "Emisión", "Fecha de emisión", "Fecha emisión", "Emitida"),
    "due_on": ("Vencimiento", "due_on", "Fecha de vencimiento", "Fecha vencimiento", "Vence"),
    "currency": ("Moneda", "currency", "Divisa"),
    "total": ("Total", "total", "Importe", "Monto", "Importe total"),
    "balance": ("Saldo", "balance", "Saldo pendiente", "Por cobrar", "Adeudo"),
}
REQUIRED = ("tax_id", "issued_on")
MAX_ROWS = 100_000
_UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One row as it was read; amounts in minor units of `currency`. With `problems` the rest may be missing.

    `due_on` None: nobody said, the customer's term decides. `spellings` are the ways its number may be on file.
    """

    line: int
    tax_id: str
    name: str
    number: str
    key: str = ""
    purchase_order: str = ""
    currency: str = ""
    total: int = 0
    balance: int = 0
    issued_on: date = date.min
    due_on: date | None = None
    spellings: frozenset[str] = frozenset()
    folio: str = ""
    problems: tuple[str, ...] = field(default=())


def read_openings(data: bytes, *, country: str, home: str, decimal: str, max_rows: int = MAX_ROWS) -> list[OpeningRow]:
    """Rows of a CSV or XLSX. `home` is the currency of rows that name none. Raises `SheetError` for the whole file."""
    records = read_records(data, columns=HEADINGS, required=REQUIRED, decimal=decimal, limits=Limits(rows=max_rows))
    return list(_rows(records, country, home))


def _rows(records: Iterator[Record], country: str, home: str) -> Iterator[OpeningRow]:
    for record in records:
        if not (record.has("total") or record.has("balance")):
            raise MissingColumns(names=f"{HEADINGS['total'][0]}, {HEADINGS['balance'][0]}")
        if not (record.has("folio") or record.has("key")):
            raise MissingColumns(names=f"{HEADINGS['folio'][0]}, {HEADINGS['key'][0]}")
        yield _row(record, country, home)


def _row(record: Record, country: str, home: str) -> OpeningRow:
    problems: list[str] = []

    def read(get: Callable[[], T], otherwise: T) -> T:
        try:
            return get()
        except CellError as error:
            problems.append(str(error))
            return otherwise

    series, folio = read(lambda: record.text("series", 40), ""), read(lambda: record.text("folio", 60), "")
    currency = read(lambda: _currency(record, home), "")
    issued_on = read(lambda: _required_day(record), date.min)
    due_on = read(lambda: record.day("due_on"), None)
    key = read(lambda: _key(record, country), "")
    total, balance = read(lambda: _amounts(record, currency), (0, 0)) if currency else (0, 0)
    if due_on and issued_on != date.min and due_on < issued_on:
        problems.append(str(record.error("due_on", _("el vencimiento es anterior a la emisión."))))
    if not (folio or key) and not problems:
        problems.append(str(record.error("folio", _("falta el folio (o el UUID), para saber qué factura es."))))
    return OpeningRow(
        record.number,
        tax_ids.normalise(country, read(lambda: record.text("tax_id", 40), ""))[:20],
        read(lambda: record.text("name", 300), ""),
        number_of(series, folio, key),
        key,
        read(lambda: record.text("purchase_order", 100), ""),
        currency,
        total,
        balance,
        issued_on,
        due_on,
        frozenset({number_of(series, folio, ""), f"{series}{folio}"} - {""}),
        folio,
        tuple(problems),
    )


def _required_day(record: Record) -> date:
    day = record.day("issued_on")
    if day is None:
        raise record.error("issued_on", _("falta la fecha de emisión."))
    return day


def _currency(record: Record, home: str) -> str:
    code = record.text("currency", 20).upper() or home
    if code not in CURRENCIES:
        raise record.error(
            "currency",
            _("«%(code)s» no es una moneda: usa su clave de tres letras, por ejemplo %(home)s.")
            % {"code": code, "home": home},
        )
    return code


def _key(record: Record, country: str) -> str:
    key = record.text("key", 60).upper()
    if key and country == "MX" and not _UUID.fullmatch(key):
        why = _("no es un UUID: son 36 caracteres, como 6F9619FF-8B86-D011-B42D-00C04FC964FF.")
        raise record.error("key", why)
    return key


def _amounts(record: Record, currency: str) -> tuple[int, int]:
    """Total and balance; a sheet with only one of the columns means that nothing was paid."""
    total, balance = record.amount("total", currency), record.amount("balance", currency)
    if balance is None and record.has("balance"):
        raise record.error("balance", _("falta el saldo que se debe hoy."))
    total, balance = balance if total is None else total, total if balance is None else balance
    if total is None or balance is None:
        raise record.error("total", _("falta el importe."))
    if balance > total:
        raise record.error("balance", _("el saldo es mayor que el total."))
    if total == 0:
        raise record.error("total", _("el total debe ser mayor que cero."))
    return total, balance
