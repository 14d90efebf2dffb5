"""The figures of a payment complement 2.0 ("recibo electrónico de pago"), computed by ourselves.

Shape: http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos20.xsd. Rules: guía de llenado and matriz de errores CRP20…
(http://omawww.sat.gob.mx/tramitesyservicios/Paginas/recepcion_de_pagos.htm). What is received and owed comes in integer
minor units; what the schema wants with more decimals is `Decimal`, rounded once, half up.

- The bases of an invoice are taken in proportion to what is paid of its total. What is printed of instalment n is the
  rounding of all paid until n less the rounding of all paid before, so the instalments sum to the invoice exactly.
- Each tax is that base × its rate to six decimals, cumulative in the same way. It is not the share of the tax that the
  invoice printed: CRP20254 and CRP20261 compare it with the base, and where an invoice rounded its lines one by one
  both cannot hold.
- EquivalenciaDR is what was paid over the part of the money that paid it, to ten decimals, never a market rate: to ten
  decimals that could not meet both ends of CRP20275 and CRP20276.
- Taxes of a payment are those of its documents divided by their equivalence, to six decimals (withheld ones by tax,
  transferred ones by tax, factor and rate). Totals are those times the exchange rate, in pesos, to two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from aldia.domain.currencies import exponent
from aldia.domain.fiscal import rep_errors as errors
from aldia.domain.fiscal.drafts import (
    EXEMPT,
    IEPS,
    ISR,
    IVA,
    MICRO,
    DraftPaidDocument,
    DraftPayment,
    DraftTax,
    half_up,
)
from aldia.domain.fiscal.rep_checks import name_of, objections
from aldia.domain.fiscal.tally import shown

WIDE = Context(prec=50, rounding=ROUND_HALF_UP)
ONE, ZERO = Decimal(1), Decimal(0)
TWO, SIX, TEN = Decimal("0.01"), Decimal("0.000001"), Decimal("0.0000000001")
_HALF_TEN = Decimal("0.00000000005")


@dataclass(frozen=True, slots=True)
class TaxShare:
    """A tax of one instalment, or of a whole payment: base and amount to six decimals."""

    tax: DraftTax
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RelatedDocument:
    """A node DoctoRelacionado. Amounts in units of the invoice's currency."""

    draft: DraftPaidDocument
    equivalence: Decimal
    before: Decimal
    paid: Decimal
    left: Decimal
    taxes: tuple[TaxShare, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """A node Pago. `rate` is pesos per unit of its currency; `withheld` by code of tax."""

    draft: DraftPayment
    rate: Decimal
    amount: Decimal
    documents: tuple[RelatedDocument, ...]
    withheld: tuple[tuple[str, Decimal], ...]
    transferred: tuple[TaxShare, ...]


@dataclass(frozen=True, slots=True)
class Complement:
    """A node Pagos: its payments and the attributes of Totales in the order of the schema."""

    payments: tuple[Payment, ...]
    totals: dict[str, Decimal]


def compute(payments: Sequence[DraftPayment]) -> Complement:
    """The whole complement. Raises the first `RepError` that the authority would."""
    for objection in objections(payments):
        raise objection
    computed = tuple(payment_of(payment, place) for place, payment in enumerate(payments, 1))
    return Complement(computed, totals(computed))


def check(payments: Sequence[DraftPayment]) -> list[errors.RepError]:
    """Everything that the authority would say of a complement, for a person who mends it."""
    found = list(objections(payments))
    if found:
        return found
    try:
        compute(payments)
    except errors.RepError as error:
        return [error]
    return []


def payment_of(draft: DraftPayment, place: int = 1) -> Payment:
    """One node Pago of a draft without objections. Raises `ShareOutOfLimits`, `AmountOutOfLimits`."""
    documents = tuple(document_of(document, draft.currency) for document in draft.documents)
    amount = units(draft.amount, draft.currency)
    _check_limits(draft, documents, amount, place)
    rate = Decimal(draft.exchange_rate).scaleb(-6) if draft.exchange_rate else ONE
    shares = [(document.equivalence, document.taxes) for document in documents]
    return Payment(draft, rate, amount, documents, withheld_taxes(shares), transferred_taxes(shares))


def document_of(draft: DraftPaidDocument, currency: str) -> RelatedDocument:
    """One node DoctoRelacionado of a payment in `currency`."""
    money = draft.currency
    return RelatedDocument(
        draft=draft,
        equivalence=equivalence(draft, currency),
        before=units(draft.before, money),
        paid=units(draft.paid, money),
        left=units(draft.before - draft.paid, money),
        taxes=document_taxes(draft),
    )


def equivalence(document: DraftPaidDocument, currency: str) -> Decimal:
    """Units of the document's currency for one of the payment's: 1 when they are the same, else ten decimals."""
    if document.currency == currency:
        return ONE
    quotient = WIDE.divide(units(document.paid, document.currency), units(document.of_payment, currency))
    return max(quotient.quantize(TEN, context=WIDE), TEN)


def document_taxes(document: DraftPaidDocument) -> tuple[TaxShare, ...]:
    """What this instalment takes of each tax.

    The schema wants bases of a millionth at least: smaller ones are left out, unless nothing would be left (CRP20246).
    """
    scale = 10 ** (6 - exponent(document.currency))
    bases: dict[DraftTax, int] = {}
    for total in document.taxes:
        bases[total.tax] = bases.get(total.tax, 0) + total.base * scale
    shares = [_share(tax, base, document) for tax, base in bases.items()]
    kept = tuple([share for share in shares if share.base])
    return kept or tuple(TaxShare(share.tax, SIX, share.amount) for share in shares[:1])


def _share(tax: DraftTax, base: int, document: DraftPaidDocument) -> TaxShare:
    """From the start of the invoice until this payment, less until the one before; `base` in millionths."""
    before = half_up(base * document.paid_earlier, document.total)
    after = half_up(base * (document.paid_earlier + document.paid), document.total)
    amount = half_up(after * tax.rate, MICRO) - half_up(before * tax.rate, MICRO)
    return TaxShare(tax, Decimal(after - before).scaleb(-6), Decimal(amount).scaleb(-6))


Shares = Iterable[tuple[Decimal, Iterable[TaxShare]]]  # by document: its equivalence and its taxes


def withheld_taxes(documents: Shares) -> tuple[tuple[str, Decimal], ...]:
    """RetencionP: one amount for each tax, in the currency of the payment."""
    sums: dict[str, Decimal] = {}
    for rate, shares in documents:
        for share in shares:
            if share.tax.withheld:
                sums[share.tax.code] = sums.get(share.tax.code, ZERO) + _divided(share.amount, rate)
    return tuple((code, sums[code].quantize(SIX, context=WIDE)) for code in sorted(sums))


def transferred_taxes(documents: Shares) -> tuple[TaxShare, ...]:
    """TrasladoP: base and amount for each tax, factor and rate; the highest rate first, exempt last."""
    sums: dict[DraftTax, tuple[Decimal, Decimal]] = {}
    for rate, shares in documents:
        for share in shares:
            if not share.tax.withheld:
                base, amount = sums.get(share.tax, (ZERO, ZERO))
                sums[share.tax] = base + _divided(share.base, rate), amount + _divided(share.amount, rate)
    return tuple(
        TaxShare(tax, sums[tax][0].quantize(SIX, context=WIDE), sums[tax][1].quantize(SIX, context=WIDE))
        for tax in sorted(sums, key=_in_order)
    )


def _divided(value: Decimal, rate: Decimal) -> Decimal:
    return value if rate == ONE else WIDE.divide(value, rate)


def _in_order(tax: DraftTax) -> tuple[str, bool, str, int]:
    return tax.code, tax.factor == EXEMPT, tax.factor, -tax.rate


# The attributes of Totales in the order of the schema; no other tax has one there.
TOTALS = (
    "TotalRetencionesIVA", "TotalRetencionesISR", "TotalRetencionesIEPS", "TotalTrasladosBaseIVA16",
    "TotalTrasladosImpuestoIVA16", "TotalTrasladosBaseIVA8", "TotalTrasladosImpuestoIVA8", "TotalTrasladosBaseIVA0",
    "TotalTrasladosImpuestoIVA0", "TotalTrasladosBaseIVAExento", "MontoTotalPagos",
)  # fmt: skip
_WITHHELD = {IVA: "TotalRetencionesIVA", ISR: "TotalRetencionesISR", IEPS: "TotalRetencionesIEPS"}
_RATES = {160_000: "IVA16", 80_000: "IVA8", 0: "IVA0"}


def totals(payments: Iterable[Payment]) -> dict[str, Decimal]:
    """Totales, in pesos: what the payments print, times their exchange rate, to two decimals."""
    sums: dict[str, Decimal] = {}
    for payment in payments:
        for name, value in _totals_of(payment):
            sums[name] = sums.get(name, ZERO) + WIDE.multiply(value, payment.rate)
    return {name: sums[name].quantize(TWO, context=WIDE) for name in TOTALS if name in sums}


def _totals_of(payment: Payment) -> Iterator[tuple[str, Decimal]]:
    yield "MontoTotalPagos", payment.amount
    for code, amount in payment.withheld:
        yield _WITHHELD[code], amount
    for share in payment.transferred:
        if share.tax.code != IVA:
            continue
        if share.tax.factor == EXEMPT:
            yield "TotalTrasladosBaseIVAExento", share.base
        else:
            name = _RATES[share.tax.rate]
            yield f"TotalTrasladosBase{name}", share.base
            yield f"TotalTrasladosImpuesto{name}", share.amount


def limits(document: RelatedDocument, currency: str) -> tuple[Decimal, Decimal]:
    """Between what lies the part of a payment that paid a document, at the ends of its roundings; exact if 1 to 1."""
    if document.draft.currency == currency:
        return document.paid, document.paid
    half = Decimal(5).scaleb(-exponent(document.draft.currency) - 1)
    low = WIDE.divide(document.paid - half, document.equivalence + _HALF_TEN)
    high = WIDE.divide(document.paid + half, document.equivalence - _HALF_TEN)
    return low.quantize(SIX, context=WIDE), high.quantize(SIX, context=WIDE)


def _check_limits(draft: DraftPayment, documents: Iterable[RelatedDocument], amount: Decimal, place: int) -> None:
    """CRP20275 of each document and CRP20276 of the payment: what was received is what is applied, no more."""
    low = high = ZERO
    for document in documents:
        least, most = limits(document, draft.currency)
        if not least <= units(document.draft.of_payment, draft.currency) <= most:
            raise errors.ShareOutOfLimits(document=name_of(document.draft), payment=place)
        low, high = low + least, high + most
    if not low <= amount <= high:
        raise errors.AmountOutOfLimits(payment=place, amount=shown(amount), low=shown(low), high=shown(high))


def units(minor: int, currency: str) -> Decimal:
    """Minor units as the schema writes them: with the decimals of the currency."""
    return Decimal(minor).scaleb(-exponent(currency))
