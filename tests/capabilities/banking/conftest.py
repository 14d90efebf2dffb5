"""What the tests of the bank share: a company's window at it, whose books are proved at the end of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aldia.banking.verify import run_checks as bank_checks
from aldia.receivables.verify import run_checks
from aldia.tenancy.scope import company_scope
from tests.support.bank_window import Window


@pytest.fixture
def window(db: None) -> Iterator[Window]:
    window = Window.open()
    with company_scope(window.company.pk):
        yield window
        assert [check for check in [*run_checks(), *bank_checks()] if check.violations] == []
