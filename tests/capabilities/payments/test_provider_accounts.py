"""Accounts of providers: what is asked, what is hidden, which is used, who opens accounts for customers."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.ports.payments import ProviderFailure
from aldia.payments import providers
from aldia.payments.models import InboxEvent, ProviderAccount
from aldia.payments.operations import inbox
from aldia.payments.operations import provider_accounts as operations
from aldia.payments.operations.provider_accounts import Details
from aldia.payments.queries.inbox import new_events
from aldia.payments.queries.providers import offers_for
from aldia.tenancy.models import AuditEvent
from tests.support.paying import ProviderUnknown, Till

KEY = "sk_test_que-nadie-debe-leer"


@pytest.fixture(autouse=True)
def alone(till: Till) -> None:
    """The company has no account but those of the test."""
    ProviderAccount.objects.update(disabled_at=till.now, opens_accounts=False)


def stripe(till: Till, name: str = "Stripe", **more: str) -> ProviderAccount:
    kind = operations._kind("stripe")
    secrets = {each.name: KEY for each in kind.fields if each.is_secret} | more
    return operations.create_account(provider="stripe", details=Details(name, secrets=secrets), actor=till.owner)


def sandbox(till: Till) -> ProviderAccount:
    return operations.create_account(provider="sandbox", details=Details(""), actor=till.owner)


def test_secrets_are_kept_and_said_nowhere(till: Till) -> None:
    account = stripe(till)
    assert KEY in providers.revealed(account).values()
    written = [str(event.detail) for event in AuditEvent.objects.all()] + [str(ProviderAccount.objects.values().last())]
    assert not any(KEY in text or account.hook_token in text for text in written[:-1])
    assert KEY not in written[-1]
    assert (account.is_live, account.methods[0], len(account.hook_token)) == (True, "card", 43)


def test_an_empty_secret_leaves_the_one_that_is_kept(till: Till) -> None:
    account = stripe(till)
    account = operations.update_account(account_id=account.pk, version=1, details=Details("Otro"), actor=till.owner)
    assert (account.name, KEY in providers.revealed(account).values()) == ("Otro", True)
    with pytest.raises(Stale):
        operations.update_account(account_id=account.pk, version=1, details=Details("Tarde"), actor=till.owner)
    with pytest.raises(NotThere):
        operations.disable_account(account_id=uuid.uuid4(), version=1, actor=None)


def test_what_is_missing_is_named(till: Till) -> None:
    with pytest.raises(Refused) as refused:
        operations.create_account(provider="stripe", details=Details("Stripe"), actor=None)
    assert refused.value.field
    for provider in ("nadie", ""):
        with pytest.raises(Refused):
            operations.create_account(provider=provider, details=Details("X"), actor=None)
    with pytest.raises(Refused):
        stripe(till, webhook_secret="x" * 9_000)


def test_the_test_provider_needs_nothing_and_is_none_beside_real_money(till: Till) -> None:
    test = sandbox(till)
    assert (test.is_live, test.name) == (False, "Proveedor de prueba")
    assert providers.revealed(test)["webhook_secret"]
    assert [each.is_test for each in offers_for(till.customer.pk, 500_00, "MXN")] == [True] * 3
    real = stripe(till)
    assert providers.usable_accounts() == [real]
    operations.disable_account(account_id=real.pk, version=real.version, actor=till.owner)
    assert providers.usable_accounts() == [test]


def test_only_methods_of_the_provider_in_its_order(till: Till) -> None:
    account = sandbox(till)
    account = operations.set_methods(
        account_id=account.pk, version=1, methods=["store", "spei"], actor=till.owner
    )  # fmt: skip
    assert account.methods == ["spei", "store"]
    with pytest.raises(Refused):
        operations.set_methods(account_id=account.pk, version=2, methods=["cheque"], actor=till.owner)


def test_one_issuer_at_a_time(till: Till) -> None:
    first, second = sandbox(till), sandbox(till)
    for account in (first, second):
        operations.make_issuer(account_id=account.pk, version=1, actor=till.owner)
    assert [ProviderAccount.objects.get(pk=each.pk).opens_accounts for each in (first, second)] == [False, True]
    second = operations.disable_account(account_id=second.pk, version=2, actor=till.owner)
    operations.make_issuer(account_id=first.pk, version=2, actor=till.owner)
    second = operations.enable_account(account_id=second.pk, version=3, actor=till.owner)
    assert (second.disabled_at, second.opens_accounts) == (None, False)


def test_a_check_keeps_what_was_found(till: Till) -> None:
    account = sandbox(till)
    assert operations.check_account(account_id=account.pk, actor=till.owner, now=till.now) == (True, "La llave sirve.")
    till.bank.fails = [ProviderFailure("auth", "La llave no sirve.", permanent=True)]
    assert operations.check_account(account_id=account.pk, actor=None, now=till.now) == (False, "La llave no sirve.")
    account.refresh_from_db()
    assert (account.checked_at, account.check_result) == (till.now, "La llave no sirve.")


def test_a_notice_that_cannot_be_answered_waits_longer_each_time_and_in_the_end_is_left_to_the_janitor(
    till: Till,
) -> None:
    attempt = till.begins(100_00, account_id=sandbox(till).pk)
    event = InboxEvent.objects.create(
        company=till.company, account=attempt.account, event_id="evt", subject=attempt.provider_id, body="{}",
        received_at=till.now,
    )  # fmt: skip
    till.bank.fails = [ProviderUnknown("se cortó")] * 99
    now, waits = till.now, []
    for _turn in range(20):
        if not new_events(now=now):
            break
        inbox.process(event_id=event.pk, now=now)
        event.refresh_from_db()
        if event.retry_after is not None and event.processed_at is None:
            waits.append(event.retry_after - now)
            assert new_events(now=now) == []
            now = event.retry_after
    assert waits[:4] == [timedelta(minutes=2**turn) for turn in range(4)]
    assert max(waits) == timedelta(hours=6)
    assert (event.processed_at, event.outcome) == (now, "se cortó")
