"""Drafts: made once, changed by version, checked, given their folio, copied, discarded, shown on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.documents.papers import CannotPrint
from aldia.domain.fiscal.drafts import DraftDocument, DraftRelation, from_json, to_json
from aldia.issuing.models import Folio, Issue, IssueKind, IssueState
from aldia.issuing.operations import drafting
from aldia.issuing.operations.drafting import DraftingError, NotReady, Stale
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.cast import make_customer, make_user
from tests.support.drafting import bring_in, drafted, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import NOW, RECEIVER, SOAP, TODAY, issuing_company, receiving_customer
from tests.support.papers import text_of


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Any) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        with_profile()
        yield receiving_customer(company)


def submit(issue: Issue, **fields: Any) -> Issue:
    usual: dict[str, Any] = {"version": issue.version, "now": NOW, "actor": None}
    return drafting.submit(issue_id=issue.pk, **(usual | fields))


def test_a_draft_becomes_a_document_with_its_folio(customer: Customer) -> None:
    issue = drafted(customer)
    assert (issue.state, issue.total, issue.currency, issue.folio) == (IssueState.DRAFT, 116_000, "MXN", "")
    done = submit(issue)
    assert (done.state, done.series, done.folio, done.next_at) == (IssueState.QUEUED, "F", "1", NOW)
    draft = from_json(done.content)
    assert (draft.series, draft.folio, draft.issuer.rfc) == ("F", "1", customer.company.tax_id)
    verbs = AuditEvent.objects.filter(object_type="issue").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["issuing.drafted", "issuing.submitted"]


def test_the_issuer_is_who_the_profile_says_now(customer: Customer) -> None:
    issue = drafted(customer, replace(invoice(), place=""))
    with_profile(name="TRES RIOS NUEVA", postal_code="11000", version=1)
    draft = from_json(submit(issue).content)
    assert (draft.issuer.name, draft.issuer.postal_code, draft.place) == ("TRES RIOS NUEVA", "11000", "11000")


def test_folios_follow_each_other_by_series(customer: Customer) -> None:
    numbers = [submit(drafted(customer)).folio for _ in range(3)]
    assert numbers == ["1", "2", "3"]
    other = submit(drafted(customer, replace(invoice(), series="A")))
    assert (other.series, other.folio) == ("A", "1")
    assert {row.series: row.last for row in Folio.objects.all()} == {"F": 3, "A": 1}


def test_folios_go_on_where_another_program_left_off(customer: Customer) -> None:
    bring_in(invoice(), series="F", folio="98")
    bring_in(invoice(), series="F", folio="104")
    bring_in(invoice(), series="F", folio="X-7")
    assert submit(drafted(customer)).folio == "105"
    bring_in(invoice(), series="F", folio="106")
    assert submit(drafted(customer)).folio == "107"


def test_a_draft_with_findings_keeps_its_place(customer: Customer) -> None:
    issue = drafted(customer, replace(invoice(), form="03"))
    with pytest.raises(NotReady) as refused:
        submit(issue)
    assert [each.field for each in refused.value.findings] == ["form"]
    issue.refresh_from_db()
    assert (issue.state, issue.folio) == (IssueState.DRAFT, "")
    assert not Folio.objects.exists()


def test_what_asked_for_it_asks_once(customer: Customer) -> None:
    first = drafted(customer, origin="recurring", origin_key="a:2026-09-01")
    again = drafted(customer, invoice(SOAP, SOAP), origin="recurring", origin_key="a:2026-09-01")
    assert (again.pk, again.total) == (first.pk, first.total)
    assert drafted(customer, origin="recurring", origin_key="a:2026-10-01").pk != first.pk
    drafting.discard(issue_id=first.pk, version=first.version, actor=None)
    assert drafted(customer, origin="recurring", origin_key="a:2026-09-01").pk != first.pk


def test_the_second_of_two_edits_is_told(customer: Customer) -> None:
    issue = drafted(customer)
    content = to_json(invoice(SOAP, SOAP))
    changed = drafting.update(issue_id=issue.pk, content=content, version=1, actor=None)
    assert (changed.total, changed.version) == (232_000, 2)
    with pytest.raises(Stale):
        drafting.update(issue_id=issue.pk, content=content, version=1, actor=None)
    with pytest.raises(Stale):
        submit(issue)


@pytest.mark.parametrize(
    "content",
    [{}, {"type_code": "I"}, [], {"type_code": "I", "lines": "x"}, to_json(replace(invoice(), type_code="E"))],
)
def test_what_is_no_draft_is_refused(customer: Customer, content: Any) -> None:
    with pytest.raises(DraftingError):
        drafting.create(kind=IssueKind.INVOICE, customer_id=customer.pk, content=content, actor=None)


def test_a_customer_of_nobody_is_refused(customer: Customer) -> None:
    with pytest.raises(DraftingError):
        drafting.create(kind=IssueKind.INVOICE, customer_id=uuid7(), content=to_json(invoice()), actor=None)


def test_amounts_beyond_any_column_are_kept_and_refused_later(customer: Customer) -> None:
    issue = drafted(customer, invoice(replace(SOAP, price_micro=10**30)))
    assert [each.field for each in drafting.check(issue)] == ["lines.0.price_micro"]


def test_what_is_on_its_way_is_no_longer_a_draft(customer: Customer) -> None:
    issue = submit(drafted(customer))
    for change in (
        lambda: submit(issue),
        lambda: drafting.discard(issue_id=issue.pk, version=issue.version, actor=None),
        lambda: drafting.update(issue_id=issue.pk, content=issue.content, version=issue.version, actor=None),
    ):
        with pytest.raises(DraftingError, match="ya no es un borrador"):
            change()


def test_a_rejected_document_is_mended_and_keeps_its_folio(customer: Customer) -> None:
    issue = submit(drafted(customer))
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.REJECTED, trouble="CP", trouble_code="CFDI40148", tries=3)
    mended = drafting.update(issue_id=issue.pk, content=to_json(invoice(SOAP, SOAP)), version=issue.version, actor=None)
    assert (mended.state, mended.trouble, mended.folio) == (IssueState.DRAFT, "", "1")
    assert mended.key != issue.key
    again = submit(mended)
    assert (again.state, again.folio, again.tries) == (IssueState.QUEUED, "1", 3)
    assert from_json(again.content).folio == "1"
    assert submit(drafted(customer)).folio == "2"


def test_a_rejected_document_may_be_tried_again_as_it_is(customer: Customer) -> None:
    issue = submit(drafted(customer))
    Issue.objects.filter(pk=issue.pk).update(state=IssueState.REJECTED, trouble="CP", trouble_code="CFDI40148")
    again = submit(issue)
    assert (again.state, again.trouble, again.folio) == (IssueState.QUEUED, "", "1")


def test_discarded_is_out_of_the_way(customer: Customer) -> None:
    issue = drafted(customer)
    done = drafting.discard(issue_id=issue.pk, version=1, actor=make_user("ana@example.com", customer.company))
    assert done.state == IssueState.DISCARDED
    event = AuditEvent.objects.get(verb="issuing.discarded")
    assert event.actor is not None


def test_a_copy_has_no_relations_and_no_folio(customer: Customer) -> None:
    related = bring_in(invoice(), series="F", folio="7")
    draft = replace(invoice(), relations=(DraftRelation("02", (related.key,)),))
    issue = submit(drafted(customer, draft))
    with_fiscal_profile(customer, postal_code="11000", use="G03")
    copy = drafting.duplicate(issue_id=issue.pk, actor=None)
    told = from_json(copy.content)
    assert (copy.state, copy.folio, told.folio, told.relations) == (IssueState.DRAFT, "", "", ())
    assert (copy.total, told.receiver.postal_code, told.receiver.use) == (issue.total, "11000", "G01")


def test_a_copy_asks_for_the_exchange_rate_of_its_day(customer: Customer) -> None:
    issue = submit(drafted(customer, invoice(currency="USD", exchange_rate=18_000_000)))
    copy = drafting.duplicate(issue_id=issue.pk, actor=None)
    assert [each.field for each in drafting.check(copy, today=TODAY)] == ["exchange_rate"]


def test_a_new_draft_begins_as_usual(customer: Customer) -> None:
    with_fiscal_profile(customer)
    Customer.objects.filter(pk=customer.pk).update(term_days=45)
    draft = from_json(drafting.blank(kind=IssueKind.INVOICE, customer_id=customer.pk))
    assert isinstance(draft, DraftDocument)
    assert (draft.series, draft.method, draft.form, draft.conditions) == ("F", "PPD", "99", "CREDITO 45 DIAS")
    assert draft.receiver == RECEIVER
    note = from_json(drafting.blank(kind=IssueKind.CREDIT_NOTE, customer_id=customer.pk))
    assert isinstance(note, DraftDocument)
    assert (note.type_code, note.series, note.receiver.use, note.form) == ("E", "NC", "G02", "15")


def test_a_new_draft_follows_how_the_customer_pays(customer: Customer) -> None:
    bring_in(invoice(method="PUE", form="28", currency="USD", exchange_rate=18_000_000))
    draft = from_json(drafting.blank(kind=IssueKind.INVOICE, customer_id=customer.pk))
    assert isinstance(draft, DraftDocument)
    assert (draft.method, draft.form, draft.currency) == ("PUE", "28", "USD")


class TestWhatItNames:
    """Findings against the documents on file."""

    def findings(
        self, customer: Customer, draft: DraftDocument, kind: str = IssueKind.CREDIT_NOTE
    ) -> list[tuple[str, bool]]:
        issue = drafted(customer, draft, kind)
        return [(each.field, each.is_warning) for each in drafting.check(issue, today=TODAY)]

    def note(self, *named: str, code: str = "01", **fields: Any) -> DraftDocument:
        values = {"method": "PUE", "form": "15", "receiver": replace(RECEIVER, use="G02")} | fields
        return replace(invoice(), type_code="E", relations=(DraftRelation(code, named),), **values)

    def test_an_invoice_of_the_customer_is_right(self, customer: Customer) -> None:
        assert self.findings(customer, self.note(bring_in(invoice()).key)) == []

    def test_what_is_not_on_file_is_said(self, customer: Customer) -> None:
        assert self.findings(customer, self.note(str(uuid7()).upper())) == [("relations.0.uuids", True)]

    def test_a_cancelled_one_is_refused(self, customer: Customer) -> None:
        document = bring_in(invoice())
        document.status = "cancelled"
        document.save(update_fields=["status"])
        assert self.findings(customer, self.note(document.key)) == [("relations.0.uuids", False)]

    def test_a_note_of_a_note_is_refused(self, customer: Customer) -> None:
        document = bring_in(self.note(bring_in(invoice()).key))
        assert self.findings(customer, self.note(document.key)) == [("relations.0.uuids", False)]

    def test_a_substitute_is_of_the_same_type(self, customer: Customer) -> None:
        document = bring_in(invoice())
        assert self.findings(customer, self.note(document.key, code="04")) == [("relations.0.uuids", False)]
        right = replace(invoice(), relations=(DraftRelation("04", (document.key,)),))
        assert self.findings(customer, right, IssueKind.INVOICE) == []

    def test_another_customers_is_said(self, customer: Customer) -> None:
        other = replace(RECEIVER, rfc="CLF9902156XA", name="CAFETERIAS LA FE")
        make_customer(customer.company, other.name, other.rfc)
        assert self.findings(customer, self.note(bring_in(invoice(receiver=other)).key)) == [
            ("relations.0.uuids", True)
        ]

    def test_more_than_is_owed_is_said(self, customer: Customer) -> None:
        document = bring_in(invoice())
        bring_in(self.note(document.key, lines=(replace(SOAP, quantity_micro=4_000_000),)))
        assert self.findings(customer, self.note(document.key)) == [("total", True)]

    def test_the_rfc_is_the_customers(self, customer: Customer) -> None:
        draft = replace(invoice(), receiver=replace(RECEIVER, rfc="CLF9902156XA"))
        assert ("receiver.rfc", False) in self.findings(customer, draft, IssueKind.INVOICE)


def test_the_paper_of_a_draft_says_that_it_is_none(customer: Customer) -> None:
    text = text_of(drafting.preview(drafted(customer, invoice(note="Entrega en bodega 4"))))
    for told in (
        "BORRADOR SIN VALIDEZ",
        "Sin timbrar",
        "ABARROTES LA GUERA",
        "1,160.00",
        "Limpiador multiusos 20 L",
        "Entrega en bodega 4",
    ):
        assert told in text
    for stamped in ("Sello digital", "representación impresa de un CFDI", "verificacfdi"):
        assert stamped not in text


def test_a_draft_that_says_too_little_has_no_paper(customer: Customer) -> None:
    with pytest.raises(CannotPrint):
        drafting.preview(drafted(customer, replace(invoice(), receiver=replace(RECEIVER, rfc=""))))


def test_time_passes_between_draft_and_submission(customer: Customer) -> None:
    done = submit(drafted(customer), now=NOW + timedelta(days=3))
    assert done.next_at == NOW + timedelta(days=3)
