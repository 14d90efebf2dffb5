"""The text of a PDF, and what an XML says that its paper must show, read from the attributes by other means."""

from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal

from lxml import etree
from pypdf import PdfReader

# attributes with money or figures, by the name of their element
FIGURES = {
    "Comprobante": ("SubTotal", "Descuento", "Total", "TipoCambio"),
    "Concepto": ("Cantidad", "ValorUnitario", "Importe", "Descuento"),
    "Traslado": ("Importe",),
    "Retencion": ("Importe",),
    "Pago": ("Monto",),
    "DoctoRelacionado": ("ImpSaldoAnt", "ImpPagado", "ImpSaldoInsoluto"),
    "Totales": None,  # every attribute
}
TEXTS = {
    "Comprobante": ("NoCertificado", "LugarExpedicion"),
    "Emisor": ("Rfc",),
    "Receptor": ("Rfc", "DomicilioFiscalReceptor"),
    "TimbreFiscalDigital": ("UUID", "NoCertificadoSAT"),
    "CfdiRelacionado": ("UUID",),
    "DoctoRelacionado": ("IdDocumento",),
    "Concepto": ("ClaveProdServ", "NoIdentificacion"),
}
WITHOUT_UNITS = ("T", "P")  # their totals are zero of no currency


def words_of(pdf: bytes) -> Counter[str]:
    """Every word of every page, as a reader of PDF other than ours sees them."""
    return Counter(text_of(pdf).split())


def text_of(pdf: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return text.replace("\u200b", "").replace("\xad", "")


def squeezed(text: str) -> str:
    return "".join(text.split())


def figure(text: str) -> str:
    """As papers write it: thousands apart, two decimals or as many as were printed."""
    value = Decimal(text)
    _, _, decimals = f"{value:f}".partition(".")
    return f"{value:,.{max(2, len(decimals.rstrip('0')))}f}"


def plain_figure(text: str) -> str:
    value = Decimal(text)
    _, _, decimals = f"{value:f}".partition(".")
    return f"{value:,.{len(decimals.rstrip('0'))}f}"


def figures_said(xml: bytes) -> Counter[str]:
    """How often each figure must be on the paper of a CFDI 3.3 or 4.0."""
    root = etree.fromstring(xml)
    kind = root.get("TipoDeComprobante")
    found: Counter[str] = Counter()
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        if name not in FIGURES or (name == "Comprobante" and kind in WITHOUT_UNITS):
            continue
        names = FIGURES[name] or tuple(str(key) for key in element.attrib)
        for each in names:
            printed = element.get(each)
            if printed is None or (each == "Descuento" and not Decimal(printed)):
                continue
            if each == "TipoCambio" and element.get("Moneda") == "MXN":
                continue
            found[plain_figure(printed) if each in ("Cantidad", "TipoCambio") else figure(printed)] += 1
    return found


def texts_said(xml: bytes) -> set[str]:
    """Identifiers, seals and the number, without blanks: to be found in the squeezed text."""
    root = etree.fromstring(xml)
    found = {"-".join(filter(None, (root.get("Serie"), root.get("Folio")))), root.get("Sello", "")}
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        for each in TEXTS.get(name, ()):
            value = element.get(each, "")
            found.add(value.upper() if each in ("UUID", "IdDocumento", "Rfc") else value)
        if name == "TimbreFiscalDigital":
            found.add(element.get("SelloSAT", ""))
    return {squeezed(each) for each in found if each.strip()}


def missing(xml: bytes, pdf: bytes) -> list[str]:
    """What the XML says and the paper does not."""
    words, text = words_of(pdf), squeezed(text_of(pdf))
    figures = [f"{each} ×{n}" for each, n in figures_said(xml).items() if words[each] < n]
    return figures + [each for each in sorted(texts_said(xml)) if each not in text]
