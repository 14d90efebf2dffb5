"""What each document does to who owes what, whatever order the documents come in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations

import pytest
from django.db import transaction

from aldia.customers.models import Customer
from aldia.documents.models import DocumentRelation, FiscalDocument
from aldia.domain.money import Money
from aldia.receivables.models import Allocation, CollectionSettings, Credit, PuePolicy, Receivable
from aldia.receivables.operations.charges import void_receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import SuspectedDuplicate, record_payment
from aldia.receivables.operations.presuming import presume_due, set_presumption
from aldia.receivables.operations.switching import switch_off, switch_on
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from tests.cast import Papers, make_customer

TODAY = date(2026, 11, 21)
SEP = date(2026, 9, 1)


def apply(*documents: FiscalDocument, today: date = TODAY) -> None:
    for document in documents:
        apply_documents(keys=[document.key], today=today, actor=None)
    assert_proven()


def assert_proven() -> None:
    assert [(name, rows) for name, rows, violations in run_checks() if violations] == []


def in_any_order(*documents: FiscalDocument) -> Iterator[tuple[FiscalDocument, ...]]:
    """Each order of arrival from a clean slate: papers not yet arrived are out of the subledger's sight."""
    everything = FiscalDocument.objects.filter(pk__in=[document.pk for document in documents])
    for order in permutations(documents):
        savepoint = transaction.savepoint()
        everything.update(direction="received")
        for document in order:
            FiscalDocument.objects.filter(pk=document.pk).update(direction="issued")
            apply(document)
        yield order
        transaction.savepoint_rollback(savepoint)


def balance(document: FiscalDocument) -> int:
    return Receivable.objects.get(key=document.key).balance


def in_favour(customer: Customer) -> int:
    return sum(c.remaining - c.held for c in Credit.objects.filter(customer=customer))


def test_an_invoice_opens_with_the_customers_term(papers: Papers, customer: Customer) -> None:
    plain = papers.invoice(100_00, SEP)
    hinted = papers.invoice(100_00, SEP, conditions="CREDITO 45 DÍAS")
    apply(plain, hinted)
    assert Receivable.objects.get(key=plain.key).due_on == date(2026, 10, 1)
    assert Receivable.objects.get(key=hinted.key).due_on == date(2026, 10, 16)
    Customer.objects.filter(pk=customer.pk).update(term_days=15)
    later = papers.invoice(100_00, SEP, conditions="CREDITO 45 DÍAS")
    apply(later)
    assert Receivable.objects.get(key=later.key).due_on == date(2026, 9, 16)


def test_note_and_two_instalments_in_any_order(papers: Papers) -> None:
    invoice = papers.invoice(2319_99, SEP)
    note = papers.note(232_00, date(2026, 9, 20), invoice)
    first = papers.complement(date(2026, 9, 25), 700_00, (invoice, 700_00))
    second = papers.complement(date(2026, 9, 30), 1387_99, (invoice, 1387_99))
    for _ in in_any_order(invoice, note, first, second):
        assert balance(invoice) == 0
        assert {(a.credit.kind, a.amount) for a in live()} == {
            ("credit_note", 232_00),
            ("payment", 700_00),
            ("payment", 1387_99),
        }


def live() -> list[Allocation]:
    return list(Allocation.objects.filter(reversal_of=None, reversal=None).select_related("credit"))


def test_what_is_left_of_a_note_stays_in_favour(papers: Papers, customer: Customer) -> None:
    invoice = papers.invoice(100_00, SEP)
    apply(papers.note(130_00, SEP, invoice), invoice)
    assert (balance(invoice), in_favour(customer)) == (0, 30_00)


@pytest.mark.parametrize("named", [0, 2])
def test_a_note_that_names_none_or_several_waits_for_a_person(papers: Papers, customer: Customer, named: int) -> None:
    invoices = [papers.invoice(100_00, SEP) for _ in range(2)]
    note = papers.note(50_00, SEP, *invoices[:named])
    apply(*invoices, note)
    credit = Credit.objects.get(document=note)
    assert [balance(i) for i in invoices] == [100_00, 100_00]
    assert credit.review == ("names_several" if named else "names_none")


def test_a_complement_of_a_document_not_on_file_is_held_until_it_comes(papers: Papers, customer: Customer) -> None:
    known = papers.invoice(100_00, SEP)
    late = papers.invoice(200_00, SEP)
    late_key = late.key
    FiscalDocument.objects.filter(pk=late.pk).update(key="SOMETHING-ELSE")
    receipt = papers.complement(SEP, 300_00, (known, 100_00), (late_key, 200_00))
    apply(known, receipt)
    credit = Credit.objects.get(document=receipt)
    assert (balance(known), credit.held, in_favour(customer)) == (0, 200_00, 0)
    FiscalDocument.objects.filter(pk=late.pk).update(key=late_key)
    late.refresh_from_db()
    apply(late)
    assert (balance(late), in_favour(customer)) == (0, 0)


def test_dollars_paid_in_pesos(papers: Papers) -> None:
    invoice = papers.invoice(116_00, SEP, currency="USD", exchange_rate="18.5")
    receipt = papers.complement(SEP, 2138_12, (invoice, 116_00, "0.0542532692"))
    apply(receipt, invoice)
    assert balance(invoice) == 0
    assert Credit.objects.get(document=receipt).remaining == 0


def test_pesos_paid_in_dollars(papers: Papers) -> None:
    invoice = papers.invoice(580_00, SEP)
    receipt = papers.complement(SEP, 31_70, (invoice, 580_00, "18.2965299685"), paid_in="USD")
    apply(invoice, receipt)
    credit = Credit.objects.get(document=receipt)
    assert (balance(invoice), credit.remaining, credit.currency) == (0, 0, "USD")


def test_a_cancelled_invoice_gives_back_what_paid_it(papers: Papers, customer: Customer) -> None:
    invoice = papers.invoice(100_00, SEP)
    apply(invoice)
    pay(customer, 60_00, key="p1")
    FiscalDocument.objects.filter(pk=invoice.pk).update(status="cancelled", cancelled_on=date(2026, 10, 1))
    apply(invoice)
    row = Receivable.objects.get(key=invoice.key)
    assert (row.balance, row.voided_on, row.void_code) == (0, date(2026, 10, 1), "cancelled")
    assert in_favour(customer) == 60_00
    FiscalDocument.objects.filter(pk=invoice.pk).update(status="valid", cancelled_on=None)
    apply(invoice)
    assert (balance(invoice), in_favour(customer)) == (40_00, 0)


def pay(customer: Customer, amount: int, *, key: str, on: date = TODAY, **fields: object) -> Credit:
    return record_payment(
        customer_id=customer.id,
        amount=Money(amount, "MXN"),
        received_on=on,
        key=key,
        actor=None,
        today=TODAY,
        **fields,  # type: ignore[arg-type]
    )


def test_a_substitute_takes_the_place_of_what_it_replaces(papers: Papers, customer: Customer) -> None:
    old = papers.invoice(580_00, SEP)
    apply(old)
    pay(customer, 80_00, key="p1")
    new = papers.invoice(600_00, date(2026, 10, 1), relations=[("04", old.key)])
    apply(new)
    assert Receivable.objects.get(key=old.key).void_code == "replaced"
    assert (balance(old), balance(new), in_favour(customer)) == (0, 520_00, 0)
    FiscalDocument.objects.filter(pk=new.pk).update(status="cancelled", cancelled_on=date(2026, 10, 5))
    apply(new)
    assert balance(old) == 580_00, "the substitute died: what it replaced is collected again"
    assert in_favour(customer) == 80_00


def test_a_complement_follows_a_substitution(papers: Papers) -> None:
    old = papers.invoice(580_00, SEP)
    new = papers.invoice(580_00, date(2026, 10, 1), relations=[("04", old.key)])
    receipt = papers.complement(date(2026, 10, 2), 580_00, (old, 580_00))
    for _ in in_any_order(old, new, receipt):
        assert (balance(old), balance(new)) == (0, 0)


def test_two_documents_that_replace_each_other_do_not_hang(papers: Papers) -> None:
    one = papers.invoice(100_00, SEP)
    two = papers.invoice(100_00, date(2026, 9, 2), relations=[("04", one.key)])
    DocumentRelation.objects.create(company=one.company, document=one, code="04", to_key=two.key)
    apply(one, two)
    assert (balance(one), balance(two)) == (0, 100_00)


def test_advance_chain_a_in_any_order(papers: Papers, customer: Customer) -> None:
    advance = papers.invoice(5800_00, SEP, method="PUE", kind="advance")
    invoice = papers.invoice(11600_00, date(2026, 9, 25), relations=[("07", advance.key)])
    note = papers.note(5800_00, date(2026, 9, 25), invoice, code="07")
    for _ in in_any_order(advance, invoice, note):
        assert (balance(invoice), in_favour(customer)) == (5800_00, 0)
        assert not Receivable.objects.filter(key=advance.key).exists()


def test_an_advance_without_its_invoice_is_in_favour(papers: Papers, customer: Customer) -> None:
    apply(papers.invoice(5800_00, SEP, method="PUE", kind="advance"))
    assert in_favour(customer) == 5800_00


def test_advance_chain_b_bills_only_the_remainder(papers: Papers, customer: Customer) -> None:
    advance = papers.invoice(5800_00, SEP, method="PUE", kind="advance")
    rest = papers.invoice(5800_00, SEP, relations=[("07", advance.key)], is_advance_remainder=True)
    for _ in in_any_order(advance, rest):
        assert (balance(rest), in_favour(customer)) == (5800_00, 0)


def test_pue_is_presumed_paid_once_its_month_is_over(papers: Papers) -> None:
    invoice = papers.invoice(116_00, date(2026, 11, 3), method="PUE")
    apply(invoice)
    assert balance(invoice) == 116_00
    presume_due(today=date(2026, 11, 30))
    assert balance(invoice) == 116_00
    presume_due(today=date(2026, 12, 1))
    assert balance(invoice) == 0
    credit = Credit.objects.get(document=invoice)
    assert (credit.kind, credit.received_on) == ("presumed", date(2026, 11, 30))
    assert_proven()


def test_a_presumption_is_undone_and_redone_with_one_click(papers: Papers) -> None:
    invoice = papers.invoice(116_00, SEP, method="PUE")
    apply(invoice)
    row = Receivable.objects.get(key=invoice.key)
    assert row.balance == 0
    set_presumption(receivable_ids=[row.id], presumed=False, today=TODAY, actor=None)
    assert balance(invoice) == 116_00
    apply(invoice)
    assert balance(invoice) == 116_00, "a person's word stands"
    set_presumption(receivable_ids=[row.id], presumed=True, today=TODAY, actor=None)
    assert balance(invoice) == 0
    assert_proven()


def test_pue_stays_open_where_the_company_says_so(papers: Papers, company: Company) -> None:
    CollectionSettings.objects.create(company=company, pue_policy=PuePolicy.OPEN)
    invoice = papers.invoice(116_00, SEP, method="PUE")
    apply(invoice)
    assert balance(invoice) == 116_00


def test_a_complement_shows_that_a_pue_was_not_paid_at_once(papers: Papers) -> None:
    invoice = papers.invoice(116_00, SEP, method="PUE")
    apply(invoice)
    receipt = papers.complement(date(2026, 10, 15), 16_00, (invoice, 16_00))
    apply(receipt)
    assert balance(invoice) == 100_00


def test_money_for_a_presumed_invoice_takes_the_presumptions_place(papers: Papers, customer: Customer) -> None:
    invoice = papers.invoice(116_00, SEP, method="PUE")
    apply(invoice)
    row = Receivable.objects.get(key=invoice.key)
    pay(customer, 100_00, key="p1", on=date(2026, 10, 5), named={row.id: 100_00}, policy="")
    assert balance(invoice) == 16_00, "it was paid after its month: nothing is presumed of the rest"
    assert_proven()


@pytest.mark.parametrize("hand_first", [True, False])
def test_the_same_money_by_hand_and_by_complement_counts_once(
    papers: Papers, customer: Customer, hand_first: bool
) -> None:
    invoice = papers.invoice(1000_00, SEP)
    apply(invoice)
    receipt = papers.complement(date(2026, 10, 1), 400_00, (invoice, 400_00))
    if hand_first:
        pay(customer, 400_00, key="p1", on=date(2026, 10, 2))
        apply(receipt)
        assert Credit.objects.get(source="person").complement == receipt
    else:
        apply(receipt)
        with pytest.raises(SuspectedDuplicate):
            pay(customer, 400_00, key="p1", on=date(2026, 10, 2))
    assert balance(invoice) == 600_00


def test_another_payment_that_a_person_confirms_counts_too(papers: Papers, customer: Customer) -> None:
    invoice = papers.invoice(1000_00, SEP)
    apply(invoice, papers.complement(date(2026, 10, 1), 400_00, (invoice, 400_00)))
    pay(customer, 400_00, key="p1", on=date(2026, 10, 2), is_distinct=True)
    apply(invoice)
    assert balance(invoice) == 200_00


def test_off_customers_owe_nothing_until_switched_on(papers: Papers, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(collecting=False)
    invoice = papers.invoice(100_00, SEP)
    apply(invoice, papers.complement(SEP, 30_00, (invoice, 30_00)))
    assert not Receivable.objects.exists()
    switched = switch_on(customer_ids=[customer.id], today=TODAY, actor=None)
    assert (switched.customers, switched.receivables, balance(invoice)) == (1, 1, 70_00)
    switch_off(customer_ids=[customer.id], actor=None)
    late = papers.complement(SEP, 70_00, (invoice, 70_00))
    apply(late)
    assert balance(invoice) == 70_00, "off: nothing moves"
    switch_on(customer_ids=[customer.id], today=TODAY, actor=None)
    assert balance(invoice) == 0
    assert_proven()


def test_generic_receivers_are_never_collected(company: Company) -> None:
    generic = make_customer(company, "PUBLICO EN GENERAL", "XAXX010101000", generic=True, collecting=False)
    apply(Papers(company, generic).invoice(100_00, SEP))
    switch_on(customer_ids=[generic.id], today=TODAY, actor=None)
    assert not Receivable.objects.exists()


def test_a_replaced_complement_counts_once(papers: Papers) -> None:
    invoice = papers.invoice(1000_00, SEP)
    first = papers.complement(date(2026, 10, 1), 400_00, (invoice, 400_00))
    second = papers.complement(date(2026, 10, 1), 450_00, (invoice, 450_00), relations=[("04", first.key)])
    for _ in in_any_order(invoice, first, second):
        assert balance(invoice) == 550_00


def test_voiding_a_fiscal_invoice_by_hand_is_refused(papers: Papers) -> None:
    invoice = papers.invoice(1000_00, SEP)
    apply(invoice)
    with pytest.raises(ValueError, match="SAT"):
        void_receivable(receivable_id=Receivable.objects.get().id, on=TODAY, reason="x", actor=None)
