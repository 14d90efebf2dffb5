"""What the adapters of PACs read of documents: what makes two of them the same one, the folio of the stamp, a seal."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.envelope import TFD
from aldia.domain.fiscal.strict_xml import STRICT

C = "{http://www.sat.gob.mx/cfd/4}"


class Unreadable(ValueError):
    """It is no CFDI 4.0."""


def read_cfdi(xml: bytes) -> _Element:
    """The root of a CFDI 4.0, stamped or not. Raises `Unreadable`."""
    try:
        root = etree.fromstring(xml, STRICT)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(str(error)) from None
    if root.tag != f"{C}Comprobante" or root.getroottree().docinfo.doctype:
        raise Unreadable("no es un CFDI 4.0")
    return root


def essence(root: _Element) -> tuple[object, ...]:
    """What a PAC may not change: who bills whom, what type of document, its folio and its total."""
    parties = [(root.find(f"{C}{name}").get("Rfc", "") if root.find(f"{C}{name}") is not None else "") for name in
               ("Emisor", "Receptor")]  # fmt: skip
    try:
        total = Decimal(root.get("Total", ""))
    except InvalidOperation:
        raise Unreadable("Total") from None
    return (*parties, root.get("TipoDeComprobante"), root.get("Serie", ""), root.get("Folio", ""), total)


def uuid_of(root: _Element) -> str:
    """The fiscal folio of the stamp, in upper case; "" where there is no stamp."""
    stamp = root.find(f"{C}Complemento/{TFD}")
    return "" if stamp is None else stamp.get("UUID", "").upper()


def with_stamp(xml: bytes, stamp: bytes) -> bytes:
    """A sealed document with the stamp (TimbreFiscalDigital) that a PAC gave apart. Raises `Unreadable`."""
    root = read_cfdi(xml)
    try:
        node = etree.fromstring(stamp, STRICT)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(str(error)) from None
    if node.tag != TFD or node.get("SelloCFD") != root.get("Sello"):
        raise Unreadable("el timbre es de otro comprobante")
    home = root.find(f"{C}Complemento")
    if home is None:
        home = etree.SubElement(root, f"{C}Complemento")
    home.append(node)
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data
