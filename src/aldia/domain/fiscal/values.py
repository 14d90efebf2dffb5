"""What one attribute of a CFDI says: strict conversions, each failing with a typed error that names the attribute.

SAT's types: http://www.sat.gob.mx/sitio_internet/cfd/tipoDatos/tdCFDI/tdCFDI.xsd. Numbers are ASCII digits with a
point: no exponent, comma, sign of infinity or other alphabet's digits ever becomes a `Decimal` here. `where` is the
path of the element as people write it ("Comprobante/Emisor"), used only when something is wrong.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain import money, tax_ids
from aldia.domain.fiscal.errors import BadDate, BadNumber, BadTaxId, BadUuid, MissingField, OutOfRange, UnknownCurrency
from aldia.domain.sentences import gettext_noop

ZERO = Decimal(0)
ONE = Decimal(1)

RATE_PLACES = 10  # EquivalenciaDR carries ten decimals, exchange rates six

NO_CURRENCY = "XXX"  # c_Moneda: "los códigos asignados para las transacciones en que intervenga ninguna moneda"
CURRENCIES = money.CURRENCIES | {NO_CURRENCY}
# money.py keeps 15 digits of minor units: what does not fit there is refused here, with the name of the field
_CEILING = {currency: Decimal(10) ** (money.MAX_DIGITS - money.exponent(currency)) - 1 for currency in money.CURRENCIES}
_CEILING[NO_CURRENCY] = min(_CEILING.values())

_number = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,60})?|\.\d{1,60})", re.ASCII).fullmatch
_uuid = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}").fullmatch
_tax_id = re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{0,3}").fullmatch
_local_time = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII).fullmatch
# CFDI 3.2 takes any xs:dateTime: a fraction and a zone may follow, and the printed local time is what counts
_zoned_time = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII).fullmatch

# Cc: controls. Zl, Zp: line separators. Cs, Cn as lxml may hand them. Bidirectional overrides: they rewrite a screen.
_unprintable = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")

CLIPPED = gettext_noop("Un texto más largo de lo que el SAT permite se recortó.")


def clean(value: str) -> str:
    """Text as printed, without control characters: what looks like a formula or a script is kept, as text."""
    if value.isprintable():
        return value.strip()
    return _unprintable.sub(" ", value).strip()


def text(element: _Element, name: str, limit: int, findings: list[str]) -> str:
    """An optional text, "" when missing; cut at `limit` characters with a finding."""
    value = element.get(name)
    if not value:
        return ""
    value = clean(value)
    if len(value) > limit:
        if CLIPPED not in findings:
            findings.append(CLIPPED)
        return value[:limit].rstrip()
    return value


def required(element: _Element, name: str, where: str) -> str:
    """A text that must be there, trimmed. Raises `MissingField`."""
    value = element.get(name)
    value = value.strip() if value else ""
    if not value:
        raise MissingField(f"{where}/@{name}")
    return value


def number(element: _Element, name: str, where: str) -> Decimal:
    """A number that must be there, of either sign. Raises `MissingField`, `BadNumber`."""
    value = element.get(name)
    if value is None or not _number(value):
        value = required(element, name, where)
        if not _number(value):
            raise BadNumber(f"{where}/@{name}", value=value)
    return Decimal(value)


def optional_number(element: _Element, name: str, where: str) -> Decimal | None:
    """A number, or None where the attribute is missing or empty. Raises `BadNumber`."""
    if not (element.get(name) or "").strip():
        return None
    return number(element, name, where)


def amount(element: _Element, name: str, where: str, currency: str) -> Decimal:
    """An amount of money of the document, zero or more. Raises `MissingField`, `BadNumber`, `OutOfRange`."""
    value = number(element, name, where)
    if not 0 <= value <= _CEILING[currency]:
        raise OutOfRange(f"{where}/@{name}", value=value)
    return value.copy_abs()  # -0.00 is zero; abs() would round to 28 digits


def optional_amount(element: _Element, name: str, where: str, currency: str) -> Decimal | None:
    if not (element.get(name) or "").strip():
        return None
    return amount(element, name, where, currency)


def rate(element: _Element, name: str, where: str) -> Decimal | None:
    """An exchange rate, more than zero, to ten decimals; None where missing. Raises `BadNumber`, `OutOfRange`."""
    value = optional_number(element, name, where)
    if value is None:
        return None
    if value.as_tuple().exponent < -RATE_PLACES:  # type: ignore[operator]  # always a number here
        value = round(value, RATE_PLACES)
    if value <= 0:
        raise OutOfRange(f"{where}/@{name}", value=element.get(name))
    return value


def currency(element: _Element, name: str, where: str) -> str:
    """A currency of the catalogue, or XXX. Raises `MissingField`, `UnknownCurrency`."""
    value = element.get(name)
    if value in CURRENCIES:
        return str(value)
    value = required(element, name, where)
    if value.upper() not in CURRENCIES:
        raise UnknownCurrency(f"{where}/@{name}", value=value)
    return value.upper()


def moment(element: _Element, name: str, where: str, zoned: bool = False) -> datetime:
    """Local date and time without zone, years 2000 to 2099. Raises `MissingField`, `BadDate`."""
    value = required(element, name, where)
    if not _local_time(value):
        match = _zoned_time(value) if zoned else None
        if match is None:
            raise BadDate(f"{where}/@{name}", value=value)
        value = match[1]
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadDate(f"{where}/@{name}", value=value) from None


def uuid(element: _Element, name: str, where: str) -> str:
    """A UUID in upper case. Raises `MissingField`, `BadUuid`."""
    value = required(element, name, where).upper()
    if not _uuid(value):
        raise BadUuid(f"{where}/@{name}", value=value)
    return value


def tax_id(element: _Element, name: str, where: str) -> str:
    """An RFC as it is stored; its check digit is not judged (SAT itself has issued some that fail).

    Raises `MissingField`, `BadTaxId`.
    """
    value = element.get(name)
    if value and _tax_id(value):
        return str(value)
    spelled = tax_ids.normalise("MX", required(element, name, where))
    if not _tax_id(spelled):
        raise BadTaxId(f"{where}/@{name}", value=value)
    return spelled
