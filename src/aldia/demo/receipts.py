"""How customers pay and what the company issues for it: payment complements (REP), one for each receipt of money.

Deadline of a complement: the 5th natural day of the month after the payment (RMF 2.7.1.32).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from aldia.demo.books import Books, Sale, note_cancellation
from aldia.demo.issued import Issued
from aldia.domain.calendars import is_bank_day
from aldia.domain.fiscal.drafts import (
    DraftComplement,
    DraftPaidDocument,
    DraftPayment,
    DraftRelation,
    half_up,
)

MAX_BUNDLE = 4
CORRECTED = 4  # complements out of a thousand that go out with a mistake and are replaced
OTHER_CURRENCY = 150  # payments of dollar invoices out of a thousand that come in pesos


def plan_payment(books: Books, sale: Sale) -> None:
    """Decide when the sale is paid, in one part or several. Who stopped paying plans nothing."""
    rng, behaviour = books.rng, sale.customer.behaviour
    paid_on = _bank_day(sale.due_on + timedelta(days=_delay(books, sale)))
    if behaviour.stops_on is not None and paid_on > behaviour.stops_on:
        return
    if rng.randrange(100) < behaviour.splits:
        for percent in rng.choice(((50,), (40,), (30, 50))):
            _plan(books, sale, paid_on, percent)
            paid_on = _bank_day(paid_on + timedelta(days=rng.randrange(14, 32)))
    _plan(books, sale, paid_on, 100)


def _delay(books: Books, sale: Sale) -> int:
    rng, behaviour = books.rng, sale.customer.behaviour
    straggles = rng.randrange(30, 140) if rng.random() < 0.16 else 0  # a paper lost, a buyer on holiday
    if behaviour.manner == "punctual":
        return rng.randrange(-5, 4) + straggles // 2
    if behaviour.manner == "erratic":
        # most within a month, some very late indeed
        return rng.randrange(-2, behaviour.days_late) + (rng.randrange(30, 110) if rng.random() < 0.22 else 0)
    return behaviour.days_late + rng.randrange(-3, 7) + straggles


def _bank_day(day: date) -> date:
    while not is_bank_day("MX", day):
        day += timedelta(days=1)
    return day


def _plan(books: Books, sale: Sale, paid_on: date, percent: int) -> None:
    """The complement goes out one to three days after the money came."""
    issued_on = paid_on + timedelta(days=books.rng.choice((1, 1, 1, 2, 3)))
    at = datetime.combine(issued_on, time(books.rng.randrange(10, 18), books.rng.randrange(60)))
    books.plan(at, _receive, sale, paid_on, percent)


def _receive(books: Books, at: datetime, sale: Sale, paid_on: date, percent: int) -> Iterator[Issued]:
    """Money came: of the sale, or of several of the same customer that are due, oldest first."""
    if not sale.balance:
        return
    parts = [(sale, sale.balance if percent == 100 else max(sale.balance * percent // 100, 1))]
    if sale.customer.behaviour.bundles and percent == 100:
        parts += [(other, other.balance) for other in _due_with(books, sale, paid_on)]
    payment = _payment(books, sale, paid_on, parts)
    complement = _complement(books, at, sale, payment)
    issued = Issued(books.new_uuid(), complement, f"emitidos/{at:%Y-%m}")
    for paid_sale, amount in parts:
        paid_sale.paid += amount
        books.lower(paid_sale, amount)
    if books.rng.randrange(1000) < CORRECTED:
        books.plan(at + timedelta(hours=1), _correct, issued)
    yield issued


def _due_with(books: Books, sale: Sale, paid_on: date) -> list[Sale]:
    limit = paid_on + timedelta(days=12)
    mates = [
        other
        for other in books.open_by_customer[sale.customer.clabe][: 6 * MAX_BUNDLE]
        if other is not sale and other.due_on <= limit and other.issued_on < paid_on and other.method == "PPD"
    ]
    return mates[: MAX_BUNDLE - 1]


def _payment(books: Books, sale: Sale, paid_on: date, parts: list[tuple[Sale, int]]) -> DraftPayment:
    customer, company = sale.customer, books.cast.company
    currency = sale.currency
    if currency == "USD" and not customer.party.foreign_id and books.rng.randrange(1000) < OTHER_CURRENCY:
        currency = "MXN"
    rate = books.rates.on(paid_on)
    documents = tuple(
        _paid_document(part, amount, half_up(amount * rate, 1_000_000) if currency != part.currency else amount)
        for part, amount in parts
    )
    form = "02" if books.rng.random() < 0.06 else "03"
    return DraftPayment(
        datetime.combine(paid_on, time(12)),
        form,
        currency,
        sum(document.of_payment for document in documents),
        documents,
        exchange_rate=rate if currency == "USD" else 0,
        operation=f"{paid_on:%Y%m%d}{books.rng.randrange(10**10):010d}",
        payer_bank=customer.bank_rfc if form == "03" else "",
        payer_account=customer.clabe if form == "03" else "",
        payee_bank=company.bank_rfc,
        payee_account=company.clabe,
    )


def _paid_document(sale: Sale, amount: int, of_payment: int) -> DraftPaidDocument:
    sale.partiality += 1
    return DraftPaidDocument(
        sale.uuid,
        sale.series,
        sale.folio,
        sale.currency,
        sale.total,
        sale.taxes,
        sale.partiality,
        before=sale.balance,
        paid=amount,
        paid_earlier=sale.paid,
        of_payment=of_payment,
    )


def _complement(books: Books, at: datetime, sale: Sale, payment: DraftPayment) -> DraftComplement:
    company, receiver = books.cast.company.party, sale.customer.party
    if receiver.foreign_id:
        receiver = replace(receiver, postal_code=company.postal_code)
    return DraftComplement("P", books.next_folio("P"), at, company.postal_code, company, receiver, (payment,))


def _correct(books: Books, at: datetime, wrong: Issued) -> Iterator[Issued]:
    """The same payments with the right operation number, naming the wrong complement (04)."""
    draft = wrong.draft
    if not isinstance(draft, DraftComplement):
        raise TypeError("only complements are corrected so")
    payment = replace(draft.payments[0], operation=f"{draft.payments[0].operation[:-1]}X")
    right = replace(
        draft,
        folio=books.next_folio("P"),
        issued_at=at,
        payments=(payment,),
        relations=(DraftRelation("04", (wrong.uuid,)),),
    )
    books.plan(at + timedelta(hours=20), note_cancellation, wrong)
    yield Issued(books.new_uuid(), right, wrong.folder)
