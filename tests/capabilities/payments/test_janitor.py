"""Payments nobody told us about: asked at 5 minutes, 1 hour, then daily; none stays open without a person knowing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aldia.domain.ports.payments import PaymentState, ProviderFailure, ProviderUnknown
from aldia.payments.models import PaymentAttempt, ProviderAccount, Review
from aldia.payments.operations import janitor
from aldia.payments.operations.attempts import AttemptError
from aldia.payments.operations.collecting import ask_providers, open_for
from tests.support.paying import Till, broken

S = PaymentState
START = datetime(2026, 9, 14, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENTS = [
    timedelta(minutes=5),
    timedelta(hours=1, minutes=5),
    *[timedelta(hours=1, minutes=5) + n * DAY for n in range(1, 6)],
]


def walk(until: timedelta, step: timedelta = timedelta(minutes=5)) -> list[timedelta]:
    """Let the janitor pass every five minutes; when it asked about something."""
    asked, past = [], timedelta(0)
    while past < until:
        past += step
        if janitor.run(now=START + past):
            asked.append(past)
    return asked


def test_the_moments_at_which_it_asks(till: Till) -> None:
    attempt = till.begins(100_00, method="spei")
    PaymentAttempt.objects.update(expires_at=START + 30 * DAY)
    assert walk(8 * DAY) == MOMENTS
    attempt.refresh_from_db()
    assert (attempt.state, attempt.review, attempt.check_after) == ("pending", Review.STUCK, None)


def test_money_that_nobody_told_of_is_found(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.begins(100_00)
    till.bank.say(attempt.provider_id, S.SUCCEEDED, received=100_00)
    assert walk(DAY) == [timedelta(minutes=5)]
    assert till.owed(row) == [0]


def test_a_stuck_payment_that_pays_at_last_is_no_longer_stuck(till: Till) -> None:
    attempt = till.begins(100_00)
    PaymentAttempt.objects.update(expires_at=START + 30 * DAY)
    walk(6 * DAY, timedelta(hours=1))
    till.passes(days=9)
    attempt = till.becomes(attempt, S.SUCCEEDED, received=100_00)
    assert (attempt.review, attempt.posted) == ("", 100_00)


@pytest.mark.parametrize("method", ["card", "store", "spei"])
def test_what_nobody_paid_in_time_is_taken_back(till: Till, method: str) -> None:
    attempt = till.begins(100_00, method=method)
    walk(7 * DAY, timedelta(minutes=30))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.review, attempt.check_after) == ("expired", "", None)
    assert till.bank.calls.count("cancel") == 1


def test_a_provider_that_takes_nothing_back_lets_it_expire_here_and_late_money_is_posted(till: Till) -> None:
    row = till.owes(100_00)
    attempt = till.begins(100_00)
    refuse = ProviderFailure("unsupported", "No se puede.", permanent=True)
    till.bank.on_fetch = lambda _id: till.bank.fails.append(refuse)
    walk(2 * DAY, timedelta(minutes=30))
    till.bank.on_fetch = None
    attempt.refresh_from_db()
    assert attempt.state == "expired"
    till.bank.fails.clear()
    attempt = till.becomes(attempt, S.SUCCEEDED, received=100_00)
    assert (attempt.state, till.owed(row)) == ("succeeded", [0])


def test_a_provider_that_never_answers_ends_in_front_of_a_person(till: Till) -> None:
    attempt = till.begins(100_00)
    till.bank.fails = [ProviderUnknown("se cortó")] * 50
    walk(7 * DAY, timedelta(minutes=30))
    attempt.refresh_from_db()
    assert (attempt.review, attempt.failure) == (Review.STUCK, "se cortó")


def test_one_whose_asking_was_cut_short_is_asked_for_again(till: Till) -> None:
    till.bank.fails = [ProviderUnknown("se cortó")]
    with pytest.raises(AttemptError):
        till.begins(100_00)
    walk(timedelta(minutes=10))
    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.offer["shown"]["url"]) == ("pending", f"https://pagos.example/{attempt.pk}")


def test_transfers_whose_notice_was_lost_are_found(till: Till) -> None:
    ProviderAccount.objects.update(opens_accounts=True)
    row = till.owes(100_00)
    (own,) = open_for(customer_ids=[till.customer.pk], account_id=till.account.pk, actor=None, now=till.now)
    ask_providers(now=till.now)
    own.refresh_from_db()
    till.bank.arrive("t-1", 60_00, into=own.value, at=START + timedelta(hours=3))
    till.bank.arrive("t-2", 15_00, into="646180000000000077", at=START + timedelta(hours=4))
    walk(DAY, timedelta(minutes=30))
    assert till.owed(row) == [40_00]
    assert {each.provider_id: each.review for each in PaymentAttempt.objects.all()} == {
        "t-1": "", "t-2": Review.UNKNOWN_PAYER,
    }  # fmt: skip
    assert 20 <= till.bank.calls.count("received") <= 25
    assert broken() == []


def test_nothing_stays_open_for_more_than_a_week_without_a_person_knowing(till: Till) -> None:
    for number, method in enumerate(["card", "store", "spei"] * 3):
        attempt = till.begins((100 + number) * 100, method=method)
        if number % 3 == 1:
            PaymentAttempt.objects.filter(pk=attempt.pk).update(expires_at=START + 30 * DAY)
        if number % 3 == 2:
            till.bank.payments.pop(attempt.provider_id)
    walk(7 * DAY, timedelta(minutes=30))
    left = PaymentAttempt.objects.filter(state__in=("created", "pending"), review="")
    assert list(left) == []
    assert PaymentAttempt.objects.filter(check_after__isnull=False).count() == 0
