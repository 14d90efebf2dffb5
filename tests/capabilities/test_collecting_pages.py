"""The pages of promises, disputes and reported payments: what a collector does, sees, and may not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from python_calamine import CalamineWorkbook

from aldia.collections.models import Dispute, Promise
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.payments.models import ReportedPayment
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

AT = "/e/cobra"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="cobra")
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


def charge(customer: Customer, total: int = 100_000, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(total, currency), issued_on=date(2026, 9, 15),
        due_on=date(2026, 10, 15), concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def promise(row: Receivable, today: date, days: int = 5, **fields: Any) -> Promise:
    return record_promise(
        receivable_ids=[row.pk], amount=None, due_on=today + timedelta(days=days), key=uuid7(), actor=None,
        **{"today": today, **fields},
    )  # fmt: skip


def dispute(row: Receivable, today: date, **fields: Any) -> Dispute:
    values = {"amount": 30_000, "reason": "quality", "key": uuid7(), "today": today, "actor": None, **fields}
    return open_dispute(receivable_id=row.pk, **values)


def report(row: Receivable, today: date, **fields: Any) -> ReportedPayment:
    values = {"paid_on": today, "key": uuid7(), "today": today, "actor": None, **fields}
    return report_payment(
        customer_id=row.customer_id, amount=Money(row.balance, row.currency), receivable_ids=[row.pk], **values
    )


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status
    return answer.content.decode()


def sheet(answer: HttpResponse) -> list[list[Any]]:
    assert answer.status_code == 200
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


# ── promises ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_promise_is_recorded_from_the_page_of_a_receivable(client: Client, guera: Customer, today: date) -> None:
    note, due = charge(guera), today + timedelta(days=4)
    page = text(client.get(f"{AT}/por-cobrar/{note.pk}/"))
    assert f"{AT}/por-cobrar/{note.pk}/promesa/" in page
    key = str(uuid7())
    sent = {"due_on": due.isoformat(), "amount": "$400.00", "note": "Lo dijo <b>Luz</b>", "key": key}
    for _ in range(2):  # a double click
        answer = client.post(f"{AT}/por-cobrar/{note.pk}/promesa/", sent)
        assert answer["Location"] == f"{AT}/por-cobrar/{note.pk}/"
    made = Promise.objects.get()
    assert (made.amount, made.due_on, made.note) == (40_000, due, "Lo dijo <b>Luz</b>")
    page = text(client.get(f"{AT}/por-cobrar/{note.pk}/"))
    for words in ("Con promesa", "Abierta", "$400.00", "Promesa de pago para el", "Lo dijo &lt;b&gt;Luz"):
        assert words in page, words


def test_a_promise_of_several_documents_from_the_file_of_a_customer(
    client: Client, guera: Customer, today: date
) -> None:
    first, second, _third = charge(guera), charge(guera, 50_000), charge(guera)
    dollars = charge(guera, 900, "USD")
    address = f"{AT}/clientes/{guera.pk}/promesa/"
    page = text(client.get(address))
    assert first.number in page
    assert f"{dollars.number} " not in page
    assert dollars.number in text(client.get(f"{address}?currency=USD"))
    due = (today + timedelta(days=4)).isoformat()
    chosen = [str(first.pk), str(second.pk)]
    answer = client.post(address, {"currency": "MXN", "id": chosen, "due_on": due, "key": str(uuid7())})
    assert answer.status_code == 302
    assert Promise.objects.get().amount == 150_000
    page = text(client.get(f"{AT}/clientes/{guera.pk}/"))
    assert "Lo que dice el cliente" in page
    assert "$1,500.00" in page
    assert "Prometió pagar" in text(client.get(f"{AT}/clientes/{guera.pk}/actividad/"))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"due_on": "2020-01-01"}, "pasado"),
        ({"due_on": ""}, "obligatorio"),
        ({"due_on": "mañana"}, "fecha"),
        ({"amount": "999999"}, "no pasar de lo que se debe"),
        ({"amount": "1e5"}, "1e5"),
        ({"key": "x"}, ""),
    ],
)
def test_a_mistake_comes_back_on_a_page_of_its_own(
    client: Client, guera: Customer, today: date, sent: dict[str, str], words: str
) -> None:
    note = charge(guera)
    good = {"due_on": (today + timedelta(days=4)).isoformat(), "key": str(uuid7())}
    page = text(client.post(f"{AT}/por-cobrar/{note.pk}/promesa/", {**good, **sent}), 422)
    assert words in page
    assert not Promise.objects.exists()


def test_the_list_has_the_derived_states_as_tabs(client: Client, guera: Customer, today: date) -> None:
    long_ago = today - timedelta(days=40)
    still, kept, partly, broken = charge(guera), charge(guera), charge(guera), charge(guera)
    promise(still, today)
    for row in (kept, partly, broken):
        promise(row, long_ago)
    for row, amount in ((kept, 100_000), (partly, 60_000)):
        record_payment(
            customer_id=guera.pk, amount=Money(amount, "MXN"), received_on=long_ago + timedelta(days=2),
            key=str(row.pk), actor=None, today=today, named={row.pk: amount}, policy="", is_distinct=True,
        )  # fmt: skip
    by_tab = {"open": still, "kept": kept, "partly": partly, "broken": broken}
    for tab, row in by_tab.items():
        page = text(client.get(f"{AT}/cobranza/promesas/?state={tab}"))
        assert [each for each in by_tab.values() if f"/{each.pk}/" in page] == [row], tab
    rows = sheet(client.get(f"{AT}/cobranza/promesas/exportar/?state=all"))
    assert len(rows) == 5
    assert sorted(row[9] for row in rows[1:]) == ["Abierta", "Cumplida", "En parte", "Incumplida"]
    assert "Ninguna promesa así" in text(client.get(f"{AT}/cobranza/promesas/?state=withdrawn"))


def test_a_promise_that_stands_no_more(client: Client, guera: Customer, today: date) -> None:
    made = promise(charge(guera), today)
    address = f"{AT}/cobranza/promesas/{made.pk}/retirar/"
    assert str(guera) in text(client.get(address))
    assert "obligatorio" in text(client.post(address, {"reason": ""}), 422)
    back = f"{AT}/clientes/{guera.pk}/"
    assert client.post(address, {"reason": "Se echó para atrás", "next": back})["Location"] == back
    made.refresh_from_db()
    assert made.withdrawn_on == today
    answer = client.post(address, {"reason": "x", "next": "https://malo.example/"})
    assert answer["Location"] == f"{AT}/cobranza/promesas/{made.pk}/"


def test_promises_of_many_one_a_customer(client: Client, company: Company, guera: Customer, today: date) -> None:
    other = make_customer(company, "Otro", "OTR1")
    rows = [charge(guera), charge(guera), charge(other), charge(other, 500, "USD")]
    due = (today + timedelta(days=3)).isoformat()
    sent = {"id": [str(row.pk) for row in rows], "promise-due_on": due}
    for _ in range(2):
        client.post(f"{AT}/por-cobrar/promesas/?tab=open", sent)
    assert sorted(Promise.objects.values_list("amount", flat=True)) == [500, 100_000, 200_000]
    assert "Promesa" in text(client.get(f"{AT}/por-cobrar/"))
    bad = {**sent, "promise-due_on": "2020-01-01"}
    assert "pasado" in text(client.post(f"{AT}/por-cobrar/promesas/", bad), 422)


# ── disputes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dispute_opens_and_ends(client: Client, ana: User, guera: Customer, today: date) -> None:
    note = charge(guera)
    sent = {
        "reason": "quality", "amount": "300", "owner": str(ana.pk),
        "answer_by": (today + timedelta(days=5)).isoformat(),
        "note": "Llegaron rotas", "key": str(uuid7()),
    }  # fmt: skip
    assert client.post(f"{AT}/por-cobrar/{note.pk}/disputa/", sent).status_code == 302
    made = Dispute.objects.get()
    assert (made.amount, made.owner, made.created_by) == (30_000, ana, ana)
    page = text(client.get(f"{AT}/por-cobrar/{note.pk}/"))
    for words in ("En disputa", "$300.00", "Producto o servicio con problemas", "Llegaron rotas"):
        assert words in page, words
    assert "ya tiene una disputa" in text(
        client.post(f"{AT}/por-cobrar/{note.pk}/disputa/", {**sent, "key": str(uuid7())}), 422
    )
    listed = text(client.get(f"{AT}/cobranza/disputas/"))
    assert note.number in listed
    told = {"resolution": "Se repone"}
    assert "obligatorio" in text(client.post(f"{AT}/cobranza/disputas/{made.pk}/resolver/", told), 422)
    answer = client.post(f"{AT}/cobranza/disputas/{made.pk}/resolver/", {**told, "outcome": "accepted"})
    assert answer["Location"] == f"{AT}/cobranza/disputas/{made.pk}/"
    assert "Ninguna disputa abierta" in text(client.get(f"{AT}/cobranza/disputas/"))
    assert note.number in text(client.get(f"{AT}/cobranza/disputas/?state=resolved"))
    assert sheet(client.get(f"{AT}/cobranza/disputas/exportar/?state=all"))[1][2] == note.number


def test_what_nobody_answered_stands_out(client: Client, guera: Customer, today: date) -> None:
    late = dispute(charge(guera), today - timedelta(days=10), answer_by=today - timedelta(days=2))
    dispute(charge(guera), today, answer_by=today + timedelta(days=2))
    page = text(client.get(f"{AT}/cobranza/disputas/?state=late"))
    assert page.count("/resolver/?next") == 1
    assert str(late.pk) in page


# ── reported payments ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_reported_payment_is_accepted(client: Client, guera: Customer, today: date) -> None:
    note = charge(guera)
    proof = SimpleUploadedFile("spei.html", b"<script>alert(1)</script>", "text/html")
    sent = {
        "amount": "1,000.00", "paid_on": today.isoformat(), "method": "transfer", "reference": "SPEI 77",
        "key": str(uuid7()), "proof": proof,
    }  # fmt: skip
    assert client.post(f"{AT}/por-cobrar/{note.pk}/aviso-de-pago/", sent).status_code == 302
    made = ReportedPayment.objects.get()
    page = text(client.get(f"{AT}/por-cobrar/{note.pk}/"))
    assert "Dice que pagó" in page
    assert "SPEI 77" in page
    got = client.get(f"{AT}/pagos/reportados/{made.pk}/comprobante/")
    assert got["Content-Type"] == "application/octet-stream"
    assert "attachment" in got["Content-Disposition"]
    assert "SPEI 77" in text(client.get(f"{AT}/pagos/reportados/"))
    address = f"{AT}/pagos/reportados/{made.pk}/aceptar/"
    assert str(guera) in text(client.get(address))
    assert client.post(address, {"received_on": today.isoformat()}).status_code == 302
    note.refresh_from_db()
    assert note.balance == 0
    assert "Ver el pago" in text(client.get(f"{AT}/pagos/reportados/?state=accepted"))
    assert sheet(client.get(f"{AT}/pagos/reportados/exportar/?state=all"))[1][4] == note.number


def test_the_same_money_on_file_asks_before_it_is_recorded_twice(client: Client, guera: Customer, today: date) -> None:
    note = charge(guera)
    made = report(note, today)
    record_payment(
        customer_id=guera.pk,
        amount=Money(100_000, "MXN"),
        received_on=today,
        key="b",
        actor=None,
        today=today,
        policy="",
    )
    address, sent = f"{AT}/pagos/reportados/{made.pk}/aceptar/", {"received_on": today.isoformat()}
    page = text(client.post(address, sent), 422)
    assert "Es otro pago distinto" in page
    assert Credit.objects.count() == 1
    client.post(address, {**sent, "is_distinct": "on"})
    assert Credit.objects.count() == 2


def test_a_reported_payment_is_rejected_and_never_accepted(client: Client, guera: Customer, today: date) -> None:
    made = report(charge(guera), today)
    address = f"{AT}/pagos/reportados/{made.pk}/"
    assert client.post(f"{address}rechazar/", {"reason": "No llegó"}).status_code == 302
    assert "No llegó" in text(client.get(f"{AT}/pagos/reportados/?state=rejected"))
    assert "ya se rechazó" in text(client.post(f"{address}aceptar/", {"received_on": today.isoformat()}), 422)


def test_a_report_of_a_customer_may_name_nothing(client: Client, guera: Customer, today: date) -> None:
    charge(guera)
    sent = {"currency": "MXN", "amount": "50", "paid_on": today.isoformat(), "key": str(uuid7())}
    assert client.post(f"{AT}/clientes/{guera.pk}/aviso-de-pago/", sent).status_code == 302
    assert not ReportedPayment.objects.get().debts.exists()
    assert "sin decir cuáles" in text(client.get(f"{AT}/pagos/reportados/"))
    tomorrow = (today + timedelta(days=1)).isoformat()
    again = {**sent, "paid_on": tomorrow, "key": str(uuid7())}
    assert "posterior a hoy" in text(client.post(f"{AT}/clientes/{guera.pk}/aviso-de-pago/", again), 422)


# ── who may ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_auditor_looks_and_touches_nothing(company: Company, guera: Customer, today: date) -> None:
    note = charge(guera)
    made, contested, said = promise(note, today), dispute(note, today), report(note, today)
    client = Client()
    client.force_login(make_user("auditora@example.com", company, Role.AUDITOR))
    for path in (f"por-cobrar/{note.pk}/promesa", f"por-cobrar/{note.pk}/disputa",
                 f"por-cobrar/{note.pk}/aviso-de-pago",
                 f"clientes/{guera.pk}/promesa", f"cobranza/promesas/{made.pk}/retirar", "por-cobrar/promesas",
                 f"cobranza/disputas/{contested.pk}/resolver", f"pagos/reportados/{said.pk}/aceptar",
                 f"pagos/reportados/{said.pk}/rechazar"):  # fmt: skip
        assert client.post(f"{AT}/{path}/", {}).status_code == 403, path
    page = text(client.get(f"{AT}/por-cobrar/{note.pk}/"))
    assert "Lo que dice el cliente" in page
    assert "Ya no vale" not in page
    for path in ("cobranza/promesas", "cobranza/disputas", "pagos/reportados"):
        assert "/retirar/" not in text(client.get(f"{AT}/{path}/"))


def test_a_collector_of_other_portfolios_does_not_see_them(
    client: Client, company: Company, ana: User, guera: Customer, today: date
) -> None:
    note = charge(guera)
    made, contested, said = promise(note, today), dispute(note, today), report(note, today)
    Membership.objects.filter(user=ana).update(own_portfolio_only=True)
    paths = (f"cobranza/promesas/{made.pk}/retirar/", f"cobranza/disputas/{contested.pk}/resolver/",
             f"pagos/reportados/{said.pk}/aceptar/", f"por-cobrar/{note.pk}/promesa/",
             f"clientes/{guera.pk}/promesa/")  # fmt: skip
    for path in paths:
        assert client.get(f"{AT}/{path}").status_code == 404, path
    for path in ("cobranza/promesas", "cobranza/disputas", "pagos/reportados"):
        assert str(guera) not in text(client.get(f"{AT}/{path}/"))
    guera.portfolio = Portfolio.objects.create(company_id=company.pk, name="Norte", collector=ana)
    guera.save()
    for path in paths:
        assert client.get(f"{AT}/{path}").status_code == 200, path
