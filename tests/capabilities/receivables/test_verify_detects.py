"""Sabotage: each check of `aldia verify` fails when what it proves is broken behind the program's back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from django.apps import apps
from django.db import connection

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.models import (
    Allocation,
    Credit,
    JournalEntry,
    JournalLine,
    LedgerAccount,
    Receivable,
)
from aldia.receivables.operations.allocating import unallocate
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.verify import run_checks
from aldia.tenancy.guards import lifted
from aldia.tenancy.models import ChainHead
from tests.cast import Papers, make_customer

TODAY = date(2026, 11, 21)


def broken() -> set[str]:
    return {check.name for check in run_checks() if check.violations}


@pytest.fixture
def story(customer: Customer) -> Receivable:
    """A charge paid in part, a payment taken back: something of everything to break."""
    rows = [
        open_charge(
            customer_id=customer.id,
            kind="charge_note",
            total=Money(100_00, "MXN"),
            issued_on=TODAY,
            due_on=TODAY,
            concept="",
            key=uuid.uuid4(),
            actor=None,
        )
        for _ in range(2)
    ]
    record_payment(
        customer_id=customer.id, amount=Money(30_00, "MXN"), received_on=TODAY, key="k", actor=None, today=TODAY
    )
    unallocate(allocation_id=Allocation.objects.get().id, on=TODAY, actor=None)
    record_payment(
        customer_id=customer.id, amount=Money(40_00, "MXN"), received_on=TODAY, key="l", actor=None, today=TODAY
    )
    assert broken() == set()
    return rows[0]


def alter(model: type, **changes: object) -> None:
    row = model.objects.order_by("pk").first()
    model.all_companies.filter(pk=row.pk).update(**changes)


def line_changed() -> None:
    line = JournalLine.objects.filter(receivable__isnull=False).first()
    JournalLine.all_companies.filter(pk=line.pk).update(amount=1)


def entry_emptied() -> None:
    entry = JournalEntry.objects.first()
    JournalLine.objects.filter(entry=entry).delete()


def balance_changed() -> None:
    alter(Receivable, balance=1)


def remaining_changed() -> None:
    Credit.objects.filter(external_key="l").update(remaining=1)


def moved_to_another_customer() -> None:
    other = make_customer(Receivable.objects.first().company, "Otro", "OTR010203AB3")
    Receivable.objects.update(customer=other)


def amounts_differ() -> None:
    row = Allocation.objects.filter(amount__gt=0).first()
    Allocation.objects.filter(pk=row.pk).update(credit_amount=1)


def reversal_differs() -> None:
    Allocation.objects.filter(amount__lt=0).update(amount=-1)


def entry_of_an_allocation_gone() -> None:
    entry = JournalEntry.objects.filter(kind="allocate").first()
    JournalEntry.objects.filter(pk=entry.pk).update(key="otra")


def generic_owes() -> None:
    Customer.objects.update(collecting=False)
    Customer.objects.update(generic=True)


def account_changed() -> None:
    income = LedgerAccount.objects.get(role="income")
    line = JournalLine.objects.filter(account__role="receivable").first()
    JournalLine.objects.filter(pk=line.pk).update(account=income)


def entries_reordered() -> None:
    first, second = JournalEntry.objects.order_by("seq")[:2]
    JournalEntry.objects.filter(pk=first.pk).update(seq=9999)
    JournalEntry.objects.filter(pk=second.pk).update(seq=first.seq)
    JournalEntry.objects.filter(pk=first.pk).update(seq=second.seq)


def last_entry_deleted() -> None:
    entry = JournalEntry.objects.order_by("-seq").first()
    JournalLine.objects.filter(entry=entry).delete()
    JournalEntry.objects.filter(pk=entry.pk).delete()


def head_moved() -> None:
    ChainHead.objects.filter(name="ledger").update(seq=1)


def two_for_one_document() -> None:
    company = Receivable.objects.first().company
    Receivable.objects.update(document=Papers(company, Customer.objects.first()).invoice(1, TODAY))


SABOTAGE: dict[str, list[Callable[[], None]]] = {
    "entries_sum_to_zero": [line_changed],
    "entries_have_lines": [entry_emptied],
    "receivable_balance_is_total_less_allocations": [balance_changed],
    "credit_remaining_is_amount_less_allocations": [remaining_changed],
    "receivable_ledger_is_balance": [line_changed, balance_changed],
    "credit_ledger_is_remaining": [remaining_changed],
    "control_account_is_sum_of_balances": [account_changed],
    "allocation_within_one_customer": [moved_to_another_customer],
    "same_currency_same_amount": [amounts_differ],
    "reversal_mirrors_its_allocation": [reversal_differs],
    "each_allocation_has_its_entry": [entry_of_an_allocation_gone],
    "one_live_receivable_per_document": [two_for_one_document],
    "generic_receivers_owe_nothing": [generic_owes],
    "ledger_chain": [line_changed, entries_reordered, last_entry_deleted, head_moved, entry_emptied],
}


@pytest.mark.parametrize(
    ("check", "deed"),
    [(check, deed) for check, deeds in SABOTAGE.items() for deed in deeds],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_check_sees_what_it_proves_broken(story: Receivable, check: str, deed: Callable[[], None]) -> None:
    with lifted(apps, connection):
        deed()
    assert check in broken()


def test_every_check_is_sabotaged() -> None:
    from aldia.receivables import verify

    names = {check.name for check in verify._CHECKS} | {"ledger_chain"}
    assert names == SABOTAGE.keys()


@pytest.mark.parametrize("column", ["on", "kind", "key", "memo", "prev_hash", "hash"])
def test_the_chain_sees_any_column_of_an_entry_changed(story: Receivable, column: str) -> None:
    entry = JournalEntry.objects.order_by("seq")[1]
    value = date(2020, 1, 1) if column == "on" else "cambiado"
    with lifted(apps, connection):
        JournalEntry.objects.filter(pk=entry.pk).update(**{column: value})
    assert "ledger_chain" in broken()


@pytest.mark.parametrize("column", ["account", "customer", "receivable", "amount", "currency"])
def test_the_chain_sees_any_column_of_a_line_changed(story: Receivable, column: str) -> None:
    line = JournalLine.objects.filter(receivable__isnull=False).first()
    other = make_customer(story.company, "Otro", "OTR010203AB3")
    values = {
        "account": LedgerAccount.objects.get(role="fx"),
        "customer": other,
        "receivable": Receivable.objects.exclude(pk=line.receivable_id).first(),
        "amount": line.amount + 1,
        "currency": "USD",
    }
    with lifted(apps, connection):
        JournalLine.objects.filter(pk=line.pk).update(**{column: values[column]})
    assert "ledger_chain" in broken()
