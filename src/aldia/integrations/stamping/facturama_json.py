"""A sealed CFDI 4.0 as the JSON that Facturama makes its own of: invoices and notes (I, E) and payments (P).

https://apisandbox.facturama.mx/docs/api/POST-3-cfdis. Amounts go as they are printed, digit by digit, never as floats.
What its API has no place for is refused rather than left out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.integrations.stamping.reading import C

P = "{http://www.sat.gob.mx/Pagos20}"
_TAXES = {"001": "ISR", "002": "IVA", "003": "IEPS"}
_SHOWN = {C + name for name in ("InformacionGlobal", "CfdiRelacionados", "Emisor", "Receptor", "Conceptos", "Impuestos",
                                "Complemento")}  # fmt: skip


class NotMapped(ValueError):
    """The document has something that their API does not take; the text says what."""


def payload(root: _Element) -> dict[str, Any]:
    """What to ask for. Raises `NotMapped`."""
    for child in root:
        if child.tag not in _SHOWN:
            raise NotMapped(f"Facturama no recibe «{child.tag.rpartition('}')[2]}» por su API.")
    kind = root.get("TipoDeComprobante")
    if kind == "P":
        return _head(root, kind) | {"Complemento": {"Payments": [_payment(each) for each in root.iter(f"{P}Pago")]}}
    if kind not in ("I", "E"):
        raise NotMapped(f"Facturama no recibe comprobantes de tipo {kind} por aquí.")
    found = _head(root, kind) | {"Items": [_item(each) for each in root.iter(f"{C}Concepto")]}
    for name, ours in (("PaymentForm", "FormaPago"), ("PaymentMethod", "MetodoPago"), ("Currency", "Moneda"),
                       ("PaymentConditions", "CondicionesDePago")):  # fmt: skip
        _give(found, name, root.get(ours))
    _number(found, "ExchangeRate", root.get("TipoCambio"))
    return found


def as_json(value: Any) -> str:
    """JSON with decimals as they are."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{as_json(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return json.dumps(value)


def _head(root: _Element, kind: str) -> dict[str, Any]:
    issuer, receiver = root.find(f"{C}Emisor"), root.find(f"{C}Receptor")
    if issuer is None or receiver is None:
        raise NotMapped("Al comprobante le falta emisor o receptor.")
    who: dict[str, Any] = {
        "Rfc": receiver.get("Rfc"),
        "Name": receiver.get("Nombre"),
        "CfdiUse": receiver.get("UsoCFDI"),
    }
    who |= {
        "FiscalRegime": receiver.get("RegimenFiscalReceptor"),
        "TaxZipCode": receiver.get("DomicilioFiscalReceptor"),
    }
    _give(who, "TaxRegistrationNumber", receiver.get("NumRegIdTrib"))
    _give(who, "TaxResidence", receiver.get("ResidenciaFiscal"))
    found: dict[str, Any] = {
        "CfdiType": kind,
        "ExpeditionPlace": root.get("LugarExpedicion"),
        "Date": root.get("Fecha", "").replace("T", " "),
        "Exportation": root.get("Exportacion"),
        "Issuer": {"Rfc": issuer.get("Rfc"), "Name": issuer.get("Nombre"), "FiscalRegime": issuer.get("RegimenFiscal")},
        "Receiver": who,
    }
    _give(found, "Serie", root.get("Serie"))
    _give(found, "Folio", root.get("Folio"))
    if relations := _relations(root):
        found["Relations"] = relations
    period = root.find(f"{C}InformacionGlobal")
    if period is not None:
        names = (("Periodicity", "Periodicidad"), ("Months", "Meses"), ("Year", "Año"))
        found["GlobalInformation"] = {name: period.get(ours) for name, ours in names}
    return found


def _relations(root: _Element) -> dict[str, Any] | None:
    groups = root.findall(f"{C}CfdiRelacionados")
    if len({group.get("TipoRelacion") for group in groups}) > 1:
        raise NotMapped("Facturama recibe un solo tipo de relación por comprobante.")
    if not groups:
        return None
    named = [{"Uuid": each.get("UUID")} for group in groups for each in group]
    return {"Type": groups[0].get("TipoRelacion"), "Cfdis": named}


def _item(line: _Element) -> dict[str, Any]:
    if any(child.tag != f"{C}Impuestos" for child in line):
        raise NotMapped("Facturama no recibe por aquí pedimentos, cuenta predial ni terceros en los conceptos.")
    found: dict[str, Any] = {
        "ProductCode": line.get("ClaveProdServ"), "UnitCode": line.get("ClaveUnidad"),
        "Description": line.get("Descripcion"), "TaxObject": line.get("ObjetoImp"),
    }  # fmt: skip
    _give(found, "IdentificationNumber", line.get("NoIdentificacion"))
    _give(found, "Unit", line.get("Unidad"))
    for name, ours in (("Quantity", "Cantidad"), ("UnitPrice", "ValorUnitario"), ("Subtotal", "Importe"),
                       ("Discount", "Descuento")):  # fmt: skip
        _number(found, name, line.get(ours))
    taxes = [_tax(each, "") for each in line.iter(f"{C}Traslado", f"{C}Retencion")]
    if taxes:
        found["Taxes"] = taxes
    total: Decimal = found["Subtotal"] - found.get("Discount", Decimal())
    found["Total"] = total + sum((-tax["Total"] if tax["IsRetention"] else tax["Total"] for tax in taxes), Decimal())
    return found


def _tax(node: _Element, ending: str) -> dict[str, Any]:
    """A tax of a concept, or (`ending` "DR") of a paid document."""
    code, factor = node.get(f"Impuesto{ending}", ""), node.get(f"TipoFactor{ending}", "")
    if code not in _TAXES:
        raise NotMapped(f"Facturama no conoce el impuesto {code}.")
    return {
        "Name": _TAXES[code] + (" Exento" if factor == "Exento" and code == "002" else ""),
        "IsRetention": node.tag.rpartition("}")[2].startswith("Retencion"),
        "IsFederalTax": True,
        "IsQuota": factor == "Cuota",
        "Base": Decimal(node.get(f"Base{ending}", "0")),
        "Rate": Decimal(node.get(f"TasaOCuota{ending}", "0")),
        "Total": Decimal(node.get(f"Importe{ending}", "0")),
    }


def _payment(node: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Date": node.get("FechaPago", "").replace("T", " "),
        "PaymentForm": node.get("FormaDePagoP"),
    }
    _number(found, "Amount", node.get("Monto"))
    for name, ours in (
        ("Currency", "MonedaP"), ("OperationNumber", "NumOperacion"), ("AccountOrderRfc", "RfcEmisorCtaOrd"),
        ("AccountOrderBankName", "NomBancoOrdExt"), ("AccountOrderNumber", "CtaOrdenante"),
        ("AccountBeneficiaryRfc", "RfcEmisorCtaBen"), ("AccountBeneficiaryNumber", "CtaBeneficiario"),
    ):  # fmt: skip
        _give(found, name, node.get(ours))
    if node.get("TipoCadPago"):
        raise NotMapped("Facturama no recibe la cadena del SPEI en el complemento.")
    _number(found, "ExchangeRate", node.get("TipoCambioP"))
    found["RelatedDocuments"] = [_paid(each) for each in node.iter(f"{P}DoctoRelacionado")]
    return found


def _paid(node: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Uuid": node.get("IdDocumento"), "PaymentMethod": "PPD", "PartialityNumber": node.get("NumParcialidad"),
        "TaxObject": node.get("ObjetoImpDR"),
    }  # fmt: skip
    for name, ours in (("Serie", "Serie"), ("Folio", "Folio"), ("Currency", "MonedaDR")):
        _give(found, name, node.get(ours))
    for name, ours in (("EquivalenceDocRel", "EquivalenciaDR"), ("PreviousBalanceAmount", "ImpSaldoAnt"),
                       ("AmountPaid", "ImpPagado"), ("ImpSaldoInsoluto", "ImpSaldoInsoluto")):  # fmt: skip
        _number(found, name, node.get(ours))
    if taxes := [_tax(each, "DR") for each in node.iter(f"{P}TrasladoDR", f"{P}RetencionDR")]:
        found["Taxes"] = taxes
    return found


def _give(found: dict[str, Any], name: str, value: str | None) -> None:
    if value:
        found[name] = value


def _number(found: dict[str, Any], name: str, value: str | None) -> None:
    if value:
        found[name] = Decimal(value)
