"""The neutral fiscal document: what every country's parser hands to the rest of the house.

Amounts are `Decimal` in the document's currency exactly as printed; they become integer minor units once, when
the document is stored. `key` is the authority's identity of the document (Mexico: the UUID of its stamp, upper case).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """Issuer or receiver. `tax_id` is normalised (upper case, no blanks); `foreign_id` only for foreign residents."""

    tax_id: str
    name: str
    regime: str = ""
    postal_code: str = ""
    residence: str = ""
    foreign_id: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """`code` is the authority's own (c_TipoRelacion in Mexico); `keys` the documents it names, upper case."""

    code: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tax:
    """One total of a tax. `code` 001 ISR, 002 IVA, 003 IEPS; `rate` is text as printed ("0.160000"), "" if exempt."""

    withheld: bool
    code: str
    factor: str
    rate: str
    base: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """A line of a payment complement: what it says was paid of one document (amounts in `currency`)."""

    key: str
    series: str
    folio: str
    currency: str
    equivalence: Decimal
    partiality: int | None
    before: Decimal | None
    paid: Decimal
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One receipt of money inside a payment complement. `rate`: units of MXN per unit of `currency` (1 for MXN)."""

    paid_at: datetime
    form: str
    currency: str
    rate: Decimal | None
    amount: Decimal
    operation: str
    payer_account: str
    documents: tuple[PaidDocument, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A concept of the document (only filled when asked for: screens and PDF need it, ingestion does not)."""

    product_key: str
    unit_key: str
    identification: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    discount: Decimal


# kind: what the document means for who owes what
KINDS = ("invoice", "credit_note", "debit_note", "advance", "payment_complement", "transfer", "payroll", "other")


@dataclass(frozen=True, slots=True)
class FiscalDocument:
    """`issued_at` is local time at the place of issue, without zone, as the authority prints it."""

    country: str
    version: str
    kind: str
    type_code: str
    key: str
    series: str
    folio: str
    issued_at: datetime
    issuer: Party
    receiver: Party
    currency: str
    exchange_rate: Decimal | None
    subtotal: Decimal
    discount: Decimal
    transferred: Decimal
    withheld: Decimal
    total: Decimal
    method: str = ""
    payment_form: str = ""
    conditions: str = ""
    place: str = ""
    is_global: bool = False
    is_advance_remainder: bool = False
    stamped_at: datetime | None = None
    relations: tuple[Relation, ...] = ()
    taxes: tuple[Tax, ...] = ()
    payments: tuple[Payment, ...] = ()
    lines: tuple[Line, ...] = ()
    findings: tuple[str, ...] = field(default=())
