"""Notes about an invoice, advances by both procedures, and what each does to what is owed, once stamped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.fiscal.drafts import (
    ISR_WITHHELD_FEES,
    IVA_0,
    IVA_16,
    DraftDocument,
    DraftTax,
    from_json,
    plain_line,
    to_json,
)
from aldia.domain.money import Money
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import anticipos, drafting, stamping
from aldia.issuing.operations.drafting import DraftingError, NotReady
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.authority_status import cancel_document
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_scope
from tests.support.drafting import bring_in, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import (
    NOW,
    SOAP,
    TODAY,
    issuing_company,
    receiving_customer,
    with_seal,
    with_simulated_pac,
)

MIXED = (
    plain_line("47131805", "H87", "Limpiador", 7_000, 33_333, discount=333),
    plain_line("50161509", "XBJ", "Azúcar", 3_000, 112_035, (IVA_0,)),
    plain_line("80101500", "E48", "Asesoría", 1_000, 1_000_000, (IVA_16, ISR_WITHHELD_FEES)),
)


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Path) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        with_profile()
        customer = receiving_customer(company)
        with_fiscal_profile(customer)
        yield customer


@pytest.fixture
def stamper(customer: Customer) -> None:
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    with_seal()
    with_simulated_pac()


def owed(document: FiscalDocument) -> Receivable:
    return Receivable.objects.get(key=document.key)


def note(document: FiscalDocument, kind: str = IssueKind.CREDIT_NOTE, **fields: Any) -> DraftDocument:
    draft = from_json(drafting.note_for(receivable_id=owed(document).pk, kind=kind, **fields))
    assert isinstance(draft, DraftDocument)
    return draft


def stamped(customer: Customer, kind: str, content: dict[str, Any]) -> FiscalDocument:
    """Through draft, folio, seal and stamp to the file."""
    issue = drafting.create(kind=kind, customer_id=customer.pk, content=content, actor=None)
    issue = drafting.submit(issue_id=issue.pk, version=issue.version, now=NOW, actor=None)
    issue = stamping.work(issue_id=issue.pk, now=NOW)
    assert (issue.state, issue.trouble) == (IssueState.STAMPED, "")
    assert issue.document is not None
    return issue.document


def balance_of(document: FiscalDocument) -> int:
    return owed(document).balance


class TestCreditNotes:
    def test_the_whole_invoice_comes_back_to_the_cent(self, customer: Customer, stamper: None) -> None:
        document = bring_in(invoice(*MIXED), series="F", folio="1")
        draft = note(document)
        assert (draft.type_code, draft.total, draft.form, draft.method) == ("E", document.total, "15", "PUE")
        assert (draft.receiver.use, draft.series, draft.place) == ("G02", "NC", "06700")
        assert [(each.code, each.uuids) for each in draft.relations] == [("01", (document.key,))]
        content = drafting.note_for(receivable_id=owed(document).pk, kind=IssueKind.CREDIT_NOTE)
        stamped(customer, IssueKind.CREDIT_NOTE, content)
        assert balance_of(document) == 0

    @pytest.mark.parametrize("amount", [1, 12_345, 99_999])
    def test_an_amount_lowers_what_is_owed_by_exactly_that(
        self, customer: Customer, stamper: None, amount: int
    ) -> None:
        document = bring_in(invoice(*MIXED), series="F", folio="1")
        content = drafting.note_for(
            receivable_id=owed(document).pk, kind=IssueKind.CREDIT_NOTE, amount=amount, reason="Por pronto pago"
        )
        stamped(customer, IssueKind.CREDIT_NOTE, content)
        assert balance_of(document) == document.total - amount

    def test_its_taxes_are_in_the_invoices_proportion(self, customer: Customer) -> None:
        document = bring_in(invoice(*MIXED), series="F", folio="1")
        draft = note(document, amount=document.total // 2)
        assert {each.taxes for each in draft.lines} == {each.taxes for each in MIXED}
        for whole in MIXED:
            half = sum(each.base for each in draft.lines if each.taxes == whole.taxes)
            assert abs(2 * half - whole.base) <= 3
        assert {each.description for each in draft.lines} == {"Bonificación sobre la factura F-1"}

    def test_goods_that_come_back(self, customer: Customer) -> None:
        document = bring_in(invoice(*MIXED), series="F", folio="1")
        draft = note(document, lines={1: 2_000_000}, relation="03")
        assert draft.relations[0].code == "03"
        assert [(each.description, each.quantity_micro) for each in draft.lines] == [("Azúcar", 2_000_000)]
        assert draft.total == 224_070

    def test_what_was_paid_is_given_back(self, customer: Customer) -> None:
        document = bring_in(invoice(method="PUE", form="28"), series="F", folio="1")
        Receivable.objects.filter(key=document.key).update(balance=0)
        assert note(document).form == "28"
        credit = bring_in(invoice(), series="F", folio="2")
        Receivable.objects.filter(key=credit.key).update(balance=0)
        assert note(credit).form == "03"

    @pytest.mark.parametrize(
        "fields",
        [{"amount": 0}, {"amount": -1}, {"amount": 10**9}, {"lines": {}}, {"lines": {9: 1}}, {"lines": {0: 10**9}}],
    )
    def test_what_cannot_come_back(self, customer: Customer, fields: dict[str, Any]) -> None:
        document = bring_in(invoice(), series="F", folio="1")
        with pytest.raises(DraftingError):
            note(document, **fields)

    def test_ieps_by_the_litre_comes_back_by_the_litre(self, customer: Customer) -> None:
        petrol = replace(SOAP, unit_key="LTR", taxes=(DraftTax("003", 6_175_200, factor="Cuota"), IVA_16))
        document = bring_in(invoice(petrol), series="F", folio="1")
        with pytest.raises(DraftingError, match="IEPS"):
            note(document, amount=100)
        assert note(document, lines={0: 1_000_000}).lines[0].taxes == petrol.taxes

    def test_no_note_of_what_has_no_invoice_or_none_in_force(self, customer: Customer) -> None:
        charge = open_charge(
            customer_id=customer.pk, kind="charge_note", total=Money(100, "MXN"), issued_on=TODAY, due_on=TODAY,
            concept="x", key=uuid7(), actor=None,
        )  # fmt: skip
        document = bring_in(invoice(), series="F", folio="1")
        cancel_document(document_id=document.pk, on=TODAY, now=NOW, today=TODAY, actor=None)
        for receivable_id in (charge.pk, uuid7(), owed(document).pk):
            with pytest.raises(DraftingError):
                drafting.note_for(receivable_id=receivable_id, kind=IssueKind.CREDIT_NOTE)

    def test_a_debit_note_adds_to_what_is_owed(self, customer: Customer, stamper: None) -> None:
        document = bring_in(invoice(), series="F", folio="1")
        content = drafting.note_for(
            receivable_id=owed(document).pk, kind=IssueKind.DEBIT_NOTE, amount=11_600, reason="Flete adicional"
        )
        raised = stamped(customer, IssueKind.DEBIT_NOTE, content)
        assert (raised.kind, raised.series, raised.total) == ("debit_note", "ND", 11_600)
        assert owed(raised).raises == owed(document)

    def test_a_confirmed_name_wins_over_the_invoices(self, customer: Customer) -> None:
        document = bring_in(invoice(), series="F", folio="1")
        with_fiscal_profile(customer, postal_code="11000", version=1)
        assert note(document).receiver.postal_code == "11000"


class TestAdvances:
    """Both procedures of the guide: the customer gave 5,800.00 before an order of 11,600.00."""

    ORDER = plain_line("47131805", "H87", "Limpiador multiusos", 100_000, 10_000)

    @pytest.fixture
    def advance(self, customer: Customer, stamper: None) -> FiscalDocument:
        content = anticipos.advance(customer_id=customer.pk, total=580_000)
        return stamped(customer, IssueKind.ADVANCE, content)

    def order(self) -> dict[str, Any]:
        content: dict[str, Any] = to_json(invoice(self.ORDER))
        return content

    def test_an_advance_is_money_in_favour_and_nothing_owed(self, customer: Customer, advance: FiscalDocument) -> None:
        assert (advance.kind, advance.total, advance.method, advance.payment_form) == ("advance", 580_000, "PUE", "03")
        assert not Receivable.objects.exists()
        credit = Credit.objects.get()
        assert (credit.kind, credit.remaining) == ("advance", 580_000)
        [found] = anticipos.open_advances(customer.pk)
        assert (found.document, found.remaining, found.is_used) == (advance, 580_000, False)

    def test_procedure_a(self, customer: Customer, advance: FiscalDocument) -> None:
        full = stamped(customer, "invoice", anticipos.full_invoice(advance_uuid=advance.key, content=self.order()))
        content = anticipos.application(advance_uuid=advance.key, invoice_uuid=full.key)
        applied = from_json(content)
        assert isinstance(applied, DraftDocument)
        assert (applied.form, applied.total, applied.lines[0].description) == ("30", 580_000, "Aplicación de anticipo")
        assert [(each.code, each.uuids) for each in applied.relations] == [("07", (full.key,))]
        stamped(customer, IssueKind.CREDIT_NOTE, content)
        assert (full.total, balance_of(full)) == (1_160_000, 580_000)
        assert Credit.objects.get().remaining == 0
        assert anticipos.open_advances(customer.pk) == []

    def test_procedure_b(self, customer: Customer, advance: FiscalDocument) -> None:
        rest = stamped(customer, "invoice", anticipos.remainder(advance_uuid=advance.key, content=self.order()))
        assert rest.is_advance_remainder
        assert (rest.total, balance_of(rest)) == (580_000, 580_000)
        assert Receivable.objects.get(key=advance.key).balance == 0
        assert Credit.objects.get().remaining == 0

    def test_the_discount_is_spread_and_comes_to_the_advance(self, customer: Customer, advance: FiscalDocument) -> None:
        content = to_json(invoice(*MIXED[:2], self.ORDER))
        draft = from_json(anticipos.remainder(advance_uuid=advance.key.lower(), content=content))
        assert isinstance(draft, DraftDocument)
        assert draft.discount == 500_000 + MIXED[0].discount
        assert all("remanente" in line.description for line in draft.lines)

    def test_what_does_not_go_together(self, customer: Customer, advance: FiscalDocument) -> None:
        other = bring_in(invoice(), series="F", folio="90")
        with pytest.raises(DraftingError, match="07"):
            anticipos.application(advance_uuid=advance.key, invoice_uuid=other.key)
        with pytest.raises(DraftingError):
            anticipos.full_invoice(advance_uuid=other.key, content=self.order())
        with pytest.raises(DraftingError, match="cubre todo"):
            anticipos.remainder(advance_uuid=advance.key, content=to_json(invoice()))
        with pytest.raises(DraftingError):
            anticipos.advance(customer_id=customer.pk, total=0)
        cancel_document(document_id=advance.pk, on=advance.issued_on, now=NOW, today=TODAY, actor=None)
        with pytest.raises(DraftingError, match="cancelado"):
            anticipos.full_invoice(advance_uuid=advance.key, content=self.order())


def test_an_invoice_with_a_substitute_is_replaced(customer: Customer, stamper: None) -> None:
    """Wrong, then right with relation 04: what is owed is the right one's."""
    wrong = stamped(customer, "invoice", to_json(invoice()))
    content = to_json(invoice(replace(SOAP, quantity_micro=9_000_000)))
    content["relations"] = [{"code": "04", "uuids": [wrong.key]}]
    right = stamped(customer, "invoice", content)
    assert (balance_of(wrong), balance_of(right)) == (0, 104_400)
    assert owed(wrong).void_code == "replaced"


def test_a_note_that_the_authority_would_refuse_is_refused_here(customer: Customer) -> None:
    document = bring_in(invoice(), series="F", folio="1")
    content = drafting.note_for(receivable_id=owed(document).pk, kind=IssueKind.CREDIT_NOTE) | {"method": "PPD"}
    issue = drafting.create(kind=IssueKind.CREDIT_NOTE, customer_id=customer.pk, content=content, actor=None)
    with pytest.raises(NotReady):
        drafting.submit(issue_id=issue.pk, version=1, now=NOW, actor=None)
    assert Issue.objects.get().state == IssueState.DRAFT
