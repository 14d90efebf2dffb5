"""A change calls for a new decision on what it could concern, and on nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from aldia.banking.models import BankMovement, QueueKey
from aldia.banking.operations.preferences import own_matching_settings
from aldia.banking.operations.requeueing import follow_books, requeue, requeue_all
from aldia.receivables.models import Receivable
from aldia.tenancy.scope import company_scope
from tests.support.bank_window import Window, at, fresh


@pytest.fixture
def window(db: None) -> Iterator[Window]:
    window = Window.open()
    with company_scope(window.company.pk):
        window._made = 1_000
        own_matching_settings()
        yield window


def waits(window: Window, *keys: tuple[str, str], **fields: object) -> BankMovement:
    """A movement that was decided, and rests on these keys."""
    movement = window.moved(1_00, decided_at=at(), **fields)
    for kind, value in keys:
        QueueKey.objects.create(company=window.company, movement=movement, kind=kind, value=value)
    return movement


def marked() -> set[uuid.UUID]:
    return set(BankMovement.objects.filter(decided_at__isnull=True).values_list("pk", flat=True))


def test_each_kind_of_change_finds_its_own(window: Window) -> None:
    row = window.owes(500_00, number="FAC-0777", key=uuid.uuid4())
    Receivable.objects.filter(pk=row.pk).update(purchase_order="OC-45001")
    by_customer = waits(window, ("customer", str(window.customer.pk)))
    by_amount = waits(window, ("amount", "MXN:12345"))
    by_alias = waits(window, ("account", "002180012345678906"))
    by_folio, by_order = waits(window, ("folio", "777")), waits(window, ("order", "45001"))
    by_series, owed = waits(window, ("series", "FAC")), waits(window, ("amount", "MXN:50000"))
    waits(window, ("folio", "778"), ("amount", "USD:12345"), ("name", "002180012345678906"))
    assert requeue(amounts=[("MXN", 12345)]) == 1
    assert marked() == {by_amount.pk}
    assert requeue(aliases=[("account", "002180012345678906")]) == 1
    assert requeue(customer_ids=[window.customer.pk]) == 1
    assert marked() == {by_amount.pk, by_alias.pk, by_customer.pk}
    assert requeue(receivable_ids=[row.pk]) == 4
    assert marked() == {each.pk for each in (by_amount, by_alias, by_customer, by_folio, by_order, by_series, owed)}
    assert requeue(amounts=[("MXN", 12345)]) == 0, "it is marked already"


def test_what_left_the_queue_is_not_marked(window: Window) -> None:
    movement = waits(window, ("amount", "MXN:1"), state="archived", archived_at=at())
    assert requeue(amounts=[("MXN", 1)]) == requeue_all() == 0
    assert fresh(movement).decided_at == at()


def test_every_entry_of_the_ledger_is_followed_once(window: Window) -> None:
    follow_books()
    mine, other = waits(window, ("customer", str(window.customer.pk))), waits(window, ("customer", str(uuid.uuid4())))
    row = window.owes(700_00)
    assert (follow_books(), marked()) == (1, {mine.pk})
    BankMovement.objects.filter(pk=mine.pk).update(decided_at=at())
    assert follow_books() == 0
    equal = waits(window, ("amount", "MXN:70000"))
    window.paid(700_00, named={row.pk: 700_00})
    assert follow_books() == 2, "what it owed before counts as well as what it owes now"
    assert marked() == {mine.pk, equal.pk}
    assert fresh(other).decided_at == at()
