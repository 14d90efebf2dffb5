"""The pages of one promise and of one dispute, and what is done to many of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from aldia.collections.models import Dispute, Promise
from aldia.collections.operations.disputes import open_dispute, resolve_dispute
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer, Portfolio
from aldia.domain.charges.plans import Part
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.operations.plans import accept_plan, cancel_plan
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

AT = "/e/dichos"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="dichos")
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


def charge(customer: Customer, total: int = 100_000) -> Receivable:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(total, "MXN"), issued_on=date(2026, 9, 15),
        due_on=date(2026, 10, 15), concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def promise(row: Receivable, today: date, days: int = 5, amount: int | None = None) -> Promise:
    money = None if amount is None else Money(amount, "MXN")
    return record_promise(
        receivable_ids=[row.pk], amount=money, due_on=today + timedelta(days=days), key=uuid7(), today=today,
        actor=None, note="Lo dijo Luz",
    )  # fmt: skip


def dispute(row: Receivable, today: date, **fields: Any) -> Dispute:
    values = {"amount": 30_000, "reason": "quality", "key": uuid7(), "today": today, "actor": None, **fields}
    return open_dispute(receivable_id=row.pk, **values)


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.content.decode()


def test_a_promise_says_what_it_names_what_rests_and_what_came(client: Client, guera: Customer, today: date) -> None:
    note = charge(guera)
    made = promise(note, today, amount=60_000)
    page = text(client.get(f"{AT}/cobranza/promesas/{made.pk}/"))
    for words in ("Promete $600.00", note.number, "Lo dijo Luz", "No se le pide", "$1,000.00", "Abierta"):
        assert words in page, words
    record_payment(
        customer_id=guera.pk, amount=Money(25_000, "MXN"), received_on=today, key="x", actor=None, today=today,
        named={note.pk: 25_000}, policy="", is_distinct=True,
    )  # fmt: skip
    page = text(client.get(f"{AT}/cobranza/promesas/{made.pk}/"))
    for words in ("$250.00", "$350.00", "Llegó dinero"):
        assert words in page, words


def test_a_broken_promise_says_so(client: Client, guera: Customer, today: date) -> None:
    note = charge(guera)
    made = promise(note, today - timedelta(days=30))
    page = text(client.get(f"{AT}/cobranza/promesas/{made.pk}/"))
    assert "Incumplida" in page
    assert "Venció sin que llegara nada" in page


def test_a_dispute_from_the_portal_gets_an_owner_a_deadline_and_an_answer(
    client: Client, ana: User, guera: Customer, today: date
) -> None:
    note = charge(guera)
    made = dispute(note, today, note="Llegaron rotas")
    assert made.owner is None
    assert made.answer_by is not None
    assert today + timedelta(days=5) <= made.answer_by <= today + timedelta(days=12)
    address = f"{AT}/cobranza/disputas/{made.pk}/"
    page = text(client.get(address))
    for words in ("llegó por el portal", "Llegaron rotas", "$300.00", "$700.00", "Nadie todavía"):
        assert words in page, words
    by = (today + timedelta(days=2)).isoformat()
    answer = client.post(f"{address}responsable/", {"owner": str(ana.pk), "answer_by": by})
    assert answer["Location"] == address
    made.refresh_from_db()
    assert (made.owner, made.answer_by) == (ana, today + timedelta(days=2))
    past = (today - timedelta(days=2)).isoformat()
    assert "en el pasado" in text(client.post(f"{address}responsable/", {"owner": "", "answer_by": past}), 422)
    told = {"outcome": "partly", "resolution": "Se repone una caja"}
    assert client.post(f"{address}resolver/", told)["Location"] == address
    page = text(client.get(address))
    for words in ("Tenía razón en parte", "Se repone una caja", "Abrir otra vez", "Responde ana"):
        assert words in page, words
    changed = AuditEvent.objects.get(verb="collections.dispute_changed").detail
    assert changed["before"]["owner"] is None
    assert changed["after"]["owner"] == str(ana.pk)


def test_resolved_by_mistake_it_opens_again(client: Client, guera: Customer, today: date) -> None:
    note = charge(guera)
    made = dispute(note, today)
    resolve_dispute(dispute_id=made.pk, resolution="x", outcome="dismissed", today=today, actor=None)
    assert client.post(f"{AT}/cobranza/disputas/{made.pk}/reabrir/").status_code == 302
    made.refresh_from_db()
    assert (made.resolved_on, made.resolution, made.outcome) == (None, "", None)
    resolve_dispute(dispute_id=made.pk, resolution="x", outcome="dismissed", today=today, actor=None)
    dispute(note, today)
    page = text(client.post(f"{AT}/cobranza/disputas/{made.pk}/reabrir/", follow=True))
    assert "ya tiene una disputa abierta" in page


def test_the_owner_of_a_dispute_is_who_collects_from_the_customer(
    company: Company, ana: User, guera: Customer, today: date
) -> None:
    luis = make_user("luis@example.com", company, Role.COLLECTOR)
    guera.portfolio = Portfolio.objects.create(company=company, name="Norte", collector=luis)
    guera.save(update_fields=["portfolio"])
    assert dispute(charge(guera), today, actor=ana).owner == luis
    Membership.objects.filter(user=luis).update(suspended_at=clock.now())
    assert dispute(charge(guera), today, actor=ana).owner == ana
    assert dispute(charge(guera), today).owner is None


def test_many_disputes_get_one_answer(client: Client, guera: Customer, today: date) -> None:
    made = [dispute(charge(guera), today) for _ in range(3)]
    sent = {"id": [str(made[0].pk), str(made[1].pk), "no-id"], "outcome": "accepted", "resolution": "Se repone"}
    client.post(f"{AT}/cobranza/disputas/resolver/", {**sent, "outcome": ""})
    assert Dispute.objects.filter(resolved_on=None).count() == 3
    assert "Se resolvieron 2 disputas" in text(client.post(f"{AT}/cobranza/disputas/resolver/", sent, follow=True))
    assert Dispute.objects.get(resolved_on=None) == made[2]
    client.post(f"{AT}/cobranza/disputas/resolver/?state=open", {**sent, "all": "1", "id": []})
    assert Dispute.objects.filter(outcome="accepted").count() == 3


def test_many_promises_stand_no_more(client: Client, guera: Customer, today: date) -> None:
    made = [promise(charge(guera), today) for _ in range(3)]
    ids = [str(each.pk) for each in made[:2]]
    client.post(f"{AT}/cobranza/promesas/retirar/", {"id": ids, "reason": " "})
    assert not Promise.objects.exclude(withdrawn_on=None).exists()
    page = text(client.post(f"{AT}/cobranza/promesas/retirar/", {"id": ids, "reason": "Se echó atrás"}, follow=True))
    assert "Se retiraron 2 promesas" in page
    assert Promise.objects.get(withdrawn_on=None) == made[2]


@pytest.mark.parametrize("others", [True, False])
def test_only_the_own_portfolio_is_seen(company: Company, guera: Customer, today: date, others: bool) -> None:
    """A collector who sees the own portfolios only gets 404 for everybody else's, and changes nothing of theirs."""
    luis = make_user("luis@example.com", company, Role.COLLECTOR)
    Membership.objects.filter(user=luis).update(own_portfolio_only=True)
    if not others:
        guera.portfolio = Portfolio.objects.create(company=company, name="Norte", collector=luis)
        guera.save(update_fields=["portfolio"])
    kept, contested = promise(charge(guera), today), dispute(charge(guera), today)
    client = Client()
    client.force_login(luis)
    status = 404 if others else 200
    for address in (f"promesas/{kept.pk}/", f"disputas/{contested.pk}/", f"disputas/{contested.pk}/responsable/"):
        assert client.get(f"{AT}/cobranza/{address}").status_code == status, address
    client.post(f"{AT}/cobranza/promesas/retirar/", {"id": [str(kept.pk)], "reason": "x"})
    told = {"id": [str(contested.pk)], "outcome": "accepted", "resolution": "x"}
    client.post(f"{AT}/cobranza/disputas/resolver/", told)
    assert Promise.objects.filter(withdrawn_on=None).exists() is others
    assert Dispute.objects.filter(resolved_on=None).exists() is others


def test_a_plan_says_what_came_of_each_instalment(
    client: Client, company: Company, guera: Customer, today: date
) -> None:
    notes = [charge(guera), charge(guera)]
    parts = [Part(today - timedelta(days=9), 40_000), Part(today + timedelta(days=20), 60_000)]
    plans = [
        accept_plan(receivable_id=note.pk, parts=parts, key=uuid7(), today=today - timedelta(days=20), actor=None)
        for note in notes
    ]
    cancel_plan(plan_id=plans[1].pk, today=today, reason="Se arrepintió", actor=None)
    page = text(client.get(f"{AT}/planes/{plans[0].pk}/"))
    for words in ("Lleva 9 días de atraso", "Atrasado", "$400.00", "$600.00", "Se acordó en 2 pagos"):
        assert words in page, words
    assert "Se arrepintió" in text(client.get(f"{AT}/planes/{plans[1].pk}/"))
    for tab, shown in (("", plans[0]), ("late", plans[0]), ("over", plans[1])):
        page = text(client.get(f"{AT}/planes/?state={tab}"))
        assert [each for each in plans if f"/planes/{each.pk}/" in page] == [shown], tab


def test_what_broke_stays_broken_whoever_withdraws_it(client: Client, guera: Customer, today: date) -> None:
    made = promise(charge(guera), today - timedelta(days=30))
    page = text(client.post(f"{AT}/cobranza/promesas/retirar/", {"id": [str(made.pk)], "reason": "x"}, follow=True))
    assert "Se retiraron 0 promesas" in page
    assert "Incumplida" in text(client.get(f"{AT}/cobranza/promesas/{made.pk}/"))


def test_disputes_are_found_by_who_answers(client: Client, ana: User, guera: Customer, today: date) -> None:
    hers, nobodys = dispute(charge(guera), today, owner_id=ana.pk), dispute(charge(guera), today)
    for owner, shown in ((str(ana.pk), [hers]), ("none", [nobodys]), ("", [hers, nobodys]), ("x", [hers, nobodys])):
        page = text(client.get(f"{AT}/cobranza/disputas/?owner={owner}&sort=answer_by"))
        assert [each for each in (hers, nobodys) if f"/disputas/{each.pk}/" in page] == shown, owner
