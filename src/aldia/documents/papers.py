"""The printed representation of a CFDI, set from its original bytes: what the XML says, and the issuer's note."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument, number_of
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain import money
from aldia.domain.amounts_in_words import in_words
from aldia.domain.fiscal import catalogues as sat
from aldia.domain.fiscal import document as fiscal
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.printed import LineTax, Printed, PrintedLine, PrintedPayment, read_printed
from aldia.domain.fiscal.values import NO_CURRENCY
from aldia.integrations.typesetting import CannotSet, set_pdf
from aldia.integrations.typesetting.pictures import qr_svg
from aldia.tenancy.brand import Brand, brand_words, current_brand

MAX_LINES = 3_000
MAX_WORDS = Decimal(10) ** 15
_TITLES = {
    "invoice": "Factura",
    "credit_note": "Nota de crédito",
    "debit_note": "Nota de cargo",
    "advance": "Factura de anticipo",
    "payment_complement": "Complemento de pago",
    "transfer": "Traslado",
}
_RATE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?")
_LONG_WORD = re.compile(r"\S{25,}")


class CannotPrint(Exception):
    """The document has no paper: its original is gone or cannot be read any more. The sentence is for a person."""


def cfdi_pdf(document: FiscalDocument) -> bytes:
    """Our printed representation of a document on file, with the company's brand if it issued it.

    Raises `CannotPrint`.
    """
    try:
        data = read_original(document)
    except OriginalLost as error:
        raise CannotPrint(_("El archivo original de este documento ya no se puede leer.")) from error
    is_ours = document.direction == Direction.ISSUED
    is_cancelled = document.status == AuthorityStatus.CANCELLED
    brand = current_brand() if is_ours else Brand()
    return pdf_of(data, brand=brand, is_cancelled=is_cancelled, note=document.printed_note or "")


def pdf_of(data: bytes, *, brand: Brand, is_cancelled: bool = False, note: str = "") -> bytes:
    """The paper of the bytes of a CFDI. Raises `CannotPrint`."""
    try:
        return set_pdf("cfdi", paper_of(read_printed(data), brand, is_cancelled, note))
    except FiscalError as error:
        raise CannotPrint(error.message) from error
    except CannotSet as error:
        raise CannotPrint(_("No se pudo formar el PDF de este documento; su XML está completo.")) from error


def file_name(document: FiscalDocument) -> str:
    """ "F-123.pdf": how the paper is called when it leaves the house."""
    return re.sub(r"[^\w.-]+", "_", document.number).strip("._") + ".pdf"


def paper_of(printed: Printed, brand: Brand, is_cancelled: bool, note: str = "") -> dict[str, Any]:
    """What the template `cfdi.typ` asks for: texts only."""
    document = printed.document
    is_global = printed.period is not None
    return {
        "brand": brand_words(brand),
        "company": {"name": breakable(document.issuer.name) or document.issuer.tax_id},
        "title": "Factura global" if is_global else _TITLES.get(document.kind, "CFDI"),
        "number": number_of(document.series, document.folio, document.key),
        "uuid": document.key,
        "issued_at": f"{document.issued_at:%Y-%m-%d %H:%M:%S}",
        "mark": "CANCELADO" if is_cancelled else "",
        "footer": f"Folio fiscal {document.key}",
        "issuer": _issuer(document),
        "receiver": {"name": breakable(document.receiver.name), "facts": _receiver(document.receiver)},
        "facts": _facts(printed),
        "relations": [
            {"meaning": sat.named(sat.RELATIONS, each.code), "keys": list(each.keys)} for each in document.relations
        ],
        "has_discount": any(each.line.discount for each in printed.lines),
        "lines": [_line(each, document.currency) for each in printed.lines[:MAX_LINES]],
        "lines_note": _lines_note(len(printed.lines)),
        "note": [breakable(each) for each in note.splitlines()],
        "payments": _payments(printed),
        "totals": _payment_totals(printed) if document.payments else _totals(document),
        "words": _words(document),
        "qr": qr_svg(printed.verifier_url),
        **_stamped(printed),
    }


# ── who, and what is printed once ─────────────────────────────────────────────────────────────────────────────


def _issuer(document: fiscal.FiscalDocument) -> list[str]:
    issuer = document.issuer
    found = [f"RFC {issuer.tax_id}"]
    if issuer.regime:
        found.append(f"Régimen fiscal {sat.named(sat.REGIMES, issuer.regime)}")
    if document.place:
        found.append(f"Lugar de expedición (C.P.) {document.place}")
    return found


def _receiver(party: fiscal.Party) -> list[tuple[str, str]]:
    return [
        ("RFC", party.tax_id),
        ("Régimen fiscal", sat.named(sat.REGIMES, party.regime)),
        ("Domicilio fiscal (C.P.)", party.postal_code),
        ("Uso del CFDI", sat.named(sat.USES, party.use)),
        ("Residencia fiscal", party.residence),
        ("Registro tributario", breakable(party.foreign_id)),
    ]


def _facts(printed: Printed) -> list[tuple[str, str]]:
    document = printed.document
    has_money = document.currency != NO_CURRENCY
    rate = document.exchange_rate if document.currency != "MXN" else None
    return [
        ("Tipo de comprobante", sat.named(sat.TYPES, document.type_code)),
        ("Versión", document.version),
        ("Moneda", document.currency if has_money else ""),
        ("Tipo de cambio", "" if rate is None or not has_money else _number(rate)),
        ("Método de pago", sat.named(sat.METHODS, document.method)),
        ("Forma de pago", sat.named(sat.FORMS, document.payment_form)),
        ("Condiciones de pago", breakable(document.conditions)),
        ("Exportación", sat.named(sat.EXPORTS, printed.export)),
        ("Información global", _period(printed.period)),
        ("Confirmación", printed.confirmation[:20]),
    ]


def _period(period: tuple[str, str, str] | None) -> str:
    if period is None:
        return ""
    periodicity, months, year = period
    return f"{sat.named(sat.PERIODS, periodicity)}, {sat.MONTHS.get(months, months)} {year}"


def _stamped(printed: Printed) -> dict[str, Any]:
    stamp = printed.stamp
    return {
        "stamp": [
            ("Certificado del emisor", printed.certificate[:30]),
            ("Certificado del SAT", stamp.certificate[:30]),
            ("Fecha y hora de certificación", stamp.stamped_at.replace("T", " ")[:30]),
            ("RFC del PAC", stamp.provider[:13]),
        ],
        "seals": [
            ("Sello digital del CFDI", printed.seal[:4_000]),
            ("Sello digital del SAT", stamp.seal[:4_000]),
            ("Cadena original del complemento de certificación digital del SAT", stamp.chain[:8_000]),
        ],
    }


# ── concepts and totals ───────────────────────────────────────────────────────────────────────────────────────


def _line(each: PrintedLine, currency: str) -> dict[str, str]:
    line = each.line
    unit = " · ".join(part for part in (line.unit_key, each.unit) if part)
    return {
        "key": line.product_key,
        "identification": breakable(line.identification),
        "description": breakable(line.description),
        "taxes": "   ".join(_line_tax(tax, currency) for tax in each.taxes),
        "quantity": _number(line.quantity),
        "unit": breakable(unit),
        "unit_price": _amount(line.unit_price, currency),
        "discount": _amount(line.discount, currency) if line.discount else "",
        "amount": _amount(line.amount, currency),
    }


def _line_tax(tax: LineTax, currency: str) -> str:
    name = tax_name(tax.code, tax.factor, tax.rate, tax.withheld)
    return name if tax.amount is None else f"{name}: {_amount(tax.amount, currency)}"


def tax_name(code: str, factor: str, rate: str, withheld: bool) -> str:
    """ "IVA 16 %", "Retención ISR 10 %", "IVA exento"."""
    parts = ["Retención" if withheld else "", sat.TAXES.get(code, code)]
    if factor == "Exento":
        parts.append("exento")
    elif rate:
        parts.append(_percent(rate) if factor != "Cuota" else rate)
    return " ".join(part for part in parts if part)


def _percent(rate: str) -> str:
    """A rate as people say it; what is no plain number is printed as it is: an exponent may stand for many zeros."""
    return f"{_number(Decimal(rate) * 100)} %" if _RATE.fullmatch(rate) else rate


def _lines_note(count: int) -> str:
    if count <= MAX_LINES:
        return ""
    return f"Se imprimen {MAX_LINES:,} de los {count:,} conceptos; el XML los trae todos."


def _totals(document: fiscal.FiscalDocument) -> list[dict[str, Any]]:
    currency = document.currency
    if currency == NO_CURRENCY:
        return []
    rows = [("Subtotal", document.subtotal)]
    if document.discount:
        rows.append(("Descuento", document.discount))
    taxes = [
        (tax_name(tax.code, tax.factor, tax.rate, tax.withheld), tax.amount)
        for tax in sorted(document.taxes, key=lambda tax: tax.withheld)
    ]
    found = [{"label": name, "value": _amount(value, currency), "strong": False} for name, value in rows + taxes]
    return [*found, {"label": f"Total {currency}", "value": _amount(document.total, currency), "strong": True}]


def _words(document: fiscal.FiscalDocument) -> str:
    if document.currency == NO_CURRENCY or document.total >= MAX_WORDS:
        return ""
    return in_words(document.total, document.currency)


# ── payments ──────────────────────────────────────────────────────────────────────────────────────────────────


def _payments(printed: Printed) -> list[dict[str, Any]]:
    payments = printed.document.payments
    return [
        _payment(each, more, f"Pago {place} de {len(payments)}" if len(payments) > 1 else "Pago recibido")
        for place, (each, more) in enumerate(zip(payments, printed.payments, strict=True), 1)
    ]


def _payment(each: fiscal.Payment, more: PrintedPayment, title: str) -> dict[str, Any]:
    rate = "" if each.currency == "MXN" or each.rate is None else _number(each.rate)
    return {
        "title": title,
        "facts": [
            ("Fecha y hora del pago", f"{each.paid_at:%Y-%m-%d %H:%M:%S}"),
            ("Forma de pago", sat.named(sat.FORMS, each.form)),
            ("Monto", f"{_amount(each.amount, each.currency)} {each.currency}"),
            ("Tipo de cambio", rate),
            ("Número de operación", breakable(each.operation)),
            ("Banco ordenante", breakable(more.payer_bank)),
            ("Cuenta ordenante", breakable(each.payer_account)),
            ("Cuenta beneficiaria", breakable(more.payee_account)),
        ],
        "documents": [_paid(row) for row in each.documents],
    }


def _paid(row: fiscal.PaidDocument) -> list[str]:
    def amount(value: Decimal | None) -> str:
        return "" if value is None else _amount(value, row.currency)

    return [
        row.key,
        "-".join(part for part in (row.series, row.folio) if part),
        "" if row.partiality is None else str(row.partiality),
        row.currency,
        _number(row.equivalence),
        amount(row.before),
        amount(row.paid),
        amount(row.after),
    ]


def _payment_totals(printed: Printed) -> list[dict[str, Any]]:
    named = [(name, value) for name, value in printed.payment_totals if name != "MontoTotalPagos"]
    rows = [
        {"label": sat.PAYMENT_TOTALS.get(name, name)[:60], "value": _amount(value, "MXN"), "strong": False}
        for name, value in named
    ]
    whole = [value for name, value in printed.payment_totals if name == "MontoTotalPagos"]
    return rows + [{"label": "Total de pagos MXN", "value": _amount(each, "MXN"), "strong": True} for each in whole]


# ── figures and texts ─────────────────────────────────────────────────────────────────────────────────────────


def _amount(value: Decimal, currency: str) -> str:
    """ "1,234.50": at least the decimals of the currency, never fewer than were printed."""
    places = 2 if currency == NO_CURRENCY else money.exponent(currency)
    return f"{value:,.{max(places, _decimals(value))}f}"


def _number(value: Decimal) -> str:
    return f"{value:,.{_decimals(value)}f}"


def _decimals(value: Decimal) -> int:
    _, _, decimals = f"{value:f}".partition(".")
    return len(decimals.rstrip("0"))


def breakable(text: str) -> str:
    """The text with places to break inside words that are too long for any column (zero-width spaces)."""
    return _LONG_WORD.sub(lambda word: "\u200b".join(word[0][at : at + 12] for at in range(0, len(word[0]), 12)), text)
