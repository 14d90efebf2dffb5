"""A movement is explained: what it pays is paid once, to the cent, and the bank's account says what the bank shows."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.banking.models import BankMovement, Match, MatchLine, QueueKey
from aldia.banking.operations.adjusting import save_reason
from aldia.banking.operations.applying import (
    AlreadyAtBank,
    AlreadyExplained,
    BalanceChanged,
    MatchError,
    NotThisCustomer,
    OnTheBooks,
    Stale,
    UndoneByHand,
)
from aldia.banking.operations.undoing import undo_match
from aldia.banking.plans import Line, Plan, plan_again, plan_of
from aldia.domain.money import Money
from aldia.payments.models import PaymentAttempt, ProviderAccount, ReportedPayment, ReportState
from aldia.payments.operations.reported import accept_report, reject_report, report_payment
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import PaymentError, SuspectedDuplicate, reverse_credit
from aldia.receivables.operations.presuming import presume_due
from aldia.receivables.operations.resizing import post_fee
from aldia.tenancy.models import AuditEvent
from tests.cast import Papers, make_customer
from tests.support.bank_window import TODAY, Window, accounts, at, books, fresh, whole


def report(window: Window, amount: int, *rows: Receivable) -> ReportedPayment:
    return report_payment(
        customer_id=window.customer.pk, amount=Money(amount, "MXN"), paid_on=TODAY, actor=None, today=TODAY,
        receivable_ids=[row.pk for row in rows], key=uuid.uuid4(),
    )  # fmt: skip


# -- new money ---------------------------------------------------------------------------------------------------------


def test_a_deposit_pays_a_document_and_is_reconciled(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00, trace_key="ABC123", payer_name="LA GUERA")
    match = window.match(movement, whole(row), class_key="one|cited|known", note="ok")
    movement, credit = fresh(movement), Credit.objects.get()
    assert (fresh(row).balance, movement.state, movement.explained, movement.version) == (0, "reconciled", 1_000_00, 2)
    assert (credit.pk, credit.source, credit.reference) == (match.credit_id, "bank", "ABC123")
    assert (credit.received_on, credit.method, credit.created_by_id) == (TODAY, "transfer", window.owner.pk)
    assert accounts() == {("bank", "MXN"): 1_000_00, ("income", "MXN"): -1_000_00}
    line = MatchLine.objects.get()
    assert (line.match_id, line.receivable_id, line.amount, line.difference) == (match.pk, row.pk, 1_000_00, 0)
    event = AuditEvent.objects.get(verb="banking.matched")
    assert (event.object_id, event.detail["receivables"]) == (str(match.pk), {str(row.pk): 1_000_00})


def test_several_documents_a_part_and_the_rest_in_favour(window: Window) -> None:
    first, second = window.owes(600_00), window.owes(900_00)
    movement = window.moved(1_500_00)
    window.match(movement, whole(first), Line(second.pk, 500_00), left=400_00)
    assert (fresh(first).balance, fresh(second).balance, Credit.objects.get().remaining) == (0, 400_00, 400_00)
    assert fresh(movement).state == "reconciled"


def test_a_part_of_a_movement_is_explained_and_later_the_rest(window: Window) -> None:
    first, second = window.owes(600_00), window.owes(400_00)
    movement = window.moved(1_000_00)
    window.match(movement, whole(first))
    assert (fresh(movement).state, fresh(movement).explained) == ("partial", 600_00)
    with pytest.raises(AlreadyExplained, match=r"\$500\.00.*solo quedan \$400\.00"):
        window.match(movement, left=500_00)
    window.match(movement, whole(second))
    assert fresh(movement).state == "reconciled"
    with pytest.raises(AlreadyExplained, match="por completo"):
        window.match(movement, left=1)


def test_two_customers_share_a_movement_in_two_matches(window: Window) -> None:
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    mine, theirs = window.owes(300_00), window.owes(700_00, other)
    movement = window.moved(1_000_00)
    window.match(movement, whole(mine))
    window.match(movement, whole(theirs), customer_id=other.pk)
    assert (fresh(mine).balance, fresh(theirs).balance, fresh(movement).state) == (0, 0, "reconciled")


def test_out_of_the_queue_a_movement_has_no_keys_there(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    QueueKey.objects.create(company=window.company, movement=movement, kind="amount", value="MXN:100000")
    window.match(movement, Line(row.pk, 400_00))
    assert QueueKey.objects.count() == 1
    window.match(movement, Line(row.pk, 600_00))
    assert QueueKey.objects.count() == 0


# -- differences -------------------------------------------------------------------------------------------------------

DIFFERENCES = [
    ("withholding:isr_10", "withholding", "withholding"),
    ("discount", "discount", "discounts"),
    ("fee", "adjustment", "fees"),
    ("commission", "adjustment", "fees"),
    ("rounding", "adjustment", "adjustment"),
    ("exchange", "adjustment", "fx"),
    ("write_off", "write_off", "write_off"),
]


@pytest.mark.parametrize(("kind", "credit_kind", "account"), DIFFERENCES, ids=[each[0] for each in DIFFERENCES])
def test_a_difference_is_settled_by_its_name_on_its_account(
    window: Window, kind: str, credit_kind: str, account: str
) -> None:
    row, movement = window.owes(1_000_00), window.moved(900_00)
    match = window.match(movement, Line(row.pk, 900_00, 100_00, kind))
    settled = Credit.objects.exclude(kind="payment").get()
    assert (fresh(row).balance, settled.kind, settled.amount, settled.remaining) == (0, credit_kind, 100_00, 0)
    assert row.number in settled.note
    assert accounts() == {("bank", "MXN"): 900_00, (account, "MXN"): 100_00, ("income", "MXN"): -1_000_00}
    line = MatchLine.objects.get(match=match)
    assert (line.difference, line.difference_kind, line.settled_by_id, line.is_note) == (
        100_00,
        kind,
        settled.pk,
        False,
    )
    with pytest.raises(PaymentError, match="desde su movimiento"):
        reverse_credit(credit_id=settled.pk, on=TODAY, reason="x", actor=None)


@pytest.mark.parametrize("kind", ["", "unexplained", "algo"])
def test_a_difference_that_nobody_names_is_refused(window: Window, kind: str) -> None:
    row, movement = window.owes(1_000_00), window.moved(900_00)
    before = books()
    with pytest.raises(MatchError, match="no llegó todo"):
        window.match(movement, Line(row.pk, 900_00, 100_00, kind))
    assert books() == before


def test_a_credit_note_settles_what_is_missing(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice, other = papers.invoice(1_000_00, date(2026, 10, 5)), papers.invoice(50_00, date(2026, 10, 5))
    note = papers.note(250_00, date(2026, 10, 9), invoice, other)  # names two: it waits for a person
    apply_documents(keys=[invoice.key, note.key, other.key], today=TODAY, actor=None)
    row, credit = Receivable.objects.get(key=invoice.key), Credit.objects.get(kind="credit_note")
    assert (credit.review, credit.hands_off) == ("names_several", False)
    match = window.match(window.moved(850_00), Line(row.pk, 850_00, 150_00, "credit_note", credit.pk))
    assert (fresh(row).balance, fresh(credit).remaining, fresh(credit).hands_off) == (0, 100_00, True)
    line = MatchLine.objects.get(match=match)
    assert (line.settled_by_id, line.is_note) == (credit.pk, True)
    large, movement = window.owes(200_00), window.moved(1)
    with pytest.raises(BalanceChanged, match="ya no queda"):
        window.match(movement, Line(large.pk, 1, 199_99, "credit_note", credit.pk))


def test_a_document_in_another_currency_is_paid_at_the_rate_that_a_person_confirms(window: Window) -> None:
    row, movement = window.owes(100_00, currency="USD"), window.moved(1_830_00)
    with pytest.raises(NotThisCustomer, match="otra moneda"):
        window.match(movement, Line(row.pk, 1_830_00))
    window.match(movement, Line(row.pk, 1_830_00, kind="exchange"))
    assert (fresh(row).balance, Credit.objects.get().remaining) == (0, 0)
    assert accounts()["bank", "MXN"] == 1_830_00


# -- money that is on the books ------------------------------------------------------------------------------------


def test_a_payment_recorded_by_hand_is_recognised_not_recorded_again(window: Window) -> None:
    row = window.owes(1_000_00)
    credit = window.paid(1_000_00, named={row.pk: 1_000_00})
    assert accounts()["clearing", "MXN"] == 1_000_00
    match = window.match(window.moved(1_000_00), known=((credit.pk, 1_000_00),))
    assert (match.credit_id, Credit.objects.count()) == (None, 1)
    assert accounts() == {("bank", "MXN"): 1_000_00, ("income", "MXN"): -1_000_00}
    with pytest.raises(AlreadyAtBank, match="ya se vio en el banco"):
        window.match(window.moved(1_000_00), known=((credit.pk, 1_000_00),))


def test_new_money_that_looks_like_a_payment_on_file_names_it(window: Window) -> None:
    window.owes(1_000_00)
    credit = window.paid(1_000_00, TODAY - timedelta(days=3), reference="cheque 7")
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    before = books()
    with pytest.raises(OnTheBooks, match=r"\$1,000\.00 de este cliente, del 18/11/2026") as refusal:
        window.match(movement, whole(row))
    assert [(each.credit_id, each.reference) for each in refusal.value.suspects] == [(credit.pk, "cheque 7")]
    assert books() == before
    with pytest.raises(OnTheBooks):  # not in parts, either
        window.match(movement, Line(row.pk, 400_00))
    window.match(movement, whole(row), is_distinct=True)
    assert fresh(row).balance == 0
    assert Credit.objects.get(source="bank").is_distinct


def test_a_payment_that_the_bank_showed_already_is_no_suspect(window: Window) -> None:
    credit = window.paid(1_000_00)
    window.match(window.moved(1_000_00), known=((credit.pk, 1_000_00),))
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    window.match(movement, whole(row))
    assert not Credit.objects.get(source="bank").is_distinct  # a complement may still document it


def test_two_equal_deposits_are_two_payments(window: Window) -> None:
    first, second = window.owes(1_000_00), window.owes(1_000_00)
    window.match(window.moved(1_000_00), whole(first))
    window.match(window.moved(1_000_00), whole(second))
    assert (fresh(first).balance, fresh(second).balance) == (0, 0)


def test_the_tracking_key_finds_the_payment_whatever_its_amount_and_day(window: Window) -> None:
    window.paid(990_00, TODAY - timedelta(days=20), reference="MBAN0123")
    with pytest.raises(OnTheBooks, match=r"\$990\.00"):
        window.match(window.moved(1_000_00, trace_key="MBAN0123"), whole(window.owes(1_000_00)))


def test_what_a_complement_says_is_on_the_books(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5))
    rep = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key], today=TODAY, actor=None)
    row, movement = Receivable.objects.get(key=invoice.key), window.moved(1_000_00)
    for line in [(Line(row.pk, 1_000_00),), ()]:
        with pytest.raises(OnTheBooks):
            window.match(movement, *line, left=0 if line else 1_000_00)
    with pytest.raises(BalanceChanged):
        window.match(movement, Line(row.pk, 1_000_00), is_distinct=True)
    credit = Credit.objects.get()
    window.match(movement, known=((credit.pk, 1_000_00),))
    assert accounts() == {("bank", "MXN"): 1_000_00, ("income", "MXN"): -1_000_00}


def test_a_complement_that_comes_later_documents_the_same_money(window: Window) -> None:
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5))
    apply_documents(keys=[invoice.key], today=TODAY, actor=None)
    row = Receivable.objects.get()
    window.match(window.moved(1_000_00), whole(row))
    rep = papers.complement(TODAY, 1_000_00, (invoice, 1_000_00))
    apply_documents(keys=[invoice.key, rep.key], today=TODAY, actor=None)
    credit = Credit.objects.get()
    assert (credit.source, credit.complement_id, fresh(row).balance) == ("bank", rep.pk, 0)


def test_recording_by_hand_what_the_bank_showed_is_asked(window: Window) -> None:
    window.match(window.moved(1_000_00), left=1_000_00)
    with pytest.raises(SuspectedDuplicate):
        window.paid(1_000_00, is_distinct=False)


def test_a_payout_of_several_payments_less_its_fee(window: Window) -> None:
    """What the provider told of its fee was posted then; the rest of what it kept is posted now."""
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    first, second = window.paid(300_00), window.paid(700_00, customer=other)
    account = ProviderAccount.objects.create(company=window.company, provider="pretend", name="Tienda", hook_token="g")
    PaymentAttempt.objects.create(
        company=window.company, account=account, customer=other, currency="MXN", amount=700_00, posted_fee=20_00,
        method="card", credit=second, fee=20_00,
    )  # fmt: skip
    fee = Money(20_00, "MXN")
    post_fee(customer_id=other.pk, amount=fee, key="fee:1", on=TODAY, memo="Tienda", actor=None)
    known = ((first.pk, 300_00), (second.pk, 700_00))
    match = window.match(window.moved(970_01), known=known, fee=29_99, customer_id=None)
    lines = {line.known_id: (line.amount, line.difference) for line in MatchLine.objects.filter(match=match)}
    assert lines == {first.pk: (291_01, 8_99), second.pk: (679_00, 21_00)}
    assert accounts() == {
        ("bank", "MXN"): 970_01, ("fees", "MXN"): 29_99, ("customer_credit", "MXN"): -1_000_00
    }  # fmt: skip


def test_a_payment_that_arrives_in_two_movements(window: Window) -> None:
    credit = window.paid(1_000_00)
    window.match(window.moved(600_00), known=((credit.pk, 600_00),))
    with pytest.raises(AlreadyAtBank):
        window.match(window.moved(600_00), known=((credit.pk, 600_00),))
    window.match(window.moved(400_00), known=((credit.pk, 400_00),))
    assert ("clearing", "MXN") not in accounts()


def test_a_payment_that_the_bank_recorded_is_not_recognised_twice(window: Window) -> None:
    match = window.match(window.moved(1_000_00), left=1_000_00)
    with pytest.raises(AlreadyAtBank, match="falte por llegar"):
        window.match(window.moved(1_000_00), known=((match.credit_id, 1_000_00),))


# -- what the customer said --------------------------------------------------------------------------------------------


def test_a_report_of_the_customer_is_accepted_with_the_money(window: Window) -> None:
    row = window.owes(1_000_00)
    said = report(window, 1_000_00, row)
    match = window.match(window.moved(1_000_00), whole(row), report_id=said.pk)
    said = fresh(said)
    assert (said.state, said.credit_id, said.decided_on) == (ReportState.ACCEPTED, match.credit_id, TODAY)


def test_a_report_accepted_before_is_recognised_not_recorded_again(window: Window) -> None:
    row = window.owes(1_000_00)
    said = report(window, 1_000_00, row)
    credit = accept_report(report_id=said.pk, today=TODAY, actor=None)
    movement = window.moved(1_000_00)
    with pytest.raises(OnTheBooks) as refusal:
        window.match(movement, left=1_000_00, report_id=said.pk, is_distinct=True)
    assert [each.credit_id for each in refusal.value.suspects] == [credit.pk]
    window.match(movement, known=((credit.pk, 1_000_00),), report_id=said.pk)
    assert fresh(said).credit_id == credit.pk


def test_a_report_that_was_rejected_or_is_anothers_is_refused(window: Window) -> None:
    row, other = window.owes(1_000_00), make_customer(window.company, "Otra", "OTR010203AB3")
    said = report(window, 1_000_00, row)
    reject_report(report_id=said.pk, reason="no llegó", today=TODAY, actor=None)
    with pytest.raises(BalanceChanged, match="se rechazó"):
        window.match(window.moved(1_000_00), whole(row), report_id=said.pk)
    with pytest.raises(NotThisCustomer):
        window.match(window.moved(1_000_00), left=1_000_00, customer_id=other.pk, report_id=said.pk)


# -- what gives way, what is refused -----------------------------------------------------------------------------------


def test_real_money_takes_the_place_of_a_presumption_with_its_withholding(window: Window) -> None:
    """The document was paid within its month: the rest would be presumed again before the withholding is settled."""
    papers = Papers(window.company, window.customer)
    invoice = papers.invoice(1_000_00, date(2026, 10, 5), method="PUE")
    apply_documents(keys=[invoice.key], today=date(2026, 10, 6), actor=None)
    presume_due(today=TODAY)
    row = Receivable.objects.get()
    assert row.balance == 0
    window.match(window.moved(900_00, date(2026, 10, 20)), Line(row.pk, 900_00, 100_00, "withholding"))
    live = Credit.objects.filter(reversed_on__isnull=True)
    assert sorted(live.values_list("kind", "amount")) == [("payment", 900_00), ("withholding", 100_00)]
    assert fresh(row).balance == 0


def test_what_is_not_owed_any_more_is_refused_and_nothing_moves(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    window.paid(300_00, named={row.pk: 300_00})
    before = books()
    with pytest.raises(BalanceChanged, match=r"De F-\d+ ahora se deben \$700\.00"):
        window.match(movement, whole(row))
    assert books() == before


def test_a_document_of_another_customer_is_refused(window: Window) -> None:
    other = make_customer(window.company, "Otra", "OTR010203AB3")
    row = window.owes(1_000_00, other)
    with pytest.raises(NotThisCustomer, match="otro cliente"):
        window.match(window.moved(1_000_00), whole(row))


def test_the_same_key_is_one_match(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    first = window.match(movement, whole(row), key="k")
    assert window.match(movement, whole(row), key="k").pk == first.pk
    assert (Match.objects.count(), Credit.objects.count()) == (1, 1)
    with pytest.raises(MatchError, match="otro movimiento"):
        window.match(window.moved(1_000_00), left=1_000_00, key="k")
    undo_match(match_id=first.pk, reason="", actor=window.owner, now=at())
    with pytest.raises(Stale, match="alguien la deshizo"):
        window.match(movement, whole(row), key="k")


def test_what_the_person_saw_is_what_is_explained(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    window.match(movement, Line(row.pk, 100_00), version=1)
    with pytest.raises(Stale, match="cambió mientras"):
        window.match(movement, Line(row.pk, 100_00), version=1)


def test_what_a_person_took_back_does_not_come_back_by_itself(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    match = window.match(movement, whole(row), how="auto", actor=None)
    undo_match(match_id=match.pk, reason="no era", actor=window.owner, now=at())
    with pytest.raises(UndoneByHand):
        window.match(movement, whole(row), how="auto", actor=None)
    window.match(movement, whole(row), how="accepted")


def test_money_that_went_out_pays_nothing(window: Window) -> None:
    with pytest.raises(MatchError, match="dinero que salió"):
        window.match(window.moved(-1_000_00), whole(window.owes(1_000_00)))


def test_a_doubtful_movement_waits(window: Window) -> None:
    with pytest.raises(MatchError, match="es nuevo"):
        window.match(window.moved(1_000_00, doubt="twin"), left=1_000_00)


def test_plans_that_make_no_sense_are_refused(window: Window) -> None:
    row, movement = window.owes(1_000_00), window.moved(1_000_00)
    credit = window.paid(5_00)
    before = books()
    reason = save_reason(name="Venta de activo", code="403.01", direction="in", actor=window.owner)
    nonsense = [
        {},
        {"lines": (Line(row.pk, -1),)},
        {"lines": (Line(row.pk, 0),)},
        {"lines": (Line(row.pk, 10), Line(row.pk, 10))},
        {"lines": (Line(uuid.uuid4(), 10),)},
        {"lines": (whole(row),), "customer_id": None},
        {"lines": (whole(row),), "customer_id": uuid.uuid4()},
        {"left": -1},
        {"left": 10, "fee": 5},
        {"known": ((credit.pk, 5_00),), "fee": 5_00},
        {"known": ((credit.pk, 6_00),)},
        {"known": ((credit.pk, 1_00), (credit.pk, 1_00))},
        {"known": ((uuid.uuid4(), 1_00),)},
        {"adjustments": ((reason.pk, -1_00),), "left": 5_00},
        {"adjustments": ((uuid.uuid4(), 1_00),)},
        {"adjustments": ((reason.pk, 0),)},
    ]
    for parts in nonsense:
        lines = parts.pop("lines", ())
        with pytest.raises(MatchError):
            window.match(movement, *lines, **parts)
    assert books() == before
    assert BankMovement.objects.filter(version=1).count() == 1


def test_a_plan_comes_from_a_hypothesis_and_from_the_match_it_made(window: Window) -> None:
    row, note = uuid.uuid4(), uuid.uuid4()
    allocation = {
        "document": str(row),
        "amount": 850_00,
        "difference": 150_00,
        "kind": "credit_note",
        "credit": str(note),
    }
    known = [[str(note), 5_00]]
    customer = str(window.customer.pk)
    made = plan_of({"customer": customer, "allocations": [allocation], "left": 3, "known": known, "fee": 1})
    line = Line(row, 850_00, 150_00, "credit_note", note)
    assert made == Plan(window.customer.pk, (line,), ((note, 5_00),), left=3, fee=1)
    assert (made.amount, made.new_money) == (850_00 + 3 + 5_00 - 1, 850_00 + 3)
    assert plan_of({"customer": "", "allocations": []}) == Plan()
    owed = window.owes(1_000_00)
    match = window.match(window.moved(950_00), Line(owed.pk, 900_00, 100_00, "fee"), left=50_00)
    plan = Plan(window.customer.pk, (Line(owed.pk, 900_00, 100_00, "fee"),), left=50_00)
    assert plan_again(match, MatchLine.objects.filter(match=match)) == plan


def test_each_allocation_says_where_it_comes_from(window: Window) -> None:
    row = window.owes(1_000_00, issued_on=TODAY, due_on=TODAY)
    window.match(window.moved(1_000_00, TODAY - timedelta(days=2)), whole(row))
    allocation = Allocation.objects.get()
    assert (allocation.rule, allocation.on) == ("bank", TODAY)
    assert Credit.objects.get().received_on == TODAY - timedelta(days=2)
