"""Accounts that only one customer pays into: opened once, never given to another; what comes in posts itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aldia.customers.models import Customer
from aldia.domain.ports.payments import AccountKind, OpenedAccount, ProviderFailure, ProviderUnknown
from aldia.payments.models import CollectionAccount, PaymentAttempt, ProviderAccount
from aldia.payments.operations.collecting import CollectingError, ask_providers, close, open_for, open_missing
from aldia.payments.operations.looking import look_at
from aldia.payments.queries.collecting import account_of, accounts_of
from aldia.tenancy.models import AuditEvent
from tests.support.paying import Till, broken


@pytest.fixture(autouse=True)
def issuer(till: Till) -> None:
    till.account.opens_accounts = True
    till.account.save()


def opens(till: Till, *customers: Customer) -> list[CollectionAccount]:
    ids = [each.pk for each in customers or (till.customer,)]
    rows = open_for(customer_ids=ids, account_id=till.account.pk, actor=till.owner, now=till.now)
    ask_providers(now=till.now)
    return list(CollectionAccount.objects.filter(pk__in=[row.pk for row in rows]).order_by("sequence"))


def test_each_customer_has_its_own_and_asking_again_opens_none(till: Till) -> None:
    other = till.other()
    rows = opens(till, till.customer, other)
    assert [(row.sequence, row.value) for row in rows] == [(1, "646180000000000001"), (2, "646180000000000002")]
    assert opens(till, till.customer, other) == []
    assert account_of(till.customer.pk) == next(row for row in rows if row.customer_id == till.customer.pk)
    assert accounts_of([till.customer.pk, other.pk]).keys() == {till.customer.pk, other.pk}


def test_a_provider_that_fails_is_asked_again_with_the_same_key(till: Till) -> None:
    till.bank.fails = [ProviderUnknown("se cortó")]
    (row,) = opens(till)
    assert (row.value, row.failure) == ("", "se cortó")
    assert account_of(till.customer.pk) is None
    till.bank.fails = [ProviderFailure("tax_id", "El RFC no existe.", permanent=True)]
    assert ask_providers(now=till.now) == 0
    row.refresh_from_db()
    assert row.failure == "El RFC no existe."
    assert ask_providers(now=till.now) == 1
    row.refresh_from_db()
    assert (row.value, row.failure, list(till.bank.opened)) == ("646180000000000001", "", [str(row.pk)])


def test_one_silent_provider_is_asked_once_a_round(till: Till) -> None:
    till.bank.fails = [ProviderUnknown("se cortó")] * 9
    opens(till, *[till.other(f"Cliente {number}") for number in range(5)])
    assert till.bank.calls.count("open_account") == 1


def test_a_closed_account_is_given_to_nobody_and_its_money_is_still_known(till: Till) -> None:
    row = till.owes(80_00)
    (first,) = opens(till)
    close(collection_id=first.pk, actor=till.owner, now=till.now)
    assert account_of(till.customer.pk) is None
    (second,) = opens(till)
    assert (second.sequence, second.value) == (2, "646180000000000002")
    till.bank.arrive("t-1", 30_00, into=first.value)
    attempt = look_at(account=till.account, subject="t-1", key="", now=till.now)
    assert attempt is not None
    assert (attempt.customer_id, attempt.posted, till.owed(row)) == (till.customer.pk, 30_00, [50_00])


def test_an_account_that_another_customer_has_is_refused(till: Till) -> None:
    (first,) = opens(till)
    other = till.other()
    (row,) = open_for(customer_ids=[other.pk], account_id=till.account.pk, actor=None, now=till.now)
    till.bank.opened[str(row.pk)] = OpenedAccount(AccountKind.CLABE, first.value)
    assert ask_providers(now=till.now) == 0
    row.refresh_from_db()
    assert (row.value, "ya es de otro cliente" in row.failure) == ("", True)


def test_every_transfer_posts_itself_once_to_the_oldest_due(till: Till) -> None:
    late, later = till.owes(50_00, -9), till.owes(90_00, 9)
    (own,) = opens(till)
    for turn in range(2):
        till.bank.arrive("t-1", 60_00, into=own.value, trace="CLAVE1")
        till.bank.arrive("t-2", 60_00, into=own.value, trace="CLAVE2")
        for subject in ("t-2", "t-1", "t-2")[turn:]:
            look_at(account=till.account, subject=subject, key="", now=till.now)
    assert till.owed(late, later) == [0, 20_00]
    assert PaymentAttempt.objects.count() == 2
    assert {each.review for each in PaymentAttempt.objects.all()} == {""}
    assert broken() == []


def test_a_transfer_that_was_announced_pays_what_was_chosen(till: Till) -> None:
    older, chosen = till.owes(50_00, -9), till.owes(90_00, 9)
    (own,) = opens(till)
    begun = till.begins(90_00, {chosen: 90_00}, method="spei")
    assert begun.offer["shown"]["value"] == own.value
    till.bank.arrive("t-1", 90_00, into=own.value)
    attempt = look_at(account=till.account, subject="t-1", key="", now=till.now)
    assert attempt is not None
    assert till.owed(older, chosen) == [50_00, 0]
    begun.refresh_from_db()
    assert (begun.state, begun.check_after, "t-1" in begun.failure) == ("expired", None, True)


def test_somebody_elses_sale_on_the_same_account_is_none_of_ours(till: Till) -> None:
    from aldia.domain.ports.payments import Method

    till.bank.arrive("c-1", 10_00, method=Method.CARD)
    assert look_at(account=till.account, subject="c-1", key="", now=till.now) is None
    assert not PaymentAttempt.objects.exists()


def test_accounts_for_all_who_are_switched_on(till: Till) -> None:
    till.other("Apagado", collecting=False)
    assert open_missing(now=till.now) == 0
    till.settings(accounts_for_all=True)
    assert [open_missing(now=till.now), open_missing(now=till.now)] == [1, 0]
    till.other("Nuevo")
    assert open_missing(now=till.now + timedelta(days=1)) == 1
    assert sorted(CollectionAccount.objects.values_list("sequence", flat=True)) == [1, 2]


def test_what_does_not_open(till: Till) -> None:
    ProviderAccount.objects.update(opens_accounts=False)
    with pytest.raises(CollectingError, match="no da una CLABE"):
        open_for(customer_ids=[till.customer.pk], account_id=till.account.pk, actor=None, now=till.now)
    assert not AuditEvent.objects.filter(verb="payments.collection_asked").exists()
