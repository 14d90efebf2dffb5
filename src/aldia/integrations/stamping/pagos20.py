"""The arithmetic and the XML of the Pagos 2.0 complement.

Rules: Anexo 20 "Guía de llenado del CFDI al que se le incorpora el complemento para recepción de pagos",
http://omawww.sat.gob.mx/tramitesyservicios/Paginas/recepcion_de_pagos.htm, and its matrix of errors CRP20xxx.

- The bases of a paid document are its bases × paid / total, six decimals, split cumulatively so that the
  instalments of an invoice add up to its bases exactly; each tax is that base × its rate, six decimals, which is
  what PACs check, even where the invoice rounded its lines one by one.
- Taxes of the payment are those ÷ EquivalenciaDR, added, six decimals; the totals are × TipoCambioP, two decimals.
- EquivalenciaDR comes from the amounts themselves (paid ÷ its part of the payment), not from a market rate:
  only so the limits of CRP20275/76 hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

from aldia.integrations.stamping.drafts import IVA, DraftPaidDocument, DraftPayment, DraftTax, half_up
from aldia.integrations.stamping.xml_text import attributes, decimal_text, element, exchange_text, money

_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
_SIX, _TWO, _TEN = Decimal("0.000001"), Decimal("0.01"), Decimal("0.0000000001")
_MICRO_PER_MINOR = 10_000

Amounts = dict[DraftTax, tuple[Decimal, Decimal]]


def equivalence(document: DraftPaidDocument, payment_currency: str) -> Decimal:
    """Units of the document's currency per unit of the payment's: 1 when they are the same, else ten decimals."""
    if document.currency == payment_currency:
        return Decimal(1)
    return _EXACT.divide(Decimal(document.paid), Decimal(document.of_payment)).quantize(_TEN, context=_EXACT)


def _share(base: int, document: DraftPaidDocument) -> int:
    """The part of a base of the invoice that this payment covers, in millionths, cumulative."""
    micro = base * _MICRO_PER_MINOR
    after = half_up(micro * (document.paid_earlier + document.paid), document.total)
    return after - half_up(micro * document.paid_earlier, document.total)


def document_taxes(document: DraftPaidDocument) -> tuple[tuple[DraftTax, Decimal, Decimal], ...]:
    """Each tax of the paid document with its base and amount in this payment (BaseDR, ImporteDR)."""
    shares = [(total.tax, _share(total.base, document)) for total in document.taxes]
    return tuple((tax, Decimal(base).scaleb(-6), Decimal(tax.amount(base)).scaleb(-6)) for tax, base in shares)


def payment_taxes(payment: DraftPayment) -> Amounts:
    """Base and amount per tax of the whole payment (BaseP, ImporteP), six decimals, in its currency."""
    sums: dict[DraftTax, list[Decimal]] = {}
    for document in payment.documents:
        rate = equivalence(document, payment.currency)
        for tax, base, amount in document_taxes(document):
            kept = sums.setdefault(tax, [Decimal(0), Decimal(0)])
            kept[0] += base if rate == 1 else _EXACT.divide(base, rate)
            kept[1] += amount if rate == 1 else _EXACT.divide(amount, rate)
    return {
        tax: (base.quantize(_SIX, context=_EXACT), amount.quantize(_SIX, context=_EXACT))
        for tax, (base, amount) in sums.items()
    }


def totals(payments: Iterable[DraftPayment]) -> dict[str, Decimal]:
    """The attributes of pago20:Totales, in MXN with two decimals, in the schema's order."""
    sums: dict[str, Decimal] = {}
    for payment in payments:
        rate = Decimal(payment.exchange_rate or 1_000_000).scaleb(-6)
        for tax, (base, amount) in payment_taxes(payment).items():
            for name, value in _total_names(tax, base, amount):
                sums[name] = sums.get(name, Decimal(0)) + value * rate
        paid = Decimal(payment.amount).scaleb(-2) * rate
        sums["MontoTotalPagos"] = sums.get("MontoTotalPagos", Decimal(0)) + paid
    return {name: sums[name].quantize(_TWO, context=_EXACT) for name in _TOTAL_ORDER if name in sums}


_TOTAL_ORDER = (
    *("TotalRetencionesIVA", "TotalRetencionesISR", "TotalRetencionesIEPS"),
    *("TotalTrasladosBaseIVA16", "TotalTrasladosImpuestoIVA16"),
    *("TotalTrasladosBaseIVA8", "TotalTrasladosImpuestoIVA8"),
    *("TotalTrasladosBaseIVA0", "TotalTrasladosImpuestoIVA0"),
    *("TotalTrasladosBaseIVAExento", "MontoTotalPagos"),
)
_WITHHELD_NAMES = {"001": "TotalRetencionesISR", "002": "TotalRetencionesIVA", "003": "TotalRetencionesIEPS"}


def _total_names(tax: DraftTax, base: Decimal, amount: Decimal) -> tuple[tuple[str, Decimal], ...]:
    if tax.withheld:
        return ((_WITHHELD_NAMES[tax.code], amount),)
    if tax.code != IVA:
        return ()
    if tax.factor == "Exento":
        return (("TotalTrasladosBaseIVAExento", base),)
    percent = tax.rate // 10_000
    return ((f"TotalTrasladosBaseIVA{percent}", base), (f"TotalTrasladosImpuestoIVA{percent}", amount))


def payments_xml(payments: tuple[DraftPayment, ...]) -> str:
    """The whole pago20:Pagos node."""
    head = element("pago20:Totales", attributes((k, decimal_text(v)) for k, v in totals(payments).items()))
    body = "".join(_payment_xml(p) for p in payments)
    return f'<pago20:Pagos Version="2.0">{head}{body}</pago20:Pagos>'


def _payment_xml(payment: DraftPayment) -> str:
    own = attributes(
        (
            ("FechaPago", payment.paid_at.isoformat(timespec="seconds")),
            ("FormaDePagoP", payment.form),
            ("MonedaP", payment.currency),
            ("TipoCambioP", exchange_text(payment.exchange_rate) if payment.exchange_rate else "1"),
            ("Monto", money(payment.amount)),
            ("NumOperacion", payment.operation),
            ("RfcEmisorCtaOrd", payment.payer_bank),
            ("CtaOrdenante", payment.payer_account),
            ("RfcEmisorCtaBen", payment.payee_bank),
            ("CtaBeneficiario", payment.payee_account),
        )
    )
    documents = "".join(_document_xml(d, payment.currency) for d in payment.documents)
    return element("pago20:Pago", own, documents + _payment_taxes_xml(payment))


def _document_xml(document: DraftPaidDocument, payment_currency: str) -> str:
    own = attributes(
        (
            ("IdDocumento", document.uuid),
            ("Serie", document.series),
            ("Folio", document.folio),
            ("MonedaDR", document.currency),
            ("EquivalenciaDR", decimal_text(equivalence(document, payment_currency))),
            ("NumParcialidad", str(document.partiality)),
            ("ImpSaldoAnt", money(document.before)),
            ("ImpPagado", money(document.paid)),
            ("ImpSaldoInsoluto", money(document.before - document.paid)),
            ("ObjetoImpDR", "02" if document.taxes else "01"),
        )
    )
    taxes = document_taxes(document)
    withheld = "".join(_tax_xml("pago20:RetencionDR", "DR", t, b, a) for t, b, a in taxes if t.withheld)
    charged = "".join(_tax_xml("pago20:TrasladoDR", "DR", t, b, a) for t, b, a in taxes if not t.withheld)
    groups = element("pago20:RetencionesDR", "", withheld) if withheld else ""
    groups += element("pago20:TrasladosDR", "", charged) if charged else ""
    return element("pago20:DoctoRelacionado", own, element("pago20:ImpuestosDR", "", groups) if groups else "")


def _payment_taxes_xml(payment: DraftPayment) -> str:
    sums = payment_taxes(payment)
    withheld: dict[str, Decimal] = {}
    for tax, (_, amount) in sums.items():
        if tax.withheld:
            withheld[tax.code] = withheld.get(tax.code, Decimal(0)) + amount
    first = "".join(
        element("pago20:RetencionP", attributes((("ImpuestoP", code), ("ImporteP", decimal_text(amount)))))
        for code, amount in withheld.items()
    )
    second = "".join(
        _tax_xml("pago20:TrasladoP", "P", tax, base, amount) for tax, (base, amount) in sums.items() if not tax.withheld
    )
    groups = element("pago20:RetencionesP", "", first) if first else ""
    groups += element("pago20:TrasladosP", "", second) if second else ""
    return element("pago20:ImpuestosP", "", groups) if groups else ""


def _tax_xml(tag: str, suffix: str, tax: DraftTax, base: Decimal, amount: Decimal) -> str:
    rated = tax.factor != "Exento"
    return element(
        tag,
        attributes(
            (
                (f"Base{suffix}", decimal_text(base)),
                (f"Impuesto{suffix}", tax.code),
                (f"TipoFactor{suffix}", tax.factor),
                (f"TasaOCuota{suffix}", f"0.{tax.rate:06d}" if rated else ""),
                (f"Importe{suffix}", decimal_text(amount) if rated else ""),
            )
        ),
    )
