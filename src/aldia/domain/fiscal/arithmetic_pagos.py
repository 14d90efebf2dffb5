"""Does a payment complement add up? Balances, limits, taxes of each payment, totals in pesos.

Matriz de errores of the complement 2.0, CRP20200 to CRP20290 (Anexo 20). Taxes of a payment are those of its documents
divided by their equivalence, to six decimals; totals are those times the exchange rate, to two. The fixtures of
eclipxe13/CfdiUtils "pagos20-calculator" are the reference.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.tally import SIX, WIDE, Tally, decimals, half_unit, number, places_of, round_to
from aldia.domain.fiscal.values import ONE, ZERO

Key = tuple[bool, str, str, str]  # withheld, tax, factor, rate
Sums = dict[Key, tuple[Decimal, Decimal]]  # base, amount

_EQUIVALENCE_SLACK = Decimal("0.00000000005")  # half of the tenth decimal of EquivalenciaDR
IVA, ISR, IEPS = "002", "001", "003"
_WITHHELD_TOTALS = {IVA: "TotalRetencionesIVA", ISR: "TotalRetencionesISR", IEPS: "TotalRetencionesIEPS"}
_RATE_TOTALS = {"0.160000": "IVA16", "0.080000": "IVA8", "0.000000": "IVA0"}


def check(complement: _Element, version: str, tally: Tally) -> None:
    """Add to `tally` whatever does not add up in a Pagos node. Raises `FieldError` where a figure cannot be read."""
    payments = [node for node in complement if node.tag.endswith("}Pago")]
    for position, payment in enumerate(payments, 1):
        _check_payment(payment, version, f"Pago {position}", tally)
    if version == "2.0":
        _check_totals(complement, payments, tally)


def _documents(payment: _Element) -> list[_Element]:
    return [node for node in payment if node.tag.endswith("}DoctoRelacionado")]


def _check_payment(payment: _Element, version: str, name: str, tally: Tally) -> None:
    documents = _documents(payment)
    for position, document in enumerate(documents, 1):
        _check_balance(document, f"{name}, documento {position}", tally)
    if all(document.get("ImpPagado") for document in documents):
        _check_limits(payment, documents, version, name, tally)
    if version == "2.0":
        _check_document_taxes(documents, name, tally)
        _check_payment_taxes(payment, documents, name, tally)


def _check_balance(document: _Element, name: str, tally: Tally) -> None:
    """CRP20239-44: what remains is what was owed less what is paid, and never less than zero."""
    if not (document.get("ImpSaldoAnt") and document.get("ImpPagado")):
        return
    before, paid = number(document, "ImpSaldoAnt"), number(document, "ImpPagado")
    tally.at_most("paid", f"{name}: ImpPagado", paid, before)
    if document.get("ImpSaldoInsoluto"):
        tally.equal("balance", f"{name}: ImpSaldoInsoluto", number(document, "ImpSaldoInsoluto"), before - paid)


def _equivalence(document: _Element) -> Decimal:
    return number(document, "EquivalenciaDR") or number(document, "TipoCambioDR") or ONE


def _check_limits(payment: _Element, documents: list[_Element], version: str, name: str, tally: Tally) -> None:
    """CRP20275/76: the amount lies between the sums of what is paid, at the ends of its roundings.

    Complements 1.0 might leave part of a payment without document, so only the lower end held for them.
    """
    if not documents:
        return
    low = high = ZERO
    currency = values.currency(payment, "MonedaP", name)
    for document in documents:
        paid, rate = number(document, "ImpPagado"), _equivalence(document)
        same = document.get("MonedaDR", currency) == currency
        if version == "1.0" and not same and rate == ONE:
            rate = number(payment, "TipoCambioP") or ONE  # CRP220 forced 1 on documents in pesos
        slack = ZERO if same and rate == ONE else _slack(document, version)
        half = half_unit(decimals(_currency(document, currency)))
        low += WIDE.divide(max(paid - half, ZERO), rate + slack)
        high += WIDE.divide(paid + half, max(rate - slack, SIX * SIX))
    amount = number(payment, "Monto")
    if version == "2.0":
        tally.between("amount", f"{name}: Monto", amount, round_to(low, 6), round_to(high, 6))
    elif amount < low:
        tally.between("amount", f"{name}: Monto", amount, round_to(low, 6), max(amount, round_to(high, 6)))


def _slack(document: _Element, version: str) -> Decimal:
    return _EQUIVALENCE_SLACK if version == "2.0" else half_unit(6)


def _currency(document: _Element, default: str) -> str:
    return values.currency(document, "MonedaDR", "DoctoRelacionado") if document.get("MonedaDR") else default


# ── taxes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _tax_nodes(parent: _Element, suffix: str) -> list[_Element]:
    """TrasladoDR, RetencionDR of a document (suffix "DR"), or TrasladoP, RetencionP of a payment (suffix "P")."""
    return [tax for node in parent if node.tag.endswith(f"}}Impuestos{suffix}") for group in node for tax in group]


def _key(tax: _Element, suffix: str) -> Key:
    """Withheld taxes are grouped by tax alone, transferred ones by tax, factor and rate."""
    withheld = tax.tag.endswith(f"}}Retencion{suffix}")
    code = tax.get(f"Impuesto{suffix}", "")
    if withheld:
        return True, code, "", ""
    rate = values.optional_number(tax, f"TasaOCuota{suffix}", f"Traslado{suffix}")
    return False, code, tax.get(f"TipoFactor{suffix}", ""), "" if rate is None else f"{rate:.6f}"


def _check_document_taxes(documents: list[_Element], name: str, tally: Tally) -> None:
    for position, document in enumerate(documents, 1):
        for tax in _tax_nodes(document, "DR"):
            if tax.get("TipoFactorDR") == "Exento":
                continue
            base, amount = number(tax, "BaseDR"), number(tax, "ImporteDR")
            rate = number(tax, "TasaOCuotaDR")
            slack = WIDE.multiply(half_unit(places_of(base)), rate) + Decimal((0, (1,), -places_of(amount)))
            what = f"{name}, documento {position}: impuesto {tax.get('ImpuestoDR', '')}"
            tally.near("document_tax", what, amount, WIDE.multiply(base, rate), max(slack, Decimal("0.01")))


def payment_sums(documents: list[_Element]) -> Sums:
    """Taxes of a payment: those of its documents divided by their equivalence, to six decimals."""
    sums: dict[Key, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for document in documents:
        rate = _equivalence(document)
        for tax in _tax_nodes(document, "DR"):
            found = sums[_key(tax, "DR")]
            found[0] += WIDE.divide(number(tax, "BaseDR"), rate)
            found[1] += WIDE.divide(number(tax, "ImporteDR"), rate)
    return {key: (round_to(base, 6), round_to(amount, 6)) for key, (base, amount) in sums.items()}


def _check_payment_taxes(payment: _Element, documents: list[_Element], name: str, tally: Tally) -> None:
    expected = payment_sums(documents)
    printed = {_key(tax, "P"): tax for tax in _tax_nodes(payment, "P")}
    for key in {**expected, **printed}:
        base, amount = expected.get(key, (ZERO, ZERO))
        tax = printed.get(key)
        what = f"{name}: {'retención' if key[0] else 'traslado'} {key[1]} {key[3]}".rstrip()
        _near_printed(tally, f"{what}: importe", tax, "ImporteP", amount, len(documents))
        if not key[0]:
            _near_printed(tally, f"{what}: base", tax, "BaseP", base, len(documents))


def _near_printed(
    tally: Tally, what: str, tax: _Element | None, attribute: str, expected: Decimal, documents: int
) -> None:
    """Within the rounding of what is printed, and one millionth per document: some truncate the sixth decimal."""
    printed = None if tax is None else number(tax, attribute)
    slack = half_unit(places_of(printed)) if printed is not None and places_of(printed) < 6 else ZERO
    tally.near("payment_tax", what, printed, expected, slack + SIX * documents)


def _check_totals(complement: _Element, payments: list[_Element], tally: Tally) -> None:
    """Totals in pesos: each figure of the payments times its exchange rate, to two decimals."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        rate = number(payment, "TipoCambioP") or ONE
        sums["MontoTotalPagos"] += number(payment, "Monto") * rate
        for tax in _tax_nodes(payment, "P"):
            for name, attribute in _totals_of(_key(tax, "P")):
                sums[name] += number(tax, attribute) * rate
    node = next((child for child in complement if child.tag.endswith("}Totales")), None)
    names = {**dict.fromkeys(sums), **dict.fromkeys(() if node is None else node.attrib)}
    for name in names:
        printed = None if node is None else values.optional_number(node, name, "Totales")
        expected = round_to(sums.get(name, ZERO), 2)
        tally.near("complement_total", name, printed, expected, Decimal("0.01") * (len(payments) - 1))


def _totals_of(key: Key) -> list[tuple[str, str]]:
    """The totals to which a tax of a payment adds, and with which of its figures."""
    withheld, code, factor, rate = key
    if withheld:
        return [(_WITHHELD_TOTALS[code], "ImporteP")] if code in _WITHHELD_TOTALS else []
    if code != IVA:
        return []
    if factor == "Exento":
        return [("TotalTrasladosBaseIVAExento", "BaseP")]
    if rate not in _RATE_TOTALS:
        return []
    return [
        (f"TotalTrasladosBase{_RATE_TOTALS[rate]}", "BaseP"),
        (f"TotalTrasladosImpuesto{_RATE_TOTALS[rate]}", "ImporteP"),
    ]
