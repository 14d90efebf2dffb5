"""What the database itself refuses, whoever asks: the second wall behind the code.

- A row of a company refers only to rows of the same company, and never moves to another (triggers, both engines).
- What was recorded is not rewritten: journal, allocations, audit trail (triggers, both engines).
- A connection sees and writes only rows of the company announced in `aldia.company` (row-level security, PostgreSQL).

The SQL is made from the models of a migration's state, so that each app's `NNNN_guards` migration installs what its
tables need. On SQLite a later migration that alters a table rebuilds it *without its triggers*: such a migration must
be followed by another guards migration. `aldia verify` and a test compare what is there with `expected_names`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import models

GLOBAL_APPS = frozenset({"queue"})  # workers claim across companies
IDENTITY = frozenset({"tenancy_membership", "tenancy_invitation"})  # read to find out which company a person is in
IMMUTABLE = frozenset(
    {
        "authority_statuscheck",
        "collections_stepmove",
        "forecasts_cashforecast",
        "forecasts_forecastscore",
        "forecasts_modelrun",
        "forecasts_riskscore",
        "messaging_deliveryevent",
        "tenancy_auditevent",
        "receivables_journalentry",
        "receivables_journalline",
        "receivables_allocation",
        "receivables_duedatechange",
        "receivables_instalment",
    }
)
FROZEN = {  # columns that never change once the row is there
    "banking_bankmovement": (
        "account_id",
        "booked_on",
        "amount",
        "currency",
        "text",
        "balance",
        "trace_key",
        "bank_reference",
        "payer_name",
        "payer_tax_id",
        "payer_account",
        "raw",
        "dedupe_key",
        "feed_id",
    ),
    "banking_match": ("movement_id", "how", "key", "amount", "customer_id", "class_key", "applied_at"),
    "banking_matchdecision": ("movement_id", "outcome", "class_key", "hypothesis", "alternatives", "reasons", "payer"),
    "banking_matchline": ("match_id", "receivable_id", "known_id", "reason_id", "amount", "difference"),
    "banking_statementfile": ("file_id", "sha256"),
    "collections_activity": ("customer_id", "kind", "outcome", "at", "on", "note", "by_id"),
    "customers_handover": ("customer_id", "collector_id", "until"),
    "forecasts_invoiceforecast": (
        "run_id",
        "receivable_id",
        "as_of",
        "due_on",
        "balance",
        "expected_on",
        "quantiles",
        "late_permille",
        "unpaid_permille",
        "never_permille",
    ),
    "messaging_message": ("customer_id", "channel", "purpose", "key", "subject", "html", "text", "facts", "parameters"),
    "receivables_credit": ("amount", "currency", "customer_id"),
    "receivables_latefee": ("run_id", "rule_id", "receivable_id", "fee_id", "period_start", "interest", "fixed", "tax"),
    "receivables_paymentplan": ("receivable_id", "amount", "original_due_on"),
    "receivables_receivable": ("total", "currency", "customer_id", "kind"),
}
POLICY = "company_id = (SELECT NULLIF(current_setting('aldia.company', true), '')::uuid)"


@dataclass(frozen=True)
class Reference:
    """A column of a company's table that names a row of a company's table."""

    table: str
    column: str
    target: str


def company_models(apps: Any) -> list[type[models.Model]]:
    """The models of a registry whose rows belong to a company."""
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label not in GLOBAL_APPS and any(field.name == "company" for field in model._meta.fields)
    ]


def references(apps: Any) -> list[Reference]:
    """Every reference between companies' tables."""
    owned = {model._meta.label_lower for model in company_models(apps)}
    return [
        Reference(model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in company_models(apps)
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.label_lower in owned
    ]


def expected_names(apps: Any, vendor: str) -> set[str]:
    """The names of all guards that the models ask for."""
    return {guard.name for model in company_models(apps) for guard in guards_of(apps, model, vendor)}


def installed_names(connection: Any) -> set[str]:
    """The names of the guards that the database has (a policy counts only where it is in force)."""
    with connection.cursor() as cursor:
        cursor.execute(_INSTALLED[connection.vendor])
        return {f"{name}_{table}" if name == "aldia_rls" else name for name, table in cursor.fetchall()}


def install(apps: Any, schema_editor: Any, app_label: str | None = None) -> None:
    """Put the guards of an app's tables (of all apps) in place, replacing what is there."""
    for model in company_models(apps):
        if app_label in (None, model._meta.app_label):
            for guard in guards_of(apps, model, schema_editor.connection.vendor):
                schema_editor.execute(guard.drop)
                schema_editor.execute(guard.create)


def remove(apps: Any, schema_editor: Any, app_label: str | None = None) -> None:
    """Take the guards of an app's tables (of all apps) away."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks outstanding cannot be altered
    for model in company_models(apps):
        if app_label in (None, model._meta.app_label):
            for guard in guards_of(apps, model, schema_editor.connection.vendor):
                schema_editor.execute(guard.drop)


@contextmanager
def lifted(apps: Any, connection: Any) -> Iterator[None]:
    """Without guards while the block runs: for restoring a backup into empty tables, and for tests that sabotage."""
    with _editor(connection) as editor:
        remove(apps, editor)
    yield
    with _editor(connection) as editor:
        if connection.vendor == "postgresql":
            editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        install(apps, editor)


@dataclass(frozen=True)
class Guard:
    """One guard: its name, and the SQL that drops (if there) and creates it. No parameters in either."""

    name: str
    drop: str
    create: str


def guards_of(apps: Any, model: type[models.Model], vendor: str) -> list[Guard]:
    """The guards of one company table."""
    table = model._meta.db_table
    own = sorted((each for each in references(apps) if each.table == table), key=lambda each: each.column)
    found = [_stays_home(table, vendor)]
    if own:
        found += [_inside(table, own, vendor, "INSERT"), _inside(table, own, vendor, "UPDATE")]
    if table in IMMUTABLE:
        found += [_never(table, vendor, "UPDATE"), _never(table, vendor, "DELETE")]
    if table in FROZEN:
        found.append(_frozen(table, FROZEN[table], vendor))
    if vendor == "postgresql" and table not in IDENTITY:
        found.append(_row_level_security(table))
    return found


def _stays_home(table: str, vendor: str) -> Guard:
    changed = f"NEW.company_id {_differs(vendor)} OLD.company_id"
    sentence = f"{table}: una fila no cambia de empresa"
    return _trigger(f"aldia_home_{table}", table, "UPDATE OF company_id", changed, sentence, vendor)


def _inside(table: str, own: list[Reference], vendor: str, event: str) -> Guard:
    """Refuse a reference to a row that is not the company's. On UPDATE only the columns that change are looked up."""
    lookups = []
    for each in own:
        here = f"SELECT 1 FROM {each.target} o WHERE o.id = NEW.{each.column} AND o.company_id = NEW.company_id"  # noqa: S608
        lookup = f"NEW.{each.column} IS NOT NULL AND NOT EXISTS ({here})"
        if event == "UPDATE":
            lookup = f"NEW.{each.column} {_differs(vendor)} OLD.{each.column} AND {lookup}"
        lookups.append(f"({lookup})")
    columns = ", ".join(each.column for each in own)
    when = "INSERT" if event == "INSERT" else f"UPDATE OF {columns}"
    sentence = f"{table}: una referencia sale de la empresa"
    return _trigger(f"aldia_ref_{event[0].lower()}_{table}", table, when, " OR ".join(lookups), sentence, vendor)


def _never(table: str, vendor: str, event: str) -> Guard:
    sentence = f"{table}: lo asentado no se cambia ni se borra"
    return _trigger(f"aldia_keep_{event[0].lower()}_{table}", table, event, "", sentence, vendor)


def _frozen(table: str, columns: tuple[str, ...], vendor: str) -> Guard:
    changed = " OR ".join(f'NEW."{column}" {_differs(vendor)} OLD."{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    sentence = f"{table}: {', '.join(columns)} no cambian"
    return _trigger(f"aldia_frozen_{table}", table, f"UPDATE OF {names}", changed, sentence, vendor)


def _row_level_security(table: str) -> Guard:
    off = f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
    on = f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    return Guard(
        f"aldia_rls_{table}",
        f"{off}; DROP POLICY IF EXISTS aldia_rls ON {table}",
        f"{on}; CREATE POLICY aldia_rls ON {table} USING ({POLICY})",
    )


def _differs(vendor: str) -> str:
    return "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"


def _trigger(name: str, table: str, event: str, condition: str, sentence: str, vendor: str) -> Guard:
    """A trigger that refuses the row where the condition (empty: always) holds."""
    if vendor == "sqlite":
        when = f"WHEN {condition} " if condition else ""
        return Guard(
            name,
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        )
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'restrict_violation';"
    body = f"IF {condition} THEN {refuse} END IF;" if condition else refuse
    answer = "OLD" if event == "DELETE" else "NEW"
    return Guard(
        name,
        f"DROP TRIGGER IF EXISTS {name} ON {table}; DROP FUNCTION IF EXISTS {name}()",
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN {answer}; END $$; "
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


@contextmanager
def _editor(connection: Any) -> Iterator[Any]:
    """Something to run DDL with. Django's own schema editor for SQLite refuses to open inside a transaction."""
    if connection.vendor == "sqlite":
        yield _Plain(connection)
        return
    with connection.schema_editor() as editor:
        yield editor


class _Plain:
    """The part of a schema editor that guards use."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)


_INSTALLED = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'aldia%'",
    "postgresql": """
        SELECT tgname, '' FROM pg_trigger WHERE tgname LIKE 'aldia%' AND tgenabled = 'O'
        UNION ALL
        SELECT p.polname, c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'aldia_rls' AND c.relrowsecurity AND c.relforcerowsecurity
    """,
}
