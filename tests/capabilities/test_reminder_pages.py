"""Pages of reminders: rules as sentences, activation with its preview, calendar, pauses, who follows what, settings."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client, RequestFactory

from aldia.customers.models import Contact, Portfolio
from aldia.domain.money import Money
from aldia.messaging.models import Message
from aldia.receivables.operations.charges import open_charge
from aldia.reminders.models import CustomerPause, ReminderRule, ReminderSettings, ReminderStep, RuleAssignment
from aldia.reminders.operations.rules import ensure_default_rule
from aldia.reminders.operations.running import run_company
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from aldia.web.views.reminders import calendar
from aldia.web.views.reminders.activation import preview_of
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 11, 23)  # a Monday on which banks work
NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)  # eleven in the morning in Mexico
ATTACK = '"><img src=x onerror=alert(1)>'
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch, settings):
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def company(db):
    company = make_company(slug="norte")
    with company_scope(company.id):
        ensure_default_rule()
        yield company


@pytest.fixture
def customer(company):
    customer = make_customer(company, search="abarrotes la guera alg010203ab2")
    Contact.objects.create(company=company, customer=customer, name="Lupita", email="lupita@guera.example",
                           is_primary=True)  # fmt: skip
    return customer


@pytest.fixture
def owner(company):
    return make_user("duena@norte.mx", company)


@pytest.fixture
def client(owner):
    return client_of(owner)


def client_of(user):
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def charge(customer, total=500_00, due_on=TODAY - timedelta(days=3), **fields):
    values = {"kind": "charge_note", "issued_on": date(2026, 10, 1), "concept": "Flete", "key": uuid.uuid4()}
    row = open_charge(
        customer_id=customer.pk, total=Money(total, "MXN"), due_on=due_on, actor=None, **{**values, **fields}
    )
    type(row).objects.filter(pk=row.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    return row


def url(*parts):
    return "/e/norte/" + "/".join(str(part) for part in parts) + "/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def rule_form(name="Mostrador", **changes):
    """What the form sends: three days before, the day itself, one after, then every seven days four times."""
    data = {"name": name, "version": "1", "grouping": "customer", "columns": ["folio", "saldo"], "attach_pdf": "on"}
    for prefix, values in {
        "before-0": {"days": "3"},
        "on-0": {},
        "after-0": {"days": "1"},
        "repeat-0": {"days": "7", "times": "4"},
    }.items():
        for key, value in {"is_on": "on", "channels": ["email"], "way": "email", "tone": "neutral", **values}.items():
            data[f"{prefix}-{key}"] = value
    return {key: value for key, value in {**data, **changes}.items() if value is not None}


def new_rule(client, name="Mostrador", **changes):
    answer = client.post(url("recordatorios/reglas/nueva"), rule_form(name, **changes))
    assert answer.status_code == 302, text_of(answer)
    return ReminderRule.objects.get(name=name)


def default_rule():
    return ReminderRule.objects.get(is_default=True)


def steps(rule):
    rows = ReminderStep.objects.filter(rule=rule, removed_at__isnull=True)
    return {(step.when, step.days): step for step in rows}


# Rules


def test_the_default_rule_is_there_and_explained(client, customer):
    page = text_of(client.get(url("recordatorios/reglas")))
    assert "Todavía no se envía nada." in page
    assert "No envía nada hasta que una persona la active." in page
    assert "1 cliente" in page


def test_a_rule_is_written_as_sentences(client):
    rule = new_rule(client)
    found = steps(rule)
    assert {key for key, step in found.items() if step.is_on} == {("before", 3), ("on", 0), ("after", 1), ("repeat", 7)}
    assert found["repeat", 7].times == 4
    assert rule.activated_on is None
    assert rule.columns == ["folio", "saldo"]
    assert (rule.attach_pdf, rule.attach_xml) == (True, False)
    page = text_of(client.get(url("recordatorios/reglas", rule.pk)))
    assert "3 días antes de vencer" in page
    assert "Después, cada 7 días, 4 veces como mucho" in page
    assert [mark for mark in ("−3", "0", "+1", "+8", "+15", "+22", "… +29") if f">{mark}</span>" not in page] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "obligatorio"),
        ({"before-0-days": ""}, "Escribe cuántos días."),
        ({"before-0-days": "0"}, "mayor o igual a 1"),
        ({"before-0-days": "diez"}, "número entero"),
        ({"before-0-days": "9" * 30}, "menor o igual"),
        ({"before-0-channels": None}, "Elige por dónde se avisa."),
        ({"before-0-channels": ["paloma"]}, "paloma"),
        ({"columns": ["nada"]}, "nada"),
        ({"min_balance": "1e5"}, "1e5"),
        ({"before-0-step": "no-es-id"}, "UUID"),
        ({f"{each}-0-is_on": None for each in ("before", "on", "after", "repeat")}, "no enviaría nada"),
    ],
)
def test_what_cannot_be_a_rule_is_said_beside_the_form(client, changes, said):
    answer = client.post(url("recordatorios/reglas/nueva"), rule_form(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not ReminderRule.objects.filter(name="Mostrador").exists()


def test_two_rules_do_not_share_a_name(client):
    new_rule(client)
    answer = client.post(url("recordatorios/reglas/nueva"), rule_form())
    assert answer.status_code == 422
    assert ReminderRule.objects.filter(name="Mostrador").count() == 1


def edited(client, rule, **changes):
    """Send the rule's own form back, with something changed."""
    found = steps(rule)
    data = rule_form(rule.name, version=str(rule.version))
    for prefix, key in (("before-0", ("before", 3)), ("on-0", ("on", 0)), ("after-0", ("after", 1)),
                        ("repeat-0", ("repeat", 7))):  # fmt: skip
        data[f"{prefix}-step"] = str(found[key].pk)
    data |= changes
    return client.post(url("recordatorios/reglas", rule.pk, "editar"), {k: v for k, v in data.items() if v is not None})


def test_editing_keeps_steps_and_their_history(client):
    rule = new_rule(client)
    before = steps(rule)["before", 3]
    assert client.get(url("recordatorios/reglas", rule.pk, "editar")).status_code == 200
    assert edited(client, rule, **{"before-0-days": "5", "on-0-is_on": None}).status_code == 302
    after = steps(rule)
    assert after["before", 5].pk == before.pk
    assert not after["on", 0].is_on


def test_the_first_channel_is_chosen_and_kept(client):
    both = {"after-0-channels": ["email", "whatsapp"], "after-0-way": "whatsapp"}
    rule = new_rule(client, **both)
    assert steps(rule)["after", 1].channels == ["whatsapp", "email"]
    edited(client, rule, **both, name="Otro nombre")
    assert steps(rule)["after", 1].channels == ["whatsapp", "email"]
    rule.refresh_from_db()
    edited(client, rule, **{**both, "after-0-way": "every"})
    assert steps(rule)["after", 1].every_channel


def test_the_second_to_save_is_told(client):
    rule = new_rule(client)
    assert edited(client, rule, name="Otra").status_code == 302
    answer = edited(client, rule, name="Una más")
    assert answer.status_code == 409
    assert ReminderRule.objects.get(pk=rule.pk).name == "Otra"


def test_the_line_of_days_follows_what_is_written(client):
    answer = client.post(url("recordatorios/reglas/borrador"), rule_form(**{"before-0-days": "5", "after-0-days": "x"}))
    page = text_of(answer)
    assert "−5" in page
    assert ReminderRule.objects.filter(name="Mostrador").count() == 0


def test_a_rule_is_copied_archived_and_brought_back(client):
    rule = new_rule(client)
    client.post(url("recordatorios/reglas", rule.pk, "duplicar"))
    copy = ReminderRule.objects.exclude(pk=rule.pk).get(is_default=False)
    assert set(steps(copy)) == set(steps(rule))
    assert copy.activated_on is None
    client.post(url("recordatorios/reglas", rule.pk, "archivar"))
    assert ReminderRule.objects.get(pk=rule.pk).archived_at is not None
    client.post(url("recordatorios/reglas", rule.pk, "recuperar"))
    assert ReminderRule.objects.get(pk=rule.pk).archived_at is None


def test_another_rule_becomes_the_general_one(client):
    rule, old = new_rule(client), default_rule()
    client.post(url("recordatorios/reglas", rule.pk, "general"))
    assert default_rule() == rule
    assert not ReminderRule.objects.get(pk=old.pk).is_default


def test_the_general_rule_is_not_archived(client):
    rule = default_rule()
    client.post(url("recordatorios/reglas", rule.pk, "archivar"))
    assert default_rule().archived_at is None


def test_where_the_general_rule_is_missing_it_is_prepared(client):
    ReminderRule.objects.update(is_default=False)
    assert "Falta la regla general" in text_of(client.get(url("recordatorios/reglas")))
    client.post(url("recordatorios/reglas/preparar"))
    assert default_rule().activated_on is None


# Who follows which


def test_many_customers_are_chosen_from_the_rule(client, company, customer):
    rule = new_rule(client)
    other = make_customer(company, "Ferretería Norte", "FNO010203AB3", search="ferreteria norte fno010203ab3")
    page = client.get(url("recordatorios/reglas", rule.pk, "clientes"), {"q": "ferreteria"})
    assert "Ferretería Norte" in text_of(page)
    assert "Abarrotes" not in text_of(page)
    client.post(url("recordatorios/reglas", rule.pk, "clientes"), {"id": [other.pk], "to": "this"})
    assert RuleAssignment.objects.get(customer=other).rule == rule
    assert "1 cliente" in text_of(client.get(url("recordatorios/reglas")))
    assert "Ferretería Norte" in text_of(client.get(url("recordatorios/reglas", rule.pk)))
    seen = text_of(client.get(url("recordatorios/reglas", rule.pk, "clientes")))
    assert " Mostrador</span>" in seen
    assert '<span class="text-secondary">General</span>' in seen
    client.post(url("recordatorios/reglas", rule.pk, "clientes") + "?follows=yes", {"all": "1", "to": "none"})
    assert RuleAssignment.objects.get(customer=other).rule is None
    client.post(url("recordatorios/reglas", rule.pk, "clientes"), {"id": [other.pk], "to": "general"})
    assert not RuleAssignment.objects.exists()


@pytest.mark.parametrize(("follows", "seen"), [("yes", True), ("no", False), ("none", False), ("otra", True)])
def test_the_filter_says_who_follows(client, customer, follows, seen):
    rule = default_rule()
    page = text_of(client.get(url("recordatorios/reglas", rule.pk, "clientes"), {"follows": follows}))
    assert (str(customer.tax_id) in page) is seen


def test_many_customers_change_rule_from_their_list(client, customer):
    rule = new_rule(client)
    client.post(url("clientes/recordatorios"), {"id": [customer.pk], "rule": str(rule.pk)})
    assert RuleAssignment.objects.get(customer=customer).rule == rule
    client.post(url("clientes/recordatorios"), {"id": [customer.pk], "rule": "none"})
    assert RuleAssignment.objects.get(customer=customer).rule is None
    client.post(url("clientes/recordatorios"), {"all": "1", "rule": "general"})
    assert not RuleAssignment.objects.exists()


@pytest.mark.parametrize("choice", ["", "otra", "00000000-0000-7000-8000-000000000000", ATTACK])
def test_a_rule_that_is_none_changes_nothing(client, customer, choice):
    answer = client.post(url("clientes", customer.pk, "recordatorios"), {"rule": choice}, follow=True)
    assert "Elige qué regla sigue." in text_of(answer)
    assert not RuleAssignment.objects.exists()


def test_one_customer_and_one_receivable_follow_what_is_said_of_them(client, customer):
    rule, row = new_rule(client), charge(customer)
    client.post(url("clientes", customer.pk, "recordatorios"), {"rule": str(rule.pk)})
    client.post(url("por-cobrar", row.pk, "recordatorios"), {"rule": "none"})
    assert RuleAssignment.objects.get(customer=customer).rule == rule
    assert RuleAssignment.objects.get(receivable=row).rule is None
    client.post(url("por-cobrar", row.pk, "recordatorios"), {"rule": "general"})
    assert RuleAssignment.objects.count() == 1


# Pauses


def test_a_customer_is_paused_with_the_reason_and_resumed(client, customer, owner):
    until = TODAY + timedelta(days=10)
    answer = client.post(
        url("clientes", customer.pk, "pausar"), {"reason": "Está de luto", "until": until.isoformat()}, follow=True
    )
    pause = CustomerPause.objects.get(ended_on__isnull=True)
    assert (pause.customer, pause.until, pause.reason, pause.created_by) == (customer, until, "Está de luto", owner)
    page = text_of(answer)
    assert "Está de luto" in page
    assert "3 dic 2026" in page
    client.post(url("clientes", customer.pk, "reanudar"))
    assert CustomerPause.objects.get().ended_on == TODAY


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": ""}, "obligatorio"),
        ({"reason": "x", "until": "2026-11-22"}, "un día por venir"),
        ({"reason": "x", "until": "ayer"}, "fecha válida"),
        ({"reason": "x" * 301}, "300"),
    ],
)
def test_a_pause_that_cannot_be_is_said_beside_the_form(client, customer, data, said):
    answer = client.post(url("clientes", customer.pk, "pausar"), data)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not CustomerPause.objects.exists()


@pytest.mark.parametrize(
    ("target", "led"),
    [("/e/norte/por-cobrar/", "/e/norte/por-cobrar/"), ("https://malo.example/", None), ("//malo", None)],
)
def test_after_pausing_one_is_back_where_one_was_and_nowhere_else(client, customer, target, led):
    answer = client.post(url("clientes", customer.pk, "pausar"), {"reason": "x", "next": target})
    assert answer.url == (led or url("clientes", customer.pk))


def test_many_customers_are_paused_and_resumed_from_their_list(client, company, customer):
    other = make_customer(company, "Ferretería Norte", "FNO010203AB3")
    ids = {"id": [customer.pk, other.pk]}
    assert client.post(url("clientes/pausar"), {**ids, "pause-reason": ""}).status_code == 422
    client.post(url("clientes/pausar"), {**ids, "pause-reason": "Inventario"})
    assert CustomerPause.objects.filter(ended_on__isnull=True, reason="Inventario").count() == 2
    client.post(url("clientes/reanudar"), ids)
    assert not CustomerPause.objects.filter(ended_on__isnull=True).exists()


# Settings


def settings_form(**changes):
    return {
        "version": "1", "send_from": "10:00", "send_until": "17:00", "weekdays": "weekdays", "min_days_between": "2",
        "max_per_week": "2", "transit_days": "2", "merge_after_days": "3", "attach_limit_mb": "4", **changes,
    }  # fmt: skip


def test_settings_are_explained_and_kept(client):
    page = text_of(client.get(url("configuracion/recordatorios")))
    assert (
        "Una factura vence el 23 nov 2026. Si no aparece su pago, lo primero que se reclama sale el 24 nov 2026."
        in page
    )
    assert re.search(r'name="promises"[^>]* checked', client.get(url("configuracion/recordatorios")).content.decode())
    answer = client.post(url("configuracion/recordatorios"), settings_form(), follow=True)
    row = ReminderSettings.objects.get()
    assert (row.send_from.hour, row.weekdays, row.min_days_between, row.attach_limit_kb) == (10, "weekdays", 2, 4000)
    assert row.promises is False  # on until somebody takes the mark away
    assert "entre las 10:00 y las 17:00" in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"send_until": "09:00"}, "después de la hora"),
        ({"send_from": "25:99"}, "hora válida"),
        ({"weekdays": "lunes"}, "lunes"),
        ({"min_days_between": "0"}, "mayor o igual a 1"),
        ({"max_per_week": "mil"}, "número entero"),
        ({"notice_email": "nadie"}, "correo electrónico válida"),
    ],
)
def test_settings_that_cannot_be_are_said_beside_their_field(client, changes, said):
    answer = client.post(url("configuracion/recordatorios"), settings_form(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_the_second_to_save_settings_is_told(client):
    client.post(url("configuracion/recordatorios"), settings_form())
    answer = client.post(url("configuracion/recordatorios"), settings_form(min_days_between="5"))
    assert answer.status_code == 409
    assert ReminderSettings.objects.get().min_days_between == 2


# Who may


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COLLECTOR])
def test_who_may_not_manage_reads_and_changes_nothing(client, company, customer, role):
    rule = new_rule(client)
    other = client_of(make_user(f"{role}@norte.mx", company, role))
    page = text_of(other.get(url("recordatorios/reglas", rule.pk)))
    assert "Editar" not in page
    for address in ("editar", "activar", "apagar", "duplicar", "archivar", "general"):
        assert other.post(url("recordatorios/reglas", rule.pk, address), rule_form()).status_code == 403
    assert other.post(url("recordatorios/reglas/nueva"), rule_form("Otra")).status_code == 403
    assert other.post(url("configuracion/recordatorios"), settings_form()).status_code == 403
    assert other.post(url("clientes/recordatorios"), {"all": "1", "rule": "none"}).status_code == 403
    paused = other.post(url("clientes", customer.pk, "pausar"), {"reason": "x"}).status_code
    assert paused == (302 if role == Role.COLLECTOR else 403)
    assert not RuleAssignment.objects.exists()


def test_a_collector_sees_and_pauses_only_the_own_portfolio(client, company, customer):
    user = make_user("solo@norte.mx", company, Role.COLLECTOR)
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    mine = make_customer(company, "Mi Cliente", "MCL010203AB3")
    Portfolio.objects.create(company=company, name="Mía", collector=user)
    type(mine).objects.filter(pk=mine.pk).update(portfolio=Portfolio.objects.get())
    theirs = client_of(user)
    assert theirs.post(url("clientes", customer.pk, "pausar"), {"reason": "x"}).status_code == 404
    theirs.post(url("clientes/pausar"), {"id": [customer.pk, mine.pk], "pause-reason": "x"})
    assert [pause.customer for pause in CustomerPause.objects.all()] == [mine]


# Activation


def active(client, rule=None):
    rule = rule or default_rule()
    client.post(url("recordatorios/reglas", rule.pk, "activar"), {"version": rule.version})
    return ReminderRule.objects.get(pk=rule.pk)


def test_before_activating_one_sees_exactly_what_would_leave(client, company, customer):
    charge(customer, 500_00, number="V-1")
    charge(customer, 200_00, number="P-2", due_on=TODAY + timedelta(days=20))
    silent = make_customer(company, "Sin Correo", "SCO010203AB3")
    charge(silent, 900_00, number="S-3")
    charge(customer, 300_00, number="M-4", due_on=TODAY + timedelta(days=5))
    page = text_of(client.get(url("recordatorios/reglas", default_rule().pk, "activar")))
    assert 'Saldría hoy <span class="badge-count">1</span>' in page
    assert "lupita@guera.example" in page
    assert "$1,000.00" in page  # the message lists all that is owed: 500 + 200 + 300
    assert {number for number in ("V-1", "P-2", "M-4", "S-3") if f">{number}</a>" in page} == {
        "V-1",
        "P-2",
        "M-4",
        "S-3",
    }
    assert "Falta un contacto de cobranza" in page
    assert url("clientes", silent.pk, "contactos/nuevo") in page
    assert "miércoles 25 nov 2026" in page  # three days before the 28th is a Wednesday
    assert not ReminderRule.objects.filter(activated_on__isnull=False).exists()


def test_how_much_is_coming_is_counted_after_the_page(client, customer):
    rule = active(client)
    charge(customer, due_on=TODAY + timedelta(days=5))
    charge(customer, due_on=TODAY + timedelta(days=30))
    assert f'id="coming-{rule.pk}"' in text_of(client.get(url("recordatorios/reglas")))
    assert "1 mensaje<" in text_of(client.get(url("recordatorios/reglas/proximos")))


def test_out_of_hours_it_says_when(client, customer, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 2, tzinfo=UTC))  # eight in the evening
    charge(customer)
    page = text_of(client.get(url("recordatorios/reglas", default_rule().pk, "activar")))
    assert "en 1 día a las 09:00: hoy ya no hay envíos" in page


def test_a_rule_is_activated_turned_off_and_on_again(client, customer):
    rule = active(client)
    assert rule.activated_on == TODAY
    answer = client.post(url("recordatorios/reglas", rule.pk, "apagar"), follow=True)
    assert "ya no envía nada" in text_of(answer)
    assert ReminderRule.objects.get(pk=rule.pk).activated_on is None
    undo = re.search(r'name="version" value="(\d+)"', answer.content.decode())
    assert undo is not None
    client.post(url("recordatorios/reglas", rule.pk, "activar"), {"version": undo[1]})
    assert ReminderRule.objects.get(pk=rule.pk).activated_on == TODAY


def test_the_preview_is_what_is_then_sent(client, company, customer):
    """The tick writes what the page promised: the same people, addresses, documents and amounts."""
    charge(customer, 500_00, number="V-1")
    charge(customer, 200_00, number="P-2", due_on=TODAY + timedelta(days=20))
    other = make_customer(company, "Otro Cliente", "OTC010203AB3")
    Contact.objects.create(company=company, customer=other, name="Ana", email="ana@otro.example", is_primary=True)
    charge(other, 70_00, number="O-3", due_on=TODAY + timedelta(days=3))
    request = RequestFactory().get("/")
    request.company, request.membership = company, Membership.objects.get()
    promised = preview_of(request, default_rule())
    active(client)
    run_company(as_of=NOW)
    written = {
        (message.customer_id, *message.deliveries.values_list("address", flat=True)):
        {(debt.receivable_id, debt.balance) for debt in message.debts.all()}
        for message in Message.objects.all()
    }  # fmt: skip
    assert len(written) == 2
    assert written == {
        (send.customer_id, *send.addresses): {(debt.receivable_id, debt.minor) for debt in send.debts}
        for send in promised.going
    }


def test_a_rule_that_changed_since_the_preview_is_not_activated(client):
    rule = new_rule(client)
    edited(client, rule, name="Otra")
    answer = client.post(url("recordatorios/reglas", rule.pk, "activar"), {"version": rule.version})
    assert answer.status_code == 409
    assert ReminderRule.objects.get(pk=rule.pk).activated_on is None


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, ATTACK])
def test_without_the_version_that_was_seen_nothing_is_activated(client, version):
    rule = default_rule()
    assert client.post(url("recordatorios/reglas", rule.pk, "activar"), {"version": version}).status_code == 409
    assert ReminderRule.objects.get(pk=rule.pk).activated_on is None


# Calendar


def test_the_calendar_says_what_leaves_and_what_does_not(client, company, customer):
    active(client)
    charge(customer, 500_00, number="V-1")
    charge(customer, 300_00, number="M-4", due_on=TODAY + timedelta(days=5))
    silent = make_customer(company, "Sin Correo", "SCO010203AB3")
    charge(silent, 900_00, number="S-3")
    page = text_of(client.get(url("recordatorios/calendario"), {"day": "2026-11-23"}))
    assert "noviembre 2026" in page
    assert ">V-1</a>" in page
    assert ">M-4</a>" not in page
    assert "Falta un contacto de cobranza" in page
    page = text_of(client.get(url("recordatorios/calendario"), {"day": "2026-11-25", "view": "week"}))
    assert ">M-4</a>" in page
    assert "3 días antes de vencer" in page


@pytest.mark.parametrize(
    "query",
    [
        {"day": "no"}, {"on": "2026-13-40"}, {"on": "0001-01-01"}, {"on": "9999-12-31"}, {"view": "siglo"},
        {"rule": "x"}, {"rule": str(uuid.uuid4())}, {"portfolio": "none"}, {"portfolio": ATTACK}, {"channel": "paloma"},
        {"channel": "sms", "day": "2026-11-23"}, {"on": "2027-02-01"}, {"day": "2020-01-01"},
        {"view": "week", "on": "2026-12-31"},
    ],
)  # fmt: skip
def test_whatever_is_asked_of_the_calendar_it_opens(client, customer, query):
    active(client)
    charge(customer)
    assert client.get(url("recordatorios/calendario"), query).status_code == 200


def test_the_calendar_is_narrowed_by_rule_portfolio_and_channel(client, company, customer):
    active(client)
    charge(customer, number="V-1")
    other = new_rule(client)
    portfolio = Portfolio.objects.create(company=company, name="Norte")
    for query, seen in (
        ({"rule": default_rule().pk}, True),
        ({"rule": other.pk}, False),
        ({"portfolio": portfolio.pk}, False),
        ({"portfolio": "none"}, True),
        ({"channel": "email"}, True),
        ({"channel": "sms"}, False),
    ):
        page = text_of(client.get(url("recordatorios/calendario"), {**query, "day": "2026-11-23"}))
        assert (">V-1</a>" in page) is seen, query


def test_a_long_calendar_comes_after_the_page(client, customer, monkeypatch):
    active(client)
    charge(customer, number="V-1")
    monkeypatch.setattr(calendar, "LONG", 0)
    address = url("recordatorios/calendario") + "?day=2026-11-23"
    page = text_of(client.get(address))
    assert f'hx-get="{address}"' in page
    assert ">V-1</a>" not in page
    assert ">V-1</a>" in text_of(client.get(address, headers={"HX-Request": "true"}))


def test_a_collector_sees_only_the_own_portfolio_in_the_calendar(client, company, customer):
    active(client)
    charge(customer, number="V-1")
    user = make_user("solo@norte.mx", company, Role.COLLECTOR)
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    page = text_of(client_of(user).get(url("recordatorios/calendario"), {"day": "2026-11-23"}))
    assert ">V-1</a>" not in page


# The card of a customer and of a receivable


def card(client, *parts):
    page = text_of(client.get(url(*parts)))
    return page[page.index('id="s-rem"') :][:2500]


def test_the_next_reminder_is_said_on_both_pages(client, customer):
    active(client)
    row = charge(customer, due_on=TODAY + timedelta(days=5))
    for parts in (("clientes", customer.pk), ("clientes", customer.pk, "condiciones"), ("por-cobrar", row.pk)):
        found = card(client, *parts)
        assert "25 nov 2026" in found, parts
        assert "3 días antes de vencer, por correo" in found


def test_why_there_is_no_reminder_is_said_on_both_pages(client, company, customer):
    row = charge(customer)
    assert "Su regla no está activa." in card(client, "clientes", customer.pk)
    assert url("recordatorios/reglas", default_rule().pk, "activar") in card(client, "por-cobrar", row.pk)
    active(client)
    Contact.objects.all().delete()
    assert "Falta un contacto de cobranza" in card(client, "clientes", customer.pk)
    assert url("clientes", customer.pk, "contactos/nuevo") in card(client, "por-cobrar", row.pk)
    client.post(url("por-cobrar", row.pk, "recordatorios"), {"rule": "none"})
    assert "sin recordatorios" in card(client, "por-cobrar", row.pk)
    type(customer).objects.filter(pk=customer.pk).update(collecting=False)
    assert "El cliente está apagado." in card(client, "por-cobrar", row.pk)
    type(customer).objects.filter(pk=customer.pk).update(collecting=True)
    client.post(url("clientes", customer.pk, "pausar"), {"reason": "De viaje"})
    found = card(client, "clientes", customer.pk)
    assert "De viaje" in found
    assert "la pidió duena" in found


def test_a_paused_customer_is_marked_in_the_list(client, customer):
    client.post(url("clientes", customer.pk, "pausar"), {"reason": "x", "until": "2026-12-15"})
    assert "15 dic 2026" in text_of(client.get(url("clientes")))


def test_hostile_names_are_text_everywhere(client, company):
    customer = make_customer(company, ATTACK, "HOS010203AB3")
    Contact.objects.create(company=company, customer=customer, name=ATTACK, email="a@b.example", is_primary=True)
    charge(customer, number=ATTACK[:40])
    rule = active(client, new_rule(client, ATTACK))
    client.post(url("clientes", customer.pk, "recordatorios"), {"rule": str(rule.pk)})
    client.post(url("clientes", customer.pk, "pausar"), {"reason": ATTACK})
    for parts in (
        ("recordatorios/reglas",), ("recordatorios/reglas", rule.pk), ("recordatorios/reglas", rule.pk, "editar"),
        ("recordatorios/reglas", rule.pk, "clientes"), ("recordatorios/reglas", rule.pk, "activar"),
        ("recordatorios/calendario",), ("clientes",), ("clientes", customer.pk),
        ("clientes", customer.pk, "condiciones"),
    ):  # fmt: skip
        page = client.get(url(*parts), {"day": "2026-11-23"}).content.decode()
        assert "<img src=x" not in page, parts
        assert "&lt;img src=x" in page, parts


def test_a_new_company_has_its_general_rule(client):
    data = {"legal_name": "Nueva", "tax_id": "NUE010203AB1", "country": "MX", "currency": "MXN",
            "time_zone": "America/Mexico_City"}  # fmt: skip
    assert client.post("/empresas/nueva/", data).status_code == 302
    with company_scope(Company.objects.get(legal_name="Nueva").pk):
        assert [(rule.is_default, rule.activated_on) for rule in ReminderRule.objects.all()] == [(True, None)]
