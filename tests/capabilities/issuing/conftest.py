"""A company that can stamp, and one of its customers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.tenancy.scope import company_scope
from tests.support.issuer import issuing_company, receiving_customer, with_seal, with_simulated_pac


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Path) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        with_seal()
        with_simulated_pac()
        yield receiving_customer(company)
