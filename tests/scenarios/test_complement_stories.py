"""Complementos de pago by date, on the real road: invoices imported, money in the books, drafts, a real seal, the
simulated PAC, cancellations, and what the company and the customer are told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aldia.banking.operations.undoing import undo_match
from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.documents.originals import read_original
from aldia.domain.fiscal import cfdi
from aldia.domain.fiscal.document import Payment
from aldia.domain.fiscal.drafts import DraftDocument, DraftRelation, plain_line
from aldia.domain.money import Money
from aldia.issuing.models import Cancellation, Issue, IssueState
from aldia.issuing.operations import cancelling, complements, deadlines, drafting, stamping
from aldia.jobs.issuing import open_stamper
from aldia.payments.queries import portal
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from tests.support.bank import Bank
from tests.support.drafting import bring_in, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import ISSUER, receiving_customer, with_seal, with_simulated_pac
from tests.support.stage import Stage

pytest.importorskip("satcfdi", reason="the extra mx is not installed")


@dataclass
class House:
    """A company that issues, on its calendar, and one customer."""

    stage: Stage
    customer: Customer
    folio: int = 0

    @property
    def now(self) -> datetime:
        return self.stage.at("12:00")

    def invoice(self, hundreds: int, on: date, **fields: Any) -> FiscalDocument:
        """An invoice of so many times $116.00, IVA included, on credit."""
        self.folio += 1
        line = plain_line("47131805", "H87", "Limpiador", hundreds * 1000, 10_000)
        draft: DraftDocument = invoice(line, series="F", folio=str(self.folio), **fields)
        return bring_in(draft, at=datetime(on.year, on.month, on.day, 10))

    def note(self, hundreds: int, on: date, document: FiscalDocument) -> FiscalDocument:
        relation = (DraftRelation("01", (document.key,)),)
        return self.invoice(hundreds, on, type_code="E", method="PUE", form="15", relations=relation)

    def pays(self, amount: int, *lines: tuple[FiscalDocument, int], **fields: Any) -> Credit:
        named = {Receivable.objects.get(key=document.key).pk: paid for document, paid in lines}
        return record_payment(
            customer_id=self.customer.pk, amount=Money(amount, "MXN"), received_on=self.stage.today,
            key=uuid.uuid4().hex, actor=self.stage.owner, today=self.stage.today, policy="", named=named,
            is_distinct=True, **fields,
        )  # fmt: skip

    def follow(self) -> complements.Followed:
        done = complements.follow(today=self.stage.today, now=self.now)
        assert complements.follow(today=self.stage.today, now=self.now) == complements.Followed()
        assert [name for name, _rows, wrong in run_checks() if wrong] == []
        return done

    def stamp(self, issue: Issue) -> Issue:
        complements.submit(
            issue_id=issue.pk, version=issue.version, now=self.now, today=self.stage.today, actor=self.stage.owner
        )
        found = stamping.work(issue_id=issue.pk, now=self.now)
        assert (found.state, found.trouble) == (IssueState.STAMPED, "")
        return found

    def cancel(self) -> int:
        return cancelling.work(now=self.now, stamper_of=open_stamper)

    def money(self) -> list[tuple[str, int]]:
        rows = Credit.objects.filter(kind="payment", reversed_on__isnull=True).order_by("created_at")
        return [(row.source, row.amount) for row in rows]


@pytest.fixture
def house(stage: Stage, settings: Any, tmp_path: Path) -> House:
    settings.DATA_DIR = tmp_path
    Company.objects.filter(pk=stage.company.pk).update(tax_id=ISSUER.rfc)
    stage.company.refresh_from_db()
    with_seal(now=stage.at("09:00"))
    with_simulated_pac()
    with_profile(complements_since=date(2026, 1, 1))
    customer = receiving_customer(stage.company)
    with_fiscal_profile(customer)
    return House(stage, customer)


def drafts() -> list[Issue]:
    return list(Issue.objects.filter(state=IssueState.DRAFT).order_by("created_at", "id"))


def payments_in(issue: Issue) -> tuple[Payment, ...]:
    """What the stamped document says."""
    assert issue.document is not None
    return cfdi.parse(read_original(issue.document)).payments


def said(payment: Payment) -> list[tuple[str, int | None, str, str, str]]:
    return [
        (each.folio, each.partiality, str(each.before), str(each.paid), str(each.after)) for each in payment.documents
    ]


def test_two_instalments_after_a_credit_note(house: House) -> None:
    """F-1 of $1,160.00 less a note of $116.00: both complements say the balance that the authority knows."""
    document = house.invoice(10, date(2026, 2, 3))
    house.note(1, date(2026, 2, 20), document)
    house.pays(500_00, (document, 500_00), method="transfer", reference="2026030240014BMOV0001")
    house.stage.today = date(2026, 3, 10)
    house.pays(544_00, (document, 544_00), method="cheque")
    assert house.follow() == complements.Followed(drafted=2)
    first, second = (house.stamp(each) for each in drafts())
    (one,), (other,) = payments_in(first), payments_in(second)
    assert said(one) == [("1", 1, "1044.00", "500.00", "544.00")]
    assert said(other) == [("1", 2, "544.00", "544.00", "0.00")]
    assert (one.form, one.operation, other.form) == ("03", "2026030240014BMOV0001", "02")
    assert one.paid_at == datetime(2026, 3, 2, 12)
    assert house.follow() == complements.Followed()
    assert house.money() == [("person", 500_00), ("person", 544_00)]
    assert [row.complement_id for row in Credit.objects.filter(kind="payment").order_by("created_at")] == [
        first.document_id,
        second.document_id,
    ]
    shown = {row.pk for row in portal.complements_of(house.customer.pk)}
    assert shown == {first.document_id, second.document_id}
    assert {row.pk for row in portal.complements_naming(house.customer.pk, document.key)} == shown


def test_one_payment_of_two_invoices(house: House) -> None:
    one, two = house.invoice(10, date(2026, 2, 3)), house.invoice(5, date(2026, 2, 9))
    house.pays(2_000_00, (one, 1_160_00), (two, 300_00), method="transfer")
    assert house.follow() == complements.Followed(drafted=1)
    (payment,) = payments_in(house.stamp(drafts()[0]))
    assert str(payment.amount) == "1460.00"  # the rest is in favour: it has its complement when it pays something
    assert said(payment) == [("1", 1, "1160.00", "1160.00", "0.00"), ("2", 1, "580.00", "300.00", "280.00")]
    three, left = house.invoice(5, date(2026, 3, 1)), Credit.objects.get(kind="payment")
    named = {Receivable.objects.get(key=three.key).pk: 540_00}
    allocate_credit(credit_id=left.pk, named=named, on=house.stage.today, actor=None)
    assert house.follow() == complements.Followed(drafted=1)
    (payment,) = payments_in(house.stamp(drafts()[0]))
    assert said(payment) == [("3", 1, "580.00", "540.00", "40.00")]
    assert house.follow() == complements.Followed()
    assert house.money() == [("person", 2_000_00)]


def test_undone_is_cancelled_and_moved_is_substituted(house: House) -> None:
    one, two = house.invoice(10, date(2026, 2, 3)), house.invoice(10, date(2026, 2, 9))
    bounced, moved = house.pays(400_00, (one, 400_00)), house.pays(600_00, (one, 600_00))
    house.follow()
    first, second = (house.stamp(each) for each in drafts())
    house.stage.today = date(2026, 3, 20)
    reverse_credit(credit_id=bounced.pk, on=house.stage.today, reason="Cheque devuelto", actor=None)
    row = Allocation.objects.get(credit=moved, reversal__isnull=True, reversal_of__isnull=True)
    unallocate(allocation_id=row.pk, on=house.stage.today, actor=None)
    named = {Receivable.objects.get(key=two.key).pk: 600_00}
    allocate_credit(credit_id=moved.pk, named=named, on=house.stage.today, actor=None)
    assert house.follow() == complements.Followed(drafted=1, cancelling=1)
    assert list(Cancellation.objects.values_list("document_id", "motive")) == [(first.document_id, "02")]
    third = house.stamp(drafts()[0])
    assert third.replaces_id == second.pk
    assert FiscalDocument.objects.get(pk=third.document_id).relations.get().to_key == second.uuid
    assert house.follow() == complements.Followed(cancelling=1)
    assert house.cancel() == 2
    house.stage.today += timedelta(days=1)
    house.cancel()  # the receiver had three days; the simulated one accepts the next time that it is asked
    last = Cancellation.objects.get(document_id=second.document_id)
    assert (last.motive, last.replacement_key, last.state) == ("01", third.uuid, "done")
    states = {each.pk: each.state for each in Issue.objects.all()}
    assert [states[each.pk] for each in (first, second, third)] == ["cancelled", "cancelled", "stamped"]
    assert house.follow() == complements.Followed()
    assert house.money() == [("person", 600_00)]
    balances = [Receivable.objects.get(key=each.key).balance for each in (one, two)]
    assert balances == [1_160_00, 560_00]


def test_the_month_in_one_document(house: House) -> None:
    profile = with_profile(complements_since=date(2026, 1, 1), complement_mode="monthly", version=1)
    assert profile.complement_mode == "monthly"
    one, two = house.invoice(10, date(2026, 2, 3)), house.invoice(5, date(2026, 2, 9))
    for day, document, amount in ((2, one, 500_00), (12, two, 580_00), (31, one, 660_00)):
        house.stage.today = date(2026, 3, day)
        house.pays(amount, (document, amount))
        house.follow()
    house.stage.today = date(2026, 4, 1)
    house.pays(1, (house.invoice(1, date(2026, 4, 1)), 1))
    house.follow()
    march, april = drafts()
    assert (march.due_on, april.due_on) == (date(2026, 4, 5), date(2026, 5, 5))
    stamped = payments_in(house.stamp(march))
    assert [payment.paid_at.day for payment in stamped] == [2, 12, 31]
    assert [said(payment) for payment in stamped] == [
        [("1", 1, "1160.00", "500.00", "660.00")],
        [("2", 1, "580.00", "580.00", "0.00")],
        [("1", 2, "660.00", "660.00", "0.00")],
    ]
    assert house.follow() == complements.Followed()
    assert len(house.money()) == 4


def test_a_bank_match_makes_a_draft_and_its_undoing_takes_it_back(house: House) -> None:
    stage, bank = house.stage, Bank.of(house.stage)
    document = house.invoice(10, date(2026, 2, 3))
    row = Receivable.objects.get(key=document.key)
    line = bank.transfer(house.customer, row.balance, date(2026, 3, 3), "PAGO F-1")
    stage.today = date(2026, 3, 4)
    bank.comes(date(2026, 3, 2), date(2026, 3, 3))
    assert bank.state(line) == "reconciled"
    assert house.follow() == complements.Followed(drafted=1)
    draft = drafts()[0]
    assert (draft.total, draft.due_on) == (1_160_00, date(2026, 4, 5))
    undo_match(match_id=bank.match(line).pk, reason="Era de otro", actor=stage.owner, now=bank.now)
    assert house.follow() == complements.Followed(discarded=1)
    with pytest.raises(complements.ComplementError):
        complements.submit(issue_id=draft.pk, version=draft.version, now=house.now, today=stage.today, actor=None)


def test_undone_between_looking_and_stamping_nothing_is_stamped(house: House) -> None:
    document = house.invoice(10, date(2026, 2, 3))
    credit = house.pays(400_00, (document, 400_00))
    house.follow()
    draft = drafts()[0]
    reverse_credit(credit_id=credit.pk, on=house.stage.today, reason="Rebotó", actor=None)
    with pytest.raises(complements.Changed):
        complements.submit(issue_id=draft.pk, version=draft.version, now=house.now, today=house.stage.today, actor=None)
    assert Issue.objects.get().state == IssueState.DISCARDED


def test_money_abroad_waits_for_the_exchange_rate_of_its_day(house: House) -> None:
    document = house.invoice(10, date(2026, 2, 3), currency="USD", exchange_rate=18_000_000)
    row = Receivable.objects.get(key=document.key)
    record_payment(
        customer_id=house.customer.pk, amount=Money(500_00, "USD"), received_on=house.stage.today, key="usd",
        actor=None, today=house.stage.today, policy="", named={row.pk: 500_00},
    )  # fmt: skip
    house.follow()
    draft = drafts()[0]
    with pytest.raises(drafting.NotReady):
        house.stamp(draft)
    draft = complements.change_receipt(
        issue_id=draft.pk, payment=0, version=draft.version, form="03", exchange_rate=18_351_400, actor=None
    )
    (payment,) = payments_in(house.stamp(draft))
    assert (payment.currency, payment.rate, str(payment.amount)) == ("USD", Decimal("18.3514"), "500.00")
    assert house.money() == [("person", 500_00)]


def test_the_deadline_is_told_from_the_first_of_the_month(house: House) -> None:
    document = house.invoice(10, date(2026, 2, 3))
    house.stage.today = date(2026, 3, 31)
    house.pays(400_00, (document, 400_00))
    house.follow()
    told = []
    for day in range(7):
        today = date(2026, 3, 31) + timedelta(days=day)
        if found := deadlines.notice(today=today):
            told.append((today.day, found.subject))
    assert told == [
        (1, "1 complemento de pago por timbrar"),
        (3, "1 complemento de pago por timbrar"),
        (5, "1 complemento de pago por timbrar"),
        (6, "1 complemento de pago atrasado"),
    ]
    house.stage.today = date(2026, 4, 1)
    house.stamp(drafts()[0])
    assert deadlines.notice(today=date(2026, 4, 6)) is None


def test_what_stamps_itself_waits_until_the_payment_rests(house: House) -> None:
    with_profile(complements_since=date(2026, 1, 1), is_automatic=True, version=1)
    document = house.invoice(10, date(2026, 2, 3))
    house.pays(400_00, (document, 400_00))
    house.follow()
    draft = drafts()[0]
    soon, later = draft.created_at + timedelta(minutes=59), draft.created_at + timedelta(minutes=61)
    assert deadlines.to_stamp(today=house.stage.today, now=soon) == []
    assert deadlines.to_stamp(today=house.stage.today, now=later) == [(draft.pk, draft.version)]
