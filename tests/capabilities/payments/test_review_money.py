"""Stories in which money could be posted twice, lost, or asked for of somebody who paid."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.domain.money import Money
from aldia.domain.ports.payments import Method, PaymentState, ProviderFailure, ProviderUnknown
from aldia.payments.models import CollectionAccount, InboxEvent, PaymentAttempt, ProviderAccount, Review
from aldia.payments.operations import inbox, janitor
from aldia.payments.operations.attempts import AttemptError, confirm_proof, link_to_credit, refund
from aldia.payments.operations.links import create_link
from aldia.payments.operations.looking import look_at
from aldia.payments.queries.attempts import suspects_of
from aldia.payments.queries.inbox import new_events
from aldia.receivables.models import Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.operations.presuming import presume_due
from tests.cast import Papers
from tests.support.paying import Till, broken

S = PaymentState


def invoiced(till: Till, total: int, on: date) -> Receivable:
    """A PUE invoice on the books: presumed paid when its month is over."""
    paper = Papers(till.company, till.customer).invoice(total, on, method="PUE")
    apply_documents(keys=[paper.key], today=till.today, actor=None)
    return Receivable.objects.get(key=paper.key)


@pytest.mark.parametrize(("back", "owed"), [(100_00, 100_00), (30_00, 30_00)], ids=["whole", "part"])
def test_a_pue_whose_money_went_back_is_not_presumed_paid_by_night(till: Till, back: int, owed: int) -> None:
    row = invoiced(till, 100_00, date(2026, 9, 2))
    attempt = till.pays(100_00, {row: 100_00})
    refund(attempt_id=attempt.pk, amount=back, key=uuid.uuid4(), actor=None, now=till.now)
    assert till.owed(row) == [owed]
    till.passes(days=30)
    presume_due(today=till.today)
    assert till.owed(row) == [owed]
    assert broken() == []


@pytest.mark.parametrize("by_link", [False, True], ids=["chosen", "by-link"])
def test_a_pue_that_was_presumed_while_its_voucher_was_out_is_paid_by_it(till: Till, by_link: bool) -> None:
    row, other = invoiced(till, 100_00, date(2026, 9, 2)), till.owes(50_00)
    till.passes(days=15)
    link = create_link(
        customer_id=till.customer.pk, receivable_ids=[row.pk], policy="partial", currency="MXN", now=till.now,
        expires_at=till.now + timedelta(days=9), actor=None,
    ).link  # fmt: skip
    how = {"link_id": link.pk} if by_link else {"chosen": {row: 100_00}}
    attempt = till.begins(100_00, method="store", **how)  # type: ignore[arg-type]
    till.passes(days=3)
    presume_due(today=till.today)
    assert till.owed(row) == [0]
    attempt = till.becomes(attempt, S.SUCCEEDED, received=100_00)
    assert (attempt.posted, attempt.review, till.owed(row, other)) == (100_00, "", [0, 50_00])
    assert attempt.credit is not None
    assert attempt.credit.remaining == 0
    assert broken() == []


def test_money_that_came_again_after_a_person_undid_the_payment_waits_for_a_person(till: Till) -> None:
    row = till.owes(60_00)
    attempt = till.pays(60_00, {row: 60_00})
    assert attempt.credit_id is not None
    reverse_credit(credit_id=attempt.credit_id, on=till.today, reason="Error", actor=till.owner)
    attempt = till.becomes(attempt, S.DISPUTED, disputed=60_00)
    assert (attempt.posted, attempt.review) == (0, "")
    attempt = till.becomes(attempt, S.SUCCEEDED, disputed=0)
    assert (attempt.review, till.credits(), till.owed(row)) == (Review.REFUSED, [], [60_00])
    attempt = confirm_proof(attempt_id=attempt.pk, actor=till.owner, now=till.now)
    assert (attempt.review, till.credits(), till.owed(row)) == ("", [(60_00, 0)], [0])
    assert broken() == []


def test_one_that_was_refused_is_not_asked_for_again_by_the_janitor(till: Till) -> None:
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(AttemptError):
        till.begins(100_00)
    attempt = PaymentAttempt.objects.get()
    till.bank.fails = [ProviderFailure("card", "No.", permanent=True)]
    for _turn in range(10):
        till.passes(days=1)
        janitor.run(now=till.now)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.review, attempt.check_after, till.bank.asked) == ("failed", "", None, {})


def test_one_that_was_refused_and_asked_for_again_by_the_payer_is_watched(till: Till) -> None:
    row, key = till.owes(100_00), uuid.uuid4()
    till.bank.fails = [ProviderFailure("keys", "Las llaves no sirven.", permanent=True)]
    with pytest.raises(AttemptError):
        till.begins(100_00, {row: 100_00}, key=key)
    attempt = till.begins(100_00, {row: 100_00}, key=key)
    till.bank.say(attempt.provider_id, S.SUCCEEDED, received=100_00)
    till.passes(days=1)
    janitor.run(now=till.now)
    assert till.owed(row) == [0]


@pytest.mark.parametrize("method", [Method.SPEI, None], ids=["transfer", "unsaid"])
def test_what_another_asked_for_with_a_key_of_its_own_is_none_of_ours(till: Till, method: Method | None) -> None:
    till.bank.arrive("x-1", 50_00, method=method, key=str(uuid.uuid4()))
    assert look_at(account=till.account, subject="x-1", key="", now=till.now) is None
    till.bank.arrive("x-2", -5, method=method)
    assert look_at(account=till.account, subject="x-2", key="", now=till.now) is None
    assert not PaymentAttempt.objects.exists()


def test_a_transfer_that_two_accounts_of_one_provider_tell_of_is_posted_once(till: Till) -> None:
    row = till.owes(100_00)
    CollectionAccount.objects.create(
        company=till.company, customer=till.customer, account=till.account, kind="clabe", value="646180000000000011",
        sequence=1, opened_at=till.now,
    )  # fmt: skip
    ProviderAccount.objects.filter(pk=till.account.pk).update(disabled_at=till.now, looked_at=till.now)
    again = ProviderAccount.objects.create(
        company=till.company, provider="pretend", name="Otra vez", methods=["spei"], is_live=True, hook_token="nuevo"
    )
    till.bank.arrive("t-1", 100_00, into="646180000000000011", at=till.now)
    first = look_at(account=again, subject="t-1", key="", now=till.now)
    assert first is not None
    assert (first.customer_id, first.posted, till.owed(row)) == (till.customer.pk, 100_00, [0])
    till.passes(days=1)
    janitor.run(now=till.now)
    assert [each.pk for each in PaymentAttempt.objects.all()] == [first.pk]


def test_a_refund_nobody_knows_of_is_asked_for_again_before_any_other(till: Till) -> None:
    till.owes(100_00)
    attempt = till.pays(100_00)
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(AttemptError, match="No sabemos"):
        refund(attempt_id=attempt.pk, amount=40_00, key=uuid.uuid4(), actor=None, now=till.now)
    with pytest.raises(AttemptError, match="antes"):
        refund(attempt_id=attempt.pk, amount=10_00, key=uuid.uuid4(), actor=None, now=till.now)
    attempt = refund(attempt_id=attempt.pk, amount=40_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert (attempt.refunded, len(till.bank.refunds)) == (40_00, 1)
    attempt = refund(attempt_id=attempt.pk, amount=40_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert (attempt.refunded, len(till.bank.refunds)) == (80_00, 2)


def test_a_refund_that_certainly_was_not_made_leaves_no_doubt(till: Till) -> None:
    attempt = till.pays(100_00)
    till.bank.fails = [ProviderFailure("funds", "Sin fondos.", permanent=True)]
    with pytest.raises(AttemptError, match="Sin fondos"):
        refund(attempt_id=attempt.pk, amount=40_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert refund(attempt_id=attempt.pk, amount=30_00, key=uuid.uuid4(), actor=None, now=till.now).refunded == 30_00


def test_one_held_as_a_duplicate_of_which_part_went_back_is_still_the_same_money(till: Till) -> None:
    row = till.owes(100_00)
    credit = record_payment(
        customer_id=till.customer.pk, amount=Money(100_00, "MXN"), received_on=till.today, key="mano", actor=till.owner,
        today=till.today,
    )  # fmt: skip
    attempt = till.pays(100_00)
    attempt = till.becomes(attempt, S.SUCCEEDED, refunded=30_00)
    assert attempt.review == Review.DUPLICATE
    assert [each.credit_id for each in suspects_of(attempt)] == [credit.pk]
    attempt = link_to_credit(attempt_id=attempt.pk, credit_id=credit.pk, actor=till.owner, now=till.now)
    assert (attempt.posted, till.owed(row), till.credits()) == (70_00, [30_00], [(70_00, 0)])
    assert broken() == []


def test_one_lost_transfer_that_cannot_be_read_keeps_no_other_from_its_customer(till: Till) -> None:
    row = till.owes(100_00)
    CollectionAccount.objects.create(
        company=till.company, customer=till.customer, account=till.account, kind="clabe", value="646180000000000011",
        sequence=1, opened_at=till.now,
    )  # fmt: skip
    ProviderAccount.objects.filter(pk=till.account.pk).update(looked_at=till.now)
    till.bank.arrive("t-1", 50_00, into="646180000000000011", at=till.now, currency="?")
    till.bank.arrive("t-2", 100_00, into="646180000000000011", at=till.now)
    till.passes(days=1)
    janitor.run(now=till.now)
    assert till.owed(row) == [0]


def test_paid_with_nothing_received_is_not_over(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.begins(100_00, {row: 100_00})
    attempt = till.becomes(attempt, S.SUCCEEDED, received=0)
    assert attempt.check_after is not None
    till.bank.say(attempt.provider_id, S.SUCCEEDED, received=100_00)
    till.passes(days=1)
    janitor.run(now=till.now)
    assert till.owed(row) == [0]


def test_a_notice_that_breaks_something_waits_its_turn_like_any_other(till: Till) -> None:
    event = InboxEvent.objects.create(
        company=till.company, account=till.account, event_id="evt", subject="t-9", body="{}", received_at=till.now
    )
    inbox.put_off(event_id=event.pk, now=till.now)
    assert new_events(now=till.now) == []
    assert new_events(now=till.now + timedelta(minutes=1)) == [event.pk]
