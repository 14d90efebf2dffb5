"""Half a million receivables in one company, written set-based by the database itself: seconds, not hours.

Four in five rows of `receivables` are open (one in ten of them partly paid), the rest is paid, a few are voided; each
payment has its credit and its allocation, so that what was owed on past days can be computed. Journal entries are left
out: nothing measured here reads them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection

from aldia.customers.models import Customer, Portfolio
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction

TODAY = date(2026, 11, 21)
CUSTOMERS = 5_000
CLOSED_SHARE = 4  # one closed receivable for so many open ones


def load(size: int) -> tuple[Company, float]:
    """Make a company with `size` open receivables; return it and the seconds it took."""
    return _load(Shape(size, size + size // CLOSED_SHARE, min(CUSTOMERS, max(1, size // 100))))


def load_years(total: int) -> tuple[Company, float]:
    """Make a company with three years of receivables, one in ten of them open; return it and the seconds it took."""
    return _load(Shape(total // 10, total, min(2 * CUSTOMERS, max(1, total // 50)), years=True))


@dataclass(frozen=True, slots=True)
class Shape:
    """`years`: the paid ones were issued over three years and paid around their due day, as in a company that lives."""

    open: int
    total: int
    people: int
    years: bool = False


def _load(shape: Shape) -> tuple[Company, float]:
    start = time.perf_counter()
    company = Company.objects.create(slug=f"bench-{uuid7().hex}", legal_name="Banco de pruebas", tax_id="BPR010203AB1")
    with company_scope(company.pk):
        with transaction():
            _customers(company, shape.people)
            _rows(company, shape)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return company, time.perf_counter() - start


def _customers(company: Company, count: int) -> None:
    folders = [Portfolio(company=company, name=f"Cartera {n}") for n in range(20)]
    Portfolio.objects.bulk_create(folders)
    Customer.objects.bulk_create(
        [
            Customer(
                company=company,
                tax_id=f"AAA{n:06d}AA{n % 10}",
                legal_name=f"Cliente {n * 7919 % count:05d}, S.A. de C.V.",
                collecting=n % 50 != 0,
                portfolio=folders[n % 20],
                search=f"cliente {n * 7919 % count:05d} sa de cv aaa{n:06d}aa{n % 10}",
            )
            for n in range(count)
        ],
        batch_size=500,
    )


def _rows(company: Company, shape: Shape) -> None:
    """Receivables, then a credit and an allocation for each that something was paid of."""
    day, key = _dialect()
    values = {"company": _plain(company.pk), "total": shape.total, "open": shape.open, "people": shape.people}
    is_closed, is_void = "n > %(open)s", "n %% 200 = 0 AND n > %(open)s"
    amount = "(n * 7919 %% 900000 + 1000) * 10"
    left = f"CASE WHEN {is_closed} THEN 0 WHEN n %% 10 = 0 THEN {amount} / 2 ELSE {amount} END"
    paid = f"CASE WHEN {is_closed} THEN {amount} ELSE {amount} / 2 END"
    pays = f"NOT ({is_void}) AND ({is_closed} OR n %% 10 = 0)"
    issued = day("(n * 31 %% 360 + CASE WHEN n > %(open)s THEN 60 ELSE 1 END)")
    due = day("(n * 31 %% 360 - 29 + CASE WHEN n > %(open)s THEN 60 ELSE 1 END)")
    received = day("(n * 17 %% 55)")
    if shape.years:  # how many days ago: issued up to three years, due 30 days later, paid 15 early to 29 late
        ago = f"CASE WHEN {is_closed} THEN n * 31 %% 1080 + 60 ELSE n * 31 %% 150 + 1 END"
        issued, due = day(f"({ago})"), day(f"({ago} - 30)")
        received = day(f"(CASE WHEN {is_closed} THEN n * 31 %% 1080 + 45 - n * 17 %% 45 ELSE n * 31 %% 150 / 2 END)")
    counted = "SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < %(total)s"
    numbers = f"WITH RECURSIVE numbers(n) AS ({counted}) "
    joined = "FROM numbers JOIN bench_people people ON people.place = n * 13 %% %(people)s"
    _run(f"CREATE TEMPORARY TABLE bench_people (place bigint PRIMARY KEY, id {_key_type()})", None)
    _run(
        "INSERT INTO bench_people SELECT row_number() OVER (ORDER BY id) - 1, id FROM customers_customer "
        "WHERE company_id = %(company)s",
        values,
    )
    _run(
        f"""INSERT INTO receivables_receivable (id, company_id, customer_id, kind, key, number, purchase_order, concept,
            currency, total, balance, issued_on, due_on, method, no_presumption, voided_on, void_code, void_reason,
            pause_reason) {numbers}
            SELECT {key("a")}, %(company)s, people.id, 'charge_note', '', 'F-' || n, '', '',
            CASE WHEN n %% 20 = 0 THEN 'USD' ELSE 'MXN' END, {amount}, {left}, {issued}, {due}, 'PPD', FALSE,
            CASE WHEN {is_void} THEN {received} END, '', '', '' {joined}""",
        values,
    )
    _run(
        f"""INSERT INTO receivables_credit (id, company_id, customer_id, kind, source, external_key, currency, amount,
            remaining, held, review, received_on, method, reference, note, hands_off, is_distinct, reverse_reason)
            {numbers} SELECT {key("b")}, %(company)s, people.id, 'payment', 'person', 'k' || n,
            CASE WHEN n %% 20 = 0 THEN 'USD' ELSE 'MXN' END, {paid}, 0, 0, '', {received}, 'transfer', 'SPEI ' || n, '',
            FALSE, FALSE, '' {joined} WHERE {pays}""",
        values,
    )
    _run(
        f"""INSERT INTO receivables_allocation (id, company_id, credit_id, receivable_id, amount, credit_amount, "on",
            rule) {numbers} SELECT {key("c")}, %(company)s, {key("b")}, {key("a")}, {paid}, {paid}, {received}, 'named'
            {joined} WHERE {pays}""",
        values,
    )


def _dialect():  # type: ignore[no-untyped-def]
    """How each engine writes «so many days before today» and a key made of a letter and a number."""
    today = TODAY.isoformat()
    if connection.vendor == "postgresql":
        return (
            lambda days: f"(DATE '{today}' - ({days})::int)",
            lambda letter: f"('{letter}' || lpad(to_hex(n), 31, '0'))::uuid",
        )
    return (
        lambda days: f"date('{today}', (-({days})) || ' days')",
        lambda letter: f"'{letter}' || printf('%%031x', n)",
    )


def _key_type() -> str:
    return "uuid" if connection.vendor == "postgresql" else "char(32)"


def _run(sql: str, values: dict[str, object] | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _plain(company_id: object) -> object:
    return company_id if connection.vendor == "postgresql" else company_id.hex  # type: ignore[attr-defined]


Figures = dict[str, object]


def measure(figures: Figures, name: str, act: Callable[[], object], rounds: int = 5) -> None:
    """Put the best of some rounds into the figures: milliseconds of wall, and of CPU (this process and its server's).

    The best, because a shared machine only ever makes figures worse; CPU, because it tells what the wall hides there.
    """
    walls, cpus = [], []
    for _round in range(rounds):
        wall, cpu = time.perf_counter(), _cpu_seconds()
        act()
        cpus.append((_cpu_seconds() - cpu) * 1000)
        walls.append((time.perf_counter() - wall) * 1000)
    figures[f"{name}_ms"] = round(min(walls), 1)
    figures[f"{name}_cpu_ms"] = round(min(cpus), 1)


def _cpu_seconds() -> float:
    """CPU of this process, and of its PostgreSQL backend where that runs on this machine (in hundredths)."""
    server = 0.0
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
        if stat.exists():
            spent = stat.read_text().rpartition(")")[2].split()[11:13]
            server = sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + server
