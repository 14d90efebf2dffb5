"""What people record by hand: payments, adjustments, allocation, and their undoing; to the cent and once."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.models import Allocation, Credit, DueDateChange, JournalEntry, Receivable
from aldia.receivables.operations import charges
from aldia.receivables.operations.allocating import allocate_credit, reassign_credit, unallocate
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import (
    KeyConflict,
    PaymentError,
    record_payment,
    reverse_credit,
    settle,
)
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import AuditEvent
from tests.cast import Papers, make_customer

TODAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _proven(customer: Customer):  # type: ignore[no-untyped-def]
    yield
    assert [check for check in run_checks() if check.violations] == []


def charge(customer: Customer, total: int, *, due: date = TODAY, kind: str = "charge_note") -> Receivable:
    return charges.open_charge(
        customer_id=customer.id,
        kind=kind,
        total=Money(total, "MXN"),
        issued_on=date(2026, 10, 1),
        due_on=due,
        concept="Flete",
        key=uuid.uuid4(),
        actor=None,
    )


def pay(customer: Customer, amount: int, *, key: str = "k", **fields: object) -> Credit:
    values: dict[str, object] = {"received_on": TODAY, "actor": None, "today": TODAY, **fields}
    return record_payment(customer_id=customer.id, amount=Money(amount, "MXN"), key=key, **values)  # type: ignore[arg-type]


def balance(row: Receivable) -> int:
    return Receivable.objects.get(pk=row.pk).balance


def test_a_payment_pays_the_oldest_due_first_and_the_rest_is_in_favour(customer: Customer) -> None:
    late, soon = charge(customer, 100_00, due=date(2026, 10, 5)), charge(customer, 50_00, due=date(2026, 12, 5))
    credit = pay(customer, 170_00)
    assert (balance(late), balance(soon), credit.remaining) == (0, 0, 20_00)


def test_what_was_named_is_paid_first(customer: Customer) -> None:
    late, soon = charge(customer, 100_00, due=date(2026, 10, 5)), charge(customer, 50_00, due=date(2026, 12, 5))
    pay(customer, 80_00, named={soon.id: 50_00})
    assert (balance(late), balance(soon)) == (70_00, 0)


def test_repeating_a_key_records_once_and_another_content_conflicts(customer: Customer) -> None:
    charge(customer, 100_00)
    first = pay(customer, 40_00)
    assert pay(customer, 40_00).pk == first.pk
    with pytest.raises(KeyConflict):
        pay(customer, 41_00)
    assert Credit.objects.count() == 1


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_is_of_more_than_nothing(customer: Customer, amount: int) -> None:
    with pytest.raises(PaymentError):
        pay(customer, amount)


def test_a_payment_is_not_of_tomorrow(customer: Customer) -> None:
    with pytest.raises(PaymentError):
        pay(customer, 1, received_on=TODAY + timedelta(days=1))


def test_naming_more_than_is_owed_is_refused_and_nothing_is_left_behind(customer: Customer) -> None:
    row = charge(customer, 10_00)
    with pytest.raises(PaymentError, match=row.number):
        pay(customer, 50_00, named={row.id: 10_01})
    assert not Credit.objects.exists()


def test_undoing_a_payment_returns_everything_to_what_it_was(customer: Customer) -> None:
    row = charge(customer, 100_00)
    credit = pay(customer, 100_00)
    reverse_credit(credit_id=credit.id, on=TODAY, reason="Cheque devuelto", actor=None)
    reverse_credit(credit_id=credit.id, on=TODAY, reason="Cheque devuelto", actor=None)
    credit.refresh_from_db()
    assert (balance(row), credit.remaining, credit.reversed_on) == (100_00, 0, TODAY)
    assert pay(customer, 100_00).pk != credit.pk, "its key is free again"


def test_write_off_all_or_part_needs_a_reason(customer: Customer) -> None:
    row = charge(customer, 100_00)
    with pytest.raises(PaymentError, match="motivo"):
        settle(receivable_id=row.id, kind="write_off", amount=None, on=TODAY, reason=" ", key="w", actor=None)
    settle(receivable_id=row.id, kind="withholding", amount=10_00, on=TODAY, reason="ISR", key="h", actor=None)
    settle(receivable_id=row.id, kind="write_off", amount=None, on=TODAY, reason="Quebró", key="w", actor=None)
    assert balance(row) == 0
    assert set(Credit.objects.values_list("kind", "amount")) == {("withholding", 10_00), ("write_off", 90_00)}


def test_credit_in_favour_is_applied_and_taken_back_by_hand(customer: Customer) -> None:
    credit = pay(customer, 30_00)
    row = charge(customer, 100_00)
    allocate_credit(credit_id=credit.id, policy="oldest_due", on=TODAY, actor=None)
    assert balance(row) == 70_00
    unallocate(allocation_id=Allocation.objects.get().id, on=TODAY, actor=None)
    assert balance(row) == 100_00
    unallocate(allocation_id=Allocation.objects.filter(amount__gt=0).get().id, on=TODAY, actor=None)
    assert Allocation.objects.count() == 2, "taking back twice is taking back once"


def test_a_credit_note_assigned_by_hand_stays_where_the_person_put_it(papers: Papers, customer: Customer) -> None:
    one, two = papers.invoice(100_00, date(2026, 9, 1)), papers.invoice(100_00, date(2026, 9, 1))
    note = papers.note(30_00, date(2026, 9, 2), one)
    apply_documents(keys=[one.key, two.key], today=TODAY, actor=None)
    credit = Credit.objects.get(document=note)
    other = Receivable.objects.get(key=two.key)
    reassign_credit(credit_id=credit.id, named={other.id: 30_00}, on=TODAY, actor=None)
    apply_documents(keys=[one.key, two.key], today=TODAY, actor=None)
    assert [Receivable.objects.get(key=k.key).balance for k in (one, two)] == [100_00, 70_00]


def test_a_voided_charge_gives_back_what_paid_it_and_comes_back(customer: Customer) -> None:
    row = charge(customer, 100_00)
    credit = pay(customer, 60_00)
    charges.void_receivable(receivable_id=row.id, on=TODAY, reason="Error", actor=None)
    credit.refresh_from_db()
    assert (balance(row), credit.remaining) == (0, 60_00)
    charges.revive_receivable(receivable_id=row.id, on=TODAY, actor=None)
    assert balance(row) == 100_00


@pytest.mark.parametrize("how", ["void", "take_back"])
def test_a_write_off_never_turns_into_credit_in_favour(customer: Customer, how: str) -> None:
    row = charge(customer, 100_00)
    settle(receivable_id=row.id, kind="write_off", amount=40_00, on=TODAY, reason="Quebró", key="w", actor=None)
    if how == "void":
        charges.void_receivable(receivable_id=row.id, on=TODAY, reason="Error", actor=None)
    else:
        unallocate(allocation_id=Allocation.objects.get().id, on=TODAY, actor=None)
    credit = Credit.objects.get()
    assert (credit.remaining, credit.reversed_on) == (0, TODAY)
    assert balance(row) == (0 if how == "void" else 100_00)


def test_due_dates_move_with_a_reason_and_every_change_is_kept(customer: Customer) -> None:
    one, two = charge(customer, 1_00), charge(customer, 1_00)
    ids = [one.id, two.id]
    with pytest.raises(charges.ReceivableError, match="por qué"):
        charges.change_due_dates(receivable_ids=ids, add_days=5, reason="", actor=None)
    assert charges.change_due_dates(receivable_ids=ids, add_days=5, reason="Convenio", actor=None) == 2
    assert charges.change_due_dates(receivable_ids=ids, new_due_on=TODAY, reason="Error", actor=None) == 2
    assert DueDateChange.objects.count() == 4
    with pytest.raises(charges.ReceivableError, match=one.number):
        charges.change_due_dates(receivable_ids=ids, new_due_on=date(2020, 1, 1), reason="x", actor=None)


def test_pausing_needs_a_reason_and_a_day_to_come(customer: Customer) -> None:
    row = charge(customer, 1_00)
    with pytest.raises(charges.ReceivableError):
        charges.pause(receivable_ids=[row.id], until=date(2026, 1, 1), reason="Vacaciones", today=TODAY, actor=None)
    charges.pause(receivable_ids=[row.id], until=None, reason="Vacaciones", today=TODAY, actor=None)
    assert Receivable.objects.get().pause_reason == "Vacaciones"
    assert charges.resume(receivable_ids=[row.id], actor=None) == 1


def test_folios_of_own_documents_follow_each_other(customer: Customer) -> None:
    assert [charge(customer, 1_00).number for _ in range(3)] == ["NC-1", "NC-2", "NC-3"]
    assert charge(customer, 1_00, kind="payment_order").number == "OP-1"


def test_opening_the_same_charge_twice_opens_one(customer: Customer) -> None:
    key = uuid.uuid4()
    for _ in range(2):
        charges.open_charge(
            customer_id=customer.id,
            kind="charge_note",
            total=Money(1, "MXN"),
            issued_on=TODAY,
            due_on=TODAY,
            concept="",
            key=key,
            actor=None,
        )
    assert Receivable.objects.count() == JournalEntry.objects.count() == 1


def test_nobody_pays_another_customers_document(customer: Customer) -> None:
    other = make_customer(customer.company, "Otro", "OTR010203AB3")
    row = charge(other, 10_00)
    with pytest.raises(PaymentError):
        pay(customer, 10_00, named={row.id: 10_00})


def test_each_operation_leaves_one_event_in_the_audit_chain(customer: Customer) -> None:
    charge(customer, 10_00)
    pay(customer, 10_00)
    assert list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True)) == [
        "receivables.opened",
        "payments.recorded",
    ]
