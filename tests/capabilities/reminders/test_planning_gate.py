"""The safety gate: what stands between a receivable and a reminder, when planning and when asked again at sending."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest

from aldia.collections.models import Dispute, Promise, PromisedDebt
from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.domain.reminders import Hold, Why
from aldia.messaging.models import Message, Suppression
from aldia.payments.models import ReportedDebt, ReportedPayment
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import pause
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import ReminderCandidate
from aldia.reminders.operations.pauses import PauseError, pause_customers, resume_customers
from aldia.reminders.queries.contacts import people_of, recipients_of
from aldia.reminders.queries.facts import holds_of
from aldia.reminders.queries.span import Span
from aldia.tenancy.models import Company, User
from tests.capabilities.reminders.conftest import charge, contact, file, general, round_of
from tests.cast import make_customer, make_user

DAY = date(2026, 3, 12)


@pytest.fixture(autouse=True)
def _general(company: Company, customer: Customer, outsider: object) -> None:
    general()


def pay(customer: Customer, amount: int, key: str = "k", **more: object) -> None:
    values = {"customer_id": customer.pk, "amount": Money(amount, "MXN"), "received_on": DAY, "key": key, "actor": None}
    record_payment(**{**values, "today": DAY, "policy": "", **more})  # type: ignore[arg-type]


def promise(customer: Customer, row: Receivable, amount: int, due: date) -> Promise:
    values = {"company_id": customer.company_id, "customer": customer, "currency": "MXN", "amount": amount}
    made = Promise.objects.create(promised_on=date(2026, 3, 9), due_on=due, **values)
    PromisedDebt.objects.create(company_id=customer.company_id, promise=made, receivable=row, balance_then=row.balance)
    return made


def dispute(row: Receivable, amount: int) -> Dispute:
    return Dispute.objects.create(
        company_id=row.company_id, receivable=row, amount=amount, reason="amount", opened_on=DAY
    )


def report(customer: Customer, row: Receivable) -> ReportedPayment:
    values = {"company_id": customer.company_id, "customer": customer, "currency": "MXN", "amount": 1000_00}
    made = ReportedPayment.objects.create(paid_on=DAY, reported_on=DAY, **values)
    ReportedDebt.objects.create(company_id=customer.company_id, report=made, receivable=row)
    return made


def message(customer: Customer, day: date, purpose: str = "after", **fields: object) -> Message:
    values = {"company_id": customer.company_id, "customer": customer, "channel": "email", "key": uuid.uuid4().hex}
    return Message.objects.create(purpose=purpose, on_day=day, **{**values, **fields})


def stopped(what: str, customer: Customer, row: Receivable) -> None:
    """Something that stops a reminder."""
    match what:
        case "paused":
            pause(receivable_ids=[row.pk], until=DAY, reason="acuerdo", today=DAY, actor=None)
        case "customer_paused":
            pause_customers(customer_ids=[customer.pk], until=None, reason="mudanza", today=DAY, actor=None)
        case "promise":
            promise(customer, row, 1000_00, DAY)
        case "disputed":
            dispute(row, 1000_00)
        case "reported":
            report(customer, row)
        case "covered":
            pay(customer, 1000_00)
        case "opted_out":
            Contact.objects.filter(customer=customer).update(no_email=True)
        case "bounced":
            address = Contact.objects.get(customer=customer).email
            Suppression.objects.create(
                company_id=customer.company_id, channel="email", address=address.upper(), why="bounce"
            )
        case "no_contact":
            Contact.objects.filter(customer=customer).update(email="", phone="5512345678")
        case "frequency":
            message(customer, DAY)
        case "off":
            Customer.objects.filter(pk=customer.pk).update(collecting=False)


ALL = (
    "paused customer_paused promise disputed reported covered opted_out bounced no_contact frequency".split()  # noqa: SIM905
)


@pytest.mark.parametrize("why", ALL)
def test_what_stops_a_reminder_is_on_file_with_its_reason(customer: Customer, why: str) -> None:
    row = charge(customer)
    stopped(why, customer, row)
    round_of(DAY)
    assert file() == {"after2 0": f"planned {why}"}


@pytest.mark.parametrize("why", [*ALL, "off"])
def test_what_was_ready_waits_once_something_stops_it(customer: Customer, why: str) -> None:
    row = charge(customer)
    round_of(DAY)
    assert file() == {"after2 0": "planned"}
    stopped(why, customer, row)
    round_of(DAY)
    assert file() == {"after2 0": f"planned {why}"}


def test_customers_that_are_off_leave_no_rows(customer: Customer) -> None:
    stopped("off", customer, charge(customer))
    round_of(DAY)
    assert file() == {}


def test_a_promise_holds_until_its_money_can_have_arrived(customer: Customer) -> None:
    row = charge(customer)
    made = promise(customer, row, 1000_00, date(2026, 3, 13))  # Friday; Monday 16 is a bank holiday
    for day, held in ((date(2026, 3, 13), True), (date(2026, 3, 17), True), (date(2026, 3, 18), False)):
        hold = holds_of(today=day, receivable_ids=[row.pk])[row.pk]
        assert (hold == Hold(Why.PROMISE, date(2026, 3, 17))) is held
    Promise.objects.filter(pk=made.pk).update(withdrawn_on=DAY)
    assert holds_of(today=DAY, receivable_ids=[row.pk]) == {row.pk: None}


def test_a_promise_that_was_kept_holds_nothing(customer: Customer) -> None:
    row = charge(customer)
    promise(customer, row, 400_00, date(2026, 3, 20))
    pay(customer, 399_00, "a", named={row.pk: 399_00})
    assert holds_of(today=DAY, receivable_ids=[row.pk])[row.pk] is not None
    pay(customer, 1_00, "b", named={row.pk: 1_00}, is_distinct=True)
    assert holds_of(today=DAY, receivable_ids=[row.pk])[row.pk] is None


def test_only_the_part_in_dispute_is_not_asked_for(customer: Customer) -> None:
    row = charge(customer)
    dispute(row, 300_00)
    hold = holds_of(today=DAY, receivable_ids=[row.pk])[row.pk]
    assert hold == Hold(Why.DISPUTED, held=300_00)
    assert hold.asked(row.balance) == 700_00
    round_of(DAY)
    assert file() == {"after2 0": "planned"}


def test_what_is_in_favour_covers_the_oldest_due_first(customer: Customer) -> None:
    late, later, dollars = (
        charge(customer, 500_00, due=date(2026, 2, 1)),
        charge(customer, 500_00),
        charge(customer, 500_00, currency="USD"),
    )
    pay(customer, 700_00)
    assert holds_of(today=DAY, customer_ids=[customer.pk]) == {
        late.pk: Hold(Why.COVERED, held=500_00),
        later.pk: Hold(Why.COVERED, held=200_00),
        dollars.pk: None,
    }


def test_pauses_end_on_their_day_or_by_hand(customer: Customer) -> None:
    charge(customer)
    pause_customers(customer_ids=[customer.pk], until=DAY, reason="vacaciones", today=DAY, actor=None)
    round_of(DAY)
    assert file() == {"after2 0": "planned customer_paused"}
    round_of(date(2026, 3, 13))
    assert file() == {"after2 0": "planned"}
    pause_customers(customer_ids=[customer.pk], until=None, reason="otra vez", today=DAY, actor=None)
    assert resume_customers(customer_ids=[customer.pk], today=DAY, actor=None) == 1
    assert resume_customers(customer_ids=[customer.pk], today=DAY, actor=None) == 0
    round_of(date(2026, 3, 13))
    assert file() == {"after2 0": "planned"}
    with pytest.raises(PauseError):
        pause_customers(customer_ids=[customer.pk], until=None, reason="  ", today=DAY, actor=None)
    with pytest.raises(PauseError):
        pause_customers(customer_ids=[customer.pk], until=date(2026, 3, 11), reason="x", today=DAY, actor=None)


@pytest.mark.parametrize(
    ("purpose", "day", "by_hand", "state", "why"),
    [
        ("after", 12, False, "ready", "frequency"),
        ("after", 12, False, "cancelled", ""),
        ("after", 11, False, "done", ""),
        ("after", 12, False, "awaiting", "frequency"),
        ("direct", 12, True, "done", "frequency"),
        ("direct", 11, True, "done", ""),
        ("paid", 12, False, "done", "frequency"),
        ("receipt", 12, False, "done", ""),
    ],
)
def test_what_counts_as_written_to(
    customer: Customer, purpose: str, day: int, by_hand: bool, state: str, why: str
) -> None:
    charge(customer)
    author: User | None = make_user("ana@example.com") if by_hand else None
    message(customer, date(2026, 3, day), purpose, created_by=author, state=state)
    round_of(DAY)
    assert file() == {"after2 0": f"planned {why}".strip()}


def test_no_more_than_so_many_days_a_week(customer: Customer) -> None:
    charge(customer)
    for day in (6, 9, 10):
        message(customer, date(2026, 3, day))
    round_of(DAY)
    assert file() == {"after2 0": "planned frequency"}
    round_of(date(2026, 3, 13))
    assert file() == {"after2 0": "planned"}


def test_whom_a_reminder_is_written_to(company: Company) -> None:
    one, two, three, four = (make_customer(company, f"C{n}", f"AAA010101{n:03d}") for n in range(4))
    contact(one, role="billing", email="robot@example.com")
    contact(one, role="collections", email="pagos@example.com")
    contact(one, role="management", email="jefa@example.com", is_primary=True, phone="5511111111")
    contact(two, role="billing", email="robot2@example.com")
    contact(three, role="collections", email="baja@example.com", no_email=True)
    contact(three, role="management", email="jefe@example.com", is_primary=True)
    contact(four, role="management", email="sola@example.com", is_primary=True)

    def addresses(channel: str) -> dict[uuid.UUID, list[str]]:
        found = recipients_of(customer_ids=[one.pk, two.pk, three.pk, four.pk], channel=channel)
        return {customer: [person.address for person in people] for customer, people in found.items()}

    assert addresses("email") == {one.pk: ["pagos@example.com"], four.pk: ["sola@example.com"]}
    assert addresses("sms") == {one.pk: ["5511111111"]}
    assert [person.why for person in people_of(Span.of([three.pk]))[three.pk]["email"]] == [Why.OPTED_OUT]


def test_the_gate_says_the_same_for_one_and_for_all(customer: Customer, company: Company) -> None:
    rows = [charge(customer, 100_00 * n) for n in range(1, 5)]
    dispute(rows[0], 50_00)
    promise(customer, rows[1], 200_00, DAY)
    pay(customer, 30_00)
    every = holds_of(today=DAY, customer_ids=[customer.pk])
    assert every == {row.pk: holds_of(today=DAY, receivable_ids=[row.pk])[row.pk] for row in rows}
    pay(customer, 400_00, "paid", named={rows[3].pk: 400_00}, is_distinct=True)
    assert holds_of(today=DAY, receivable_ids=[rows[3].pk]) == {rows[3].pk: Hold(Why.PAID)}


def test_another_companys_facts_hold_nothing_of_ours(customer: Customer, outsider: Callable[[], int]) -> None:
    row = charge(customer)
    round_of(DAY)
    assert ReminderCandidate.objects.get().receivable_id == row.pk
    assert outsider() == 0
