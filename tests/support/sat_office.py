"""An office connected with a SAT on this machine: one company, its e.firma, a clock that moves only when told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from aldia.authority.models import AuthorityConnection, SyncRequest, SyncRun, Trigger
from aldia.authority.operations import runs
from aldia.authority.operations.connections import connect
from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Credentials, Holder, make_credentials
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from tests.fixtures.cfdi.builder import ISSUER, RECEIVER, uid
from tests.support.fake_sat import FakeSat, serving

START = datetime(2026, 5, 20, 15, tzinfo=UTC)  # nine in the morning in Mexico City
ZONE = ZoneInfo("America/Mexico_City")
PASSWORD = DEMO_PASSWORD.decode()


@cache
def credentials(rfc: str = ISSUER[0], name: str = ISSUER[1]) -> Credentials:
    """A family of certificates, made once a run."""
    return make_credentials(company=Holder(rfc, name), valid_from=date(2026, 1, 1))


@dataclass
class Office:
    """Steps are taken by SAT's clock; what a step stores is imported at once, as the job would."""

    company: Company
    owner: User
    sat: FakeSat
    connection: AuthorityConnection
    customer: Customer
    taken: list[IngestBatch] = field(default_factory=list)

    def now(self) -> datetime:
        return self.sat.now

    @property
    def today(self) -> date:
        return self.sat.now.astimezone(ZONE).date()

    def take_in(self, batch: IngestBatch) -> None:
        self.taken.append(batch)
        run_batch(batch_id=batch.pk, now=self.now, today=self.today)

    def start(self, trigger: str = Trigger.ASKED) -> SyncRun:
        self.connection.refresh_from_db()
        return runs.start(connection=self.connection, trigger=trigger, now=self.sat.now, asked_by=self.owner)

    def step(self, **passes: float) -> int:
        """One step now, and then some time passes."""
        moved = runs.step(now=self.now, today=self.today, take_in=self.take_in)
        self.sat.passes(**passes or {"minutes": 1})
        return moved

    def finish(self, run: SyncRun, *, most: int = 400, **passes: float) -> SyncRun:
        """Steps until the run is over."""
        for _turn in range(most):
            self.step(**passes)
            run.refresh_from_db()
            if run.state != "running":
                return run
        states = list(SyncRequest.objects.filter(run=run).values_list("kind", "direction", "state", "code", "message"))
        raise AssertionError(f"the run never ends: {states}")

    def sync(self, **passes: float) -> SyncRun:
        return self.finish(self.start(), **passes)

    def document(self, name: str) -> FiscalDocument:
        return FiscalDocument.objects.get(key=uid(name))

    def receivable(self, name: str) -> Receivable:
        return Receivable.objects.get(key=uid(name))

    def requests(self, **filters: Any) -> list[SyncRequest]:
        return list(SyncRequest.objects.filter(**filters).order_by("id"))


@contextlib.contextmanager
def open_office(*, since: date | None = None, **behaviour: Any) -> Iterator[Office]:
    """The office of the tests' issuer, with the customer of their documents switched on."""
    family = credentials()
    with serving(FakeSat(START, **behaviour)) as sat:
        sat.trust(family)
        company = make_company(name=ISSUER[1], tax_id=ISSUER[0])
        owner = make_user("tesoreria@norte.example", company)
        with company_scope(company.pk):
            connection = connect(
                cer=family.efirma.cer, key=family.efirma.encrypted_key(), password=PASSWORD, now=sat.now,
                since=since or date(2026, 3, 1), settings=sat.settings, actor=owner,
            )  # fmt: skip
            customer = make_customer(company, RECEIVER[1], RECEIVER[0])
            yield Office(company, owner, sat, connection, customer)
