"""Credit notes: rebates (relation 01) and returned goods (03)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from aldia.demo.books import Books, Sale
from aldia.demo.issued import Issued
from aldia.domain.fiscal.drafts import MICRO, DraftDocument, DraftLine, DraftRelation, plain_line

# Out of a thousand invoices on credit.
REBATED, RETURNED, LATE_REBATED = 40, 30, 4


def plan_notes(books: Books, sale: Sale) -> None:
    """Decide whether a note will follow, and when."""
    roll = books.rng.randrange(1000)
    if roll >= REBATED + RETURNED + LATE_REBATED:
        return
    days = books.rng.randrange(2, 13)
    form = "15"
    if roll >= REBATED + RETURNED:  # when it was long paid: the money stays in the customer's favour
        days, form = sale.customer.credit_days + books.rng.randrange(40, 90), "03"
    at = datetime.combine(sale.issued_on + timedelta(days=days), time(13, books.rng.randrange(60)))
    books.plan(at, _issue_note, sale, "03" if REBATED <= roll < REBATED + RETURNED else "01", form)


def _issue_note(books: Books, at: datetime, sale: Sale, code: str, form: str) -> Iterator[Issued]:
    line = _returned(books, sale) if code == "03" else _rebate(books, sale)
    draft = _note(books, at, sale, line, code, form)
    if sale.state != "live" or not 0 < draft.total <= sale.total:
        return
    if 0 < sale.balance < draft.total:
        return
    issued = Issued(books.new_uuid(), replace(draft, folio=books.next_folio("NC")), f"emitidos/{at:%Y-%m}")
    if sale.balance:
        books.lower(sale, draft.total)
    elif books.ledger is not None:
        books.ledger.credits[issued.uuid] = draft.total
    yield issued


def _note(books: Books, at: datetime, sale: Sale, line: DraftLine, code: str, form: str) -> DraftDocument:
    customer, company = sale.customer, books.cast.company
    place = company.border_place if customer.at_border else company.party.postal_code
    use = customer.party.use if customer.party.foreign_id else "G02"
    postal_code = place if customer.party.foreign_id else customer.party.postal_code
    return DraftDocument(
        "E",
        "NC",
        "0",
        at,
        place,
        company.party,
        replace(customer.party, use=use, postal_code=postal_code),
        (line,),
        currency=sale.currency,
        exchange_rate=books.rates.on(at.date()) if sale.currency == "USD" else 0,
        method="PUE",
        form=form,
        relations=(DraftRelation(code, (sale.uuid,)),),
    )


def _largest(sale: Sale) -> DraftLine:
    return max(sale.lines, key=lambda line: line.base)


def _rebate(books: Books, sale: Sale) -> DraftLine:
    line = _largest(sale)
    price = max(line.base * books.rng.randrange(4, 13) // 100, 1)
    taxes = tuple(tax for tax in line.taxes if not tax.withheld)
    text = f"Bonificación por volumen, factura {sale.series}-{sale.folio}"
    return plain_line("84111506", "ACT", text, 1000, price, taxes)


def _returned(books: Books, sale: Sale) -> DraftLine:
    line = _largest(sale)
    quantity = max(line.quantity_micro * books.rng.randrange(8, 30) // (100 * MICRO), 1) * MICRO
    if quantity >= line.quantity_micro:
        return _rebate(books, sale)
    discount = line.discount * quantity // line.quantity_micro
    return replace(line, quantity_micro=quantity, discount=discount)
