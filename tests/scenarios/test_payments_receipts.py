"""A payment by provider, from the test provider's page to the receipt in the payer's mailbox and the notice in ours."""

from __future__ import annotations

import uuid
from datetime import timedelta
from email.message import EmailMessage

from aldia.domain.money import Money
from aldia.payments.models import PaymentAttempt
from aldia.payments.operations import sandbox
from aldia.payments.operations.attempts import refund, start
from aldia.payments.operations.provider_accounts import Details, create_account
from aldia.payments.operations.sandbox import Wish
from aldia.receivables.models import Credit
from aldia.receivables.verify import run_checks
from tests.support.stage import Stage


def pays(stage: Stage, customer_id: uuid.UUID, amount: int, chosen: dict[uuid.UUID, int]) -> PaymentAttempt:
    """The customer pays with its card at the test provider, which tells us."""
    now = stage.at("10:00")
    account = create_account(provider="sandbox", details=Details("Prueba"), actor=stage.owner)
    attempt = start(
        customer_id=customer_id, account_id=account.pk, method="card", amount=Money(amount, "MXN"), chosen=chosen,
        key=uuid.uuid4(), return_url="https://aldia.example/", base_url="https://aldia.example", now=now,
    )  # fmt: skip
    sandbox.act(provider_id=attempt.provider_id, wish=Wish("pay", times=3), now=now)
    sandbox.deliver(now=now)
    attempt.refresh_from_db()
    return attempt


def mails_to(stage: Stage, address: str) -> list[EmailMessage]:
    return [mail for _sender, to, mail in stage.mailer.taken if address in to]


def test_paid_told_and_acknowledged_once(stage: Stage) -> None:
    stage.settings(receipts=True, transit_days=0)
    customer = stage.customer("Abarrotes La Güera", "lupita@guera.example")
    first, second = stage.owes(customer, 600_00, stage.today), stage.owes(customer, 400_00, stage.today)
    stage.tick("09:30")
    attempt = pays(stage, customer.pk, 1_000_00, {first.pk: 600_00, second.pk: 400_00})
    assert (attempt.state, attempt.posted, attempt.events.filter(processed_at=None).count()) == (
        "succeeded",
        1_000_00,
        0,
    )
    before = len(mails_to(stage, "lupita@guera.example"))
    for clock in ("10:15", "10:30", "17:00"):
        stage.tick(clock)
    receipts = mails_to(stage, "lupita@guera.example")[before:]
    assert len(receipts) == 1
    assert "$1,000.00" in stage.text(receipts[0])
    notices = [mail for mail in mails_to(stage, stage.owner.email) if "$1,000.00" in stage.text(mail)]
    assert len(notices) == 1
    refund(attempt_id=attempt.pk, amount=250_00, key=uuid.uuid4(), actor=stage.owner, now=stage.at("17:30"))
    stage.today += timedelta(days=1)
    for clock in ("09:30", "12:00"):
        stage.tick(clock)
    assert [credit.amount for credit in Credit.objects.filter(reversed_on=None)] == [750_00]
    second.refresh_from_db()
    assert second.balance == 250_00
    later = mails_to(stage, "lupita@guera.example")[before + 1 :]
    assert not [mail for mail in later if "recibo" in str(mail["Subject"]).lower()]
    assert [check.name for check in run_checks() if check.violations] == []
