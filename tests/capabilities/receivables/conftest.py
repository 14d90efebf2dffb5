"""A company in scope, a customer switched on, and a pen to write papers with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aldia.customers.models import Customer
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def papers(company: Company, customer: Customer) -> Papers:
    return Papers(company, customer)
