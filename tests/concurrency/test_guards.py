"""What the database refuses by itself. Every attempt here goes around the ORM; every guard has a control without it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from aldia.authority.models import StatusCheck
from aldia.collections.models import StepMove
from aldia.customers.models import Customer, Portfolio
from aldia.forecasts.models import CashForecast, ForecastScore, ModelRun, RiskScore
from aldia.messaging.models import Delivery, DeliveryEvent, Message
from aldia.receivables.models import (
    Allocation,
    Credit,
    DueDateChange,
    Instalment,
    JournalEntry,
    JournalLine,
    LedgerAccount,
    PaymentPlan,
    Receivable,
)
from aldia.tenancy import audit, guards
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, Invitation, Membership
from aldia.tenancy.scope import company_scope
from aldia.tenancy.startup import RoleTooStrong, check_database_role
from aldia.tenancy.verify import audit_chain, guards_in_place, references_stay_inside
from tests.cast import make_company, make_customer, make_user

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"
DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)


def sql(statement: str, *values: object) -> list[tuple]:
    """Run a statement as it is; on SQLite a UUID is 32 hex digits."""
    plain = [value.hex if isinstance(value, uuid.UUID) and not POSTGRESQL else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, plain)
        return cursor.fetchall() if cursor.description else []


def refused(statement: str, *values: object, by: type[DatabaseError] = IntegrityError) -> str:
    """Run a statement that must be refused, and return the refusal."""
    with pytest.raises(by) as caught, transaction.atomic():
        sql(statement, *values)
    return str(caught.value)


@contextmanager
def undone() -> Iterator[None]:
    """Run a control and forget what it did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def without_guards() -> AbstractContextManager[None]:
    return guards.lifted(apps, connection)


@pytest.fixture
def ours() -> Iterator[Company]:
    company = make_company()
    with company_scope(company.pk):
        yield company


@pytest.fixture
def theirs(ours: Company) -> Company:
    return make_company("Otra", "OTR010203AB1")


@pytest.fixture
def books(ours: Company) -> dict[str, object]:
    """One row of each table that keeps what was recorded."""
    own = {"company_id": ours.pk}
    customer = make_customer(ours)
    receivable = Receivable.objects.create(
        **own,
        customer=customer,
        kind="invoice",
        number="1",
        currency="MXN",
        total=100,
        balance=60,
        issued_on=DAY,
        due_on=DAY,
    )
    credit = Credit.objects.create(
        **own,
        customer=customer,
        kind="payment",
        source="x",
        external_key="1",
        currency="MXN",
        amount=50,
        remaining=10,
        received_on=DAY,
    )
    account = LedgerAccount.objects.create(**own, code="105", name="Clientes", role="receivable")
    entry = JournalEntry.objects.create(**own, seq=1, on=DAY, kind="open", key="k", prev_hash="", hash="h")
    line = JournalLine.objects.create(**own, entry=entry, account=account, amount=100, currency="MXN")
    allocation = Allocation.objects.create(
        **own, credit=credit, receivable=receivable, amount=40, credit_amount=40, on=DAY, rule="oldest"
    )
    change = DueDateChange.objects.create(**own, receivable=receivable, old_due_on=DAY, new_due_on=DAY, reason="r")
    plan = PaymentPlan.objects.create(**own, receivable=receivable, amount=60, original_due_on=DAY, accepted_on=DAY)
    part = Instalment.objects.create(**own, plan=plan, position=1, due_on=DAY, amount=60)
    event = audit.record(actor=None, verb="x.happened")
    message = Message.objects.create(**own, customer=customer, channel="email", purpose="before", key="k", on_day=DAY)
    delivery = Delivery.objects.create(**own, message=message, address="a@b.example")
    move = StepMove.objects.create(
        **own, receivable=receivable, on=DAY, from_step=1, to_step=2, balance=60, currency="MXN"
    )
    run = ModelRun.objects.create(
        **own, as_of=DAY, tier=0, wanted_tier=0, code_version="1", known=0, resolved=0, forecast=0, learnt_on=DAY
    )
    bands = dict.fromkeys(("low_50", "high_50", "low_80", "high_80", "low_95", "high_95"), 1)
    cash = CashForecast.objects.create(
        **own, run=run, currency="MXN", horizon="week", first=DAY, last=DAY, expected=1, **bands
    )
    score = ForecastScore.objects.create(**own, on=DAY, source="made")
    risk = RiskScore.objects.create(**own, run=run, customer=customer, as_of=DAY, score=50, band="C", known_payments=1)
    told = DeliveryEvent.objects.create(**own, delivery=delivery, kind="opened", at=NOON, event_key="k")
    rows = (customer, receivable, credit, account, entry, line, allocation, change, part, event)
    rows += (message, delivery, told, move, run, cash, score, risk)
    rows += (StatusCheck.objects.create(**own, key="K", code="S", state="Vigente", checked_at=NOON),)
    return {row._meta.db_table: row for row in rows}


REWRITES = {
    "authority_statuscheck": "state = 'y'",
    "collections_stepmove": "to_step = 7",
    "forecasts_cashforecast": "expected = 2",
    "forecasts_forecastscore": "source = 'y'",
    "forecasts_modelrun": "tier = 2",
    "forecasts_riskscore": "score = 1",
    "messaging_deliveryevent": "detail = 'y'",
    "tenancy_auditevent": "verb = 'y'",
    "receivables_journalentry": "memo = 'y'",
    "receivables_journalline": "amount = 101",
    "receivables_allocation": "rule = 'y'",
    "receivables_duedatechange": "reason = 'y'",
    "receivables_instalment": "amount = 61",
}


CHILDREN = {  # whose rows name those of the table
    "receivables_journalentry": ("receivables_journalline",),
    "forecasts_modelrun": ("forecasts_cashforecast", "forecasts_riskscore"),
}


def test_every_immutable_table_is_tried() -> None:
    assert set(REWRITES) == guards.IMMUTABLE


@pytest.mark.parametrize(("table", "change"), REWRITES.items())
def test_what_was_recorded_is_neither_changed_nor_deleted(books: dict, table: str, change: str) -> None:
    for statement in (f"UPDATE {table} SET {change} WHERE id = %s", f"DELETE FROM {table} WHERE id = %s"):
        assert "no se cambia ni se borra" in refused(statement, books[table].pk)
        with undone(), without_guards():
            for child in CHILDREN.get(table, ()):
                sql(f"DELETE FROM {child}")
            sql(statement, books[table].pk)  # control: nothing else would refuse it


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("receivables_receivable", "total = 101"),
        ("receivables_receivable", "currency = 'USD'"),
        ("receivables_receivable", "kind = 'opening'"),
        ("receivables_credit", "amount = 51"),
        ("receivables_credit", "currency = 'USD'"),
    ],
)
def test_the_terms_of_what_is_owed_and_paid_stay(books: dict, table: str, change: str) -> None:
    statement = f"UPDATE {table} SET {change} WHERE id = %s"
    assert "no cambian" in refused(statement, books[table].pk)
    with undone(), without_guards():
        sql(statement, books[table].pk)


@pytest.mark.parametrize("table", ["receivables_receivable", "receivables_credit"])
def test_nor_does_the_customer(ours: Company, books: dict, table: str) -> None:
    other = make_customer(ours, "Otro", "OTR010203AB9")
    statement = f"UPDATE {table} SET customer_id = %s WHERE id = %s"
    assert "no cambian" in refused(statement, other.pk, books[table].pk)
    with undone(), without_guards():
        sql(statement, other.pk, books[table].pk)


def test_what_may_change_does(books: dict) -> None:
    sql("UPDATE receivables_receivable SET balance = 59, total = total, due_on = '2026-12-01'")
    sql("UPDATE receivables_credit SET remaining = 9, customer_id = customer_id")
    receivable = books["receivables_receivable"]
    receivable.balance = 58
    receivable.save()  # writes every column, the frozen ones with the values they had
    assert Receivable.objects.get().balance == 58


def test_every_reference_between_companies_is_refused(ours: Company, theirs: Company, books: dict) -> None:
    """For every foreign key between companies' tables: a row of ours that names a row of theirs."""
    tried = 0
    for reference in guards.references(apps):
        row = books.get(reference.table)
        if (
            row is None
            or reference.table in guards.IMMUTABLE
            or reference.column in guards.FROZEN.get(reference.table, ())
        ):
            continue  # no UPDATE gets that far; inserts are tried below
        with undone(), foreign_row(theirs, reference.target) as foreign:
            statement = f"UPDATE {reference.table} SET {reference.column} = %s WHERE id = %s"
            assert "sale de la empresa" in refused(statement, foreign, row.pk)
            if reference.target in MADE:
                with without_guards():
                    sql(statement, foreign, row.pk)
                tried += 1
    assert tried >= 2


MADE = {"customers_portfolio", "customers_customer", "receivables_receivable", "receivables_credit"}
INSERTS = [
    ("customers_contact", "customer_id", "customers_customer"),
    ("receivables_allocation", "receivable_id", "receivables_receivable"),
    ("receivables_allocation", "credit_id", "receivables_credit"),
    ("receivables_journalline", "entry_id", "receivables_journalentry"),
    ("receivables_journalline", "account_id", "receivables_ledgeraccount"),
    ("receivables_receivable", "customer_id", "customers_customer"),
    ("receivables_credit", "customer_id", "customers_customer"),
    ("receivables_duedatechange", "receivable_id", "receivables_receivable"),
]


@pytest.mark.parametrize(("table", "column", "target"), INSERTS)
def test_no_row_is_born_with_a_foreign_reference(
    ours: Company, theirs: Company, books: dict, table: str, column: str, target: str
) -> None:
    if table not in books:
        books[table] = apps.get_model("customers", "Contact").objects.create(
            company_id=ours.pk, customer=books["customers_customer"], name="x"
        )
    columns, values = copy_of(table, books[table].pk)
    with undone(), foreign_row(theirs, target) as foreign:
        values[columns.index(column)] = foreign.hex if not POSTGRESQL else foreign
        quoted = ", ".join(f'"{name}"' for name in columns)
        statement = f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(['%s'] * len(columns))})"
        assert "sale de la empresa" in refused(statement, *values)
        with without_guards():
            sql(statement, *values)
            assert references_stay_inside().violations == 1  # and the verifier sees what got in


def copy_of(table: str, row_id: uuid.UUID) -> tuple[list[str], list[object]]:
    """The columns and values of a new row like an existing one, different where it must be."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE id = %s", [row_id if POSTGRESQL else row_id.hex])
        columns, values = [each[0] for each in cursor.description], list(cursor.fetchone())
    fresh = uuid7()
    values[columns.index("id")] = fresh if POSTGRESQL else fresh.hex
    for name in ("external_key", "key", "number"):
        if name in columns:
            values[columns.index(name)] = f"copy {name}"
    return columns, values


@contextmanager
def foreign_row(theirs: Company, table: str) -> Iterator[uuid.UUID]:
    """A row of another company, by table."""
    own = {"company_id": theirs.pk}
    with company_scope(theirs.pk):
        customer = make_customer(theirs, "Suyo", "SUY010203AB1")
        if table == "customers_portfolio":
            made = Portfolio.objects.create(**own, name="x")
        elif table == "customers_customer":
            made = customer
        elif table == "receivables_ledgeraccount":
            made = LedgerAccount.objects.create(**own, code="1", name="x", role="x")
        elif table == "receivables_journalentry":
            made = JournalEntry.objects.create(**own, seq=1, on=DAY, kind="x", key="x", prev_hash="", hash="h")
        elif table == "receivables_credit":
            made = Credit.objects.create(
                **own,
                customer=customer,
                kind="payment",
                source="x",
                external_key="2",
                currency="MXN",
                amount=1,
                remaining=1,
                received_on=DAY,
            )
        elif table == "receivables_receivable":
            made = Receivable.objects.create(
                **own,
                customer=customer,
                kind="invoice",
                number="2",
                currency="MXN",
                total=1,
                balance=1,
                issued_on=DAY,
                due_on=DAY,
            )
        else:
            made = None
    yield made.pk if made else uuid7()  # a row that is not there at all is refused just the same


@pytest.mark.parametrize("table", ["customers_customer", "receivables_receivable", "receivables_ledgeraccount"])
def test_no_row_moves_to_another_company(theirs: Company, books: dict, table: str) -> None:
    statement = f"UPDATE {table} SET company_id = %s WHERE id = %s"
    refused(statement, theirs.pk, books[table].pk, by=DatabaseError)
    with undone(), without_guards():
        sql(statement, theirs.pk, books[table].pk)


def test_the_verifier_sees_the_trail_rewritten(books: dict) -> None:
    audit.record(actor=None, verb="y.happened")
    assert (audit_chain().rows, audit_chain().violations) == (2, 0)
    for change in ("verb = 'z'", "detail = '{\"a\": 1}'", "seq = 7", "hash = 'x'", "object_id = 'x'"):
        with undone(), without_guards():
            sql(f"UPDATE tenancy_auditevent SET {change} WHERE seq = 1")
            assert audit_chain().violations > 0, change
    for seq in (1, 2):
        with undone(), without_guards():
            sql("DELETE FROM tenancy_auditevent WHERE seq = %s", seq)
            assert audit_chain().violations > 0


def test_every_guard_that_the_models_ask_for_is_there() -> None:
    """Fails when a table was added or rebuilt (SQLite drops its triggers then) without a guards migration."""
    missing = guards.expected_names(apps, connection.vendor) - guards.installed_names(connection)
    assert not missing, f"add an NNNN_guards migration for: {sorted(missing)}"
    assert guards_in_place().violations == 0
    with undone(), without_guards():
        assert guards_in_place().violations == guards_in_place().rows > 50


@pytest.mark.skipif(not POSTGRESQL, reason="row-level security is PostgreSQL's")
class TestRowLevelSecurity:
    def test_every_company_table_has_its_policy_in_force(self) -> None:
        rows = sql(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, pg_get_expr(p.polqual, p.polrelid)"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relkind = 'r'"
        )
        state = {name: (forced, policy or "") for name, forced, policy in rows}
        for model in guards.company_models(apps):
            forced, policy = state[model._meta.db_table]
            if model in (Membership, Invitation):
                assert not forced
                continue
            assert forced, model
            assert "aldia.company" in policy, model

    def test_another_companys_rows_are_not_there(self, ours: Company, theirs: Company, books: dict) -> None:
        with company_scope(theirs.pk):
            make_customer(theirs, "Suyo", "SUY010203AB1")
        assert sql("SELECT legal_name FROM customers_customer") == [("Abarrotes La Güera",)]
        assert Customer.all_companies.count() == 1
        assert sql("UPDATE customers_customer SET notes = 'x' RETURNING legal_name") == [("Abarrotes La Güera",)]
        assert sql("DELETE FROM customers_customer WHERE legal_name = 'Suyo' RETURNING 1") == []
        with undone(), without_guards():
            assert len(sql("SELECT 1 FROM customers_customer")) == 2  # control

    def test_no_row_is_written_for_another_company(self, ours: Company, theirs: Company) -> None:
        Portfolio.all_companies.create(company_id=ours.pk, name="x")  # control
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Portfolio.all_companies.create(company_id=theirs.pk, name="x")

    def test_outside_a_company_nothing_is_seen(self, db: None) -> None:
        company = make_company()
        with company_scope(company.pk):
            make_customer(company)
        assert sql("SELECT 1 FROM customers_customer") == []
        assert sql("SELECT 1 FROM tenancy_company") == [(1,)]

    def test_the_people_of_companies_are_found_before_any_company_is(self, db: None) -> None:
        company = make_company()
        user = make_user("ana@example.com", company)
        assert Membership.all_companies.get(user=user).company_id == company.pk

    def test_the_company_is_forgotten_with_the_transaction(self, ours: Company) -> None:
        with transaction.atomic(), company_scope(ours.pk):
            assert sql("SELECT current_setting('aldia.company', true)") == [(str(ours.pk),)]


@pytest.mark.skipif(not POSTGRESQL, reason="roles are PostgreSQL's")
def test_a_role_above_the_rules_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    check_database_role()

    class Cursor:
        def __enter__(self) -> Cursor:
            return self

        def __exit__(self, *_: object) -> None: ...

        def execute(self, _sql: str) -> None: ...

        def fetchone(self) -> tuple[str, bool]:
            return "postgres", True

    monkeypatch.setattr(connection, "cursor", Cursor)
    with pytest.raises(RoleTooStrong, match="NOSUPERUSER NOBYPASSRLS"):
        check_database_role()


def test_audit_events_are_still_added(ours: Company) -> None:
    audit.record(actor=None, verb="a.b")
    assert AuditEvent.objects.count() == 1
