"""One new movement decided from the database: against half a million open receivables of fifty thousand customers.

The world is the one of `benchmarks.reconcile` (profile `duro`), written to the tables; some hundred movements wait in
the queue already. Measured one by one: what the engine needs to decide a movement from a cold index (its questions to
the database, the neighbours in the queue), and the whole round that also finds what changed and writes the decision.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from django.db import connection

from aldia.banking.batching import weigh
from aldia.banking.models import BankAccount, BankMovement, MatchingSettings, PayerAlias, StatementImport
from aldia.banking.names import sync_names
from aldia.banking.operations.deciding import reconcile
from aldia.banking.operations.preferences import own_matching_settings
from aldia.customers.models import Customer
from aldia.domain.folios import split_number, uuid_start
from aldia.domain.matching import Settings, Trust
from aldia.domain.statements.model import Movement
from aldia.domain.statements.movements import with_evidence
from aldia.receivables.models import Receivable
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction
from benchmarks._books import _cpu_seconds
from benchmarks._reconcile_month import BANKS
from benchmarks._reconcile_payments import make_world
from benchmarks.reconcile_world import PROFILES, World

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
QUEUED, DECIDED, ROUNDS = 300, 600, 40
GATE_MS = 10.0
BATCH = 5_000
Figures = dict[str, object]


def run(size: int = 500_000) -> Figures:
    """Milliseconds to decide one movement against `size` open receivables, on the engine of DATABASE_URL."""
    started = time.perf_counter()
    world = make_world(PROFILES["duro"], QUEUED + DECIDED + ROUNDS, size, seed=901)
    slug = f"bench-{uuid7().hex}"
    company = Company.objects.create(slug=slug, legal_name="Banco de pruebas", tax_id="BPR010203AB1")
    with company_scope(company.pk):
        movements = _Loading(company, world).run()
        figures: Figures = {"engine": connection.vendor, "load_seconds": round(time.perf_counter() - started, 1)}
        figures["open_receivables"] = Receivable.objects.filter(balance__gt=0).count()
        figures["customers"] = len(world.customers)
        del world
        begun = time.perf_counter()
        sync_names(now=NOW)
        figures["names_seconds"] = round(time.perf_counter() - begun, 1)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        _measure(figures, movements)
    return figures


def _measure(figures: Figures, movements: Sequence[uuid.UUID]) -> None:
    """First a queue is made (in shadow, so that it stays one), then movements are timed one by one."""
    own_matching_settings()
    MatchingSettings.objects.update(mode="shadow")
    reconcile(movement_ids=movements[:QUEUED], now=NOW)
    figures["queue"] = BankMovement.objects.filter(decided_at__isnull=False).count()
    settings, trust = Settings(mode="shadow"), Trust()
    fresh = movements[QUEUED : QUEUED + DECIDED]
    weigh(fresh[:20], settings=settings, trust=trust)  # the caches of the process and of the engine
    total = _cpu_seconds()
    _percentiles(figures, "decide", list(_timed(fresh, lambda each: weigh([each], settings=settings, trust=trust))))
    figures["decide_cpu_mean_with_server_ms"] = round((_cpu_seconds() - total) * 1000 / len(fresh), 2)
    last = movements[QUEUED + DECIDED :]
    _percentiles(figures, "round", list(_timed(last, lambda each: reconcile(movement_ids=[each], now=NOW))))
    figures["gate"] = f"p95 <= {GATE_MS} ms"


def holds(figures: Figures) -> bool:
    """Whether the promise is kept: of the wall, or of CPU where others use the machine."""
    return min(float(str(figures["decide_p95_ms"])), float(str(figures["decide_cpu_p95_ms"]))) <= GATE_MS


def _timed(movements: Sequence[uuid.UUID], act) -> Iterator[tuple[float, float]]:  # type: ignore[no-untyped-def]
    for each in movements:
        wall, cpu = time.perf_counter(), time.process_time()
        act(each)
        yield (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _percentiles(figures: Figures, name: str, timed: Sequence[tuple[float, float]]) -> None:
    for place, kind in ((0, ""), (1, "_cpu")):
        values = sorted(each[place] for each in timed)
        for percent in (50, 95, 99):
            figures[f"{name}{kind}_p{percent}_ms"] = round(
                values[min(len(values) - 1, len(values) * percent // 100)], 2
            )


class _Loading:
    """The world, written to the tables."""

    def __init__(self, company: Company, world: World) -> None:
        self.company, self.world = company, world
        self.customers = {key: uuid7() for key in world.customers}

    def run(self) -> list[uuid.UUID]:
        with transaction():
            self._customers()
            for rows in _batches(self._receivables()):
                insert_rows(rows)
            insert_rows(
                [
                    PayerAlias(
                        id=uuid7(), company_id=self.company.pk, kind=kind, value=value,
                        customer_id=self.customers[customer], confirmed=3, confirmed_on=NOW.date(),
                    )
                    for kind, value, customer in self.world.known_payers
                ]
            )  # fmt: skip
            rows = list(self._movements())
            insert_rows(rows)
        return [row.pk for row in rows]

    def _customers(self) -> None:
        rows = [
            Customer(
                id=self.customers[each.key], company_id=self.company.pk, tax_id=each.tax_id, identity=each.key,
                legal_name=each.name, collecting=True,
            )
            for each in self.world.customers.values()
        ]  # fmt: skip
        for part in _batches(iter(rows)):
            insert_rows(part)

    def _receivables(self) -> Iterator[Receivable]:
        for bill in self.world.bills.values():
            number = f"{bill.series}-{bill.folio}" if bill.series else bill.folio
            series, folio = split_number(number)
            yield Receivable(
                id=uuid7(), company_id=self.company.pk, customer_id=self.customers[bill.customer], kind="invoice",
                key=bill.uuid, number=number, series=series, folio=folio, uuid_start=uuid_start(bill.uuid),
                purchase_order=bill.order, currency=bill.currency, total=bill.total, balance=bill.total,
                issued_on=bill.issued_on, due_on=bill.due_on,
            )  # fmt: skip

    def _movements(self) -> Iterator[BankMovement]:
        account = BankAccount.objects.create(company=self.company, name="Banco", currency="MXN")
        statement = StatementImport.objects.create(
            company=self.company, account=account, source="file", imported_at=NOW
        )
        for n, line in enumerate(self.world.lines):
            plain = Movement(n, line.booked_on, line.amount, "MXN", line.text, "", seq=n + 1)
            read = with_evidence(plain, BANKS.get(line.channel, ""), "MX")
            yield BankMovement(
                id=uuid7(), company_id=self.company.pk, account=account, statement=statement, line=n, seq=n + 1,
                booked_on=line.booked_on, amount=line.amount, currency="MXN", text=line.text, concept=read.concept,
                bank_reference=read.bank_reference[:120], trace_key=read.trace_key, payer_name=read.payer_name[:300],
                payer_tax_id=read.payer_tax_id, payer_account=read.payer_account, kind=read.kind,
                collection_account=line.collection, dedupe_key=str(n),
                evidence=[
                    {"kind": each.kind, "value": each.value, "start": each.start, "end": each.end}
                    for each in read.evidence
                ],
            )  # fmt: skip


def _batches(rows: Iterator[Receivable] | Iterator[Customer]) -> Iterator[list[object]]:
    part: list[object] = []
    for row in rows:
        part.append(row)
        if len(part) == BATCH:
            yield part
            part = []
    if part:
        yield part
