"""Pages of late fees, discounts and plans: what each shows and does, who may, and that nothing typed breaks them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from aldia.customers.models import Customer
from aldia.domain.charges.plans import Part
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import read_rows
from aldia.receivables import verify
from aldia.receivables.models import ChargeRun, DiscountRule, Instalment, LateFee, LateFeeRule, PaymentPlan, Receivable
from aldia.receivables.operations import late_fees
from aldia.receivables.operations.charge_rules import LateDetails, Whom, save_late_rule, switch_on
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.operations.plans import accept_plan
from aldia.tenancy.models import Company, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.django_db
HOSTILE = ["1e5", "NaN", "inf", "-3", "１２", "٣", "<script>", "9" * 40, "1..2", "\x00", ""]
RULE = {
    "name": "Moratorios", "scope": "all", "portfolio": "", "currency": "MXN", "rate": "3", "per": "month",
    "basis": "360",
    "grace_days": "0", "fixed_fee": "", "fixed_each": "once", "minimum": "", "cap_percent": "", "cap_amount": "",
    "tax_percent": "16", "frequency": "month", "due_days": "10", "spares_disputed": "on",
}  # fmt: skip
DISCOUNT = {"name": "Pronto pago", "scope": "all", "portfolio": "", "currency": "MXN", "days_1": "10", "percent_1": "2"}


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
def customer(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def client(company: Company) -> Client:
    return client_of(company, Role.OWNER)


def client_of(company: Company, role: str) -> Client:
    client = Client(raise_request_exception=True)
    user = make_user(f"{role}@norte.mx", company, role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def owes(customer: Customer, total: int = 10_000_00, due_on: date = date(2026, 9, 30)) -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, "MXN"), issued_on=date(2026, 8, 31),
        due_on=due_on, concept="Flete", key=uuid.uuid4(), actor=None,
    )  # fmt: skip


def rule_on() -> LateFeeRule:
    row = save_late_rule(whom=Whom("Moratorios"), details=LateDetails(rate=Decimal(3)), actor=None)
    day = date(2026, 9, 1)
    return switch_on(model=LateFeeRule, rule_id=row.pk, starts_on=day, today=day, actor=None)


def get(client: Client, path: str) -> str:
    response = client.get(f"/e/norte/{path}")
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def post(client: Client, path: str, data: dict[str, Any] | None = None) -> Any:
    return client.post(f"/e/norte/{path}", data or {}, follow=True)


def test_a_rule_from_draft_to_charged_to_reversed(client: Client, customer: Customer) -> None:
    owes(customer)
    assert "No se cobran recargos" in get(client, "recargos/")
    assert "Intereses moratorios" in get(client, "recargos/nueva/")
    preview = client.post("/e/norte/recargos/simular/", RULE).content.decode()
    assert "$359.60" in preview  # October: 310 and its IVA
    assert "Es más que el interés legal de 6 % al año" in preview
    assert not LateFeeRule.objects.exists()
    page = post(client, "recargos/nueva/", RULE).content.decode()
    rule = LateFeeRule.objects.get()
    assert rule.is_draft
    assert "Encender" in page
    assert "$359.60" in page
    page = post(client, f"recargos/{rule.pk}/encender/", {"starts_on": "2026-10-01"}).content.decode()
    assert "nunca cobra ni descuenta hacia atrás" in page
    post(client, f"recargos/{rule.pk}/encender/", {"starts_on": "2026-11-21"})
    late_fees.run_due(today=date(2026, 12, 1))
    run, fee = ChargeRun.objects.get(), LateFee.objects.get()
    assert (fee.interest, fee.tax) == (100_00, 16_00)  # ten days
    assert "RE-1" in get(client, f"recargos/corrida/{run.pk}/")
    assert "Por qué se cobra" in get(client, f"por-cobrar/{fee.fee_id}/")
    assert "Recargos por su atraso" in get(client, f"por-cobrar/{fee.receivable_id}/")
    assert "Escribe" not in post(client, f"recargos/corrida/{run.pk}/revertir/", {"reason": "Error"}).content.decode()
    fee.refresh_from_db()
    assert fee.end_code == "reversed"
    assert [check for check in verify.run_checks() if check.violations] == []


def test_a_usurious_rate_is_said_and_not_forbidden(client: Client, customer: Customer) -> None:
    owes(customer)
    page = client.post("/e/norte/recargos/simular/", {**RULE, "rate": "5"}).content.decode()
    assert "usuraria" in page
    assert post(client, "recargos/nueva/", {**RULE, "rate": "5"}).status_code == 200
    assert LateFeeRule.objects.get().rate == 5


def test_the_simulation_as_a_sheet(client: Client, customer: Customer) -> None:
    row = owes(customer)
    rule = rule_on()
    answer = client.get(f"/e/norte/recargos/{rule.pk}/simulacion.xlsx")
    cells = [each.values for each in read_rows(b"".join(answer))]
    line = next(each for each in cells if row.number in each)
    assert [str(value) for value in line].count("310") + [str(value) for value in line].count("310.00") == 2


def test_changing_a_rule_makes_a_version(client: Client, company: Company) -> None:
    rule = rule_on()
    assert "versión nueva" in post(client, f"recargos/{rule.pk}/editar/", RULE).content.decode()
    post(client, f"recargos/{rule.pk}/version/")
    draft = LateFeeRule.objects.get(replaces=rule)
    assert 'value="3"' in get(client, f"recargos/{draft.pk}/editar/")
    post(client, f"recargos/{draft.pk}/editar/", {**RULE, "rate": "1,5"})
    draft.refresh_from_db()
    assert draft.rate == Decimal("1.5")
    post(client, f"recargos/{draft.pk}/borrar/")
    assert LateFeeRule.objects.count() == 1
    post(client, f"recargos/{rule.pk}/apagar/")
    rule.refresh_from_db()
    assert not rule.is_on
    assert "Anteriores" in get(client, "recargos/")


def test_forgiving_and_correcting_a_fee(client: Client, customer: Customer) -> None:
    first, second = owes(customer), owes(customer)
    rule_on()
    late_fees.run_due(today=date(2026, 11, 1))
    fee = LateFee.objects.get(receivable=first)
    assert "Este campo" in post(client, f"recargos/cargo/{fee.pk}/condonar/").content.decode()
    page = post(client, f"recargos/cargo/{fee.pk}/condonar/", {"reason": "Buen cliente", "to": "receivable"})
    assert "Se condonó RE-1" in page.content.decode()
    record_payment(
        customer_id=customer.pk, amount=Money(5_000_00, "MXN"), received_on=date(2026, 10, 10), key="k", actor=None,
        today=TODAY, policy="", named={second.pk: 5_000_00},
    )  # fmt: skip
    assert "Por corregir" in get(client, "recargos/")
    other = LateFee.objects.get(receivable=second)
    post(client, f"recargos/cargo/{other.pk}/corregir/", {"to": "rules"})
    assert LateFee.objects.get(receivable=second, take=1).interest == 205_00
    assert "Por corregir" not in get(client, "recargos/")


def test_a_discount_from_draft_to_given(client: Client, customer: Customer) -> None:
    post(client, "descuentos/nuevo/", {**DISCOUNT, "days_2": "20", "percent_2": "1"})
    rule = DiscountRule.objects.get()
    assert "2 % si paga en 10 días, 1 % si paga en 20 días" in get(client, "descuentos/")
    post(client, f"descuentos/{rule.pk}/encender/", {"starts_on": "2026-11-21"})
    row = open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(1_000_00, "MXN"), issued_on=TODAY,
        due_on=date(2026, 12, 21), concept="Flete", key=uuid.uuid4(), actor=None,
    )  # fmt: skip
    assert "$980.00" in get(client, f"por-cobrar/{row.pk}/")
    post(client, f"por-cobrar/{row.pk}/descuento/quitar/", {"reason": "No aplica"})
    assert "Alguien lo quitó" in get(client, f"por-cobrar/{row.pk}/")
    post(client, f"por-cobrar/{row.pk}/descuento/permitir/")
    post(client, f"por-cobrar/{row.pk}/descuento/", {"percent": "5", "until_on": "2026-11-30"})
    assert "$950.00" in get(client, f"por-cobrar/{row.pk}/")
    post(client, f"descuentos/{rule.pk}/apagar/")
    assert "Anteriores" in get(client, "descuentos/")


def test_a_plan_is_proposed_changed_and_agreed_on(client: Client, customer: Customer) -> None:
    row = owes(customer)
    page = get(client, f"por-cobrar/{row.pk}/plan/?count=2&first_on=2026-12-01&every=month&down_payment=1000")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    assert page.count('type="date" id="due-') == 3
    assert 'value="4500.00"' in page
    data = {"key": key[1], "grace_days": "5", "note": "Por teléfono", "due-1": "2026-11-23", "amount-1": "1,000.00",
            "due-2": "2026-12-01", "amount-2": "4000", "due-3": "2027-01-04", "amount-3": "4000"}  # fmt: skip
    wrong = post(client, f"por-cobrar/{row.pk}/plan/", data)
    assert wrong.status_code == 422
    assert "no suman" in wrong.content.decode()
    assert 'value="1,000.00"' in wrong.content.decode()
    data["amount-3"] = "5000"
    for _again in range(2):
        post(client, f"por-cobrar/{row.pk}/plan/", data)
    assert Instalment.objects.count() == 3
    page = get(client, f"por-cobrar/{row.pk}/")
    assert "Plan de pagos" in page
    assert "Al corriente" in page
    assert "1 de 3" in get(client, "planes/")
    plan = PaymentPlan.objects.get()
    assert "no está incumplido" in post(client, f"planes/{plan.pk}/incumplido/", {"reason": "x"}).content.decode()
    post(client, f"planes/{plan.pk}/cancelar/", {"reason": "Pagará completo"})
    row.refresh_from_db()
    assert row.due_on == date(2026, 9, 30)


def test_a_late_plan_asks_for_a_decision(client: Client, customer: Customer) -> None:
    row = owes(customer)
    accept_plan(
        receivable_id=row.pk, key=uuid.uuid4(), today=date(2026, 10, 1), actor=None,
        parts=[Part(date(2026, 10, 15), 5_000_00), Part(date(2026, 12, 15), 5_000_00)],
    )  # fmt: skip
    assert "Un plan tiene un pago atrasado" in get(client, "planes/")
    assert "Dar por incumplido" in get(client, f"por-cobrar/{row.pk}/")
    post(client, f"planes/{PaymentPlan.objects.get().pk}/incumplido/", {"reason": "No pagó"})
    assert PaymentPlan.objects.get().end_code == "broken"


WRITES = ["recargos/nueva/", "recargos/simular/", "descuentos/nuevo/"]


@pytest.mark.parametrize(("role", "status"), [("collector", 403), ("auditor", 403), ("finance", 200), ("admin", 200)])
def test_who_may_write_rules(company: Company, role: str, status: int) -> None:
    client = client_of(company, role)
    for path in WRITES:
        answer = (
            client.get(f"/e/norte/{path}") if path != "recargos/simular/" else client.post(f"/e/norte/{path}", RULE)
        )
        assert answer.status_code == status, path
    for path in ("recargos/", "descuentos/", "planes/"):
        assert client.get(f"/e/norte/{path}").status_code == 200


def test_a_collector_decides_nothing(company: Company, customer: Customer) -> None:
    row = owes(customer)
    rule = rule_on()
    late_fees.run_due(today=date(2026, 11, 1))
    fee, run = LateFee.objects.get(), ChargeRun.objects.get(fees__isnull=False)
    client = client_of(company, Role.COLLECTOR)
    for path in (
        f"recargos/{rule.pk}/apagar/", f"recargos/cargo/{fee.pk}/condonar/", f"recargos/cargo/{fee.pk}/corregir/",
        f"recargos/corrida/{run.pk}/revertir/", f"por-cobrar/{row.pk}/plan/", f"por-cobrar/{row.pk}/descuento/",
    ):  # fmt: skip
        assert client.post(f"/e/norte/{path}", {"reason": "x"}).status_code == 403, path


def test_one_sees_the_own_portfolio_only(company: Company, customer: Customer) -> None:
    owes(customer)
    rule = rule_on()
    late_fees.run_due(today=date(2026, 11, 1))
    fee = LateFee.objects.get()
    client = client_of(company, Role.FINANCE)
    from aldia.tenancy.models import Membership

    Membership.objects.filter(user__email="finance@norte.mx").update(own_portfolio_only=True)
    assert "RE-1" not in get(client, f"recargos/corrida/{fee.run_id}/")
    assert "$310.00" not in get(client, f"recargos/{rule.pk}/")
    assert client.post(f"/e/norte/recargos/cargo/{fee.pk}/condonar/", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_nothing_typed_breaks_a_form(client: Client, customer: Customer, place: int) -> None:
    typed = HOSTILE[place]
    row = owes(customer)
    for name in RULE:
        for path in ("recargos/nueva/", "recargos/simular/"):
            assert client.post(f"/e/norte/{path}", {**RULE, name: typed}).status_code in (200, 302, 422), (path, name)
    for name in (*DISCOUNT, "until_on", "customers", "days_2", "percent_3"):
        assert client.post("/e/norte/descuentos/nuevo/", {**DISCOUNT, name: typed}).status_code in (302, 422), name
    for name in ("count", "every", "first_on", "down_payment", "down_on"):
        assert client.get(f"/e/norte/por-cobrar/{row.pk}/plan/", {name: typed}).status_code == 200, name
    data = {"key": str(uuid.uuid4()), "grace_days": "5", "due-1": "2026-12-01", "amount-1": "1", "due-2": typed}
    for name in ("key", "grace_days", "due-1", "amount-1"):
        assert client.post(f"/e/norte/por-cobrar/{row.pk}/plan/", {**data, name: typed}).status_code == 422, name
    for name in ("percent", "until_on"):
        data = {"percent": "5", "until_on": "2026-12-01", name: typed}
        assert client.post(f"/e/norte/por-cobrar/{row.pk}/descuento/", data).status_code == 302, name


def test_hostile_text_is_shown_and_not_run(client: Client, customer: Customer) -> None:
    post(client, "recargos/nueva/", {**RULE, "name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in get(client, "recargos/")
