"""Money that a provider moved: posted once, to what the payer chose; taken back when it goes back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from aldia.domain.money import Money
from aldia.domain.ports.payments import PaymentState, ProviderFailure, ProviderUnknown
from aldia.payments.models import PaymentAttempt, Review
from aldia.payments.operations.attempts import (
    AttemptError,
    assign_attempt,
    close_review,
    confirm_distinct,
    confirm_proof,
    link_to_credit,
    refund,
)
from aldia.payments.operations.links import create_link
from aldia.payments.operations.looking import NotNow, refresh, take
from aldia.payments.queries.attempts import suspects_of, to_review
from aldia.receivables.models import Credit
from aldia.receivables.operations.allocating import allocate_credit, reassign_credit
from aldia.receivables.operations.payments import SuspectedDuplicate, record_payment, reverse_credit
from aldia.tenancy.models import AuditEvent
from tests.support.paying import Till, accounts, broken

S = PaymentState


def test_what_was_chosen_is_paid_and_the_fee_is_ours(till: Till) -> None:
    first, second = till.owes(100_00), till.owes(80_00, 5)
    attempt = till.begins(120_00, {second: 80_00, first: 40_00})
    assert (attempt.state, attempt.posted) == ("pending", 0)
    attempt = till.becomes(attempt, S.SUCCEEDED, received=120_00, fee=5_22)
    assert (attempt.state, attempt.posted, attempt.posted_fee, attempt.check_after) == ("succeeded", 120_00, 5_22, None)
    assert till.owed(first, second) == [60_00, 0]
    assert attempt.credit is not None
    assert (attempt.credit.source, attempt.credit.remaining) == ("provider", 0)
    assert accounts() == {"receivable": 60_00, "clearing": 114_78, "fees": 5_22, "income": -180_00}
    assert broken() == []


def test_looking_again_posts_nothing_more(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.pays(100_00, {row: 100_00})
    for _turn in range(3):
        refresh(attempt_id=attempt.pk, now=till.now)
    assert till.credits() == [(100_00, 0)]
    assert AuditEvent.objects.filter(verb="payments.settled").count() == 1


def test_without_a_choice_the_oldest_due_are_paid_and_the_rest_stays_in_favour(till: Till) -> None:
    late, later = till.owes(50_00, -3), till.owes(30_00, 3)
    till.pays(100_00)
    assert till.owed(late, later) == [0, 0]
    assert till.credits() == [(100_00, 20_00)]
    assert broken() == []


def test_by_a_link_its_documents_are_paid_and_no_other(till: Till) -> None:
    named, older = till.owes(50_00, 3), till.owes(30_00, -3)
    link = create_link(
        customer_id=till.customer.pk, receivable_ids=[named.pk], policy="partial", currency="MXN", now=till.now,
        expires_at=till.now + timedelta(days=9), actor=None,
    ).link  # fmt: skip
    till.pays(40_00, link_id=link.pk)
    assert till.owed(named, older) == [10_00, 30_00]
    with pytest.raises(AttemptError):
        till.begins(10_01, link_id=link.pk)


def test_what_was_chosen_and_paid_meanwhile_goes_to_the_favour_of_the_customer_and_is_shown(till: Till) -> None:
    row, other = till.owes(100_00), till.owes(70_00)
    attempt = till.begins(100_00, {row: 100_00})
    till.pays(100_00, {row: 100_00})
    attempt = till.becomes(attempt, S.SUCCEEDED, received=100_00)
    assert till.owed(row, other) == [0, 70_00]
    assert (attempt.posted, attempt.review) == (100_00, Review.PAID_TWICE)
    assert till.credits() == [(100_00, 0), (100_00, 100_00)]
    closed = close_review(attempt_id=attempt.pk, reason="Se le aplicó al siguiente", actor=till.owner, today=till.today)
    assert (closed.review, closed.posted) == ("", 100_00)
    assert broken() == []


@pytest.mark.parametrize(
    ("paid", "back", "owed", "credits"),
    [
        (100_00, 100_00, [60_00, 40_00], []),
        (100_00, 30_00, [0, 30_00], [(70_00, 0)]),
        (100_00, 60_00, [20_00, 40_00], [(40_00, 0)]),
        (130_00, 20_00, [0, 0], [(110_00, 10_00)]),
        (130_00, 45_00, [0, 15_00], [(85_00, 0)]),
    ],
    ids=["whole", "part-of-the-last", "more-than-the-last", "out-of-the-favour", "favour-and-more"],
)
def test_a_refund_takes_back_just_that_much(
    till: Till, paid: int, back: int, owed: list[int], credits: list[tuple[int, int]]
) -> None:
    first, second = till.owes(60_00, -5), till.owes(40_00, 5)
    attempt = till.pays(paid, {first: 60_00, second: 40_00})
    till.passes(days=2)
    attempt = refund(attempt_id=attempt.pk, amount=back, key=uuid.uuid4(), actor=till.owner, now=till.now)
    assert attempt.posted == paid - back
    assert attempt.state == ("refunded" if back == paid else "succeeded")
    assert till.owed(first, second) == owed
    assert till.credits() == credits
    assert broken() == []


def test_a_refund_asked_twice_with_one_key_is_one(till: Till) -> None:
    till.owes(100_00)
    attempt, key = till.pays(100_00), uuid.uuid4()
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(AttemptError, match="No sabemos"):
        refund(attempt_id=attempt.pk, amount=60_00, key=key, actor=None, now=till.now)
    for _turn in range(2):
        attempt = refund(attempt_id=attempt.pk, amount=60_00, key=key, actor=None, now=till.now)
    assert (attempt.refunded, attempt.posted, till.credits()) == (60_00, 40_00, [(40_00, 0)])
    with pytest.raises(AttemptError, match="hasta lo que queda"):
        refund(attempt_id=attempt.pk, amount=40_01, key=uuid.uuid4(), actor=None, now=till.now)
    with pytest.raises(AttemptError, match="clave"):
        refund(attempt_id=attempt.pk, amount=10, key=key, actor=None, now=till.now)


def test_a_refund_of_money_that_was_applied_elsewhere_meanwhile(till: Till) -> None:
    first, second = till.owes(60_00), till.owes(90_00, 9)
    attempt = till.pays(60_00, {first: 60_00})
    assert attempt.credit_id is not None
    reassign_credit(credit_id=attempt.credit_id, named={second.pk: 60_00}, on=till.today, actor=till.owner)
    attempt = refund(attempt_id=attempt.pk, amount=25_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert till.owed(first, second) == [60_00, 55_00]
    assert broken() == []


def test_a_refund_of_a_payment_that_a_person_undid_changes_nothing_more(till: Till) -> None:
    row = till.owes(60_00)
    attempt = till.pays(60_00)
    assert attempt.credit_id is not None
    reverse_credit(credit_id=attempt.credit_id, on=till.today, reason="Error", actor=till.owner)
    attempt = refund(attempt_id=attempt.pk, amount=60_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert (attempt.posted, attempt.review, till.owed(row)) == (0, "", [60_00])
    assert broken() == []


def test_a_dispute_takes_the_money_and_winning_it_brings_it_back_where_it_was(till: Till) -> None:
    first, second = till.owes(60_00, -5), till.owes(40_00, 5)
    attempt = till.pays(100_00, {first: 60_00, second: 40_00})
    till.passes(days=10)
    attempt = till.becomes(attempt, S.DISPUTED, disputed=100_00, fee=15_00)
    assert (attempt.state, attempt.posted, till.owed(first, second)) == ("disputed", 0, [60_00, 40_00])
    till.passes(days=20)
    attempt = till.becomes(attempt, S.SUCCEEDED, disputed=0)
    assert (attempt.state, attempt.posted, till.owed(first, second)) == ("succeeded", 100_00, [0, 0])
    assert attempt.credit is not None
    assert attempt.credit.received_on == till.today
    assert accounts()["fees"] == 15_00
    assert broken() == []


def test_part_of_a_dispute_won_pays_again_in_the_order_of_before(till: Till) -> None:
    first, second = till.owes(60_00, -5), till.owes(40_00, 5)
    attempt = till.pays(100_00, {first: 60_00, second: 40_00})
    attempt = till.becomes(attempt, S.DISPUTED, disputed=70_00)
    assert till.owed(first, second) == [30_00, 40_00]
    attempt = till.becomes(attempt, S.DISPUTED, disputed=20_00)
    assert till.owed(first, second) == [0, 20_00]
    assert till.credits() == [(80_00, 0)]
    assert broken() == []


def test_money_that_looks_like_one_on_file_waits_for_a_person_who_says_it_is_another(till: Till) -> None:
    row = till.owes(100_00)
    record_payment(
        customer_id=till.customer.pk, amount=Money(100_00, "MXN"), received_on=till.today, key="mano", actor=till.owner,
        today=till.today,
    )  # fmt: skip
    attempt = till.begins(100_00)
    attempt = till.becomes(attempt, S.SUCCEEDED, received=100_00, fee=3_00)
    assert (attempt.review, attempt.posted, till.credits()) == (Review.DUPLICATE, 0, [(100_00, 0)])
    assert [each.amount.minor for each in suspects_of(attempt)] == [100_00]
    assert list(to_review()) == [attempt]
    assert accounts().get("fees") is None
    for _turn in range(2):
        attempt = confirm_distinct(attempt_id=attempt.pk, actor=till.owner, now=till.now)
    assert (attempt.review, attempt.posted, till.owed(row)) == ("", 100_00, [0])
    assert till.credits() == [(100_00, 0), (100_00, 100_00)]
    assert accounts()["fees"] == 3_00
    assert broken() == []


def test_or_that_it_is_the_same(till: Till) -> None:
    row = till.owes(100_00)
    credit = record_payment(
        customer_id=till.customer.pk, amount=Money(100_00, "MXN"), received_on=till.today, key="mano", actor=till.owner,
        today=till.today,
    )  # fmt: skip
    attempt = till.pays(100_00)
    for _turn in range(2):
        attempt = link_to_credit(attempt_id=attempt.pk, credit_id=credit.pk, actor=till.owner, now=till.now)
    assert (attempt.review, attempt.posted, till.credits()) == ("", 100_00, [(100_00, 0)])
    other = till.pays(100_00)
    assert other.review == Review.DUPLICATE
    with pytest.raises(AttemptError, match="otro cobro"):
        link_to_credit(attempt_id=other.pk, credit_id=credit.pk, actor=till.owner, now=till.now)
    attempt = refund(attempt_id=attempt.pk, amount=30_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert till.owed(row) == [30_00]
    assert broken() == []


def test_two_payments_by_provider_are_never_suspected_of_each_other_but_a_third_by_hand_is(till: Till) -> None:
    rows = [till.owes(100_00) for _each in range(3)]
    one, two = till.pays(100_00), till.pays(100_00)
    assert (one.review, two.review, till.owed(*rows)) == ("", "", [0, 0, 100_00])
    with pytest.raises(SuspectedDuplicate):
        record_payment(
            customer_id=till.customer.pk, amount=Money(100_00, "MXN"), received_on=till.today, key="banco",
            actor=None, today=till.today, source="bank",
        )  # fmt: skip


def test_money_of_nobody_waits_until_somebody_says_whose_it_is(till: Till) -> None:
    row = till.owes(100_00)
    till.bank.arrive("t-1", 100_00, into="646180000000000099")
    found = take(account=till.account, seen=till.bank.payments["t-1"], key="", now=till.now, needs_proof=False)
    assert found is not None
    assert (found.customer_id, found.review, found.posted) == (None, Review.UNKNOWN_PAYER, 0)
    again = take(account=till.account, seen=till.bank.payments["t-1"], key="", now=till.now, needs_proof=False)
    assert again == found
    attempt = assign_attempt(attempt_id=found.pk, customer_id=till.customer.pk, actor=till.owner, now=till.now)
    assert (attempt.review, attempt.posted, till.owed(row)) == ("", 100_00, [0])
    assert broken() == []


def test_what_the_provider_cannot_prove_is_posted_when_a_person_saw_it(till: Till) -> None:
    till.owes(100_00)
    attempt = till.begins(100_00)
    till.bank.say(attempt.provider_id, S.SUCCEEDED, received=100_00)
    seen = till.bank.payments[attempt.provider_id]
    take(account=till.account, seen=seen, key="", now=till.now, needs_proof=True)
    attempt.refresh_from_db()
    assert (attempt.review, attempt.posted) == (Review.PROOF, 0)
    attempt = confirm_proof(attempt_id=attempt.pk, actor=till.owner, now=till.now)
    assert (attempt.review, attempt.posted) == ("", 100_00)
    take(account=till.account, seen=seen, key="", now=till.now, needs_proof=True)
    assert till.credits() == [(100_00, 0)]


def test_what_a_person_set_aside_is_not_posted_by_a_later_look(till: Till) -> None:
    attempt = till.begins(100_00)
    till.bank.say(attempt.provider_id, S.SUCCEEDED, received=100_00)
    seen = till.bank.payments[attempt.provider_id]
    take(account=till.account, seen=seen, key="", now=till.now, needs_proof=True)
    with pytest.raises(AttemptError):
        close_review(attempt_id=attempt.pk, reason=" ", actor=till.owner, today=till.today)
    close_review(attempt_id=attempt.pk, reason="Nunca llegó", actor=till.owner, today=till.today)
    attempt = refresh(attempt_id=attempt.pk, now=till.now)
    assert (attempt.review, attempt.posted, till.credits()) == ("", 0, [])


def test_money_in_another_currency_waits_and_is_posted_in_its_own(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.begins(100_00, {row: 100_00})
    attempt = till.becomes(attempt, S.SUCCEEDED, received=5_00, currency="USD")
    assert (attempt.review, attempt.currency, attempt.posted) == (Review.CURRENCY, "USD", 0)
    attempt = confirm_proof(attempt_id=attempt.pk, actor=till.owner, now=till.now)
    assert Credit.objects.get().currency == "USD"
    assert till.owed(row) == [100_00]
    assert broken() == []


def test_a_payment_that_is_refused_says_why_and_the_row_remembers_it(till: Till) -> None:
    till.bank.fails = [ProviderFailure("card", "La tarjeta no existe.", permanent=True)]
    with pytest.raises(AttemptError, match="La tarjeta no existe"):
        till.begins(100_00)
    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.failure) == ("failed", "La tarjeta no existe.")


def test_a_provider_that_does_not_answer_is_asked_again_with_the_same_key(till: Till) -> None:
    key = uuid.uuid4()
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(AttemptError, match="Inténtalo otra vez"):
        till.begins(100_00, key=key)
    assert PaymentAttempt.objects.get().state == "created"
    attempt = till.begins(100_00, key=key)
    assert (attempt.pk, attempt.state, list(till.bank.asked)) == (key, "pending", [str(key)])
    with pytest.raises(AttemptError, match="otro pago"):
        till.begins(99_00, key=key)


@pytest.mark.parametrize(
    ("amount", "method", "why"),
    [
        (9_99, "card", "Desde"), (10_000_01, "store", "Hasta"), (50_00, "transfer", "no está disponible"),
    ],
    ids=["too-little", "too-much-cash", "not-switched-on"],
)  # fmt: skip
def test_what_a_method_does_not_take(till: Till, amount: int, method: str, why: str) -> None:
    with pytest.raises(AttemptError, match=why):
        till.begins(amount, method=method)
    assert not PaymentAttempt.objects.exists()


def test_a_look_that_another_overtook_is_taken_again(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.pays(100_00, {row: 100_00})
    till.bank.say(attempt.provider_id, S.DISPUTED, disputed=100_00)
    turns: list[int] = []

    def meanwhile(provider_id: str) -> None:
        """Between the provider's answer and our writing it down, the dispute is won and somebody else sees it."""
        if not turns:
            turns.append(1)
            till.bank.say(provider_id, S.SUCCEEDED, disputed=0)
            refresh(attempt_id=attempt.pk, now=till.now)

    till.bank.on_fetch = meanwhile
    attempt = refresh(attempt_id=attempt.pk, now=till.now)
    assert (attempt.state, attempt.posted, till.owed(row)) == ("succeeded", 100_00, [0])


def test_a_provider_that_is_away_changes_nothing(till: Till) -> None:
    attempt = till.begins(100_00)
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(NotNow):
        refresh(attempt_id=attempt.pk, now=till.now)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.looks) == ("pending", 0)


def test_credit_in_favour_is_refunded_after_a_person_applied_it(till: Till) -> None:
    first = till.owes(60_00)
    attempt = till.pays(100_00, {first: 60_00})
    late = till.owes(40_00)
    assert attempt.credit_id is not None
    allocate_credit(credit_id=attempt.credit_id, named={late.pk: 40_00}, on=till.today, actor=till.owner)
    refund(attempt_id=attempt.pk, amount=40_00, key=uuid.uuid4(), actor=None, now=till.now)
    assert till.owed(first, late) == [0, 40_00]
    assert broken() == []
