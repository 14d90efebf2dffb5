"""The card "Cómo paga": on the file of a customer, with its events and points, and a person's word on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from aldia.collections.models import CreditHold, DebtorTypeOverride
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

AT = "/e/tipos"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="tipos")
    with company_scope(company.id):
        yield company


@pytest.fixture
def today(company: Company) -> date:
    return clock.today(company)


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


@pytest.fixture
def client(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


def charge(customer: Customer, due_on: date) -> Receivable:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(100_000, "MXN"), due_on=due_on,
        issued_on=due_on - timedelta(days=30), concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def break_word(company: Company, customer: Customer, due_on: date) -> None:
    """Overdue, promised for nothing, credit stopped, and then paid."""
    row = charge(customer, due_on)
    record_promise(
        receivable_ids=[row.pk], amount=None, due_on=due_on + timedelta(days=6), key=uuid7(), actor=None,
        today=due_on + timedelta(days=2),
    )  # fmt: skip
    stopped = due_on + timedelta(days=10)
    CreditHold.objects.create(company=company, customer=customer, reason="x", placed_on=stopped, lifted_on=stopped)
    paid = due_on + timedelta(days=14)
    record_payment(
        customer_id=customer.pk, amount=Money(100_000, "MXN"), received_on=paid, key=str(row.pk), actor=None,
        today=paid, named={row.pk: 100_000}, policy="", is_distinct=True,
    )  # fmt: skip


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.content.decode()


def test_signs_of_intent_are_confirmed_by_a_person_and_taken_back(
    client: Client, company: Company, guera: Customer, today: date
) -> None:
    for months in (3, 2):
        break_word(company, guera, today - timedelta(days=30 * months))
    page = text(client.get(f"{AT}/clientes/{guera.pk}/"))
    for words in ("Cómo paga", "Señales de intencional", "No cumplió una promesa", "Confirmar o corregir"):
        assert words in page, words
    assert "deja de surtirle" not in page  # nothing of that on mere signs
    address, back = f"{AT}/clientes/{guera.pk}/tipo-de-deudor/", f"{AT}/clientes/{guera.pk}/"
    assert "obligatorio" in text(client.post(address, {"type": "intentional", "reason": ""}), 422)
    sent = {"type": "intentional", "reason": "Lo <b>confirmó</b> su dueño", "next": back}
    assert client.post(address, sent)["Location"] == back
    page = text(client.get(back))
    for words in ("Intencional", "Lo dijo ana", "Lo &lt;b&gt;confirmó", "deja de surtirle", "Quitar lo dicho"):
        assert words in page, words
    assert "Señales de" not in page
    word = DebtorTypeOverride.objects.get()
    assert client.post(f"{AT}/cobranza/tipos-de-deudor/{word.pk}/quitar/", {"next": back})["Location"] == back
    assert "Señales de intencional" in text(client.get(back))


def test_who_has_shown_too_little_has_no_type_and_who_pays_in_time_no_card(
    client: Client, company: Company, guera: Customer, today: date
) -> None:
    assert "Cómo paga" not in text(client.get(f"{AT}/clientes/{guera.pk}/"))
    row = charge(guera, today - timedelta(days=20))
    page = text(client.get(f"{AT}/clientes/{guera.pk}/"))
    assert "Sin tipo todavía" in page
    open_dispute(receivable_id=row.pk, amount=None, reason="quality", key=uuid7(), today=today, actor=None)
    page = text(client.get(f"{AT}/clientes/{guera.pk}/"))
    for words in ("Circunstancial", "Tiene una disputa abierta", "Resuelve primero la disputa", "Abrió una disputa"):
        assert words in page, words


def test_whose_word_counts(company: Company, guera: Customer, today: date) -> None:
    """A reader says nothing; who sees the own portfolio only says nothing of others' customers."""
    sent = {"type": "negligent", "reason": "x"}
    people = {"lee": Role.AUDITOR, "luis": Role.COLLECTOR}
    clients = {}
    for name, role in people.items():
        user = make_user(f"{name}@example.com", company, role)
        clients[name] = Client()
        clients[name].force_login(user)
    luis = Membership.objects.get(user__email="luis@example.com")
    luis.own_portfolio_only = True
    luis.save(update_fields=["own_portfolio_only"])
    assert clients["lee"].post(f"{AT}/clientes/{guera.pk}/tipo-de-deudor/", sent).status_code == 403
    assert clients["luis"].post(f"{AT}/clientes/{guera.pk}/tipo-de-deudor/", sent).status_code == 404
    assert not DebtorTypeOverride.objects.exists()
    guera.portfolio = Portfolio.objects.create(company=company, name="Norte", collector=luis.user)
    guera.save(update_fields=["portfolio"])
    assert clients["luis"].post(f"{AT}/clientes/{guera.pk}/tipo-de-deudor/", sent).status_code == 302
    word = DebtorTypeOverride.objects.get()
    Customer.objects.filter(pk=guera.pk).update(portfolio=None)
    assert clients["luis"].post(f"{AT}/cobranza/tipos-de-deudor/{word.pk}/quitar/").status_code == 404
    assert DebtorTypeOverride.objects.filter(withdrawn_on=None).exists()
