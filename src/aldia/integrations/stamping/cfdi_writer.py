"""A draft -> the bytes of a CFDI 4.0 (types I, E, T and P), always in UTF-8.

Shape: Anexo 20 of the RMF and its schema, http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd.
The writer knows nothing of keys: seal and stamp are texts that it is given (`simulated` makes them).
"""

from __future__ import annotations

from aldia.domain.fiscal.drafts import (
    EXEMPT,
    CertificateText,
    Draft,
    DraftComplement,
    DraftDocument,
    DraftLine,
    DraftParty,
    DraftRelation,
    TaxTotal,
    sum_taxes,
)
from aldia.integrations.stamping.pagos20 import payments_xml
from aldia.integrations.stamping.xml_text import attributes, element, exchange_text, micro_text, money, rate_text

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_LOCATION = "http://www.sat.gob.mx/cfd/4 http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd"
_LOCATION_P = f"{_LOCATION} http://www.sat.gob.mx/Pagos20 http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos20.xsd"
_NAMESPACE_P = ' xmlns:pago20="http://www.sat.gob.mx/Pagos20"'
_PAYMENT_LINE = (
    '<cfdi:Conceptos><cfdi:Concepto ClaveProdServ="84111506" Cantidad="1" ClaveUnidad="ACT" Descripcion="Pago" '
    'ValorUnitario="0" Importe="0" ObjetoImp="01"/></cfdi:Conceptos>'
)


def write_cfdi(draft: Draft, *, certificate: CertificateText, seal: str = "", stamp: str = "") -> bytes:
    """The document's XML. `seal` is base64; `stamp` the TimbreFiscalDigital node. Both may be empty before sealing."""
    if isinstance(draft, DraftComplement):
        return _write_complement(draft, certificate, seal, stamp).encode()
    return _write_document(draft, certificate, seal, stamp).encode()


def _write_document(draft: DraftDocument, certificate: CertificateText, seal: str, stamp: str) -> str:
    moves_goods = draft.type_code == "T"
    decimals = draft.decimals
    totals = sum_taxes(draft.lines)
    discount = draft.discount
    own = attributes(
        (
            ("xsi:schemaLocation", _LOCATION),
            ("Version", "4.0"),
            ("Serie", draft.series),
            ("Folio", draft.folio),
            ("Fecha", draft.issued_at.isoformat(timespec="seconds")),
        )
    )
    own += f' Sello="{seal}"'
    own += attributes(
        (
            ("FormaPago", draft.form),
            ("NoCertificado", certificate.number),
            ("Certificado", certificate.base64),
            ("CondicionesDePago", draft.conditions),
            ("SubTotal", "0" if moves_goods else money(draft.subtotal, decimals)),
            ("Descuento", money(discount, decimals) if discount else ""),
            ("Moneda", "XXX" if moves_goods else draft.currency),
            ("TipoCambio", exchange_text(draft.exchange_rate) if draft.exchange_rate else ""),
            ("Total", "0" if moves_goods else money(draft.total, decimals)),
            ("TipoDeComprobante", draft.type_code),
            ("Exportacion", draft.export),
            ("MetodoPago", draft.method),
            ("LugarExpedicion", draft.place),
        )
    )
    lines = "".join([_line_xml(line) for line in draft.lines])
    complement = element("cfdi:Complemento", "", stamp) if stamp else ""
    parties = _parties_xml(draft.issuer, draft.receiver)
    return (
        f"{_HEAD}{own}>{_global_xml(draft)}{_relations_xml(draft.relations)}{parties}"
        f"<cfdi:Conceptos>{lines}</cfdi:Conceptos>{_totals_xml(totals, decimals)}{complement}</cfdi:Comprobante>"
    )


def _write_complement(draft: DraftComplement, certificate: CertificateText, seal: str, stamp: str) -> str:
    own = attributes(
        (
            ("xsi:schemaLocation", _LOCATION_P),
            ("Version", "4.0"),
            ("Serie", draft.series),
            ("Folio", draft.folio),
            ("Fecha", draft.issued_at.isoformat(timespec="seconds")),
        )
    )
    own += f' Sello="{seal}"'
    own += attributes(
        (
            ("NoCertificado", certificate.number),
            ("Certificado", certificate.base64),
            ("SubTotal", "0"),
            ("Moneda", "XXX"),
            ("Total", "0"),
            ("TipoDeComprobante", "P"),
            ("Exportacion", "01"),
            ("LugarExpedicion", draft.place),
        )
    )
    parties = _parties_xml(draft.issuer, draft.receiver, use="CP01")
    return (
        f"{_HEAD}{_NAMESPACE_P}{own}>{_relations_xml(draft.relations)}{parties}{_PAYMENT_LINE}"
        f"<cfdi:Complemento>{payments_xml(draft.payments)}{stamp}</cfdi:Complemento></cfdi:Comprobante>"
    )


def _global_xml(draft: DraftDocument) -> str:
    period = draft.global_period
    if period is None:
        return ""
    pairs = (("Periodicidad", period.periodicity), ("Meses", period.months), ("Año", str(period.year)))
    return element("cfdi:InformacionGlobal", attributes(pairs))


def _relations_xml(relations: tuple[DraftRelation, ...]) -> str:
    return "".join(
        element(
            "cfdi:CfdiRelacionados",
            attributes((("TipoRelacion", relation.code),)),
            "".join(element("cfdi:CfdiRelacionado", attributes((("UUID", uuid),))) for uuid in relation.uuids),
        )
        for relation in relations
    )


def _parties_xml(issuer: DraftParty, receiver: DraftParty, use: str = "") -> str:
    mine = attributes((("Rfc", issuer.rfc), ("Nombre", issuer.name), ("RegimenFiscal", issuer.regime)))
    theirs = attributes(
        (
            ("Rfc", receiver.rfc),
            ("Nombre", receiver.name),
            ("DomicilioFiscalReceptor", receiver.postal_code),
            ("ResidenciaFiscal", receiver.residence),
            ("NumRegIdTrib", receiver.foreign_id),
            ("RegimenFiscalReceptor", receiver.regime),
            ("UsoCFDI", use or receiver.use),
        )
    )
    return element("cfdi:Emisor", mine) + element("cfdi:Receptor", theirs)


def _line_xml(line: DraftLine) -> str:
    decimals, discount = line.decimals, line.discount
    own = attributes(
        (
            ("ClaveProdServ", line.product_key),
            ("NoIdentificacion", line.identification),
            ("Cantidad", micro_text(line.quantity_micro)),
            ("ClaveUnidad", line.unit_key),
            ("Unidad", line.unit),
            ("Descripcion", line.description),
            ("ValorUnitario", micro_text(line.price_micro, decimals)),
            ("Importe", money(line.amount, decimals)),
            ("Descuento", money(discount, decimals) if discount else ""),
            ("ObjetoImp", line.object),
        )
    )
    rows = [(one.tax, _line_tax_xml(one, decimals)) for one in line.tax_amounts]
    charged = "".join([row for tax, row in rows if not tax.withheld])
    withheld = "".join([row for tax, row in rows if tax.withheld])
    groups = element("cfdi:Traslados", "", charged) if charged else ""
    groups += element("cfdi:Retenciones", "", withheld) if withheld else ""
    body = element("cfdi:Impuestos", "", groups) if groups else ""
    for number in line.customs:
        body += element("cfdi:InformacionAduanera", attributes((("NumeroPedimento", number),)))
    if line.property_account:
        body += element("cfdi:CuentaPredial", attributes((("Numero", line.property_account),)))
    return element("cfdi:Concepto", own, body)


def _line_tax_xml(one: TaxTotal, decimals: int) -> str:
    tag = "cfdi:Retencion" if one.tax.withheld else "cfdi:Traslado"
    return element(tag, attributes((("Base", money(one.base, decimals)), *_tax_pairs(one, decimals))))


def _tax_pairs(one: TaxTotal, decimals: int) -> tuple[tuple[str, str], ...]:
    tax = one.tax
    if tax.factor == EXEMPT:
        return (("Impuesto", tax.code), ("TipoFactor", tax.factor))
    rate = ("TasaOCuota", rate_text(tax.rate))
    return (("Impuesto", tax.code), ("TipoFactor", tax.factor), rate, ("Importe", money(one.amount, decimals)))


def _totals_xml(totals: tuple[TaxTotal, ...], decimals: int) -> str:
    if not totals:
        return ""
    charged = [t for t in totals if not t.tax.withheld]
    withheld: dict[str, int] = {}
    for total in totals:
        if total.tax.withheld:
            withheld[total.tax.code] = withheld.get(total.tax.code, 0) + total.amount
    rated = any(t.tax.factor != EXEMPT for t in charged)
    own = attributes(
        (
            ("TotalImpuestosRetenidos", money(sum(withheld.values()), decimals) if withheld else ""),
            ("TotalImpuestosTrasladados", money(sum([t.amount for t in charged]), decimals) if rated else ""),
        )
    )
    first = "".join(
        element("cfdi:Retencion", attributes((("Impuesto", code), ("Importe", money(amount, decimals)))))
        for code, amount in withheld.items()
    )
    second = "".join(
        element("cfdi:Traslado", attributes((("Base", money(t.base, decimals)), *_tax_pairs(t, decimals))))
        for t in charged
    )
    groups = element("cfdi:Retenciones", "", first) if first else ""
    groups += element("cfdi:Traslados", "", second) if second else ""
    return element("cfdi:Impuestos", own, groups)
