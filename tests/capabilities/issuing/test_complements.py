"""Drafts follow the money in the books: made, changed, discarded, substituted, each once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.fiscal.drafts import DraftComplement, from_json
from aldia.domain.money import Money
from aldia.issuing.models import (
    Cancellation,
    ComplementPart,
    FiscalProfile,
    Issue,
    IssuerProfile,
    IssueState,
)
from aldia.issuing.operations import complements
from aldia.issuing.operations.complements import Followed
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import Papers
from tests.support.issuer import ISSUER, RECEIVER, issuing_company, receiving_customer

TODAY, PAID = date(2026, 11, 21), date(2026, 11, 3)
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@dataclass
class Desk:
    """A company that issues, and one customer that pays."""

    company: Company
    customer: Customer
    papers: Papers

    def invoice(self, total: int, on: date = date(2026, 10, 1), **fields: Any) -> FiscalDocument:
        document = self.papers.invoice(total, on, **fields)
        apply_documents(keys=[document.key], today=TODAY, actor=None)
        return document

    def note(self, total: int, on: date, *named: FiscalDocument) -> None:
        apply_documents(keys=[self.papers.note(total, on, *named).key], today=TODAY, actor=None)

    def pays(self, amount: int, lines: dict[str, int], *, on: date = PAID, **fields: Any) -> Credit:
        named = {Receivable.objects.get(key=key).pk: paid for key, paid in lines.items()}
        return record_payment(
            customer_id=self.customer.pk, amount=Money(amount, "MXN"), received_on=on, key=uuid.uuid4().hex, actor=None,
            today=TODAY, policy="", named=named, is_distinct=True, **fields,
        )  # fmt: skip

    @staticmethod
    def follow(credit: Credit | None = None) -> Followed:
        return complements.follow(today=TODAY, now=NOW, credit_ids=[credit.pk] if credit else None)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    company = issuing_company()
    with company_scope(company.pk):
        customer = receiving_customer(company)
        IssuerProfile.objects.create(
            company=company, name=ISSUER.name, regime="601", postal_code="06700", complements_since=date(2026, 10, 1)
        )
        FiscalProfile.objects.create(
            company=company, customer=customer, name=RECEIVER.name, regime="601", postal_code="44100"
        )
        yield Desk(company, customer, Papers(company, customer))


def drafts() -> list[Issue]:
    return list(Issue.objects.filter(state=IssueState.DRAFT).order_by("created_at", "id"))


def lines(issue: Issue) -> list[tuple[int, int, int, int]]:
    rows = issue.parts.order_by("payment", "id")
    return [(row.number, row.before, row.amount, row.earlier) for row in rows]


def stamp(issue: Issue, desk: Desk) -> FiscalDocument:
    """As the stamping leaves it: the document on file, its credits claimed before its effect."""
    draft = content(issue)
    paid = [(each.uuid, each.paid) for payment in draft.payments for each in payment.documents]
    assert len(draft.payments) == 1
    document = desk.papers.complement(draft.payments[0].paid_at.date(), draft.payments[0].amount, *paid)
    issue.uuid, issue.state = document.key, IssueState.STAMPED
    issue.save()
    document.payments.update(position=0)
    complements.claim(issue)
    apply_documents(keys=[document.key], today=TODAY, actor=None)
    issue.document = document
    issue.save()
    return document


def content(issue: Issue) -> DraftComplement:
    draft = from_json(issue.content)
    assert isinstance(draft, DraftComplement)
    return draft


def test_a_payment_of_two_ppd_invoices_is_one_draft_and_pue_needs_none(desk: Desk) -> None:
    one, two = desk.invoice(100_000), desk.invoice(50_000)
    pue = desk.invoice(30_000, TODAY, method="PUE")
    credit = desk.pays(
        180_000, {one.key: 100_000, two.key: 50_000, pue.key: 30_000}, method="transfer", reference="A|1"
    )
    assert desk.follow() == Followed(drafted=1)
    assert desk.follow() == Followed()
    [draft] = drafts()
    assert (draft.total, draft.currency, draft.due_on, draft.customer) == (
        150_000,
        "MXN",
        date(2026, 12, 5),
        desk.customer,
    )
    assert lines(draft) == [(1, 100_000, 100_000, 0), (1, 50_000, 50_000, 0)]
    [payment] = content(draft).payments
    assert (payment.amount, payment.form, payment.operation) == (150_000, "03", "A 1")
    assert payment.paid_at == datetime(2026, 11, 3, 12)
    assert {each.uuid for each in payment.documents} == {one.key, two.key}
    assert content(draft).receiver.use == "CP01"
    assert {row.credit_id for row in draft.parts.all()} == {credit.pk}


def test_two_instalments_after_a_credit_note(desk: Desk) -> None:
    """The guide's example: an invoice of 900 with a note of 100 owes 800 before the first instalment."""
    invoice = desk.invoice(90_000)
    desk.note(10_000, date(2026, 10, 15), invoice)
    desk.pays(50_000, {invoice.key: 50_000})
    desk.pays(30_000, {invoice.key: 30_000}, on=date(2026, 11, 10))
    desk.follow()
    assert [lines(each) for each in drafts()] == [[(1, 80_000, 50_000, 0)], [(2, 30_000, 30_000, 50_000)]]


def test_a_note_after_the_payment_does_not_change_its_balance(desk: Desk) -> None:
    invoice = desk.invoice(90_000)
    desk.pays(50_000, {invoice.key: 50_000})
    desk.note(10_000, date(2026, 11, 15), invoice)
    desk.pays(30_000, {invoice.key: 30_000}, on=date(2026, 11, 20))
    desk.follow()
    assert [lines(each) for each in drafts()] == [[(1, 90_000, 50_000, 0)], [(2, 30_000, 30_000, 50_000)]]


def test_a_draft_follows_its_money_until_there_is_none(desk: Desk) -> None:
    one, two = desk.invoice(100_000), desk.invoice(50_000)
    credit = desk.pays(60_000, {one.key: 60_000})
    desk.follow(credit)
    [draft] = drafts()
    unallocate(allocation_id=Allocation.objects.get().pk, on=TODAY, actor=None)
    allocate_credit(credit_id=credit.pk, named={Receivable.objects.get(key=two.key).pk: 50_000}, on=TODAY, actor=None)
    assert desk.follow(credit) == Followed(changed=1)
    changed = Issue.objects.get(pk=draft.pk)
    assert (changed.total, lines(changed), changed.version) == (50_000, [(1, 50_000, 50_000, 0)], 2)
    reverse_credit(credit_id=credit.pk, on=TODAY, reason="Rebotó", actor=None)
    assert desk.follow() == Followed(discarded=1)
    assert Issue.objects.get(pk=draft.pk).state == IssueState.DISCARDED
    assert not ComplementPart.objects.filter(is_live=True).exists()
    again = desk.pays(60_000, {one.key: 60_000})
    assert desk.follow() == Followed(drafted=1)
    assert Issue.objects.get(state="draft").origin_key == f"{again.pk}#1"


def test_what_a_person_said_of_a_receipt_stays_when_the_draft_is_written_again(desk: Desk) -> None:
    one, two = desk.invoice(100_000), desk.invoice(50_000)
    credit = desk.pays(150_000, {one.key: 60_000})
    desk.follow()
    [draft] = drafts()
    complements.change_receipt(issue_id=draft.pk, payment=0, version=1, form="28", operation=" 77  1 ", actor=None)
    with pytest.raises(complements.Changed):
        complements.change_receipt(issue_id=draft.pk, payment=0, version=1, form="03", actor=None)
    allocate_credit(credit_id=credit.pk, named={Receivable.objects.get(key=two.key).pk: 50_000}, on=TODAY, actor=None)
    assert desk.follow() == Followed(changed=1)
    [payment] = content(Issue.objects.get(pk=draft.pk)).payments
    assert (payment.form, payment.operation, payment.amount) == ("28", "77 1", 110_000)


def test_a_stamped_one_brings_no_money_and_its_undoing_cancels_it(desk: Desk, monkeypatch: Any) -> None:
    asked = heard(monkeypatch)
    invoice = desk.invoice(100_000)
    credit = desk.pays(60_000, {invoice.key: 60_000})
    desk.follow()
    [draft] = drafts()
    document = stamp(draft, desk)
    assert desk.follow() == Followed()
    assert [(row.source, row.complement_id) for row in Credit.objects.all()] == [("person", document.pk)]
    reverse_credit(credit_id=credit.pk, on=TODAY, reason="Rebotó", actor=None)
    assert desk.follow() == Followed(cancelling=1)
    assert asked == [(document.pk, "02", "")]
    assert not ComplementPart.objects.filter(is_live=True).exists()
    assert Receivable.objects.get(key=invoice.key).balance == 100_000


def test_money_that_moved_is_substituted_before_the_first_is_cancelled(desk: Desk, monkeypatch: Any) -> None:
    asked = heard(monkeypatch)
    one, two = desk.invoice(100_000), desk.invoice(60_000)
    credit = desk.pays(60_000, {one.key: 60_000})
    desk.follow()
    [first] = drafts()
    document = stamp(first, desk)
    unallocate(allocation_id=Allocation.objects.get().pk, on=TODAY, actor=None)
    allocate_credit(credit_id=credit.pk, named={Receivable.objects.get(key=two.key).pk: 60_000}, on=TODAY, actor=None)
    assert desk.follow() == Followed(drafted=1)
    assert desk.follow() == Followed()
    [second] = drafts()
    assert (second.replaces_id, asked) == (first.pk, [])
    assert [(each.code, each.uuids) for each in content(second).relations] == [("04", (document.key,))]
    other = stamp(second, desk)
    assert desk.follow() == Followed(cancelling=1)
    assert asked == [(document.pk, "01", other.key)]
    assert [(row.source, row.amount) for row in Credit.objects.all()] == [("person", 60_000)]


def test_moved_and_back_again_needs_nothing(desk: Desk, monkeypatch: Any) -> None:
    asked = heard(monkeypatch)
    one, two = desk.invoice(100_000), desk.invoice(60_000)
    credit = desk.pays(60_000, {one.key: 60_000})
    desk.follow()
    stamp(drafts()[0], desk)
    for document in (two, one):
        live = Allocation.objects.get(reversal_of__isnull=True, reversal__isnull=True)
        unallocate(allocation_id=live.pk, on=TODAY, actor=None)
        named = {Receivable.objects.get(key=document.key).pk: 60_000}
        allocate_credit(credit_id=credit.pk, named=named, on=TODAY, actor=None)
        desk.follow()
    assert drafts() == []
    assert list(ComplementPart.objects.filter(is_live=True).values_list("key", flat=True)) == [one.key]
    assert asked == []


def test_what_was_left_in_favour_has_a_second_complement(desk: Desk) -> None:
    one, two = desk.invoice(100_000), desk.invoice(60_000)
    credit = desk.pays(150_000, {one.key: 100_000})
    desk.follow()
    stamp(drafts()[0], desk)
    allocate_credit(credit_id=credit.pk, named={Receivable.objects.get(key=two.key).pk: 50_000}, on=TODAY, actor=None)
    assert desk.follow() == Followed(drafted=1)
    [second] = drafts()
    assert (second.total, second.origin_key) == (50_000, f"{credit.pk}#2")
    stamp(second, desk)
    assert desk.follow() == Followed()
    assert [(row.source, row.amount) for row in Credit.objects.all()] == [("person", 150_000)]


def test_the_month_in_one(desk: Desk) -> None:
    IssuerProfile.objects.update(complement_mode="monthly")
    invoice = desk.invoice(100_000)
    desk.pays(20_000, {invoice.key: 20_000})
    desk.pays(30_000, {invoice.key: 30_000}, on=date(2026, 11, 20))
    desk.pays(10_000, {invoice.key: 10_000}, on=date(2026, 10, 31))
    assert desk.follow() == Followed(drafted=2)
    october, november = drafts()
    assert (october.due_on, lines(october)) == (date(2026, 11, 5), [(1, 100_000, 10_000, 0)])
    assert (november.due_on, lines(november)) == (
        date(2026, 12, 5),
        [(2, 90_000, 20_000, 10_000), (3, 70_000, 30_000, 30_000)],
    )
    assert [payment.amount for payment in content(november).payments] == [20_000, 30_000]
    later = desk.pays(5_000, {invoice.key: 5_000}, on=date(2026, 11, 21))
    assert desk.follow(later) == Followed(changed=1)
    assert len(content(Issue.objects.get(pk=november.pk)).payments) == 3


def test_what_another_program_told_of_is_not_told_again(desk: Desk) -> None:
    """A complement on file brings its money with it; money of before counts in the number of the next instalment."""
    invoice = desk.invoice(100_000, date(2026, 8, 1))
    desk.pays(10_000, {invoice.key: 10_000}, on=date(2026, 9, 10))
    complement = desk.papers.complement(date(2026, 10, 2), 20_000, (invoice, 20_000))
    apply_documents(keys=[complement.key], today=TODAY, actor=None)
    desk.pays(30_000, {invoice.key: 30_000})
    assert desk.follow() == Followed(drafted=1)
    assert lines(drafts()[0]) == [(3, 70_000, 30_000, 30_000)]


def test_without_a_profile_nothing_is_drafted(desk: Desk) -> None:
    invoice = desk.invoice(100_000)
    desk.pays(60_000, {invoice.key: 60_000})
    IssuerProfile.objects.all().delete()
    assert desk.follow() == Followed()


def heard(monkeypatch: Any) -> list[tuple[uuid.UUID, str, str]]:
    """What is asked to be cancelled, with the state that asking leaves."""
    asked: list[tuple[uuid.UUID, str, str]] = []

    def ask(*, document_id: uuid.UUID, motive: str, replacement_key: str = "", actor: Any, now: datetime) -> None:
        asked.append((document_id, str(motive), replacement_key))
        Issue.objects.filter(document_id=document_id).update(state=IssueState.CANCELLING)

    monkeypatch.setattr("aldia.issuing.operations.cancelling.ask", ask)
    assert Cancellation.objects.count() == 0
    return asked
