"""The same money by webhook, by bank file and by hand is posted once, and whoever comes second is told (T23)."""

from __future__ import annotations

import random
from datetime import timedelta

from aldia.domain.money import Money
from aldia.domain.ports.payments import PaymentState
from aldia.payments.models import Review
from aldia.payments.operations.attempts import link_to_credit
from aldia.payments.operations.looking import refresh
from aldia.payments.queries.attempts import suspects_of, to_review
from aldia.receivables.models import Credit
from aldia.receivables.operations.payments import SuspectedDuplicate, record_payment
from tests.support.paying import Till, broken

PAYMENTS = 200


def test_three_sources_in_any_order(till: Till) -> None:
    rng = random.Random(23)
    till.owes(10_000_000_00)
    attempts = [till.begins(1_000_00 + number) for number in range(PAYMENTS)]
    told = [(source, number) for source in ("provider", "bank", "hand") for number in range(PAYMENTS)]
    rng.shuffle(told)
    flagged = posted = 0
    for source, number in told:
        amount, day = 1_000_00 + number, till.today - timedelta(days=rng.randrange(6))
        if source == "provider":
            till.bank.say(attempts[number].provider_id, PaymentState.SUCCEEDED, received=amount, paid_on=day)
            seen = refresh(attempt_id=attempts[number].pk, now=till.now)
            flagged += seen.review == Review.DUPLICATE
            posted += seen.posted > 0
            continue
        try:
            record_payment(
                customer_id=till.customer.pk, amount=Money(amount, "MXN"), received_on=day, key=f"{source}-{number}",
                actor=None, today=till.today, source="bank" if source == "bank" else "person",
            )  # fmt: skip
            posted += 1
        except SuspectedDuplicate:
            flagged += 1
    assert (posted, flagged, Credit.objects.count()) == (PAYMENTS, 2 * PAYMENTS, PAYMENTS)
    for attempt in to_review():
        (suspect,) = suspects_of(attempt)
        link_to_credit(attempt_id=attempt.pk, credit_id=suspect.credit_id, actor=till.owner, now=till.now)
    assert not to_review().exists()
    assert Credit.objects.count() == PAYMENTS
    assert broken() == []
