"""A document on file as a draft again: what notes, advances and copies of it are made from."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from aldia.documents.models import FiscalDocument
from aldia.documents.originals import OriginalLost, read_original
from aldia.domain import currencies
from aldia.domain.fiscal.document import FiscalDocument as Source
from aldia.domain.fiscal.document import Party
from aldia.domain.fiscal.drafts import (
    EXEMPT,
    MICRO,
    UNDATED,
    DraftDocument,
    DraftLine,
    DraftParty,
    DraftRelation,
    DraftTax,
)
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.printed import LineTax, PrintedLine, read_printed


class NoSource(ValueError):
    """The document cannot be read again; the text is a sentence for people."""


def draft_of(document: FiscalDocument) -> DraftDocument:
    """What a CFDI on file says, as a draft without date, series and folio. Raises `NoSource`."""
    try:
        printed = read_printed(read_original(document))
    except (OriginalLost, FiscalError):
        raise NoSource(_("El XML de ese documento ya no se puede leer.")) from None
    source = printed.document
    if source.type_code not in ("I", "E") or source.currency not in currencies.CURRENCIES:
        raise NoSource(_("De ese tipo de documento no se puede partir."))
    decimals = currencies.exponent(source.currency)
    return DraftDocument(
        source.type_code,
        "",
        "",
        UNDATED,
        source.place,
        _party(source.issuer, source),
        _party(source.receiver, source),
        tuple(_line(each, decimals) for each in printed.lines),
        currency=source.currency,
        exchange_rate=_rate(source),
        method=source.method,
        form=source.payment_form,
        conditions=" ".join(source.conditions.split()),
        relations=tuple(DraftRelation(each.code, each.keys) for each in source.relations),
    )


def _party(party: Party, source: Source) -> DraftParty:
    return DraftParty(
        party.tax_id,
        " ".join(party.name.split()),
        party.regime,
        party.postal_code or source.place,
        party.use,
        party.residence,
        party.foreign_id,
    )


def _rate(source: Source) -> int:
    if source.currency == "MXN" or source.exchange_rate is None:
        return 0
    return _micro(source.exchange_rate)


def _line(printed: PrintedLine, decimals: int) -> DraftLine:
    line = printed.line
    return DraftLine(
        line.product_key,
        line.unit_key,
        " ".join(line.description.split()),
        _micro(line.quantity),
        _micro(line.unit_price),
        tuple(_tax(each) for each in printed.taxes),
        discount=int(line.discount.scaleb(decimals).to_integral_value()),
        identification=line.identification,
        unit=printed.unit,
        decimals=decimals,
    )


def _tax(tax: LineTax) -> DraftTax:
    rate = 0 if tax.factor == EXEMPT or not tax.rate else _micro(Decimal(tax.rate))
    return DraftTax(tax.code, rate, tax.withheld, tax.factor)


def _micro(value: Decimal) -> int:
    return int((value * MICRO).to_integral_value())
