"""A complement that the company writes from money on its books never brings that money a second time."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.money import Money
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.authority_status import cancel_document
from aldia.receivables.operations.documenting import claim_receipts
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from tests.cast import Papers, make_user

TODAY, PAID = date(2026, 11, 21), date(2026, 11, 3)


def apply(*documents: FiscalDocument) -> None:
    for document in documents:
        apply_documents(keys=[document.key], today=TODAY, actor=None)
    assert [name for name, _rows, wrong in run_checks() if wrong] == []


def pays(customer: Customer, invoice: FiscalDocument, amount: int, *, key: str, on: date = PAID) -> Credit:
    named = {Receivable.objects.get(key=invoice.key).pk: amount}
    return record_payment(
        customer_id=customer.pk, amount=Money(amount, "MXN"), received_on=on, key=key, actor=None, today=TODAY,
        policy="", named=named, is_distinct=True,
    )  # fmt: skip


def live_money() -> list[tuple[str, int]]:
    rows = Credit.objects.filter(kind="payment", reversed_on__isnull=True).order_by("created_at", "id")
    return [(row.source, row.amount) for row in rows]


@pytest.fixture
def invoice(papers: Papers) -> FiscalDocument:
    document = papers.invoice(100_000, date(2026, 10, 1))
    apply(document)
    return document


@pytest.mark.parametrize("is_written_by_us", [True, False])
def test_only_what_we_wrote_is_known_to_be_the_same_money(
    papers: Papers, customer: Customer, invoice: FiscalDocument, is_written_by_us: bool
) -> None:
    """The control: a payment said to be distinct stays apart from a complement that somebody else wrote."""
    credit = pays(customer, invoice, 40_000, key="a")
    complement = papers.complement(PAID, 40_000, (invoice, 40_000))
    if is_written_by_us:
        claim_receipts(key=complement.key, credits_at={1: credit.pk})
        claim_receipts(key=complement.key, credits_at={1: credit.pk})
    apply(complement)
    credit.refresh_from_db()
    expected = [("person", 40_000)] if is_written_by_us else [("person", 40_000), ("document", 40_000)]
    assert live_money() == expected
    assert (credit.complement_id == complement.pk) == is_written_by_us


def test_each_complement_goes_with_its_own_credit(papers: Papers, customer: Customer, invoice: FiscalDocument) -> None:
    """Two payments of the same day and amount: the exact link says which is which, not the amounts."""
    first, second = (pays(customer, invoice, 30_000, key=key) for key in "ab")
    one, other = (papers.complement(PAID, 30_000, (invoice, 30_000)) for _each in range(2))
    claim_receipts(key=one.key, credits_at={1: second.pk})
    claim_receipts(key=other.key, credits_at={1: first.pk})
    apply(one, other)
    assert [Credit.objects.get(pk=row.pk).complement_id for row in (first, second)] == [other.pk, one.pk]
    assert live_money() == [("person", 30_000)] * 2


def test_money_in_one_complement_is_not_taken_for_another_of_the_same_amount(
    papers: Papers, customer: Customer, invoice: FiscalDocument
) -> None:
    credit = record_payment(
        customer_id=customer.pk, amount=Money(30_000, "MXN"), received_on=PAID, key="a", actor=None, today=TODAY
    )
    ours = papers.complement(PAID, 30_000, (invoice, 30_000))
    theirs = papers.complement(PAID, 30_000, (invoice, 30_000))
    claim_receipts(key=ours.key, credits_at={1: credit.pk})
    apply(theirs, ours)
    assert live_money() == [("person", 30_000), ("document", 30_000)]
    assert Receivable.objects.get(key=invoice.key).balance == 40_000


def test_undone_money_does_not_come_back_through_its_complement(
    papers: Papers, customer: Customer, invoice: FiscalDocument, company: Company
) -> None:
    """Between the undoing and the authority's word the complement is in force, and changes nothing here."""
    credit = pays(customer, invoice, 40_000, key="a")
    complement = papers.complement(PAID, 40_000, (invoice, 40_000))
    claim_receipts(key=complement.key, credits_at={1: credit.pk})
    apply(complement)
    reverse_credit(credit_id=credit.pk, on=TODAY, reason="Rebotó", actor=None)
    apply(complement, invoice)
    assert live_money() == []
    assert Receivable.objects.get(key=invoice.key).balance == 100_000
    now, owner = complement.issued_at.replace(month=11, day=21), make_user("x@example.com", company)
    cancel_document(document_id=complement.pk, on=TODAY, now=now, today=TODAY, actor=owner)
    assert live_money() == []


def test_one_credit_in_two_complements(papers: Papers, customer: Customer, invoice: FiscalDocument) -> None:
    """What was left in favour was applied later: both complements are of the same money, and neither brings more."""
    later = papers.invoice(50_000, date(2026, 10, 2))
    apply(later)
    rows: dict[str, UUID] = {each.key: Receivable.objects.get(key=each.key).pk for each in (invoice, later)}
    credit = record_payment(
        customer_id=customer.pk, amount=Money(60_000, "MXN"), received_on=PAID, key="a", actor=None, today=TODAY,
        policy="", named={rows[invoice.key]: 40_000, rows[later.key]: 20_000}, is_distinct=True,
    )  # fmt: skip
    for document, amount in ((invoice, 40_000), (later, 20_000)):
        complement = papers.complement(PAID, amount, (document, amount))
        claim_receipts(key=complement.key, credits_at={1: credit.pk})
        apply(complement, invoice, later)
    assert live_money() == [("person", 60_000)]
    assert [Receivable.objects.get(pk=row).balance for row in rows.values()] == [60_000, 30_000]


def test_the_authority_may_bring_it_before_us(papers: Papers, customer: Customer, invoice: FiscalDocument) -> None:
    """A complement that came in through a download, claimed late: the second entry is taken back."""
    credit = pays(customer, invoice, 40_000, key="a")
    complement = papers.complement(PAID, 40_000, (invoice, 40_000))
    apply(complement)
    assert len(live_money()) == 2
    claim_receipts(key=complement.key, credits_at={1: credit.pk})
    apply(complement)
    assert live_money() == [("person", 40_000)]
    assert Receivable.objects.get(key=invoice.key).balance == 60_000
