"""What the company sells and how it goes wrong: credit, cash, cancellations, substitutions, advances, globals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from aldia.demo.books import Books, Sale, note_cancellation
from aldia.demo.catalogue import order_lines, single_line
from aldia.demo.issued import Issued
from aldia.demo.notes import plan_notes
from aldia.demo.people import DemoCustomer
from aldia.demo.receipts import plan_payment
from aldia.domain.fiscal.drafts import (
    IVA_16,
    DraftDocument,
    DraftLine,
    DraftParty,
    DraftRelation,
    GlobalPeriod,
    plain_line,
    sum_taxes,
)

# Out of a thousand orders on credit. The rest are ordinary.
CANCELLED, REPLACED, WITH_ADVANCE, MOVED_GOODS, CHARGED = 12, 11, 12, 9, 60
CASH_FORMS = ("01", "03", "03", "04", "28")


def handle_order(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    """One order of a customer: most become an ordinary invoice."""
    roll = books.rng.randrange(1000)
    if not customer.credit_days or books.rng.random() < 0.05:
        yield from _sell_for_cash(books, at, customer)
    elif roll < CANCELLED:
        yield from _sell_and_cancel(books, at, customer)
    elif roll < CANCELLED + REPLACED:
        yield from _sell_with_mistake(books, at, customer)
    elif roll < CANCELLED + REPLACED + WITH_ADVANCE and customer.currency == "MXN":
        yield from _take_advance(books, at, customer)
    else:
        yield from sell_on_credit(books, at, customer)
        if roll >= 1000 - MOVED_GOODS:
            yield _move_goods(books, at)


def invoice(
    books: Books,
    at: datetime,
    customer: DemoCustomer,
    lines: tuple[DraftLine, ...],
    *,
    relations: tuple[DraftRelation, ...] = (),
    cash_form: str = "",
    credit_days: int | None = None,
) -> tuple[Issued, Sale]:
    """An invoice (PPD, or PUE with a form of payment) and its sale, not yet in the books."""
    days = 0 if cash_form else customer.credit_days if credit_days is None else credit_days
    series = "TJ" if customer.at_border else "F"
    in_dollars = customer.currency == "USD"
    draft = DraftDocument(
        "I",
        series,
        books.next_folio(series),
        at,
        books.cast.company.border_place if customer.at_border else books.cast.company.party.postal_code,
        books.cast.company.party,
        _receiver(books, customer),
        lines,
        currency=customer.currency,
        exchange_rate=books.rates.on(at.date()) if in_dollars else 0,
        method="PUE" if cash_form else "PPD",
        form=cash_form or "99",
        conditions="CONTADO" if cash_form else f"CREDITO {days} DIAS",
        relations=relations,
    )
    return _with_sale(books, draft, customer, days)


def _with_sale(books: Books, draft: DraftDocument, customer: DemoCustomer, days: int) -> tuple[Issued, Sale]:
    issued = Issued(books.new_uuid(), draft, folder_of(draft.issued_at))
    sale = Sale(
        issued.uuid,
        draft.series,
        draft.folio,
        customer,
        draft.currency,
        draft.method,
        draft.issued_at.date(),
        draft.issued_at.date() + timedelta(days=days),
        draft.total,
        sum_taxes(draft.lines),
        draft.lines,
        draft.total,
    )
    return issued, sale


def folder_of(at: datetime) -> str:
    """Where the archive keeps the documents issued in a month."""
    return f"emitidos/{at:%Y-%m}"


def _receiver(books: Books, customer: DemoCustomer) -> DraftParty:
    if customer.party.foreign_id:  # Anexo 20: a foreigner's postal code is that of the place of issue
        return replace(customer.party, postal_code=books.cast.company.party.postal_code)
    return customer.party


def _rate(books: Books, at: datetime, customer: DemoCustomer) -> int:
    return books.rates.on(at.date()) if customer.currency == "USD" else 0


def sell_on_credit(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    """An ordinary invoice, with whatever notes and payments will follow."""
    issued, sale = invoice(books, at, customer, order_lines(customer, books.rng, _rate(books, at, customer)))
    books.open(sale)
    plan_notes(books, sale)
    plan_payment(books, sale)
    if books.rng.randrange(1000) < CHARGED:
        books.plan(datetime.combine(sale.due_on + timedelta(days=33), time(12, 30)), _charge_interest, sale)
    yield issued


def _charge_interest(books: Books, at: datetime, late: Sale) -> Iterator[Issued]:
    """A debit note (02) for a month of interest at 2 % on what is still owed; IVA on it (LIVA 12 and 18)."""
    interest = late.balance * 2 // 100
    if not interest:
        return
    tax = next((t.tax for t in late.taxes if not t.tax.withheld), IVA_16)
    text = f"Intereses moratorios, factura {late.series}-{late.folio}"
    line = plain_line("84101700", "E48", text, 1000, interest, (tax,))
    relations = (DraftRelation("02", (late.uuid,)),)
    issued, sale = invoice(books, at, late.customer, (line,), relations=relations, credit_days=10)
    books.open(sale)
    plan_payment(books, sale)
    yield issued


def _sell_for_cash(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    lines = order_lines(customer, books.rng, _rate(books, at, customer))
    issued, sale = invoice(books, at, customer, lines, cash_form=books.rng.choice(CASH_FORMS))
    books.open(sale)
    yield issued


def _sell_and_cancel(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    issued, sale = invoice(books, at, customer, order_lines(customer, books.rng, _rate(books, at, customer)))
    books.open(sale)
    books.plan(at + timedelta(days=books.rng.randrange(1, 4), hours=2), _cancel, issued, sale)
    yield issued


def _cancel(books: Books, at: datetime, issued: Issued, sale: Sale) -> Iterator[Issued]:
    books.void(sale, "cancelled")
    yield from note_cancellation(books, at, issued)


def _sell_with_mistake(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    issued, sale = invoice(books, at, customer, order_lines(customer, books.rng, _rate(books, at, customer)))
    books.open(sale)
    books.plan(at + timedelta(days=1, hours=1), _replace_invoice, issued, sale)
    yield issued


def _replace_invoice(books: Books, at: datetime, wrong: Issued, sale: Sale) -> Iterator[Issued]:
    """The right invoice names the wrong one (04); the cancellation of the wrong one is known days later."""
    books.void(sale, "replaced")
    relations = (DraftRelation("04", (wrong.uuid,)),)
    issued, right = invoice(books, at, sale.customer, sale.lines, relations=relations)
    books.open(right)
    plan_payment(books, right)
    books.plan(at + timedelta(days=4), note_cancellation, wrong)
    yield issued


def _take_advance(books: Books, at: datetime, customer: DemoCustomer) -> Iterator[Issued]:
    """Step 1 of both procedures of the Anexo 20 guide (appendix 6): the advance is invoiced, PUE."""
    order = single_line(customer, books.rng)
    base = order.base * books.rng.randrange(25, 50) // 100
    line = plain_line("84111506", "ACT", "Anticipo del bien o servicio", 1000, base, order.taxes)
    issued, sale = invoice(books, at, customer, (line,), cash_form="03")
    if books.ledger is not None:
        books.ledger.advances[issued.uuid] = sale.total
    deliver = _deliver_in_full if books.rng.random() < 0.6 else _deliver_remainder
    books.plan(at + timedelta(days=books.rng.randrange(8, 25), minutes=7), deliver, sale, order, line)
    yield issued


def _deliver_in_full(books: Books, at: datetime, advance: Sale, order: DraftLine, line: DraftLine) -> Iterator[Issued]:
    """Procedure A: the whole value (07 to the advance), then a credit note for the advance (07 to that invoice)."""
    issued, sale = invoice(books, at, advance.customer, (order,), relations=(DraftRelation("07", (advance.uuid,)),))
    books.open(sale)
    books.lower(sale, advance.total)
    _use_advance(books, advance)
    plan_payment(books, sale)
    yield issued
    books.plan(at + timedelta(minutes=4), _apply_advance, issued.draft, issued.uuid, line)


def _apply_advance(
    books: Books, at: datetime, delivered: DraftDocument, delivered_uuid: str, line: DraftLine
) -> Iterator[Issued]:
    note = DraftDocument(
        "E",
        "NC",
        books.next_folio("NC"),
        at,
        delivered.place,
        delivered.issuer,
        replace(delivered.receiver, use="G02"),
        (replace(line, description="Aplicación de anticipo"),),
        method="PUE",
        form="30",
        relations=(DraftRelation("07", (delivered_uuid,)),),
    )
    yield Issued(books.new_uuid(), note, folder_of(at))


def _deliver_remainder(
    books: Books, at: datetime, advance: Sale, order: DraftLine, line: DraftLine
) -> Iterator[Issued]:
    """Procedure B: one invoice for what is left, the advance as its discount."""
    rest = replace(order, discount=line.base, description=f"{order.description}. CFDI por remanente de un anticipo")
    relations = (DraftRelation("07", (advance.uuid,)),)
    issued, sale = invoice(books, at, advance.customer, (rest,), relations=relations)
    books.open(sale)
    _use_advance(books, advance)
    plan_payment(books, sale)
    yield issued


def _use_advance(books: Books, advance: Sale) -> None:
    if books.ledger is not None:
        books.ledger.advances[advance.uuid] = 0


def _move_goods(books: Books, at: datetime) -> Issued:
    """A transfer between own warehouses (type T): nobody owes anything."""
    company = books.cast.company.party
    line = plain_line("47131805", "H87", "Traslado de mercancía a bodega norte", 40_000, 0, taxes=())
    receiver = replace(company, use="S01")
    draft = DraftDocument("T", "T", books.next_folio("T"), at, company.postal_code, company, receiver, (line,))
    return Issued(books.new_uuid(), draft, folder_of(at))


def handle_global(books: Books, at: datetime) -> Iterator[Issued]:
    """The global invoice of a month's counter sales (público en general): never collected."""
    company = books.cast.company.party
    day: date = at.date()
    tickets = tuple(
        plain_line(
            "01010101", "ACT", "Venta", 1000, books.rng.randrange(8_500, 190_000), identification=f"T-{at:%y%m}-{n:03d}"
        )
        for n in range(1, books.rng.randrange(9, 22))
    )
    draft = DraftDocument(
        "I",
        "G",
        books.next_folio("G"),
        at,
        company.postal_code,
        company,
        DraftParty("XAXX010101000", "PUBLICO EN GENERAL", "616", company.postal_code, "S01"),
        tickets,
        method="PUE",
        form="01",
        global_period=GlobalPeriod("04", f"{day.month:02d}", day.year),
    )
    yield Issued(books.new_uuid(), draft, folder_of(at))
