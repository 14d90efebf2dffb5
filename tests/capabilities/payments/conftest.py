"""The till that stories of payments stand at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aldia.payments import providers
from aldia.payments.models import ProviderAccount
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from tests.support.paying import Bank, Pretend, Till


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()
    monkeypatch.setattr(providers, "build", lambda _account: Pretend(bank))
    return bank


@pytest.fixture
def till(db: None, bank: Bank) -> Iterator[Till]:
    company = make_company()
    owner = make_user("duena@tresrios.example", company)
    with company_scope(company.pk):
        account = ProviderAccount.objects.create(
            company=company, provider="pretend", name="De mentira", methods=["card", "spei", "store"], is_live=True,
            hook_token="gancho",
        )  # fmt: skip
        yield Till(company, owner, account, make_customer(company), bank)
