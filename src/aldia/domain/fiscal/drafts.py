"""What is to be written as a CFDI, before it is XML: neutral drafts in integers.

Amounts are integers of the draft's currency (centavos, cents, yen); quantities, unit prices, rates and exchange rates
millionths, as CFDI 4.0 prints at most six decimals of each. Nothing here rounds twice: a line's amount and each of its
taxes are rounded half up, once, to the decimals of the currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aldia.domain.fiscal.draft_json import BadContent, decode, encode

MICRO = 1_000_000
IVA, ISR, IEPS = "002", "001", "003"
RATE, QUOTA, EXEMPT = "Tasa", "Cuota", "Exento"
# A draft is dated when it is sealed; until then it says this.
UNDATED = datetime(1, 1, 1)  # noqa: DTZ001 - a CFDI's date has no zone
_PRODUCT_SCALE = tuple(10 ** (12 - decimals) for decimals in range(7))
_DECIMALS = tuple(10**decimals for decimals in range(7))


def half_up(numerator: int, denominator: int) -> int:
    """The integer nearest to a non-negative fraction, ties upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class DraftParty:
    """Issuer or receiver, with the name exactly as in SAT's register (upper case, without the kind of company)."""

    rfc: str
    name: str
    regime: str
    postal_code: str
    use: str = "G03"
    residence: str = ""
    foreign_id: str = ""


@dataclass(frozen=True, slots=True)
class DraftTax:
    """A tax of a line. `rate` in millionths (160000 is 16 %); `factor` "Tasa", "Exento", or "Cuota" (IEPS by unit)."""

    code: str
    rate: int
    withheld: bool = False
    factor: str = RATE

    def amount(self, base: int) -> int:
        """The tax on a base in minor units (of a quota: units with as many decimals), in minor units."""
        return half_up(base * self.rate, MICRO)


IVA_16 = DraftTax(IVA, 160_000)
IVA_8 = DraftTax(IVA, 80_000)
IVA_0 = DraftTax(IVA, 0)
IVA_EXEMPT = DraftTax(IVA, 0, factor=EXEMPT)
IVA_WITHHELD_FREIGHT = DraftTax(IVA, 40_000, withheld=True)
IVA_WITHHELD_FEES = DraftTax(IVA, 106_667, withheld=True)
ISR_WITHHELD_FEES = DraftTax(ISR, 100_000, withheld=True)


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A concept. Quantity and unit price in millionths, discount in minor units, `decimals` those of the currency.

    `object_code` is c_ObjetoImp; empty, it is 02 with taxes and 01 without. `quota_units` (millionths): the litres or
    kilos that a quota of IEPS falls on; 0, the quantity. `customs`: import declarations (InformacionAduanera);
    `property_account`: the rented property's (CuentaPredial).
    """

    product_key: str
    unit_key: str
    description: str
    quantity_micro: int
    price_micro: int
    taxes: tuple[DraftTax, ...] = (IVA_16,)
    discount: int = 0
    identification: str = ""
    unit: str = ""
    decimals: int = 2
    object_code: str = ""
    quota_units: int = 0
    customs: tuple[str, ...] = ()
    property_account: str = ""

    @property
    def amount(self) -> int:
        """Quantity × unit price, before discount."""
        return half_up(self.quantity_micro * self.price_micro, _PRODUCT_SCALE[self.decimals])

    @property
    def base(self) -> int:
        """What is left after the discount."""
        return self.amount - self.discount

    @property
    def object(self) -> str:
        """c_ObjetoImp as it is printed."""
        return self.object_code or ("02" if self.taxes else "01")

    @property
    def tax_amounts(self) -> tuple[TaxTotal, ...]:
        """Each tax with its base and amount. IVA also falls on the IEPS that the line charges (LIVA 12)."""
        base, on_iva = self.base, 0
        found: list[TaxTotal] = []
        for tax in self.taxes if len(self.taxes) < 2 else sorted(self.taxes, key=_after_ieps):
            on = self._units if tax.factor == QUOTA else base + on_iva if tax.code == IVA else base
            amount = tax.amount(on)
            found.append(TaxTotal(tax, on, amount))
            if tax.code == IEPS and not tax.withheld:
                on_iva += amount
        return tuple(found)

    @property
    def _units(self) -> int:
        return half_up((self.quota_units or self.quantity_micro) * _DECIMALS[self.decimals], MICRO)


def _after_ieps(tax: DraftTax) -> bool:
    return tax.code != IEPS


def plain_line(
    product_key: str,
    unit_key: str,
    description: str,
    quantity_milli: int,
    unit_price: int,
    taxes: tuple[DraftTax, ...] = (IVA_16,),
    *,
    discount: int = 0,
    identification: str = "",
    unit: str = "",
) -> DraftLine:
    """A line of a two-decimal currency from thousandths of a unit and a unit price in minor units."""
    quantity, price = quantity_milli * 1000, unit_price * 10_000
    return DraftLine(product_key, unit_key, description, quantity, price, taxes, discount, identification, unit)


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax of a line or of a whole document: base and amount in minor units.

    The base of a quota is no money: it is units (litres…) with as many decimals as the currency.
    """

    tax: DraftTax
    base: int
    amount: int


def sum_taxes(lines: tuple[DraftLine, ...]) -> tuple[TaxTotal, ...]:
    """The taxes of a document by tax, factor and rate: the sums of what each line already rounded."""
    sums: dict[DraftTax, list[int]] = {}
    for line in lines:
        for one in line.tax_amounts:
            total = sums.setdefault(one.tax, [0, 0])
            total[0] += one.base
            total[1] += one.amount
    return tuple(TaxTotal(tax, base, amount) for tax, (base, amount) in sums.items())


@dataclass(frozen=True, slots=True)
class DraftRelation:
    """A c_TipoRelacion code and the UUIDs it names."""

    code: str
    uuids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlobalPeriod:
    """InformacionGlobal: `periodicity` c_Periodicidad (04 monthly), `months` c_Meses (01-12 for months)."""

    periodicity: str
    months: str
    year: int


@dataclass(frozen=True, slots=True)
class DraftDocument:
    """A CFDI of type I, E or T. `exchange_rate` in millionths of MXN per unit, 0 when the currency is MXN or XXX.

    `note` is for the customer and is printed on the paper: the XML has no place for it.
    """

    type_code: str
    series: str
    folio: str
    issued_at: datetime
    place: str
    issuer: DraftParty
    receiver: DraftParty
    lines: tuple[DraftLine, ...]
    currency: str = "MXN"
    exchange_rate: int = 0
    method: str = ""
    form: str = ""
    conditions: str = ""
    relations: tuple[DraftRelation, ...] = ()
    global_period: GlobalPeriod | None = None
    export: str = "01"
    note: str = ""

    @property
    def decimals(self) -> int:
        """The currency's."""
        return self.lines[0].decimals if self.lines else 2

    @property
    def subtotal(self) -> int:
        """The lines before discounts."""
        return sum([line.amount for line in self.lines])

    @property
    def discount(self) -> int:
        """What the lines take off."""
        return sum([line.discount for line in self.lines])

    @property
    def total(self) -> int:
        """Lines less discounts plus transferred taxes less withheld ones."""
        taxes = sum(-t.amount if t.tax.withheld else t.amount for t in sum_taxes(self.lines))
        return sum(line.base for line in self.lines) + taxes


@dataclass(frozen=True, slots=True)
class DraftPaidDocument:
    """A DoctoRelacionado. `before` and `paid` in `currency`; `paid_earlier` is what earlier complements paid of it.

    `of_payment` is the part of the payment that it took, in the payment's currency: the equivalence comes from it.
    `object_code` is c_ObjetoImp of the invoice as a whole; empty, it is 02 with taxes and 01 without.
    """

    uuid: str
    series: str
    folio: str
    currency: str
    total: int
    taxes: tuple[TaxTotal, ...]
    partiality: int
    before: int
    paid: int
    paid_earlier: int
    of_payment: int
    object_code: str = ""

    @property
    def object(self) -> str:
        """c_ObjetoImp as it is printed."""
        return self.object_code or ("02" if self.taxes else "01")


@dataclass(frozen=True, slots=True)
class DraftPayment:
    """A Pago. `exchange_rate` in millionths, 0 for MXN; accounts are CLABEs, banks their RFC.

    `foreign_bank` is the payer's, by name. `chain_type` 01 with its certificate, chain and seal is a SPEI receipt.
    """

    paid_at: datetime
    form: str
    currency: str
    amount: int
    documents: tuple[DraftPaidDocument, ...]
    exchange_rate: int = 0
    operation: str = ""
    payer_bank: str = ""
    payer_account: str = ""
    payee_bank: str = ""
    payee_account: str = ""
    foreign_bank: str = ""
    chain_type: str = ""
    chain_certificate: str = ""
    chain: str = ""
    chain_seal: str = ""


@dataclass(frozen=True, slots=True)
class DraftComplement:
    """A CFDI of type P with its payments (Pagos 2.0)."""

    series: str
    folio: str
    issued_at: datetime
    place: str
    issuer: DraftParty
    receiver: DraftParty
    payments: tuple[DraftPayment, ...]
    relations: tuple[DraftRelation, ...] = ()

    type_code = "P"


Draft = DraftDocument | DraftComplement


def to_json(draft: Draft) -> dict[str, Any]:
    """A draft as JSON (`Issue.content`): `type_code` tells the two apart; what has its usual value is left out."""
    content: dict[str, Any] = encode(draft)
    return {"type_code": draft.type_code} | content


def from_json(content: Mapping[str, Any]) -> Draft:
    """The draft of a content. Raises `BadContent` when it has not the shape that `to_json` gives."""
    if not isinstance(content, Mapping):
        raise BadContent("content")
    kind: type[Draft] = DraftComplement if content.get("type_code") == "P" else DraftDocument
    return decode(kind, content)


@dataclass(frozen=True, slots=True)
class CertificateText:
    """What a CFDI prints of the certificate that seals it: number (20 digits), DER in base64, and its validity."""

    number: str
    base64: str
    valid_from: date
    valid_until: date
