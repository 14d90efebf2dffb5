"""Money that came before its invoice pays it when it arrives, where there is no doubt; else it waits in a list."""

from __future__ import annotations

from aldia.banking.models import PayerAgreement
from aldia.banking.operations.advancing import apply_advances
from aldia.banking.operations.undoing import undo_match
from aldia.banking.queries.advances import waiting
from aldia.customers.models import Customer
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.allocating import unallocate
from aldia.receivables.operations.effects import apply_documents
from aldia.tenancy.models import AuditEvent
from tests.cast import Papers, make_customer
from tests.support.bank_window import TODAY, Window, at, books, fresh


def advance(window: Window, amount: int, concept: str = "", customer: Customer | None = None) -> Credit:
    """Bank money left in favour of the customer."""
    movement = window.moved(amount, concept=concept)
    owner = (customer or window.customer).pk
    match = window.match(movement, left=amount, customer_id=owner)
    assert match.credit is not None
    return match.credit


def apply() -> int:
    return apply_advances(today=TODAY)


def test_the_invoice_of_exactly_that_amount_is_paid_when_it_arrives(window: Window) -> None:
    credit = advance(window, 500_00)
    assert apply() == 0
    row = window.owes(500_00)
    assert [(each.credit.pk, each.free, [one.pk for one in each.arrived]) for each in waiting()] == [
        (credit.pk, 500_00, [row.pk])
    ]
    assert apply() == 1
    assert (fresh(row).balance, fresh(credit).remaining, waiting()) == (0, 0, [])
    assert Allocation.objects.get().rule == "bank_advance"
    assert AuditEvent.objects.get(verb="banking.advance_applied").detail["receivables"] == {str(row.pk): 500_00}
    assert apply() == 0


def test_an_invoice_on_file_pays_itself_too(window: Window) -> None:
    credit = advance(window, 500_00)
    invoice = Papers(window.company, window.customer).invoice(500_00, TODAY)
    apply_documents(keys=[invoice.key], today=TODAY, actor=None)
    assert apply() == 1
    assert (Receivable.objects.get().balance, fresh(credit).remaining) == (0, 0)


def test_several_that_add_up_to_it_are_paid_together(window: Window) -> None:
    advance(window, 500_00)
    rows = [window.owes(300_00), window.owes(200_00)]
    assert apply() == 2
    assert [fresh(row).balance for row in rows] == [0, 0]


def test_another_amount_waits_for_a_person(window: Window) -> None:
    advance(window, 500_00)
    row = window.owes(700_00)
    assert apply() == 0
    assert (fresh(row).balance, len(waiting())) == (700_00, 1)


def test_what_the_payer_cited_is_paid_as_far_as_it_goes(window: Window) -> None:
    credit = advance(window, 500_00, "ANTICIPO FACTURA QX-4711")
    other, row = window.owes(100_00, number="QX-4700"), window.owes(700_00, number="QX-4711")
    assert apply() == 1
    assert (fresh(other).balance, fresh(row).balance, fresh(credit).remaining) == (100_00, 200_00, 0)


def test_two_that_it_could_be_or_two_that_could_pay_it_are_a_question(window: Window) -> None:
    advance(window, 500_00)
    rows = [window.owes(500_00), window.owes(500_00)]
    assert apply() == 0
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    for _ in range(2):
        advance(window, 80_00, customer=other)
    window.owes(80_00, other)
    assert apply() == 0
    assert [fresh(row).balance for row in rows] == [500_00, 500_00]


def test_what_was_owed_when_the_money_came_was_left_unpaid_knowingly(window: Window) -> None:
    row = window.owes(500_00)
    advance(window, 500_00)
    assert apply() == 0
    assert fresh(row).balance == 500_00
    assert [(len(each.owed), len(each.arrived)) for each in waiting()] == [(1, 0)]


def test_oldest_first_where_that_was_agreed(window: Window) -> None:
    from datetime import date

    credit = advance(window, 500_00)
    late = window.owes(400_00, due_on=date(2026, 12, 30))
    soon = window.owes(300_00, due_on=date(2026, 12, 1))
    assert apply() == 0
    PayerAgreement.objects.create(company=window.company, customer=window.customer, oldest_first=True)
    assert apply() == 2
    assert (fresh(soon).balance, fresh(late).balance, fresh(credit).remaining) == (0, 200_00, 0)


def test_each_customer_and_currency_by_itself(window: Window) -> None:
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    advance(window, 500_00)
    theirs, dollars = window.owes(500_00, other), window.owes(500_00, currency="USD")
    assert apply() == 0
    assert (fresh(theirs).balance, fresh(dollars).balance) == (500_00, 500_00)
    mine = window.owes(500_00)
    assert apply_advances(customer_ids=[other.pk], today=TODAY) == 0
    assert apply_advances(customer_ids=[window.customer.pk], today=TODAY) == 1
    assert fresh(mine).balance == 0


def test_two_advances_do_not_pay_the_same_invoice(window: Window) -> None:
    PayerAgreement.objects.create(company=window.company, customer=window.customer, oldest_first=True)
    first, second = advance(window, 300_00), advance(window, 400_00)
    row = window.owes(500_00)
    assert apply() == 2
    assert (fresh(row).balance, fresh(first).remaining, fresh(second).remaining) == (0, 0, 200_00)


def test_what_a_person_took_back_stays_taken_back(window: Window) -> None:
    credit = advance(window, 500_00)
    row = window.owes(500_00)
    apply()
    unallocate(allocation_id=Allocation.objects.get().pk, on=TODAY, actor=window.owner)
    assert apply() == 0
    assert (fresh(row).balance, fresh(credit).remaining) == (500_00, 500_00)


def test_undoing_the_match_takes_the_advance_off_its_invoice(window: Window) -> None:
    movement = window.moved(500_00)
    row = window.owes(500_00)
    before = books()
    match = window.match(movement, left=500_00)
    Receivable.objects.filter(pk=row.pk).update(created_at=at().replace(year=2027))  # it arrives after
    assert apply() == 1
    Receivable.objects.filter(pk=row.pk).update(created_at=row.created_at)
    undo_match(match_id=match.pk, reason="", actor=None, now=at())
    assert books() == before


def test_money_that_did_not_come_by_the_bank_is_not_touched(window: Window) -> None:
    window.paid(500_00)
    window.owes(500_00)
    assert (apply(), waiting()) == (0, [])
