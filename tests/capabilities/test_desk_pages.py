"""The pages of the collector's day: the list, the page of a call, logging and undoing, the history, and whose eyes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from aldia.collections.models import Activity, ActivityKind, Dispute, Outcome, Promise, WorklistItem
from aldia.collections.operations.activities import log
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Contact, Customer, Portfolio
from aldia.domain.money import Money
from aldia.jobs.collecting import worklist_of
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

AT = "/e/llama"
LIST, CALL = f"{AT}/cobranza/hoy/", f"{AT}/cobranza/llamar"
ACTS = f"{AT}/cobranza/actividades/"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="llama")
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
    return signed_in(ana)


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def osa(company: Company) -> Customer:
    return make_customer(company, "Materiales La Osa", "MLO010203AB2", search="materiales la osa")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owes(customer: Customer, total: int, days_late: int = 10, currency: str = "MXN") -> Receivable:
    due_on = clock.today(customer.company) - timedelta(days=days_late)
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), due_on=due_on,
        issued_on=min(due_on, clock.today(customer.company)) - timedelta(days=30), concept="Flete", key=uuid7(),
        actor=None,
    )  # fmt: skip


def logged(client: Client, customer: Customer, query: str = "", **fields: Any) -> HttpResponse:
    values = {"key": str(uuid7()), "kind": "call", **fields}
    return client.post(f"{CALL}/{customer.pk}/anotar/{query}", values)  # type: ignore[return-value]


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_without_a_list_the_page_says_how_to_have_one_and_makes_it(client: Client, guera: Customer) -> None:
    owes(guera, 250_000)
    assert "Todavía no hay lista de hoy" in text(client.get(LIST))
    answer = client.post(f"{LIST}preparar/", follow=True)
    assert "La lista de hoy tiene 1 cliente." in text(answer)
    page = text(client.get(LIST))
    assert "Abarrotes La Güera" in page
    assert "$2,500.00 vencidos, lo más viejo hace 10 días" in page
    assert "por su atraso" in page  # nobody forecast it
    assert "$1,375.00" in page  # at stake
    page = text(client.get(f"{CALL}/{guera.pk}/"))
    assert "55 % de seguir sin pagar en 14 días (por su atraso; aún sin pronóstico)" in page
    assert "Nadie le ha llamado todavía" in page


def test_a_big_book_is_weighed_by_a_job(client: Client, guera: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    owes(guera, 250_000)
    monkeypatch.setattr("aldia.web.views.desk.day.AT_ONCE", 0)
    assert "Se está preparando la lista" in text(client.post(f"{LIST}preparar/", follow=True))
    assert not WorklistItem.objects.exists()


def test_yesterdays_list_says_so_and_shows_what_is_owed_now(client: Client, guera: Customer, today: date) -> None:
    row = owes(guera, 250_000)
    worklist_of(guera.company, today - timedelta(days=1))
    pay(row, 50_000, today)
    page = text(client.get(LIST))
    assert "la de hoy todavía no se prepara" in page
    assert "$2,000.00" in page


def pay(row: Receivable, amount: int, on: date) -> None:
    record_payment(
        customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=on, key=str(uuid7()), actor=None,
        today=on, named={row.pk: amount}, policy="", is_distinct=True,
    )  # fmt: skip


def test_logged_the_customer_leaves_the_list_and_the_next_comes(
    client: Client, guera: Customer, osa: Customer, today: date
) -> None:
    owes(guera, 250_000)
    owes(osa, 90_000)
    worklist_of(guera.company, today)
    answer = logged(client, guera, outcome="no_answer", next_on=(today + timedelta(days=1)).isoformat())
    assert answer.status_code == 302
    assert str(osa.pk) in answer["Location"]
    row = Activity.objects.get()
    assert (row.customer, row.outcome, row.kind, row.next_on) == (
        guera, Outcome.NO_ANSWER, ActivityKind.CALL, today + timedelta(days=1),
    )  # fmt: skip
    assert str(row.by) == "ana"
    assert [each.item.customer for each in client.get(LIST).context["page"].rows] == [osa]
    assert "Atendido" in text(client.get(f"{LIST}?state=done"))
    answer = logged(client, osa, outcome="talked")
    assert answer["Location"] == LIST
    page = text(client.get(LIST))
    assert "Terminaste la lista de hoy." in page
    assert "No queda nadie por llamar" in page


def test_whoever_stays_stays(client: Client, guera: Customer, osa: Customer, today: date) -> None:
    owes(guera, 250_000)
    owes(osa, 90_000)
    worklist_of(guera.company, today)
    answer = logged(client, guera, outcome="talked", then="stay")
    assert answer["Location"] == f"{CALL}/{guera.pk}/"


def test_the_next_one_is_of_the_same_filter(client: Client, guera: Customer, osa: Customer, today: date) -> None:
    north = Portfolio.objects.create(company=guera.company, name="Norte")
    zeta = make_customer(guera.company, "Zeta", "ZET010203AB2", portfolio=north)
    Customer.objects.filter(pk=guera.pk).update(portfolio=north)
    for customer, total in ((guera, 300_000), (osa, 200_000), (zeta, 100_000)):
        owes(customer, total)
    worklist_of(guera.company, today)
    query = f"?portfolio={north.pk}"
    assert f"{CALL}/{zeta.pk}/{query}" in text(client.get(f"{CALL}/{guera.pk}/{query}"))
    assert logged(client, guera, query, outcome="talked")["Location"] == f"{CALL}/{zeta.pk}/{query}"


def test_a_promise_is_kept_with_its_call_of_what_was_marked(client: Client, guera: Customer, today: date) -> None:
    one, two = owes(guera, 250_000, 20), owes(guera, 50_000, 5)
    page = client.get(f"{CALL}/{guera.pk}/")
    assert set(page.context["checked"]) == {one.pk, two.pk}
    due_on = today + timedelta(days=4)
    logged(client, guera, outcome="promised", id=[str(one.pk)], promise_on=due_on.isoformat(), note="Sale el jueves")
    promise = Promise.objects.get()
    assert (promise.amount, promise.due_on, promise.note) == (250_000, due_on, "Sale el jueves")
    assert [debt.receivable for debt in promise.debts.all()] == [one]
    assert Activity.objects.get().promise == promise


def test_disputes_are_opened_with_the_call_when_it_says_why(client: Client, guera: Customer, today: date) -> None:
    one, two = owes(guera, 250_000, 20), owes(guera, 50_000, 5)
    logged(client, guera, outcome="disputed", id=[str(two.pk)])
    assert not Dispute.objects.exists(), "only said so"
    logged(client, guera, outcome="disputed", id=[str(one.pk)], dispute_reason="quality", note="Llegó mojado")
    dispute = Dispute.objects.get()
    assert (dispute.receivable, dispute.amount, dispute.reason, dispute.note) == (
        one,
        250_000,
        "quality",
        "Llegó mojado",
    )
    assert "No pidas lo que está en disputa" in text(client.get(f"{CALL}/{guera.pk}/"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "Elige cómo terminó."),
        ({"outcome": "sang"}, "opción válida"),
        ({"outcome": "disputed", "dispute_reason": "amount", "id": []}, "Marca en «Lo que debe»"),
        ({"outcome": "disputed", "dispute_reason": "broken"}, "opción válida"),
        ({"outcome": "promised", "promise_on": ""}, "¿Para qué día lo prometió?"),
        ({"outcome": "promised", "promise_on": "2020-01-01"}, "no puede estar en el pasado"),
        ({"outcome": "promised", "promise_on": "nunca"}, "fecha"),
        ({"outcome": "promised", "promise_on": "2099-01-01"}, "a más de un año"),
        ({"outcome": "promised", "promise_amount": "mucho"}, "no es un importe"),
        ({"outcome": "promised", "promise_amount": "99999"}, "no pasar de lo que se debe"),
        ({"outcome": "promised", "id": []}, "Elige de 1 a 500 documentos"),
        ({"outcome": "talked", "next_on": "2020-01-01"}, "no puede estar en el pasado"),
        ({"kind": "note", "note": ""}, "Escribe la nota."),
        ({"outcome": "talked", "contact": "0198-x"}, "opción válida"),
        ({"outcome": "talked", "key": "x"}, ""),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "-",
)
def test_what_makes_no_sense_is_refused_beside_what_was_typed(
    client: Client, guera: Customer, today: date, fields: dict[str, Any], why: str
) -> None:
    row = owes(guera, 250_000)
    usual = {"id": [str(row.pk)], "promise_on": (today + timedelta(days=1)).isoformat(), "note": "Lo que dijo"}
    answer = logged(client, guera, **{**usual, **fields})
    assert answer.status_code == 422
    page = text(answer)
    assert why in page
    assert "Lo que dijo" in page or fields.get("note") == ""
    assert not Activity.objects.exists()
    assert not Promise.objects.exists()


def test_sent_twice_it_is_logged_once(client: Client, guera: Customer) -> None:
    key = str(uuid7())
    for _twice in range(2):
        assert logged(client, guera, outcome="talked", key=key).status_code == 302
    assert Activity.objects.count() == 1


def test_a_note_is_kept_without_an_outcome(client: Client, guera: Customer) -> None:
    logged(client, guera, kind="note", outcome="talked", note="Cambian de domicilio en enero")
    assert Activity.objects.get().outcome == ""


def test_a_slip_is_undone_from_where_one_is(client: Client, guera: Customer, osa: Customer, today: date) -> None:
    owes(guera, 250_000)
    owes(osa, 90_000)
    worklist_of(guera.company, today)
    logged(client, guera, outcome="no_answer")
    row = Activity.objects.get()
    assert f"{ACTS}{row.pk}/deshacer/" in text(client.get(f"{CALL}/{osa.pk}/"))
    answer = client.post(f"{ACTS}{row.pk}/deshacer/", follow=True)
    assert "Se deshizo lo que anotaste de Abarrotes La Güera." in text(answer)
    assert answer.redirect_chain[-1][0] == f"{CALL}/{guera.pk}/"
    assert Activity.objects.get().withdrawn_at is not None
    assert "deshacer" not in text(client.get(f"{CALL}/{osa.pk}/"))
    assert WorklistItem.objects.count() == 2


def test_one_undoes_ones_own_and_the_manager_anybodys(client: Client, guera: Customer, company: Company) -> None:
    logged(client, guera, outcome="talked")
    row = Activity.objects.get()
    other = signed_in(make_user("beto@example.com", company, Role.COLLECTOR))
    assert "Solo quien la anotó" in text(other.post(f"{ACTS}{row.pk}/deshacer/", follow=True))
    assert Activity.objects.get().withdrawn_at is None
    boss = signed_in(make_user("jefa@example.com", company, Role.FINANCE))
    boss.post(f"{ACTS}{row.pk}/deshacer/")
    assert Activity.objects.get().withdrawn_at is not None


def test_the_page_of_a_call_has_everything(client: Client, guera: Customer, ana: User, today: date) -> None:
    Contact.objects.create(company_id=guera.company_id, customer=guera, name="Lupe Ríos", phone="+52 55 1234 5678")
    old, new, usd = owes(guera, 250_000, 40), owes(guera, 60_000, 3), owes(guera, 10_000, 3, "USD")
    record_promise(
        receivable_ids=[old.pk], amount=Money(100_000, "MXN"), due_on=today - timedelta(days=5), key=uuid7(),
        today=today - timedelta(days=9), actor=ana,
    )  # fmt: skip
    open_dispute(receivable_id=new.pk, amount=60_000, reason="amount", key=uuid7(), today=today, actor=ana)
    log(
        customer_id=guera.pk, kind="call", outcome="talked", note="Dijo que el viernes", key=uuid7(), at=clock.now(),
        today=today - timedelta(days=9), actor=ana, next_on=today, next_note="Confirmar el pago",
    )  # fmt: skip
    page = re.sub("<[^>]*span[^>]*>", "", text(client.get(f"{CALL}/{guera.pk}/")))
    for said in (
        "tel:+52 55 1234 5678", "$3,100.00", "100.00 USD", old.number, usd.number, "Dijo que el viernes",
        "Quedaron en hablar el", "Confirmar el pago", "No pidas lo que está en disputa", "Buen día, Lupe.",
        "$600.00 en disputa", "Incumplida",
    ):  # fmt: skip
        assert said in page, said


def test_a_customer_that_owes_nothing_is_said_to(client: Client, guera: Customer) -> None:
    page = text(client.get(f"{CALL}/{guera.pk}/"))
    assert "No debe nada: no hace falta llamarle." in page
    assert "No tiene contactos." in page


def test_a_step_is_done_without_another_call(client: Client, guera: Customer, ana: User, today: date) -> None:
    step = log(
        customer_id=guera.pk, kind="call", outcome="talked", key=uuid7(), at=clock.now(), today=today, actor=ana,
        next_on=today, next_note="Mandar el XML",
    )  # fmt: skip
    assert "Mandar el XML" in text(client.get(f"{ACTS}?state=steps"))
    client.post(f"{ACTS}{step.pk}/hecho/")
    assert Activity.objects.get().next_done_on == today
    assert "No hay pasos pendientes" in text(client.get(f"{ACTS}?state=steps"))
    plain = log(
        customer_id=guera.pk, kind="call", outcome="talked", key=uuid7(), at=clock.now(), today=today, actor=ana
    )
    assert "no tiene un siguiente paso" in text(client.post(f"{ACTS}{plain.pk}/hecho/", follow=True))


def test_the_history_is_narrowed_and_exported(
    client: Client, guera: Customer, osa: Customer, ana: User, today: date
) -> None:
    logged(client, guera, outcome="talked", note="Con la dueña")
    logged(client, osa, outcome="refused")
    withdrawn = logged(client, osa, outcome="wrong_contact")
    client.post(f"{ACTS}{Activity.objects.get(outcome='wrong_contact').pk}/deshacer/")
    assert withdrawn.status_code == 302
    page = client.get(ACTS).context["page"]
    assert [row.outcome for row in page.rows] == ["refused", "talked"]
    for query, count in (
        ("outcome=refused", 1), ("kind=visit", 0), (f"customer={guera.pk}", 1), ("q=osa", 1), (f"by={ana.pk}", 2),
        (f"by={uuid7()}", 2), (f"from={today + timedelta(days=1)}", 0), (f"to={today}", 2), ("outcome=x", 2),
    ):  # fmt: skip
        assert len(client.get(f"{ACTS}?{query}").context["page"].rows) == count, query
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(client.get(f"{ACTS}exportar/?outcome=talked"))))  # type: ignore[arg-type]
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[-1:]] == ["Abarrotes La Güera"]
    assert rows[-1][7] == "Con la dueña"


def test_the_list_in_excel_is_the_list_of_the_screen(
    client: Client, guera: Customer, osa: Customer, today: date
) -> None:
    owes(guera, 250_000)
    owes(osa, 90_000)
    worklist_of(guera.company, today)
    logged(client, osa, outcome="talked")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(client.get(f"{LIST}exportar/"))))  # type: ignore[arg-type]
    rows = [row for row in book.get_sheet_by_index(0).to_python() if row[0] in (1, 2)]
    assert [(row[0], row[2], row[6], row[9]) for row in rows] == [(1, "Abarrotes La Güera", 1375.0, 55)]


def test_own_portfolio_only_sees_and_calls_its_own(company: Company, ana: User, today: date) -> None:
    Membership.objects.filter(user=ana).update(own_portfolio_only=True)
    north = Portfolio.objects.create(company=company, name="Norte", collector=ana)
    mine = make_customer(company, "Mía", portfolio=north)
    other = make_customer(company, "Ajena", "AJE010203AB2")
    owes(mine, 90_000)
    owes(other, 900_000)
    worklist_of(company, today)
    foreign = log(
        customer_id=other.pk, kind="note", note="x", key=uuid7(), at=clock.now(), today=today, actor=None, next_on=today
    )
    client = signed_in(ana)
    assert [row.item.customer for row in client.get(f"{LIST}?state=all").context["page"].rows] == [mine]
    assert client.get(LIST).context["progress"].total == 1
    assert client.get(LIST).context["steps_due"] == 0
    assert client.get(f"{CALL}/{mine.pk}/").context["at"].after is None
    assert not client.get(ACTS).context["page"].rows
    for address in (f"{CALL}/{other.pk}/", f"{CALL}/{other.pk}/anotar/"):
        ask = client.post if address.endswith("anotar/") else client.get
        assert ask(address).status_code == 404
    for verb in ("deshacer", "hecho"):
        assert client.post(f"{ACTS}{foreign.pk}/{verb}/").status_code == 404


def test_who_only_looks_logs_nothing(company: Company, guera: Customer) -> None:
    auditor = signed_in(make_user("aud@example.com", company, Role.AUDITOR))
    owes(guera, 90_000)
    page = text(auditor.get(f"{CALL}/{guera.pk}/"))
    assert "¿Cómo terminó?" not in page
    assert logged(auditor, guera, outcome="talked").status_code == 403
    assert auditor.post(f"{LIST}preparar/").status_code == 403


def test_the_customers_own_story_tells_of_calls(client: Client, guera: Customer) -> None:
    logged(client, guera, outcome="no_answer")
    row = Activity.objects.get()
    client.post(f"{ACTS}{row.pk}/deshacer/")
    page = text(client.get(f"{AT}/clientes/{guera.pk}/actividad/"))
    assert "Se anotó qué se hizo" in page
    assert "Llamada · No contestó" in page
    assert "Se deshizo lo que se había anotado" in page


def test_a_page_of_the_list_asks_the_same_however_many_are_on_it(client: Client, company: Company, today: date) -> None:
    asked = []
    for size in (4, 24):
        for n in range(size):
            owes(make_customer(company, f"Cliente {n}", f"CLI{size:03}{n:03}AB1"), 100_000 + n)
        worklist_of(company, today)
        client.get(LIST)  # what is looked up once and remembered
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        asked.append(len(queries))
    assert asked[0] == asked[1]
