"""Cancelling: what stands in the way, who accepts, what the PAC answers, and what is owed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.documents.models import AuthorityStatus, FiscalDocument
from aldia.domain.fiscal.drafts import DraftDocument, DraftRelation
from aldia.domain.money import Money
from aldia.domain.ports.stamping import CancelAnswer, CancelState, StampFailure, StampRefused, ToCancel
from aldia.issuing.models import Cancellation, CancellationState, Issue, IssueState
from aldia.issuing.operations import cancelling, seals, stampers
from aldia.issuing.operations.cancelling import CancellingError
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.authority_status import cancel_document
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.support.drafting import bring_in, drafted, invoice, with_profile
from tests.support.issuer import NOW, SOAP, TODAY, issuing_company, receiving_customer


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Any) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        with_profile()
        yield receiving_customer(company)


DONE = CancelAnswer(CancelState.DONE, "201", "Cancelado sin aceptación.", b"<Acuse/>")
WAITING = CancelAnswer(CancelState.WAITING, "201", "En proceso.")
REJECTED = CancelAnswer(CancelState.REJECTED, "201", "El receptor no aceptó.")
NONE = CancelAnswer(CancelState.NONE)


@dataclass
class Pac:
    """A PAC that answers what it is told, in order; the last answer again and again. It notes what it was asked."""

    answers: list[Any] = field(default_factory=lambda: [DONE])
    asked: list[tuple[str, ToCancel]] = field(default_factory=list)

    def cancel(self, wanted: ToCancel, seal: object) -> CancelAnswer:
        return self._answer("cancel", wanted)

    def cancellation(self, wanted: ToCancel, seal: object) -> CancelAnswer:
        return self._answer("how", wanted)

    def _answer(self, what: str, wanted: ToCancel) -> CancelAnswer:
        self.asked.append((what, wanted))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        found: CancelAnswer = answer() if callable(answer) else answer
        return found

    @property
    def words(self) -> list[str]:
        return [what for what, _wanted in self.asked]

    @contextmanager
    def open(self, _cancellation: Cancellation) -> Iterator[Any]:
        yield self, object()


def ours(customer: Customer, draft: DraftDocument | None = None, **fields: Any) -> FiscalDocument:
    """A stamped document of ours, with its issue."""
    document = bring_in(draft or invoice(**fields), series="F", folio="9")
    issue = drafted(customer, draft or invoice(**fields))
    Issue.objects.filter(pk=issue.pk).update(document=document, uuid=document.key, state=IssueState.STAMPED)
    return document


def ask(document: FiscalDocument, motive: str = "02", **fields: Any) -> Cancellation:
    usual: dict[str, Any] = {"actor": None, "now": NOW}
    return cancelling.ask(document_id=document.pk, motive=motive, **(usual | fields))


def work(pac: Pac, now: datetime = NOW) -> int:
    return cancelling.work(now=now, stamper_of=pac.open)  # type: ignore[arg-type]


def state_of(document: FiscalDocument) -> tuple[str, str, str]:
    """Of its cancellation, of its issue, at the authority."""
    document.refresh_from_db()
    last = Cancellation.objects.filter(document=document).order_by("-id").first()
    issue = Issue.objects.get(document=document)
    return last.state if last else "", issue.state, document.status


def note_of(document: FiscalDocument, quantity: int = 1_000_000, code: str = "01") -> DraftDocument:
    return replace(
        invoice(replace(SOAP, quantity_micro=quantity)),
        type_code="E",
        method="PUE",
        form="15",
        relations=(DraftRelation(code, (document.key,)),),
    )


class TestDone:
    def test_a_cancelled_invoice_is_owed_no_more_and_its_money_is_in_favour(self, customer: Customer) -> None:
        document = ours(customer)
        receivable = Receivable.objects.get()
        record_payment(
            customer_id=customer.pk, amount=Money(50_000, "MXN"), received_on=TODAY, key=str(uuid7()),
            named={receivable.pk: 50_000}, today=TODAY, actor=None,
        )  # fmt: skip
        ask(document)
        assert state_of(document) == ("asked", "cancelling", "unknown")
        pac = Pac()
        assert work(pac) == 1
        assert state_of(document) == ("done", "cancelled", "cancelled")
        receivable.refresh_from_db()
        assert (receivable.balance, receivable.void_code) == (0, "cancelled")
        credit = Credit.objects.get()
        assert (credit.remaining, credit.held) == (50_000, 0)
        row = Cancellation.objects.get()
        assert row.acknowledgement is not None
        assert (row.code, row.message, row.next_at) == ("201", "Cancelado sin aceptación.", None)
        [(what, wanted)] = pac.asked
        assert (what, wanted.uuid, wanted.motive, wanted.total) == ("cancel", document.key, "02", "1160.00")
        assert (wanted.issuer, wanted.receiver) == (customer.company.tax_id, customer.tax_id)
        assert work(pac, NOW + timedelta(days=1)) == 0

    def test_a_document_of_another_program_can_be_cancelled_too(self, customer: Customer) -> None:
        document = bring_in(invoice())
        ask(document)
        work(Pac())
        document.refresh_from_db()
        assert document.status == AuthorityStatus.CANCELLED

    def test_the_authoritys_day_counts(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        work(Pac([replace(DONE, at=NOW - timedelta(days=2))]))
        document.refresh_from_db()
        assert document.cancelled_on == (NOW - timedelta(days=2)).date()

    def test_the_trail_says_who_asked_and_what_came(self, customer: Customer) -> None:
        ask(ours(customer))
        work(Pac([WAITING, DONE]))
        work(Pac([DONE]), NOW + timedelta(hours=1))
        verbs = AuditEvent.objects.filter(verb__startswith="issuing.cancellation").order_by("seq")
        assert [each.verb.removeprefix("issuing.cancellation_") for each in verbs] == ["asked", "waits", "done"]


class TestTheReceiver:
    def test_is_waited_for_ever_more_seldom(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        pac, now, waits = Pac([WAITING]), NOW, []
        for _ in range(8):
            assert work(pac, now) == 1
            row = Cancellation.objects.get()
            assert row.next_at is not None
            waits.append(int((row.next_at - now).total_seconds() // 60))
            assert work(pac, row.next_at - timedelta(seconds=1)) == 0
            now = row.next_at
        assert waits == [10, 30, 60, 120, 240, 480, 480, 480]
        assert pac.words == ["cancel"] + ["how"] * 7
        assert state_of(document) == ("waiting", "cancelling", "unknown")
        pac.answers = [DONE]
        work(pac, now)
        assert state_of(document) == ("done", "cancelled", "cancelled")

    def test_says_no_and_the_document_stands(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        work(Pac([WAITING]))
        work(Pac([REJECTED]), NOW + timedelta(hours=1))
        assert state_of(document) == ("rejected", "stamped", "unknown")
        assert Receivable.objects.get().balance == 116_000
        ask(document, now=NOW + timedelta(days=1))  # and may be asked again
        work(Pac(), NOW + timedelta(days=1))
        assert state_of(document) == ("done", "cancelled", "cancelled")


class TestTrouble:
    def test_a_lost_answer_is_asked_for_again(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        pac = Pac([StampFailure("timeout", "El PAC no contestó.", is_unknown=True), DONE])
        work(pac)
        row = Cancellation.objects.get()
        assert (row.state, row.message, row.next_at) == ("asked", "El PAC no contestó.", NOW + timedelta(minutes=2))
        work(pac, NOW + timedelta(minutes=2))
        assert pac.words == ["cancel", "cancel"]
        assert state_of(document) == ("done", "cancelled", "cancelled")

    def test_a_refusal_ends_it_with_its_words(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        work(Pac([StampRefused("no_cancelable", "El comprobante no es cancelable.")]))
        assert state_of(document) == ("failed", "stamped", "unknown")
        row = Cancellation.objects.get()
        assert (row.code, row.message) == ("no_cancelable", "El comprobante no es cancelable.")

    def test_a_refusal_to_say_how_it_stands_ends_nothing(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        pac = Pac([WAITING, StampRefused("601", "No encontrado."), DONE])
        for hours in (0, 1, 5):
            work(pac, NOW + timedelta(hours=hours))
        assert state_of(document) == ("done", "cancelled", "cancelled")

    def test_the_authority_forgot_so_it_is_asked_again_until_a_person_is_told(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        pac, now = Pac([WAITING, NONE, WAITING, NONE]), NOW
        for _ in range(3):
            work(pac, now)
            now += timedelta(hours=9)
        assert pac.words == ["cancel", "how", "cancel"]
        for _ in range(12):
            work(pac, now)
            now += timedelta(hours=9)
        assert state_of(document) == ("failed", "stamped", "unknown")

    @pytest.mark.parametrize("error", [stampers.NoStamper("Falta el PAC."), seals.NoSeal("Falta el sello.")])
    def test_without_pac_or_seal_it_waits(self, customer: Customer, error: Exception) -> None:
        ask(ours(customer))

        @contextmanager
        def closed(_row: Cancellation) -> Iterator[Any]:
            raise error
            yield

        cancelling.work(now=NOW, stamper_of=closed)
        row = Cancellation.objects.get()
        assert (row.state, row.message, row.next_at) == ("asked", str(error), NOW + timedelta(minutes=30))

    def test_our_own_failure_is_told_and_tried_again(self, customer: Customer) -> None:
        ask(ours(customer))
        work(Pac([ZeroDivisionError()]))
        row = Cancellation.objects.get()
        assert (row.state, row.code) == ("asked", "error")

    def test_a_worker_that_lost_its_lease_changes_nothing(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)

        def slow() -> CancelAnswer:  # meanwhile another one finds that it is done
            assert work(Pac([DONE]), NOW + timedelta(minutes=6)) == 1
            return REJECTED

        work(Pac([slow]))
        assert state_of(document) == ("done", "cancelled", "cancelled")


class TestBefore:
    """What is refused before anybody is asked."""

    def refused(self, call: Callable[[], object]) -> str:
        with pytest.raises(CancellingError) as error:
            call()
        assert not Cancellation.objects.exists()
        return str(error.value)

    def test_what_names_it_goes_first(self, customer: Customer) -> None:
        document = ours(customer)
        note = bring_in(note_of(document), series="NC", folio="3")
        assert "NC-3" in self.refused(lambda: ask(document))
        cancel_document(document_id=note.pk, on=TODAY, now=NOW, today=TODAY, actor=None)
        assert ask(document).state == CancellationState.ASKED

    def test_a_substitute_does_not_stand_in_the_way(self, customer: Customer) -> None:
        document = ours(customer)
        right = bring_in(invoice(relations=(DraftRelation("04", (document.key,)),)), series="F", folio="10")
        row = ask(document, "01", replacement_key=right.key.lower())
        assert row.replacement_key == right.key

    @pytest.mark.parametrize("motive", ["", "05", "04"])
    def test_the_motive_fits(self, customer: Customer, motive: str) -> None:
        document = ours(customer)
        assert "motivo" in self.refused(lambda: ask(document, motive)).lower()

    def test_motive_01_needs_a_substitute_that_says_so(self, customer: Customer) -> None:
        document = ours(customer)
        other = bring_in(invoice(), series="F", folio="11")
        self.refused(lambda: ask(document, "01"))
        self.refused(lambda: ask(document, "01", replacement_key=str(uuid7())))
        self.refused(lambda: ask(document, "01", replacement_key=document.key))
        assert "04" in self.refused(lambda: ask(document, "01", replacement_key=other.key))
        self.refused(lambda: ask(document, "02", replacement_key=other.key))

    def test_what_is_not_ours_or_is_cancelled(self, customer: Customer) -> None:
        document = ours(customer)
        FiscalDocument.objects.filter(pk=document.pk).update(direction="received")
        self.refused(lambda: ask(document))
        FiscalDocument.objects.filter(pk=document.pk).update(direction="issued", status="cancelled")
        self.refused(lambda: ask(document))
        self.refused(lambda: cancelling.ask(document_id=uuid7(), motive="02", actor=None, now=NOW))

    def test_twice(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        with pytest.raises(CancellingError, match="ya se pidió"):
            ask(document)

    def test_a_wish_is_taken_back_until_the_authority_knows(self, customer: Customer) -> None:
        document = ours(customer)
        row = cancelling.withdraw(cancellation_id=ask(document).pk, actor=None)
        assert state_of(document) == ("withdrawn", "stamped", "unknown")
        assert work(Pac()) == 0
        with pytest.raises(CancellingError):
            cancelling.withdraw(cancellation_id=row.pk, actor=None)
        again = ask(document)
        work(Pac([WAITING]))
        with pytest.raises(CancellingError):
            cancelling.withdraw(cancellation_id=again.pk, actor=None)


class TestElsewhere:
    def test_cancelled_in_the_authoritys_portal_our_issue_says_so(self, customer: Customer) -> None:
        document = ours(customer)
        cancel_document(document_id=document.pk, on=TODAY, now=NOW, today=TODAY, actor=None)
        work(Pac())
        assert Issue.objects.get(document=document).state == IssueState.CANCELLED

    def test_told_cancelled_while_we_ask_nobody_is_asked(self, customer: Customer) -> None:
        document = ours(customer)
        ask(document)
        cancel_document(document_id=document.pk, on=TODAY, now=NOW, today=TODAY, actor=None)
        pac = Pac()
        work(pac)
        assert (state_of(document), pac.asked) == (("done", "cancelled", "cancelled"), [])


def test_advice_says_what_to_know_before(customer: Customer) -> None:
    document = ours(customer)
    bring_in(note_of(document), series="NC", folio="3")
    told = cancelling.advise(document.pk, today=TODAY)
    assert [each.number for each in told.in_the_way] == ["NC-3"]
    assert (told.needs_acceptance, f"{told.last_day}", told.open) == (True, "2027-03-31", None)
    assert any("15 sep 2026" in sentence for sentence in told.sentences)  # three business days from the tenth
    late = cancelling.advise(document.pk, today=TODAY.replace(year=2027))
    assert any("multar" in sentence for sentence in late.sentences)
