"""What is to be written as a CFDI, before it is XML: neutral drafts in integer minor units.

Amounts are integers of the draft's currency (centavos, cents); quantities are thousandths, rates and exchange
rates millionths. Nothing here rounds twice: a line's amount and each of its taxes are rounded half up, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

MICRO = 1_000_000
IVA, ISR = "002", "001"


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
    """A tax of a line. `rate` in millionths (160000 is 16 %); `factor` is "Tasa" or "Exento"."""

    code: str
    rate: int
    withheld: bool = False
    factor: str = "Tasa"

    def amount(self, base: int) -> int:
        """The tax on a base in minor units, in minor units."""
        return half_up(base * self.rate, MICRO)


IVA_16 = DraftTax(IVA, 160_000)
IVA_8 = DraftTax(IVA, 80_000)
IVA_0 = DraftTax(IVA, 0)
IVA_EXEMPT = DraftTax(IVA, 0, factor="Exento")
IVA_WITHHELD_FREIGHT = DraftTax(IVA, 40_000, withheld=True)
IVA_WITHHELD_FEES = DraftTax(IVA, 106_667, withheld=True)
ISR_WITHHELD_FEES = DraftTax(ISR, 100_000, withheld=True)


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A concept. Without taxes it is not subject to tax (ObjetoImp 01)."""

    product_key: str
    unit_key: str
    description: str
    quantity_milli: int
    unit_price: int
    taxes: tuple[DraftTax, ...] = (IVA_16,)
    discount: int = 0
    identification: str = ""
    unit: str = ""

    @property
    def amount(self) -> int:
        """Quantity × unit price, before discount."""
        return half_up(self.quantity_milli * self.unit_price, 1000)

    @property
    def base(self) -> int:
        """What its taxes are computed on."""
        return self.amount - self.discount


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax of a whole document: base and amount in minor units."""

    tax: DraftTax
    base: int
    amount: int


def sum_taxes(lines: tuple[DraftLine, ...]) -> tuple[TaxTotal, ...]:
    """The taxes of a document by tax, factor and rate: the sums of what each line already rounded."""
    sums: dict[DraftTax, list[int]] = {}
    for line in lines:
        base = line.base
        for tax in line.taxes:
            total = sums.setdefault(tax, [0, 0])
            total[0] += base
            total[1] += tax.amount(base)
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
    """A CFDI of type I, E or T. `exchange_rate` in millionths of MXN per unit, 0 when the currency is MXN or XXX."""

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

    @property
    def total(self) -> int:
        """Lines less discounts plus transferred taxes less withheld ones."""
        taxes = sum(-t.amount if t.tax.withheld else t.amount for t in sum_taxes(self.lines))
        return sum(line.base for line in self.lines) + taxes


@dataclass(frozen=True, slots=True)
class DraftPaidDocument:
    """A DoctoRelacionado. `before` and `paid` in `currency`; `paid_earlier` is what earlier complements paid of it.

    `of_payment` is the part of the payment that it took, in the payment's currency: the equivalence comes from it.
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


@dataclass(frozen=True, slots=True)
class DraftPayment:
    """A Pago. `exchange_rate` in millionths, 0 for MXN; accounts are CLABEs, banks their RFC."""

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


@dataclass(frozen=True, slots=True)
class CertificateText:
    """What a CFDI prints of the certificate that seals it: number (20 digits), DER in base64, and its validity."""

    number: str
    base64: str
    valid_from: date
    valid_until: date
