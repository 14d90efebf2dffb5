"""A bank for stories: transfers come in, files are uploaded and reconciled by the real operations, people answer."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from aldia.banking.models import BankAccount, BankMovement, Match, StatementImport
from aldia.banking.operations import accepting
from aldia.banking.operations.accounts import Details, create_account
from aldia.banking.operations.deciding import Reconciled, reconcile
from aldia.banking.operations.statements import import_file, upload
from aldia.banking.plans import Line as PlanLine
from aldia.banking.plans import Plan
from aldia.customers.models import Customer
from aldia.demo.bank_files import Book, Line, banorte_sheet, ordered
from aldia.receivables.models import Receivable
from aldia.receivables.verify import run_checks
from tests.support.stage import Stage

OPENING = 100_000_00


@dataclass
class Bank:
    """An account of the stage's company. What moved on it stays told: files show parts of it, as banks do."""

    stage: Stage
    account: BankAccount
    told: list[Line] = field(default_factory=list)
    _serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, stage: Stage, name: str = "Banorte") -> Bank:
        stage._folio = 1_000  # folios as companies have them
        account = create_account(details=Details(name, "MXN", bank="Banorte", number="0123456789"), actor=stage.owner)
        return cls(stage, account)

    @property
    def now(self) -> datetime:
        return self.stage.at("12:00")

    def transfer(
        self, who: Customer | str, amount: int, on: date, concept: str = "PAGO", *, clabe: str = "", trace: str = ""
    ) -> Line:
        """Somebody pays; the bank says who."""
        name = who if isinstance(who, str) else who.legal_name
        serial = next(self._serial)
        line = Line(on, amount, name=name.upper(), clabe=clabe, concept=concept, reference=f"{serial:07d}",
                    trace=trace or f"{on:%Y%m%d}40072{serial:09d}")  # fmt: skip
        self.told.append(line)
        return line

    def moves(self, amount: int, on: date, words: str) -> Line:
        """A movement of which the bank says only words."""
        line = Line(on, amount, words)
        self.told.append(line)
        return line

    def gives_back(self, line: Line, on: date) -> Line:
        """The bank returns a transfer."""
        back = replace(line, on=on, amount=-line.amount, returned=True)
        self.told.append(back)
        return back

    def file(self, first: date, last: date) -> StatementImport:
        """The statement of some days, uploaded and imported."""
        rows = ordered(self.told)
        within = [line for line in rows if first <= line.on <= last]
        opening = OPENING + sum(line.amount for line in rows if line.on < first)
        stored = upload(
            data=banorte_sheet(Book("0123456789", opening, within)), name=f"{first:%d}-{last:%d}.csv",
            account_id=self.account.pk, today=self.stage.today, actor=self.stage.owner,
        )  # fmt: skip
        assert not stored.refusal
        return import_file(
            file_id=stored.pk, part=0, account_id=self.account.pk, is_confirmed=False, actor=self.stage.owner,
            now=self.now, today=self.stage.today,
        ).row  # fmt: skip

    def reconcile(self, *, full: bool = False) -> Reconciled:
        return reconcile(now=self.now, full=full)

    def comes(self, first: date, last: date) -> Reconciled:
        """A file arrives and is reconciled."""
        self.file(first, last)
        return self.reconcile()

    def movement(self, line: Line) -> BankMovement:
        (found,) = BankMovement.objects.filter(booked_on=line.on, amount=line.amount, trace_key=line.trace)
        return found

    def match(self, line: Line) -> Match:
        """The match that stands."""
        (found,) = Match.objects.filter(movement=self.movement(line), undone_at__isnull=True)
        return found

    def accept(self, line: Line, choice: int = 0) -> Match:
        match = accepting.accept(
            movement_id=self.movement(line).pk, choice=choice, key=uuid.uuid4().hex, actor=self.stage.owner,
            now=self.now,
        )  # fmt: skip
        return self._dated(match)

    def by_hand(self, line: Line, customer: Customer, *rows: tuple[Receivable, int], left: int = 0) -> Match:
        plan = Plan(customer.pk, tuple(PlanLine(row.pk, amount) for row, amount in rows), left=left)
        match = accepting.by_hand(
            movement_id=self.movement(line).pk, plan=plan, key=uuid.uuid4().hex, actor=self.stage.owner, now=self.now
        )
        return self._dated(match)

    def _dated(self, match: Match) -> Match:
        """The row was written on the day of the story, as documents of the stage are."""
        Match.objects.filter(pk=match.pk).update(created_at=self.now)
        return match

    def state(self, line: Line) -> str:
        return str(self.movement(line).state)


def owed(*rows: Receivable) -> list[int]:
    """What is left of each."""
    found = Receivable.objects.in_bulk([row.pk for row in rows])
    return [found[row.pk].balance for row in rows]


def assert_books_hold() -> None:
    assert [(check.name, check.violations) for check in run_checks() if check.violations] == []
