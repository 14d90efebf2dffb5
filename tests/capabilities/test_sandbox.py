"""The built-in test provider: everything that can become of a payment, told as a real provider tells it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from aldia.domain.ports.payments import Asked, Method, PaymentState, ProviderFailure
from aldia.integrations.payments.sandbox import Sandbox
from aldia.payments.models import CollectionAccount, ProviderAccount, SandboxCharge
from aldia.payments.operations.sandbox import SandboxError, Wish, act, fee_of, simulate_transfer
from aldia.payments.sandbox import SandboxBank
from aldia.tenancy import secrets
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer

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
    "part refunded": ([W("pay"), W("refund", amount=400), W("refund", amount=100)], ("refunded", 100_000, 500, 0)),
    "disputed": ([W("pay"), W("dispute")], ("disputed", 100_000, 0, 100_000)),
    "won": ([W("pay"), W("dispute", amount=300), W("win")], ("succeeded", 100_000, 0, 0)),
    "lost": ([W("pay"), W("dispute"), W("lose")], ("disputed", 100_000, 0, 100_000)),
    "refunded, then won": ([W("pay"), W("refund", amount=1), W("dispute"), W("win")], ("refunded", 100_000, 1, 0)),
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
    assert seen(charge) == ("refunded", 100_000, 600, 0)
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


@pytest.mark.parametrize("typed", ["abc", "-5", "0", "1e9", "１２", "9" * 40, "1.234", "$", "\x00", "5 USD"])
def test_hostile_amounts_are_sentences(charge: SandboxCharge, typed: str) -> None:
    client, path = Client(), f"/prueba/tres-rios/{charge.provider_id}/"
    proof = client.get(path).context["proof"]
    answer = client.post(path, {"action": "pay", "amount": typed, "proof": proof})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert seen(charge)[0] == "created"
