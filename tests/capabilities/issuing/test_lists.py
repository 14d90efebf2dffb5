"""Lists: issued documents by filter and page, one with all that belongs to it, concepts that are billed often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from aldia.customers.models import Customer
from aldia.domain.fiscal.drafts import DraftRelation, to_json
from aldia.issuing.models import Issue, IssueState, SavedConcept
from aldia.issuing.operations import cancelling, drafting, products
from aldia.issuing.operations.products import ConceptError
from aldia.issuing.queries.issue import detail
from aldia.issuing.queries.issues import IssueFilter, count_by_state, every, page
from aldia.receivables.models import Receivable
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import company_scope
from tests.cast import make_customer
from tests.support.drafting import bring_in, drafted, invoice, with_profile
from tests.support.issuer import NOW, SOAP, TODAY, issuing_company, receiving_customer

LINE = to_json(invoice())["lines"][0]


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Path) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        with_profile()
        yield receiving_customer(company, search="abarrotes la guera alg010203ab2")


def made(customer: Customer, at: datetime = NOW, **fields: Any) -> Issue:
    issue = drafted(customer)
    Issue.objects.filter(pk=issue.pk).update(created_at=at, **fields)
    return issue


def found(**fields: Any) -> list[Issue]:
    return list(page(IssueFilter(**fields)).rows)


class TestTheList:
    def test_pages_follow_each_other_the_newest_first(self, customer: Customer) -> None:
        at = [made(customer, NOW + timedelta(minutes=n // 2)).pk for n in range(7)]  # two of each minute
        seen, after = [], ""
        for _ in range(4):
            one = page(IssueFilter(), after=after, size=2)
            seen += [row.pk for row in one.rows]
            after = one.after
        assert after == ""
        assert (sorted(seen), len(seen)) == (sorted(at), 7)
        rows = Issue.objects.in_bulk(seen)
        times = [rows[each].created_at for each in seen]
        assert times == sorted(times, reverse=True)
        assert [row.pk for row in every(IssueFilter())] == seen

    @pytest.mark.parametrize("after", ["x", "~", "2026-01-01~x", f"2026-01-01T00:00:00~{UUID(int=7)}"])
    def test_a_place_that_is_none_begins_anew(self, customer: Customer, after: str) -> None:
        made(customer)
        assert len(page(IssueFilter(), after=after).rows) == 1

    def test_filters(self, customer: Customer) -> None:
        other = make_customer(customer.company, "Cafetería", "CLF9902156X3", search="cafeteria clf9902156x3")
        one = made(customer, state="stamped", series="F", folio="12", uuid="9E369661-7CC4-4320-93E5-6CC189129343")
        two = made(other, kind="credit_note", series="NC", folio="12", origin="recurring")
        gone = made(customer, state="discarded")
        assert found(text="F-12") == found(text="f12") == found(text="9e369661") == found(states=("stamped",)) == [one]
        assert found(text="cafetería") == found(kinds=("credit_note",)) == found(origin="recurring") == [two]
        assert found(customer_id=other.pk) == found(text="12 cafe") == [two]
        assert set(found(text="12")) == {one, two}
        assert found(states=("discarded",)) == [gone]
        assert found(text="nada") == []
        assert count_by_state(IssueFilter(states=("stamped",))) == {"stamped": 1, "draft": 1, "discarded": 1}

    def test_days_are_the_companys(self, customer: Customer) -> None:
        """03:00 UTC of the eleventh is the evening of the tenth in Mexico City."""
        late = made(customer, datetime(2026, 9, 11, 3, tzinfo=UTC))
        assert found(since=date(2026, 9, 10), until=date(2026, 9, 10)) == [late]
        assert found(since=date(2026, 9, 11)) == found(until=date(2026, 9, 9)) == []


class TestOne:
    def test_a_draft_shows_what_to_mend(self, customer: Customer) -> None:
        issue = drafted(customer, replace(invoice(), form="03"))
        told = detail(issue.pk, today=TODAY)
        assert [each.field for each in told.findings] == ["form"]
        assert (told.receivable, told.cancellations, told.related) == (None, [], {})

    def test_a_stamped_one_shows_what_became_of_it(self, customer: Customer) -> None:
        before, document = bring_in(invoice()), bring_in(invoice())
        draft = replace(invoice(), relations=(DraftRelation("04", (before.key, str(uuid7()).upper())),))
        issue = drafted(customer, draft)
        Issue.objects.filter(pk=issue.pk).update(state=IssueState.STAMPED, uuid=document.key, document=document)
        cancellation = cancelling.ask(document_id=document.pk, motive="02", actor=None, now=NOW)
        after = drafted(customer, replaces_id=issue.pk)
        told = detail(issue.pk)
        assert told.findings == []
        assert told.related == {before.key: before.pk}
        assert told.receivable == Receivable.objects.get(key=document.key)
        assert (told.cancellations, told.successors) == ([cancellation], [after])

    def test_of_another_company_there_is_none(self, customer: Customer) -> None:
        issue = drafted(customer)
        with company_scope(issuing_company().pk), pytest.raises(Issue.DoesNotExist):
            detail(issue.pk)


class TestConcepts:
    def test_are_found_by_every_word_the_recent_first(self, customer: Customer) -> None:
        soap = products.save(name="Limpiador 20 L", line=LINE, actor=None)
        other = products.save(name="Limpiador pino", line=LINE | {"identification": "PIN-7"}, actor=None)
        assert products.search("LIMPIADOR 20") == [soap, other]  # its description says 20, too
        assert products.search("pin 7") == [other]
        assert products.search("47131805") == [soap, other]
        products.mark_used(concept_id=other.pk, now=NOW)
        assert products.search("") == [other, soap]
        assert products.search("", limit=1) == [other]

    def test_are_changed_and_put_away(self, customer: Customer) -> None:
        row = products.save(name="Limpiador", line=LINE, actor=None)
        changed = products.save(name="Jabón", line=LINE | {"price_micro": 5}, concept_id=row.pk, actor=None)
        assert (changed.pk, changed.name, changed.line["price_micro"]) == (row.pk, "Jabón", 5)
        products.archive(concept_id=row.pk, actor=None)
        assert products.search("") == []
        assert SavedConcept.objects.get().archived_at is not None

    @pytest.mark.parametrize(
        ("name", "line"),
        [("", LINE), ("x" * 201, LINE), ("a", {}), ("a", {"product_key": 3}), ("a", LINE | {"taxes": 1})],
    )
    def test_what_is_no_concept_is_refused(self, customer: Customer, name: str, line: dict[str, Any]) -> None:
        with pytest.raises(ConceptError):
            products.save(name=name, line=line, actor=None)

    def test_one_that_is_gone(self, customer: Customer) -> None:
        with pytest.raises(ConceptError):
            products.archive(concept_id=uuid7(), actor=None)


def test_a_discarded_one_asks_for_no_mending(customer: Customer) -> None:
    issue = drafted(customer, replace(invoice(SOAP), form="03"))
    drafting.discard(issue_id=issue.pk, version=1, actor=None)
    assert detail(issue.pk).findings == []
