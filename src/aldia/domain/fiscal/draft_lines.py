"""The concepts and totals of a draft, as the authority's matrix of errors checks them (CFDI40162 to CFDI40186)."""

from __future__ import annotations

import re

from aldia.domain import currencies
from aldia.domain.fiscal.draft_findings import Exists, Findings
from aldia.domain.fiscal.drafts import EXEMPT, IEPS, ISR, IVA, QUOTA, RATE, DraftDocument, DraftLine, DraftTax
from aldia.domain.sentences import gettext_noop

MOST_LINES = 5_000
MOST = 10**15  # minor units: what a BIGINT and the authority's eighteen digits both hold with room to spare
_PREDIAL = re.compile(r"[0-9a-zA-Z]{1,150}")
_PEDIMENTO = re.compile(r"[0-9]{2}  [0-9]{2}  [0-9]{4}  [0-9]{7}")
# c_ObjetoImp: those that must have taxes, and those that may have none
_NEEDS_TAXES, _NO_TAXES = ("02", "07"), ("01", "03", "04", "05", "06", "08")
# c_TasaOCuota: rates of transferred taxes, and the highest of those given as a range, in millionths
_IVA_RATES = (0, 80_000, 160_000)
_IEPS_RATES = frozenset(
    (0, 30_000, 60_000, 70_000, 80_000, 90_000, 250_000, 265_000, 300_000, 304_000, 500_000, 530_000, 1_600_000)
)
_HIGHEST_QUOTA = 59_144_900
_HIGHEST = {IVA: 160_000, ISR: 350_000}


def check_lines(draft: DraftDocument, findings: Findings, exists: Exists) -> None:
    """Each concept, then the totals."""
    if not draft.lines:
        findings.say("lines", gettext_noop("Agrega al menos un concepto."))
        return
    if len(draft.lines) > MOST_LINES:
        findings.say(
            "lines", gettext_noop("Son demasiados conceptos: divide el documento (hasta %(most)s)."), most=MOST_LINES
        )
        return
    decimals = currencies.exponent(draft.currency) if draft.currency in currencies.CURRENCIES else 2
    for place, line in enumerate(draft.lines):
        where = f"lines.{place}"
        _check_key(line, where, findings, exists)
        _check_amounts(draft, line, where, findings, decimals)
        _check_object(line, where, findings, exists)
        for at, tax in enumerate(line.taxes):
            _check_tax(tax, f"{where}.taxes.{at}", findings)
        if draft.global_period is not None:
            _check_ticket(line, where, findings)
    _check_totals(draft, findings)


def _check_key(line: DraftLine, where: str, findings: Findings, exists: Exists) -> None:
    findings.code(f"{where}.product_key", "c_ClaveProdServ", line.product_key, exists, "CFDI40162")
    findings.code(f"{where}.unit_key", "c_ClaveUnidad", line.unit_key, exists, "CFDI40165")
    findings.text(f"{where}.description", line.description, 1000, is_needed=True)
    findings.text(f"{where}.identification", line.identification, 100)
    findings.text(f"{where}.unit", line.unit, 20)
    if line.property_account and not _PREDIAL.fullmatch(line.property_account):
        told = gettext_noop("La cuenta predial lleva solo letras y dígitos.")
        findings.say(f"{where}.property_account", told)
    if any(not _PEDIMENTO.fullmatch(number) for number in line.customs):
        told = gettext_noop("Un pedimento se escribe «15  48  3009  0001234», con dos espacios entre sus partes.")
        findings.say(f"{where}.customs", told, "CFDI40194")


def _check_amounts(draft: DraftDocument, line: DraftLine, where: str, findings: Findings, decimals: int) -> None:
    if line.decimals != decimals:
        findings.say(where, gettext_noop("El concepto está en otra moneda que el documento."))
    if line.quantity_micro <= 0:
        findings.say(f"{where}.quantity_micro", gettext_noop("La cantidad es mayor que cero."))
    elif line.price_micro < 0 or (line.price_micro == 0 and draft.type_code != "T"):
        findings.say(f"{where}.price_micro", gettext_noop("El precio unitario es mayor que cero."), "CFDI40166")
    elif line.amount >= MOST:
        findings.say(f"{where}.price_micro", gettext_noop("El importe es demasiado grande."))
    elif line.amount == 0 and draft.type_code != "T":
        told = gettext_noop("El importe del concepto, redondeado, es cero: sube la cantidad o el precio.")
        findings.say(f"{where}.price_micro", told, "CFDI40167")
    if not 0 <= line.discount <= max(line.amount, 0):
        told = gettext_noop("El descuento no puede pasar del importe del concepto.")
        findings.say(f"{where}.discount", told, "CFDI40169")
    elif line.taxes and line.amount > 0 and line.base == 0:
        told = gettext_noop("Con descuento del total no hay sobre qué calcular impuestos: quita el concepto.")
        findings.say(f"{where}.discount", told, "CFDI40174")


def _check_object(line: DraftLine, where: str, findings: Findings, exists: Exists) -> None:
    if not findings.code(f"{where}.object_code", "c_ObjetoImp", line.object, exists, "CFDI40170"):
        return
    charged = {tax.code for tax in line.taxes if not tax.withheld}
    if line.object in _NEEDS_TAXES and not line.taxes:
        told = gettext_noop("Es objeto de impuesto: di cuáles (o que está exento).")
        findings.say(f"{where}.taxes", told, "CFDI40171")
    elif line.object in _NO_TAXES and line.taxes:
        told = gettext_noop("Con objeto de impuesto %(code)s el concepto no lleva impuestos.")
        findings.say(f"{where}.taxes", told, "CFDI40172", code=line.object)
    elif line.object == "07" and (IVA in charged or IEPS not in charged):
        told = gettext_noop("Con objeto de impuesto 07 se desglosa el IEPS y no el IVA.")
        findings.say(f"{where}.taxes", told)
    kinds = [(tax.code, tax.factor, tax.rate, tax.withheld) for tax in line.taxes]
    if len(set(kinds)) != len(kinds):
        findings.say(f"{where}.taxes", gettext_noop("Un impuesto está repetido en el concepto."))
    if sum(1 for tax in line.taxes if tax.code == IVA and not tax.withheld) > 1:
        findings.say(f"{where}.taxes", gettext_noop("El concepto lleva una sola tasa de IVA."))


def _check_tax(tax: DraftTax, where: str, findings: Findings) -> None:
    if tax.code not in (ISR, IVA, IEPS) or tax.factor not in (RATE, QUOTA, EXEMPT):
        findings.say(where, gettext_noop("Elige un impuesto del catálogo."), "CFDI40175")
    elif tax.withheld:
        if tax.factor == EXEMPT:
            findings.say(where, gettext_noop("Una retención no puede estar exenta."), "CFDI40184")
        elif not _may_withhold(tax):
            findings.say(where, gettext_noop("La tasa de la retención no está entre las permitidas."), "CFDI40185")
    elif tax.code == ISR:
        findings.say(where, gettext_noop("El ISR solo se retiene."), "CFDI40175")
    elif tax.factor == EXEMPT:
        if tax.rate:
            findings.say(where, gettext_noop("Un impuesto exento no lleva tasa."), "CFDI40177")
    elif not _may_charge(tax):
        findings.say(where, gettext_noop("La tasa del impuesto no está entre las permitidas."), "CFDI40179")


def _may_withhold(tax: DraftTax) -> bool:
    if tax.code == IEPS:
        return _is_ieps(tax)
    return tax.factor == RATE and 0 <= tax.rate <= _HIGHEST[tax.code]


def _may_charge(tax: DraftTax) -> bool:
    return _is_ieps(tax) if tax.code == IEPS else tax.factor == RATE and tax.rate in _IVA_RATES


def _is_ieps(tax: DraftTax) -> bool:
    return tax.rate in _IEPS_RATES if tax.factor == RATE else 0 < tax.rate <= _HIGHEST_QUOTA


def _check_ticket(line: DraftLine, where: str, findings: Findings) -> None:
    """A global invoice lists tickets: Guía de llenado del CFDI global, "Conceptos"."""
    if (line.product_key, line.unit_key) != ("01010101", "ACT"):
        told = gettext_noop("En la factura global cada concepto lleva la clave 01010101 y la unidad ACT.")
        findings.say(f"{where}.product_key", told)
    if not line.identification:
        told = gettext_noop("En la factura global cada concepto lleva el número de su comprobante.")
        findings.say(f"{where}.identification", told)


def _check_totals(draft: DraftDocument, findings: Findings) -> None:
    if findings.found and any(each.field.startswith("lines.") and not each.is_warning for each in findings.found):
        return  # totals of wrong lines say nothing new
    if draft.total <= 0:
        findings.say("total", gettext_noop("El total del documento debe ser mayor que cero."))
    elif draft.total >= MOST:
        findings.say("total", gettext_noop("El total es demasiado grande."), "CFDI40120")
