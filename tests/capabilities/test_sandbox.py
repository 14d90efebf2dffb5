"""The built-in test provider: everything that can become of a payment, told as a real provider tells it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from aldia.domain.ports.payments import Asked, Method, PaymentState, ProviderFailure
from aldia.integrations.payments.sandbox import Sandbox
from aldia.payments.models import CollectionAccount, InboxEvent, PaymentAttempt, ProviderAccount, SandboxCharge
from aldia.payments.operations import inbox, janitor
from aldia.payments.operations.sandbox import SandboxError, Wish, act, deliver, fee_of, simulate_transfer
from aldia.payments.sandbox import SandboxBank
from aldia.receivables.models import Receivable
from aldia.tenancy import secrets
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
from tests.support.till import link_for, opened, owes, pay

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
CLABE = "646180110400000007"


@pytest.fixture
def company(settings: object) -> Iterator[Company]:
    settings.SECURE_SSL_REDIRECT = False  # type: ignore[attr-defined]
    company = make_company(slug="tres-rios")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def account(company: Company) -> ProviderAccount:
    secret = secrets.keep(kind="payments", values=Sandbox.new_secrets())
    return ProviderAccount.objects.create(
        company=company, provider="sandbox", name="Pruebas", secret=secret, methods=["card", "spei", "store"],
        hook_token="t" * 43,
    )  # fmt: skip


def asked(key: str = "", amount: int = 100_000, method: Method = Method.CARD) -> Asked:
    return Asked(
        key=key or uuid.uuid4().hex, method=method, amount=amount, currency="MXN", description="Factura F-1",
        customer_reference="c1", return_url="https://ejemplo.mx/l/tres-rios/", notify_url="", customer_name="La Güera",
    )  # fmt: skip


@pytest.fixture
def charge(account: ProviderAccount) -> SandboxCharge:
    made = SandboxBank(account).create(asked())
    return SandboxCharge.objects.get(provider_id=made.provider_id)


def seen(charge: SandboxCharge) -> tuple[str, int, int, int]:
    found = SandboxBank(charge.account).get(charge.provider_id)
    assert found is not None
    return found.state.value, found.received, found.refunded, found.disputed


def do(charge: SandboxCharge, *wishes: Wish) -> None:
    for wish in wishes:
        act(provider_id=charge.provider_id, wish=wish, now=NOW)


def test_the_same_key_makes_one_charge(account: ProviderAccount) -> None:
    bank = SandboxBank(account)
    first, again, other = bank.create(asked("k1")), bank.create(asked("k1", amount=5)), bank.create(asked("k2"))
    assert first == again
    assert other.provider_id != first.provider_id
    assert first.url.endswith(f"/prueba/tres-rios/{first.provider_id}/")


W = Wish
STORIES: dict[str, tuple[list[Wish], tuple[str, int, int, int]]] = {
    "nothing": ([], ("created", 0, 0, 0)),
    "paid": ([W("pay")], ("succeeded", 100_000, 0, 0)),
    "under": ([W("pay", amount=1)], ("succeeded", 1, 0, 0)),
    "over": ([W("pay", amount=150_000)], ("succeeded", 150_000, 0, 0)),
    "later": ([W("later", minutes=3)], ("pending", 0, 0, 0)),
    "failed": ([W("fail")], ("failed", 0, 0, 0)),
    "expired": ([W("expire")], ("expired", 0, 0, 0)),
    "refunded": ([W("pay"), W("refund")], ("refunded", 100_000, 100_000, 0)),
    "part refunded": ([W("pay"), W("refund", amount=400), W("refund", amount=100)], ("succeeded", 100_000, 500, 0)),
    "disputed": ([W("pay"), W("dispute")], ("disputed", 100_000, 0, 100_000)),
    "won": ([W("pay"), W("dispute", amount=300), W("win")], ("succeeded", 100_000, 0, 0)),
    "lost": ([W("pay"), W("dispute"), W("lose")], ("disputed", 100_000, 0, 100_000)),
    "refunded, then won": ([W("pay"), W("refund", amount=1), W("dispute"), W("win")], ("succeeded", 100_000, 1, 0)),
    "refunded while disputed": ([W("pay"), W("dispute", amount=5), W("refund")], ("disputed", 100_000, 99_995, 5)),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_a_person_makes_happen_is_what_the_adapter_sees(charge: SandboxCharge, story: str) -> None:
    wishes, expected = STORIES[story]
    do(charge, *wishes)
    assert seen(charge) == expected


REFUSED: dict[str, list[Wish]] = {
    "unknown action": [W("delete")],
    "paid twice": [W("pay"), W("pay")],
    "failed, then paid": [W("fail"), W("pay")],
    "refund of nothing": [W("refund")],
    "more back than came": [W("pay"), W("refund", amount=100_001)],
    "disputed twice": [W("pay"), W("dispute"), W("dispute")],
    "won without a dispute": [W("pay"), W("win")],
    "lost twice": [W("pay"), W("dispute"), W("lose"), W("lose")],
    "no minutes": [W("later")],
    "too many minutes": [W("later", minutes=100_000)],
    "repeat nothing": [W("repeat")],
    "repeat too often": [W("pay"), W("repeat", times=1000)],
    "negative": [W("pay", amount=-5)],
}


@pytest.mark.parametrize("story", REFUSED)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(charge: SandboxCharge, story: str) -> None:
    *before, last = REFUSED[story]
    do(charge, *before)
    left = SandboxCharge.objects.values().get()
    with pytest.raises(SandboxError, match=r"\.$"):
        do(charge, last)
    assert SandboxCharge.objects.values().get() == left


def test_a_refund_by_the_adapter_happens_once_for_each_key(charge: SandboxCharge) -> None:
    do(charge, W("pay"))
    bank = SandboxBank(charge.account)
    first, again, other = (bank.refund(charge.provider_id, 300, key) for key in ("k1", "k1", "k2"))
    assert first == again != other
    assert seen(charge) == ("succeeded", 100_000, 600, 0)
    with pytest.raises(ProviderFailure):
        bank.refund(charge.provider_id, 100_000, "k3")


def test_cancelling_closes_what_nobody_paid_and_nothing_else(account: ProviderAccount) -> None:
    bank = SandboxBank(account)
    open_one, paid = bank.create(asked()), bank.create(asked())
    act(provider_id=paid.provider_id, wish=W("pay"), now=NOW)
    assert bank.cancel(open_one.provider_id).state == PaymentState.EXPIRED
    assert bank.cancel(paid.provider_id).state == PaymentState.SUCCEEDED


def test_only_cards_cost_something() -> None:
    assert fee_of("spei", 100_000) == 0
    assert fee_of("card", 100_000) == (3_600 + 300) * 116 // 100
    assert fee_of("card", 10) == 10  # never more than there is


def collection(account: ProviderAccount) -> CollectionAccount:
    customer = make_customer(Company.objects.get(pk=account.company_id))
    return CollectionAccount.objects.create(
        company_id=account.company_id, customer=customer, account=account, kind="clabe", value=CLABE, sequence=1,
        opened_at=NOW,
    )  # fmt: skip


def test_a_transfer_comes_in_by_itself(account: ProviderAccount) -> None:
    collection(account)
    row = simulate_transfer(clabe=CLABE, amount=5_000, payer="La Güera", reference="F-1", now=NOW)
    bank = SandboxBank(account)
    (found,) = bank.incoming(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert (found.provider_id, found.received, found.paid_into, found.key) == (row.provider_id, 5_000, CLABE, "")
    assert found.payer.name == "La Güera"
    assert found.trace
    assert bank.incoming(NOW + timedelta(hours=1), NOW + timedelta(hours=2)) == []


@pytest.mark.parametrize(("clabe", "amount"), [(CLABE[:-1] + "0", 5_000), ("", 5_000), (CLABE, 0), (CLABE, -1)])
def test_a_transfer_that_cannot_be_is_a_sentence(account: ProviderAccount, clabe: str, amount: int) -> None:
    collection(account)
    with pytest.raises(SandboxError):
        simulate_transfer(clabe=clabe, amount=amount, payer="", reference="", now=NOW)
    assert not SandboxCharge.objects.exists()


def test_beside_real_money_the_test_provider_is_closed(charge: SandboxCharge) -> None:
    ProviderAccount.objects.create(
        company_id=charge.company_id, provider="stripe", name="Stripe", methods=["card"], is_live=True, hook_token="s"
    )
    with pytest.raises(SandboxError, match="dinero de verdad"):
        do(charge, W("pay"))


def test_another_companys_charge_does_not_exist(charge: SandboxCharge) -> None:
    make_company("Otra", "OTR010203AB1", slug="otra")
    answer = Client().get(f"/prueba/otra/{charge.provider_id}/")
    assert answer.status_code == 404
    assert "Factura F-1" not in answer.content.decode()


def test_the_page_offers_what_can_happen_now(charge: SandboxCharge) -> None:
    client, path = Client(), f"/prueba/tres-rios/{charge.provider_id}/"
    page = client.get(path).content.decode()
    assert "aquí no se cobra a nadie" in page
    assert 'value="fail"' in page
    assert 'value="refund"' not in page
    do(charge, W("pay"))
    page = client.get(path).content.decode()
    assert 'value="refund"' in page
    assert 'value="fail"' not in page


def test_a_form_of_another_site_does_nothing(charge: SandboxCharge) -> None:
    client, path = Client(), f"/prueba/tres-rios/{charge.provider_id}/"
    proof = client.get(path).context["proof"]
    assert client.post(path, {"action": "pay"}).status_code == 403
    told = client.post(path, {"action": "pay", "proof": proof}, headers={"sec-fetch-site": "cross-site"})
    assert told.status_code == 403
    assert seen(charge)[0] == "created"


@pytest.mark.parametrize("typed", ["abc", "-5", "0", "1e9", "１２", "9" * 40, "1.234", "$", "\x00abc", "5 USD"])
def test_hostile_amounts_are_sentences(charge: SandboxCharge, typed: str) -> None:
    client, path = Client(), f"/prueba/tres-rios/{charge.provider_id}/"
    proof = client.get(path).context["proof"]
    answer = client.post(path, {"action": "pay", "amount": typed, "proof": proof})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert seen(charge)[0] == "created"


# What we are told


@pytest.fixture
def attempt(account: ProviderAccount) -> PaymentAttempt:
    """A payment of $1,000.00 by card, begun on the page of its link."""
    link = link_for(owes(make_customer(Company.objects.get(pk=account.company_id)), 100_000))
    assert pay(opened(link, "tres-rios"), "tres-rios", account).status_code == 303
    return PaymentAttempt.objects.get()


def after(attempt: PaymentAttempt, *wishes: Wish, at: datetime | None = None) -> PaymentAttempt:
    now = at or datetime.now(UTC)
    for wish in wishes:
        act(provider_id=attempt.provider_id, wish=wish, now=now)
        deliver(now=now)
    attempt.refresh_from_db()
    return attempt


def books() -> list[tuple[int, int]]:
    return list(Receivable.objects.values_list("balance", "total"))


def test_a_payment_is_told_signed_and_posted_at_once(attempt: PaymentAttempt) -> None:
    after(attempt, W("pay"))
    assert (attempt.state, attempt.received, attempt.posted) == ("succeeded", 100_000, 100_000)
    assert books() == [(0, 100_000)]
    (event,) = InboxEvent.objects.all()
    assert event.processed_at is not None
    assert event.kind == "payment.succeeded"


def test_what_is_repeated_in_any_order_changes_nothing(attempt: PaymentAttempt) -> None:
    after(attempt, W("pay"), W("refund", amount=40_000), W("dispute", amount=10_000), W("win"))
    before = (books(), InboxEvent.objects.count(), attempt.state, attempt.received, attempt.refunded, attempt.disputed)
    for _turn in range(3):
        after(attempt, W("repeat", times=4))
    now = (books(), InboxEvent.objects.count(), attempt.state, attempt.received, attempt.refunded, attempt.disputed)
    assert now == before
    assert books() == [(40_000, 100_000)]
    charge = SandboxCharge.objects.get()
    assert [each["sent"] for each in charge.notices] == [13] * 4
    assert charge.notify_after is None


def test_cut_short_in_between_it_is_told_again(attempt: PaymentAttempt, monkeypatch: pytest.MonkeyPatch) -> None:
    act(provider_id=attempt.provider_id, wish=W("pay"), now=datetime.now(UTC))

    def broken(**_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "receive", broken)
        with pytest.raises(ConnectionError):
            deliver(now=datetime.now(UTC))
    assert deliver(now=datetime.now(UTC)) == 1
    assert deliver(now=datetime.now(UTC)) == 0
    assert books() == [(0, 100_000)]


def test_later_is_later(attempt: PaymentAttempt) -> None:
    start = datetime.now(UTC)
    after(attempt, W("later", minutes=3), at=start)
    assert (attempt.state, books()) == ("pending", [(100_000, 100_000)])
    assert deliver(now=start + timedelta(minutes=2)) == 0
    assert deliver(now=start + timedelta(minutes=4)) == 1
    attempt.refresh_from_db()
    assert (attempt.state, books()) == ("succeeded", [(0, 100_000)])


def test_who_is_paid_before_the_delay_is_not_paid_twice(attempt: PaymentAttempt) -> None:
    start = datetime.now(UTC)
    after(attempt, W("later", minutes=3), W("pay", amount=30_000), at=start)
    deliver(now=start + timedelta(minutes=4))
    attempt.refresh_from_db()
    assert (attempt.received, books()) == (30_000, [(70_000, 100_000)])


def test_what_nobody_was_told_the_janitor_finds(attempt: PaymentAttempt) -> None:
    start = datetime.now(UTC)
    after(attempt, W("pay", quiet=True), at=start)
    assert not InboxEvent.objects.exists()
    assert books() == [(100_000, 100_000)]
    janitor.run(now=start + timedelta(minutes=6))
    assert books() == [(0, 100_000)]


def test_a_transfer_to_a_customers_clabe_posts_itself(account: ProviderAccount) -> None:
    customer = collection(account).customer
    owes(customer, 100_000)
    simulate_transfer(clabe=CLABE, amount=30_000, payer="La Güera", reference="F-1", now=datetime.now(UTC))
    assert deliver(now=datetime.now(UTC)) == 1
    assert books() == [(70_000, 100_000)]
    assert PaymentAttempt.objects.get().customer == customer


def test_a_transfer_by_its_page(account: ProviderAccount) -> None:
    collection(account)
    client, path = Client(), f"/prueba/tres-rios/clabe/{CLABE}/"
    proof = client.get(path).context["proof"]
    for typed in ("", "abc", "-1", "\x00", "0"):
        assert client.post(path, {"amount": typed, "proof": proof}).status_code == 422
    answer = client.post(path, {"amount": "1,000.00", "payer": "<b>x</b>", "reference": "F-1", "proof": proof})
    assert answer.status_code == 302
    assert "&lt;b&gt;x" in client.get(answer["Location"]).content.decode()
    assert PaymentAttempt.objects.get().received == 100_000
    assert client.get("/prueba/tres-rios/clabe/646180110400000008/").status_code == 404


def test_the_page_sends_the_payer_back_with_the_truth(attempt: PaymentAttempt) -> None:
    client, path = Client(), f"/prueba/tres-rios/{attempt.provider_id}/"
    proof = client.get(path).context["proof"]
    answer = client.post(path, {"action": "pay", "amount": "1,000.00", "proof": proof})
    assert answer["Location"].endswith(f"/l/tres-rios/pago/{attempt.pk}/")
    attempt.refresh_from_db()
    assert attempt.state == "succeeded"
    client.post(path, {"action": "refund", "amount": "100", "proof": proof})
    attempt.refresh_from_db()
    assert (attempt.state, attempt.refunded, books()) == ("succeeded", 10_000, [(10_000, 100_000)])


def test_a_notice_that_somebody_else_signed_is_refused(attempt: PaymentAttempt, account: ProviderAccount) -> None:
    forger = Sandbox({}, {"webhook_secret": "prueba_otra"})
    now = datetime.now(UTC)
    headers, body = forger.sign_notice(event_id="evt_1", kind="x", provider_id=attempt.provider_id, now=now)
    headers |= {":received": now.isoformat()}
    said = inbox.receive(account_id=account.pk, headers=headers, query={}, body=body, now=now)
    assert (said.status, said.kept) == (403, 0)
    assert not InboxEvent.objects.exists()
