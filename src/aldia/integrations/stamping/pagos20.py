"""The complement Pagos 2.0 as XML: what `domain.fiscal.rep` computed, drawn; nothing is rounded here.

Shape: http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos20.xsd, attributes and nodes in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aldia.domain.fiscal.drafts import EXEMPT, DraftPayment
from aldia.domain.fiscal.rep import Payment, RelatedDocument, TaxShare, compute
from aldia.integrations.stamping.xml_text import attributes, decimal_text, element, exchange_text, rate_text


def payments_xml(payments: Sequence[DraftPayment]) -> str:
    """The whole node pago20:Pagos. Raises `RepError` for what the authority would reject."""
    complement = compute(payments)
    head = element("pago20:Totales", attributes((k, decimal_text(v)) for k, v in complement.totals.items()))
    body = "".join([_payment_xml(payment) for payment in complement.payments])
    return f'<pago20:Pagos Version="2.0">{head}{body}</pago20:Pagos>'


def _payment_xml(payment: Payment) -> str:
    draft = payment.draft
    own = attributes(
        (
            ("FechaPago", draft.paid_at.isoformat(timespec="seconds")),
            ("FormaDePagoP", draft.form),
            ("MonedaP", draft.currency),
            ("TipoCambioP", exchange_text(draft.exchange_rate) if draft.exchange_rate else "1"),
            ("Monto", decimal_text(payment.amount)),
            ("NumOperacion", draft.operation),
            ("RfcEmisorCtaOrd", draft.payer_bank),
            ("NomBancoOrdExt", draft.foreign_bank),
            ("CtaOrdenante", draft.payer_account),
            ("RfcEmisorCtaBen", draft.payee_bank),
            ("CtaBeneficiario", draft.payee_account),
            ("TipoCadPago", draft.chain_type),
            ("CertPago", draft.chain_certificate),
            ("CadPago", draft.chain),
            ("SelloPago", draft.chain_seal),
        )
    )
    documents = "".join([_document_xml(document) for document in payment.documents])
    withheld = "".join(
        [
            element("pago20:RetencionP", attributes((("ImpuestoP", code), ("ImporteP", decimal_text(amount)))))
            for code, amount in payment.withheld
        ]
    )
    return element("pago20:Pago", own, documents + _taxes_xml("P", withheld, _rows("TrasladoP", payment.transferred)))


def _document_xml(document: RelatedDocument) -> str:
    draft = document.draft
    own = attributes(
        (
            ("IdDocumento", draft.uuid),
            ("Serie", draft.series),
            ("Folio", draft.folio),
            ("MonedaDR", draft.currency),
            ("EquivalenciaDR", decimal_text(document.equivalence)),
            ("NumParcialidad", str(draft.partiality)),
            ("ImpSaldoAnt", decimal_text(document.before)),
            ("ImpPagado", decimal_text(document.paid)),
            ("ImpSaldoInsoluto", decimal_text(document.left)),
            ("ObjetoImpDR", draft.object),
        )
    )
    withheld = _rows("RetencionDR", [share for share in document.taxes if share.tax.withheld])
    charged = _rows("TrasladoDR", [share for share in document.taxes if not share.tax.withheld])
    return element("pago20:DoctoRelacionado", own, _taxes_xml("DR", withheld, charged))


def _taxes_xml(level: str, withheld: str, charged: str) -> str:
    """ImpuestosDR or ImpuestosP: what is withheld, then what is transferred."""
    groups = element(f"pago20:Retenciones{level}", "", withheld) if withheld else ""
    groups += element(f"pago20:Traslados{level}", "", charged) if charged else ""
    return element(f"pago20:Impuestos{level}", "", groups) if groups else ""


def _rows(name: str, shares: Iterable[TaxShare]) -> str:
    level = name.removeprefix("Retencion").removeprefix("Traslado")
    return "".join([element(f"pago20:{name}", _tax_attributes(level, share)) for share in shares])


def _tax_attributes(level: str, share: TaxShare) -> str:
    tax = share.tax
    is_rated = tax.factor != EXEMPT
    return attributes(
        (
            (f"Base{level}", decimal_text(share.base)),
            (f"Impuesto{level}", tax.code),
            (f"TipoFactor{level}", tax.factor),
            (f"TasaOCuota{level}", rate_text(tax.rate) if is_rated else ""),
            (f"Importe{level}", decimal_text(share.amount) if is_rated else ""),
        )
    )
