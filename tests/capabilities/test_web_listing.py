"""Lists: pages that neither lose nor repeat a row, filters that cannot break, selections that mean what was seen."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db.models import QuerySet
from django.test import RequestFactory

from aldia.customers.models import Customer
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from aldia.web import listing
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Page, Pick, Search
from tests.cast import make_company, make_customer

pytestmark = pytest.mark.django_db
TOTAL = 23


def apply(queryset: QuerySet[Customer], values: dict[str, Any]) -> QuerySet[Customer]:
    if "q" in values:
        queryset = queryset.filter(legal_name__icontains=values["q"])
    if "collecting" in values:
        queryset = queryset.filter(collecting=values["collecting"] == "on")
    return queryset


LIST = Listing(
    key="customers",
    columns=(
        Column("name", "Nombre", sort="legal_name", always=True),
        Column("term", "Plazo", sort="term_days", numeric=True),
        Column("since", "Desde", sort="created_at"),
        Column("notes", "Notas", shown=False),
    ),
    filters=(
        Search(),
        Choice("collecting", "Cobranza", (("on", "Prendido"), ("off", "Apagado"))),
        Day("from", "Desde"),
        Amount("min", "Mínimo"),
        Pick("pick", "Cartera", lambda: [(7, "Siete")]),
    ),
    sort="name",
    apply=apply,
    page_size=5,
)


@pytest.fixture
def company() -> Company:
    company = make_company()
    with company_scope(company.pk):
        for number in range(TOTAL):
            term, on = None if number % 4 == 0 else (number * 7) % 3 * 15, number % 2 == 0
            make_customer(company, f"Cliente {number % 6}", f"CLI{number:09d}", term_days=term, collecting=on)
    return company


def request_of(query: str = "", **data: Any) -> Any:
    factory = RequestFactory()
    request = factory.post(f"/x/{query}", data) if data else factory.get(f"/x/{query}")
    request.session = SessionStore()
    return request


def page_of(company: Company, query: str = "", request: Any = None) -> Page[Customer]:
    with company_scope(company.pk):
        return LIST.page(request or request_of(query), Customer.objects.all())


def walk(company: Company, query: str, link: str) -> list[list[Any]]:
    pages, page = [], page_of(company, query)
    while len(pages) <= TOTAL:
        pages.append([row.pk for row in page.rows])
        following = getattr(page, link)
        if not following:
            return pages
        page = page_of(company, following)
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ["name", "-name", "term", "-term", "since", "-since", "", "nonsense", "notes", "-id"])
def test_pages_hold_every_row_once_and_go_back_the_same_way(company: Company, sort: str) -> None:
    query = f"?sort={sort}"
    forward = walk(company, query, "next_url")
    seen = [pk for page in forward for pk in page]
    assert len(seen) == len(set(seen)) == TOTAL
    assert [len(page) for page in forward] == [5, 5, 5, 5, 3]
    page = page_of(company, query)
    while page.next_url:
        page = page_of(company, page.next_url)
    back = [[row.pk for row in page.rows]]
    while page.previous_url:
        page = page_of(company, page.previous_url)
        back.append([row.pk for row in page.rows])
    assert back[::-1] == forward


@pytest.mark.parametrize("sort", ["term", "-term"])
def test_rows_without_a_value_come_last(company: Company, sort: str) -> None:
    order = [pk for page in walk(company, f"?sort={sort}", "next_url") for pk in page]
    with company_scope(company.pk):
        terms = dict(Customer.objects.values_list("pk", "term_days"))
    values = [terms[pk] for pk in order]
    known = [value for value in values if value is not None]
    assert values[len(known) :] == [None] * (TOTAL - len(known))
    assert known == sorted(known, reverse=sort.startswith("-"))


def test_a_page_says_where_it_is(company: Company) -> None:
    page = page_of(company)
    assert (page.start, page.end, page.total) == (1, 5, TOTAL)
    second = page_of(company, page.next_url)
    assert (second.start, second.end) == (6, 10)
    assert (page_of(company, second.previous_url).start, page_of(company, second.previous_url).end) == (1, 5)


def test_a_long_count_is_capped(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNT_CAP", 10)
    page = page_of(company)
    assert page.total_is_capped
    assert page.count_text == "más de 10,000"


@pytest.mark.parametrize(
    "cursor", ["x", "a:b:c", "%00", "é", "A" * 3000, "eyJhIjoxfQ:1tG:AAAA", "..", "'; DROP TABLE customers; --"]
)
def test_a_made_up_cursor_is_the_first_page(company: Company, cursor: str) -> None:
    assert [row.pk for row in page_of(company, f"?c={cursor}").rows] == [row.pk for row in page_of(company).rows]


def test_a_cursor_of_another_order_or_list_is_not_used(company: Company) -> None:
    following = page_of(company, "?sort=name").next_url
    cursor = following.partition("c=")[2]
    assert page_of(company, f"?sort=-name&c={cursor}").start == 1
    other = Listing(key="other", columns=LIST.columns, sort="name", page_size=5)
    with company_scope(company.pk):
        assert other.page(request_of(following), Customer.objects.all()).start == 1


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("?from=2026-02-30", 1),
        ("?from=ayer", 1),
        ("?min=1e5", 1),
        ("?min=１２", 1),
        ("?min=NaN", 1),
        ("?collecting=perhaps", 1),
        ("?pick=8", 1),
        ("?pick=7&from=2026-02-28&min=1,234.50&collecting=on", 0),
        ("?q=%00%ff%ed%a0%80", 0),
        ("?q=" + "x" * 5000, 0),
        ("?unknown=1", 0),
    ],
)
def test_a_wrong_filter_is_left_out_and_named(company: Company, query: str, errors: int) -> None:
    assert len(page_of(company, query).errors) == errors


def test_the_amount_of_a_filter_is_minor_units(company: Company) -> None:
    assert page_of(company, "?min=1,234.50").values["min"] == 123450


def test_a_selection_is_the_checked_rows_of_this_company(company: Company) -> None:
    other = make_company("Otra", slug="otra")
    with company_scope(other.pk):
        stranger = make_customer(other, "Otro", "OTR010203AB1")
    with company_scope(company.pk):
        mine = Customer.objects.first()
        assert mine is not None
        request = request_of(id=[str(mine.pk), str(stranger.pk), "x", "", str(uuid4()), "\x00"])
        assert list(LIST.selected(request, Customer.objects.all())) == [mine]


def test_all_that_match_are_those_of_the_filter_that_was_seen(company: Company) -> None:
    with company_scope(company.pk):
        chosen = LIST.selected(request_of("?collecting=off", all="1"), Customer.objects.all())
        assert {row.collecting for row in chosen} == {False}
        assert chosen.count() == TOTAL // 2
        assert not LIST.selected(request_of("?collecting=off", id=""), Customer.objects.all())


def test_columns_chosen_are_remembered(company: Company) -> None:
    request = request_of("?columns=&columns=notes&columns=evil")
    assert page_of(company, request=request).shown == {"name", "notes"}
    again = request_of()
    again.session = request.session
    page = page_of(company, request=again)
    assert page.shown == {"name", "notes"}
    assert [head.column.key for head in page.heads] == ["name", "notes"]
    assert page_of(company).shown == {"name", "term", "since"}


def test_a_header_turns_the_order_and_keeps_the_filters(company: Company) -> None:
    page = page_of(company, "?q=Cliente&sort=name&c=x")
    heads = {head.column.key: head for head in page.heads}
    assert heads["name"].direction == "ascending"
    assert heads["name"].url == "?q=Cliente&sort=-name"
    assert heads["term"].url == "?q=Cliente&sort=term"
    assert page.query == "?q=Cliente&sort=name"


def test_a_page_costs_two_queries(company: Company, django_assert_num_queries: Any) -> None:
    with company_scope(company.pk), django_assert_num_queries(2):
        LIST.page(request_of(), Customer.objects.all())
