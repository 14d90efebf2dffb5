"""Pages of risk and credit: the table, the policy, holds and leave, advice put to use and taken back; and issuing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from aldia.collections.models import CreditHold, CreditPolicy, HoldOverride
from aldia.customers.models import CreditLine, Customer, Portfolio
from aldia.customers.operations.credit_lines import Terms, add_credit_line
from aldia.domain.money import Money
from aldia.domain.recurrence import Rule
from aldia.forecasts.models import ModelRun, RiskScore
from aldia.integrations.spreadsheets import read_rows
from aldia.issuing.models import Issue, IssueState
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.recurring.operations import turning
from aldia.recurring.operations.schedules import Details, save
from aldia.tenancy.models import AuditEvent, Company, Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.capabilities.issuing import pages
from tests.capabilities.issuing.pages import HERE, Desk, found_company, open_desk, text_of
from tests.cast import make_company, make_customer, make_user
from tests.support.issuer import queued

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: Any, settings: Any) -> None:
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="norte")
    with company_scope(company.id):
        yield company


@pytest.fixture
def guera(company: Company) -> Customer:
    """Buys 10,000 a month and pays on its day; owes the last one."""
    return buyer(company, "Abarrotes La Güera", "ALG010203AB2", 10_000_00, 0)


@pytest.fixture
def owner(company: Company) -> Client:
    return client_of(company, Role.OWNER)


def client_of(company: Company, role: str, **fields: Any) -> Client:
    client = Client(raise_request_exception=True)
    user = make_user(f"{role}@norte.mx", company, role)
    Membership.objects.filter(user=user).update(**fields)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def owes(customer: Customer, total: int, issued: date, due: date, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), issued_on=issued, due_on=due,
        concept="Pedido", key=uuid.uuid4(), actor=None,
    )  # fmt: skip


def buyer(company: Company, name: str, tax_id: str, monthly: int, days_late: int) -> Customer:
    customer = make_customer(company, name, tax_id, term_days=30)
    for month in range(12):
        issued = TODAY - timedelta(days=360 - 30 * month)
        row = owes(customer, monthly, issued, issued + timedelta(days=30))
        paid = row.due_on + timedelta(days=days_late)
        if paid < TODAY:
            record_payment(
                customer_id=customer.pk, amount=Money(monthly, "MXN"), received_on=paid, key=uuid.uuid4().hex,
                actor=None, today=TODAY, policy="", named={row.pk: monthly}, is_distinct=True,
            )  # fmt: skip
    return customer


def get(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(f"/e/norte/{path}")
    assert answer.status_code == status, (path, answer.status_code)
    return text_of(answer.content.decode())


def post(client: Client, path: str, status: int = 200, **data: Any) -> str:
    answer = client.post(f"/e/norte/{path}", data, follow=True)
    assert answer.status_code == status, (path, answer.status_code, text_of(answer.content.decode())[:800])
    return text_of(answer.content.decode())


def strict(**more: Any) -> CreditPolicy:
    return CreditPolicy.objects.create(
        company_id=Customer.objects.values_list("company_id", flat=True)[0],
        **{"hold_over_limit": True, "hold_overdue_days": 15, **more},
    )


def scored(customer: Customer, score: int, band: str, on: date = TODAY) -> None:
    run = ModelRun.objects.create(
        company=customer.company, as_of=on, tier=1, wanted_tier=1, code_version="1", known=9, resolved=9, forecast=9,
        learnt_on=on,
    )  # fmt: skip
    RiskScore.objects.create(
        company=customer.company, run=run, customer=customer, as_of=on, score=score, band=band, known_payments=11
    )


def test_the_table_says_what_is_at_stake_with_each(owner: Client, company: Company, guera: Customer) -> None:
    add_credit_line(customer_id=guera.pk, terms=Terms("General", "MXN", 8_000_00), actor=None)
    late = make_customer(company, "Ferretería El Clavo", "FEC010203AB1")
    owes(late, 5_000_00, TODAY - timedelta(days=60), TODAY - timedelta(days=30))
    make_customer(company, "Público", "XAXX010101000", generic=True, collecting=False)
    page = get(owner, "credito/")
    assert "Nadie se detiene solo: falta decir cuándo" in page
    assert "El riesgo todavía no se calcula" in page
    assert "Público" not in page
    for said in ("$10,000.00", "$8,000.00", "125 %", "-$2,000.00", "Excedido", "Poca historia", "Sin límite"):
        assert said in page, said
    strict()
    assert "Ferretería" in get(owner, "credito/?state=held")
    held = get(owner, "credito/")
    assert "Detenidos 2" in held
    assert "Usa $10,000.00 de un límite de $8,000.00." in held
    assert "Debe $5,000.00 con demasiado atraso: lo más antiguo, 30 días." in held
    assert "Ferretería" not in get(owner, "credito/?state=over")
    assert "Güera" not in get(owner, "credito/?state=free")


def test_sorted_by_each_column_and_filtered_by_risk(owner: Client, company: Company, guera: Customer) -> None:
    other = make_customer(company, "Zapatería Luna", "ZAL010203AB1")
    owes(other, 90_000_00, TODAY, TODAY + timedelta(days=30))
    add_credit_line(customer_id=other.pk, terms=Terms("General", "MXN", 100_000_00), actor=None)
    scored(guera, 60, "E", TODAY - timedelta(days=91))
    scored(other, 3, "A")
    RiskScore.objects.create(
        company=company, run=ModelRun.objects.latest("as_of"), customer=guera, as_of=TODAY, score=40, band="D",
        known_payments=11,
    )  # fmt: skip

    def order(sort: str) -> list[str]:
        page = get(owner, f"credito/?sort={sort}")
        return sorted(("Güera", "Zapatería"), key=page.index)

    assert order("-exposure") == ["Zapatería", "Güera"]
    assert order("exposure") == ["Güera", "Zapatería"]
    assert order("-risk") == ["Güera", "Zapatería"]
    assert order("-limit") == ["Zapatería", "Güera"]
    assert order("available") == ["Zapatería", "Güera"]
    assert order("-name") == ["Zapatería", "Güera"]
    page = get(owner, "credito/?band=D")
    assert "Zapatería" not in page
    assert "40 / 100" in page
    assert "-20 en 90 días" in page
    assert "Güera" not in get(owner, "credito/?q=zapateria")


def test_the_export_carries_the_reasons(owner: Client, guera: Customer) -> None:
    scored(guera, 2, "A")
    rows = [list(row.values) for row in read_rows(b"".join(owner.get("/e/norte/credito/exportar/")))]
    assert len(rows) == 2
    assert rows[1][1] == "Abarrotes La Güera"
    assert any("Compra" in str(cell) for cell in rows[1])


def test_the_policy_is_kept_and_two_writers_are_told(owner: Client, guera: Customer) -> None:
    assert "Hoy hay 0 clientes" in get(owner, "credito/politica/")
    wrong = post(owner, "credito/politica/", 422, version="0", overdue_days="-3", min_overdue="mucho")
    assert "no es un importe" in wrong
    done = post(owner, "credito/politica/", version="0", over_limit="on", overdue_days="20", min_overdue="1,500.50")
    assert "hoy no detiene a nadie" in done
    row = CreditPolicy.objects.get()
    assert (row.hold_over_limit, row.hold_overdue_days, row.hold_min_overdue) == (True, 20, 1_500_50)
    assert "más de 20 días de atraso" in get(owner, "credito/")
    assert "Alguien guardó cambios" in post(owner, "credito/politica/", 409, version="0", overdue_days="1")


def test_stopped_and_given_back_one_by_one_and_many_at_once(owner: Client, company: Company, guera: Customer) -> None:
    other = make_customer(company, "Zapatería Luna", "ZAL010203AB1")
    assert "Escribe por qué" in post(owner, "credito/detener/", id=str(guera.pk), **{"hold-reason": " "})
    assert not CreditHold.objects.exists()
    page = post(owner, "credito/detener/", all="1", **{"hold-reason": "Cambio de dueño"})
    assert "Se detuvo el crédito de 2 clientes" in page
    assert CreditHold.objects.filter(lifted_on=None).count() == 2
    one = get(owner, f"clientes/{guera.pk}/credito/")
    assert "Alguien lo detuvo: Cambio de dueño" in one
    lifted = post(
        owner, "credito/liberar/", id=str(other.pk), customer=str(other.pk), **{"lift-reason": "Ya se aclaró"}
    )
    assert "Liberado: Ya se aclaró" in lifted
    assert CreditHold.objects.filter(lifted_on=None).get().customer == guera
    assert "Sin cambio en 1" in post(owner, "credito/liberar/", id=str(other.pk), **{"lift-reason": "Otra vez"})
    assert "Crédito detenido." in get(owner, f"clientes/{guera.pk}/")


def test_leave_is_given_with_a_reason_and_withdrawn(owner: Client, guera: Customer) -> None:
    path = f"clientes/{guera.pk}/credito/permiso/"
    key = str(uuid.uuid4())
    assert "Este campo" in post(owner, path, 422, key=key, reason="", until=TODAY.isoformat(), amount="")
    far = (TODAY + timedelta(days=91)).isoformat()
    assert "de hoy a 90 días" in post(owner, path, 422, key=key, reason="x", until=far, amount="")
    for _again in range(2):
        data = {"key": key, "reason": "Paga el lunes", "until": TODAY.isoformat(), "amount": "5,000"}
        page = post(owner, path, **data)
    row = HoldOverride.objects.get()
    assert (row.amount, row.reason) == (5_000_00, "Paga el lunes")
    assert "Paga el lunes" in page
    assert "ya no vale" in post(owner, f"credito/permisos/{row.pk}/retirar/")


def test_the_advice_is_worked_out_applied_and_undone(owner: Client, guera: Customer) -> None:
    page = get(owner, f"clientes/{guera.pk}/credito/")
    assert "Paga el día que vence en mediana (11 facturas)" in page
    assert "Compra $9,972.29 al mes y su dinero está fuera 30 días" in page
    html = owner.get(f"/e/norte/clientes/{guera.pk}/credito/").content.decode()
    seen = html.split('name="seen" value="')[1].split('"')[0]
    assert "cambió mientras" in post(owner, f"clientes/{guera.pk}/credito/sugerencia/", seen="1:1")
    answer = owner.post(f"/e/norte/clientes/{guera.pk}/credito/sugerencia/", {"seen": seen}, follow=True)
    html = answer.content.decode()
    line = CreditLine.objects.get()
    assert (str(line.limit_minor), line.is_default, line.currency) == (seen.split(":")[1], True, "MXN")
    token = html.split('name="token" value="')[1].split('"')[0]
    undo = f"clientes/{guera.pk}/credito/sugerencia/deshacer/"
    assert "Ya no se puede deshacer" in post(owner, undo, token="otro")
    assert "Quedó como estaba" in post(owner, undo, token=token)
    assert not CreditLine.objects.exists()
    verbs = AuditEvent.objects.filter(verb="collections.credit_terms_put").order_by("seq")
    assert [row.detail["why"] for row in verbs] == ["advice", "undo"]


def test_an_undo_does_not_undo_what_somebody_else_did(owner: Client, guera: Customer) -> None:
    html = owner.get(f"/e/norte/clientes/{guera.pk}/credito/").content.decode()
    seen = html.split('name="seen" value="')[1].split('"')[0]
    answer = owner.post(f"/e/norte/clientes/{guera.pk}/credito/sugerencia/", {"seen": seen}, follow=True)
    token = answer.content.decode().split('name="token" value="')[1].split('"')[0]
    CreditLine.objects.update(limit_minor=1)
    page = post(owner, f"clientes/{guera.pk}/credito/sugerencia/deshacer/", token=token)
    assert "cambiaron mientras lo veías" in page
    assert CreditLine.objects.get().limit_minor == 1


def test_several_lines_are_for_a_person(owner: Client, guera: Customer) -> None:
    for name in ("General", "Obra"):
        add_credit_line(customer_id=guera.pk, terms=Terms(name, "MXN", 1_000_00), actor=None)
    page = get(owner, f"clientes/{guera.pk}/credito/")
    assert "reparte el límite entre ellas a mano" in page
    assert "Aplicar la sugerencia" not in page


def test_late_payers_are_advised_less(owner: Client, company: Company) -> None:
    clavo = buyer(company, "Ferretería El Clavo", "FEC010203AB1", 10_000_00, 40)
    page = get(owner, f"clientes/{clavo.pk}/credito/")
    assert "de contado" in page
    assert "Paga 40 días tarde en mediana" in page
    assert "Su riesgo es muy alto (E), por la parte que ha pagado con más de 30 días de atraso" in page


def test_who_may_look_and_who_may_stop(company: Company, guera: Customer) -> None:
    for role in (Role.COLLECTOR, Role.AUDITOR):
        client = client_of(company, role)
        assert "Detener crédito" not in get(client, f"clientes/{guera.pk}/credito/")
        assert "Cuándo se detiene" not in get(client, "credito/")
        post(client, "credito/detener/", 403, id=str(guera.pk), **{"hold-reason": "x"})
        post(client, f"clientes/{guera.pk}/credito/permiso/", 403)
        post(client, f"clientes/{guera.pk}/credito/sugerencia/", 403)
        get(client, "credito/politica/", 403)
    assert not CreditHold.objects.exists()


def test_who_sees_only_the_own_portfolios_stops_nobody_elses(company: Company, guera: Customer) -> None:
    client = client_of(company, Role.FINANCE, own_portfolio_only=True)
    mine = make_customer(company, "Zapatería Luna", "ZAL010203AB1")
    person = Membership.objects.get(role=Role.FINANCE).user
    mine.portfolio = Portfolio.objects.create(company=company, name="Mía", collector=person)
    mine.save()
    strict(hold_overdue_days=0)
    CreditHold.objects.create(company=company, customer=guera, reason="x", placed_on=TODAY)
    page = get(client, "credito/")
    assert "Güera" not in page
    assert "Detenidos 1" not in page
    post(client, "credito/detener/", all="1", **{"hold-reason": "x"})
    post(client, "credito/detener/", id=str(guera.pk), **{"hold-reason": "otra"})
    assert set(CreditHold.objects.values_list("customer__legal_name", "reason")) == {
        ("Zapatería Luna", "x"), ("Abarrotes La Güera", "x"),
    }  # fmt: skip
    get(client, f"clientes/{guera.pk}/credito/", 404)
    row = HoldOverride.objects.create(company=company, customer=guera, reason="x", on=TODAY, until=TODAY)
    post(client, f"credito/permisos/{row.pk}/retirar/", 404)


def test_the_public_has_no_credit(owner: Client, company: Company) -> None:
    public = make_customer(company, "Público", "XAXX010101000", generic=True, collecting=False)
    assert "El público en general no lleva crédito" in get(owner, f"clientes/{public.pk}/credito/")
    page = post(owner, "credito/detener/", id=str(public.pk), **{"hold-reason": "x"})
    assert "No elegiste ningún cliente" in page
    assert post(
        owner, f"clientes/{public.pk}/credito/permiso/", 422, key=str(uuid.uuid4()), reason="x",
        until=TODAY.isoformat(),
    )  # fmt: skip


def test_a_page_of_customers_costs_no_query_a_row(
    owner: Client, company: Company, guera: Customer, django_assert_max_num_queries: Any
) -> None:
    strict()
    for number in range(8):
        buyer(company, f"Cliente {number}", f"XYZ{number:06}AB1", 1_000_00 * (number + 1), number)
    with django_assert_max_num_queries(60):
        get(owner, "credito/")


def test_what_is_to_be_billed_leads_to_its_rows(owner: Client, company: Company, guera: Customer) -> None:
    row = save(
        details=Details(
            name="Renta local 3", kind="charge_note", customer_id=guera.pk, rule=Rule(), currency="MXN",
            content={"concept": "Renta", "amount": 12_000_00}, starts_on=TODAY.replace(day=1),
        ),
        today=TODAY.replace(day=1), actor=None,
    )  # fmt: skip
    turning.appear(schedule_id=row.pk, today=TODAY)
    issue = queued(guera)
    html = owner.get(f"/e/norte/clientes/{guera.pk}/credito/").content.decode()
    assert f"/recurrentes/{row.pk}/" in html
    assert f"/facturacion/{issue.pk}/" in html
    page = text_of(html)
    assert "$13,160.00" in page  # 12,000.00 and 1,160.00
    assert "$23,160.00" in page  # and the 10,000.00 that it owes


# Issuing


@pytest.fixture
def desk(settings: Any, tmp_path: Path) -> Iterator[Desk]:
    pytest.importorskip("satcfdi", reason="the extra mx is not installed")
    settings.SECURE_SSL_REDIRECT = False
    settings.DATA_DIR = tmp_path
    with company_scope(found_company().pk):
        desk = open_desk()
        CreditHold.objects.create(company=desk.company, customer=desk.customer, reason="Cheque", placed_on=TODAY)
        yield desk


def leave_page(desk: Desk, issue: Issue) -> str:
    return f"{pages.BASE}/clientes/{desk.customer.pk}/credito/permiso/?issue={issue.pk}"


def test_an_invoice_on_credit_waits_for_leave_and_is_stamped_with_it(desk: Desk) -> None:
    assert "Crédito detenido." in text_of(desk.get(f"{HERE}nueva/?customer={desk.customer.pk}"))
    answer = desk.saves("stamp")
    issue = Issue.objects.get()
    assert answer["Location"] == leave_page(desk, issue)
    assert (issue.state, issue.folio) == (IssueState.DRAFT, "")
    assert desk.post(f"{HERE}{issue.pk}/timbrar/", version="1")["Location"] == leave_page(desk, issue)
    page = text_of(desk.get(leave_page(desk, issue)))
    assert "no se timbra sin tu permiso" in page
    assert "Cheque" in page
    html = desk.get(leave_page(desk, issue))
    assert 'value="1,160.00"' in html
    data = {"key": str(uuid.uuid4()), "until": TODAY.isoformat(), "amount": "1160"}
    desk.post(leave_page(desk, issue), 422, **data, reason="")
    done = desk.post(leave_page(desk, issue), **data, reason="Pagó en efectivo la anterior")
    assert done["Location"] == f"{HERE}{issue.pk}/"
    issue.refresh_from_db()
    assert (issue.state, bool(issue.folio)) == (IssueState.QUEUED, True)
    second = desk.draft()
    assert desk.post(f"{HERE}{second.pk}/timbrar/", version="1")["Location"] == leave_page(desk, second)


def test_cash_goes_on_and_many_say_who_is_stopped(desk: Desk) -> None:
    cash = desk.draft(method="PUE", form="03")
    credit = desk.draft()
    desk.post(f"{HERE}timbrar/", id=[str(cash.pk), str(credit.pk)])
    states = dict(Issue.objects.values_list("pk", "state"))
    assert states == {cash.pk: IssueState.QUEUED, credit.pk: IssueState.DRAFT}
    assert "Crédito detenido. Alguien lo detuvo: Cheque" in text_of(desk.get(HERE))
