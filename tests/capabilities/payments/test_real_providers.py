"""Whole roads over real sockets: asked of a provider's own interface, told by a signed notice, posted once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.integrations import registry
from aldia.payments.models import InboxEvent, PaymentAttempt, ProviderAccount
from aldia.payments.operations import attempts, inbox, janitor
from aldia.payments.operations.collecting import ask_providers, open_for
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy import secrets
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
from tests.integrations.payments.cases import CASES, NOW, STAMP, Signed
from tests.integrations.payments.peers import serving

pytestmark = pytest.mark.django_db


@dataclass
class Road:
    """A company with an account at a provider, a customer that owes 1,500.50, and the provider's world."""

    name: str
    world: Any
    account: ProviderAccount
    customer: Customer
    row: Any
    told: list[int] = field(default_factory=list)

    def start(self, method: str = "card") -> PaymentAttempt:
        return attempts.start(
            customer_id=self.customer.pk, account_id=self.account.pk, method=method, amount=Money(150_050, "MXN"),
            chosen={self.row.pk: 150_050}, key=uuid.uuid4(), return_url="https://a.mx/l/x/", base_url="https://a.mx",
            now=NOW,
        )  # fmt: skip

    def hear(self, notice: Any) -> None:
        """A signed notice comes in, twice, and the job looks."""
        case = CASES[self.name]
        secret = case.settings[case.key_name] if case.key_in_settings else case.secrets[case.key_name]
        signed: Signed = case.sign(notice, STAMP, secret)
        headers = {":received": NOW.isoformat(), "content-type": "application/json", **signed.headers}
        for _twice in range(2):
            received = inbox.receive(
                account_id=self.account.pk, headers=headers, query=signed.query, body=signed.body, now=NOW
            )
            assert received.status == 200
            self.told.append(received.kept)
        for event in InboxEvent.objects.filter(processed_at__isnull=True):
            assert inbox.process(event_id=event.pk, now=NOW + timedelta(minutes=5)), "it must not wait"

    def owed(self) -> int:
        self.row.refresh_from_db()
        return int(self.row.balance)


@contextmanager
def road(name: str, monkeypatch: pytest.MonkeyPatch, **settings: str) -> Iterator[Road]:
    case, kind, company = CASES[name], registry.payment_provider(name), make_company()
    assert kind is not None
    with serving(case.world()) as world, company_scope(company.pk):
        monkeypatch.setattr(kind, "api", world.url)
        customer = make_customer(company)
        Contact.objects.create(company=company, customer=customer, email="pagos@cliente.mx", phone="+525512345678")
        row = open_charge(
            customer_id=customer.pk, kind="charge_note", total=Money(150_050, "MXN"), issued_on=NOW.date(),
            due_on=NOW.date(), concept="Pedido", key=uuid.uuid4(), actor=None, number="F-1",
        )  # fmt: skip
        account = ProviderAccount.objects.create(
            company=company, provider=name, name=name, settings={**case.settings, **settings}, is_live=True,
            secret=secrets.keep(kind="payments", values=case.secrets), methods=[each.value for each in kind.methods],
            opens_accounts=kind.opens_accounts, hook_token=uuid.uuid4().hex,
        )  # fmt: skip
        yield Road(name, world, account, customer, row)


def notice(name: str, provider_id: str, event: str) -> dict[str, Any]:
    """A notice of the provider about a payment, of the shape it publishes."""
    found: dict[str, Any] = CASES[name].notice
    if name == "mercado_pago":
        return found | {"id": event, "data": {"id": provider_id}}
    inner = found["data"]["object"] | {"id": provider_id}
    return found | {"id": event, "data": {"object": inner}}


@pytest.mark.parametrize("name", ["conekta", "mercado_pago", "stripe"])
def test_a_card_from_the_page_to_the_books_and_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with road(name, monkeypatch) as way:
        attempt = way.start()
        assert attempt.offer["shown"]["url"].startswith("https://")
        paid = way.world.pay(attempt.provider_id)
        subject = paid if name == "mercado_pago" else attempt.provider_id
        way.hear(notice(name, subject, "evt_paid"))
        attempt.refresh_from_db()
        assert (attempt.state, attempt.received, attempt.posted) == ("succeeded", 150_050, 150_050)
        assert way.owed() == 0
        assert way.told == [1, 0], "kept once, however often it is told"
        assert PaymentAttempt.objects.count() == 1
        back = attempts.refund(attempt_id=attempt.pk, amount=50_000, key=uuid.uuid4(), actor=None, now=NOW)
        assert (back.refunded, back.posted, way.owed()) == (50_000, 100_050, 50_000)


@pytest.mark.parametrize("name", ["fintoc", "stp", "stripe"])
def test_a_transfer_into_the_customers_clabe_posts_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with road(name, monkeypatch) as way:
        open_for(customer_ids=[way.customer.pk], account_id=way.account.pk, actor=None, now=NOW)
        assert ask_providers(now=NOW) == 1
        collection = way.customer.collection_accounts.get()
        if name == "stripe":
            told = way.world.fund(collection.provider_id, 150_050).split(":")[1]
            about = {"object": "customer_cash_balance_transaction", "id": told, "customer": collection.provider_id}
            body = {"id": "evt_1", "type": "customer_cash_balance_transaction.created"}
            body |= {"data": {"object": about | {"type": "funded"}}}
        elif name == "fintoc":
            told = way.world.arrive(150_050)
            way.world.transfers[told]["account_number"]["number"] = collection.value
            body = CASES["fintoc"].notice | {"data": {"id": told, "object": "transfer"}}
        else:
            way.world.arrive(1500.5)
            way.world.orders[-1]["cuentaBeneficiario"] = collection.value
            body = CASES["stp"].notice | {"cuentaBeneficiario": collection.value}
        way.hear(body)
        attempt = PaymentAttempt.objects.get()
        assert (attempt.customer_id, attempt.state, attempt.posted) == (way.customer.pk, "succeeded", 150_050)
        assert way.owed() == 0
        janitor.run(now=NOW + timedelta(hours=2))  # it asks for what came in: nothing new
        assert PaymentAttempt.objects.count() == 1
        assert way.owed() == 0


def test_what_nobody_can_confirm_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """STP signs nothing: without the company's key its notice alone posts no money."""
    with road("stp", monkeypatch) as way:
        way.account.secret = secrets.keep(
            kind="payments", values={"notice_password": CASES["stp"].secrets["notice_password"]}
        )
        way.account.save()
        open_for(customer_ids=[way.customer.pk], account_id=way.account.pk, actor=None, now=NOW)
        ask_providers(now=NOW)
        way.hear(CASES["stp"].notice | {"cuentaBeneficiario": way.customer.collection_accounts.get().value})
        attempt = PaymentAttempt.objects.get()
        assert (attempt.posted, bool(attempt.review), way.owed()) == (0, True, 150_050)


def test_a_notice_about_nothing_posts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """True by its signature, false by the provider's own word: the provider says that nobody paid."""
    with road("stripe", monkeypatch) as way:
        attempt = way.start()
        way.hear(notice("stripe", attempt.provider_id, "evt_early"))
        attempt.refresh_from_db()
        assert (attempt.received, way.owed()) == (0, 150_050)
