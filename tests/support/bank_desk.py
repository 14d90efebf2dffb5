"""A company at its desk with the bank's movements in front of it: accounts, what is owed, and what the engine said.

Decisions are written as deciding leaves them, so that pages are tried with every kind of proposal at will.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from aldia.banking.encoding import hypothesis_json, payer_json, reason_json
from aldia.banking.models import AdjustmentReason, BankAccount, BankMovement, MatchDecision, StatementImport
from aldia.banking.operations.adjusting import save_reason
from aldia.banking.standing import standing_of
from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.domain.matching import Allocation, Decision, Hypothesis, Outcome, Payer, Reason
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import Company, Role, User
from tests.cast import make_customer, make_user

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/Mexico_City")).date()


def signed_in(company: Company, email: str, role: str = Role.OWNER) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user(email, company, role), backend=BACKEND)
    return client


@dataclass
class BankDesk:
    """The company, its owner at a browser, one account, one customer."""

    company: Company
    owner: User
    client: Client
    account: BankAccount
    statement: StatementImport
    customer: Customer
    folio: int = 100
    lines: int = 0
    said: dict[str, Any] = field(default_factory=dict)

    def owes(self, total: int, customer: Customer | None = None, days: int = 10, currency: str = "MXN") -> Receivable:
        self.folio += 1
        return open_charge(
            customer_id=(customer or self.customer).pk, kind="charge_note", total=Money(total, currency),
            issued_on=TODAY - timedelta(days=20), due_on=TODAY + timedelta(days=days), concept="Pedido",
            key=uuid.uuid4(), actor=self.owner, number=f"FAC-{self.folio}",
        )  # fmt: skip

    def another(self, name: str, tax_id: str) -> Customer:
        return make_customer(self.company, name, tax_id, search=fold(f"{name} {tax_id}"))

    def moved(
        self, amount: int, text: str = "SPEI RECIBIDO DE ABARROTES LA GUERA", on: date | None = None, **more: Any
    ) -> BankMovement:
        """A line of the bank, not decided yet."""
        self.lines += 1
        fields: dict[str, Any] = {
            "currency": "MXN", "text": text, "text_key": fold(text), "line": self.lines, "seq": self.lines,
            "dedupe_key": uuid.uuid4().hex, "account": self.account, "statement": self.statement,
            "booked_on": on or TODAY - timedelta(days=1), "amount": amount,
        }  # fmt: skip
        return BankMovement.objects.create(company=self.company, **(fields | more))

    def decided(
        self,
        row: BankMovement,
        *choices: Hypothesis,
        outcome: Outcome = Outcome.PROPOSE,
        reasons: Sequence[Reason] = (),
        payer: Payer | None = None,
    ) -> BankMovement:
        """What the engine said of it: the first choice is the proposal."""
        best = choices[0] if choices else None
        who = payer or Payer(best.customer if best else "", 4 if best else 0)
        decision = Decision(str(row.pk), outcome, best, tuple(reasons), tuple(choices[1:]), who)
        certainty, why = standing_of(decision)
        kept = MatchDecision.objects.create(
            company=self.company, movement=row, outcome=outcome, class_key=best.class_key if best else "",
            customer_id=best.customer if best else None, hypothesis=hypothesis_json(best) if best else None,
            alternatives=[hypothesis_json(each) for each in choices[1:]],
            reasons=[reason_json(each) for each in reasons], payer=payer_json(who), decided_at=NOW,
            trust={"state": "shadow", "right": 0, "wrong": 0, "bound_ppm": 1_000_000},
        )  # fmt: skip
        row.outcome, row.certainty, row.why, row.decision_id = outcome, certainty, why, kept.pk
        row.class_key, row.decided_at, row.payer_id = kept.class_key, NOW, kept.customer_id
        row.version += 1
        row.save()
        return row

    def proposed(self, *rows: Receivable, on: date | None = None, **more: Any) -> BankMovement:
        """A deposit of exactly what these owe, cited, with nothing against it (`vetoes` says otherwise)."""
        total = sum(row.balance for row in rows)
        text = f"SPEI RECIBIDO DE {rows[0].customer} PAGO {' '.join(row.number for row in rows)}"
        best = pays(*rows, **more)
        reasons = [Reason("sum_exact", "%(documents)s suma exacto.", {"documents": rows[0].number})]
        moved = self.moved(total, text.upper(), on, payer_name=str(rows[0].customer))
        return self.decided(moved, best, reasons=[*reasons, SHADOW] if not best.vetoes else [*reasons, TWICE])

    def reason(self, name: str = "Comisiones bancarias", direction: str = "both") -> AdjustmentReason:
        self.folio += 1
        code = f"701-{self.folio}"
        return save_reason(name=name, code=code, account_name=name, direction=direction, actor=self.owner)

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        answer = self.client.get(path, headers=headers or None)
        assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[:1500])
        return str(answer.content.decode())

    def post(self, path: str, status: int = 302, fetch: bool = False, **data: Any) -> Any:
        answer = self.client.post(path, data, headers={"X-Requested-With": "fetch"} if fetch else None)
        assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[:1500])
        return answer


SHADOW = Reason("shadow", "Casos así todavía se proponen.", {})
TWICE = Reason("twin", "Hay otro pago igual.", {})


def pays(
    *rows: Receivable, family: str = "exact", support: str = "series", left: int = 0, vetoes: Sequence[str] = ()
) -> Hypothesis:
    """Each document whole."""
    allocations = tuple(Allocation(str(row.pk), row.balance) for row in rows)
    return Hypothesis(
        str(rows[0].customer_id), family, allocations, support, left, 0, 90, f"{family}|folio|known|-", tuple(vetoes)
    )  # fmt: skip


def advance(customer: Customer, amount: int) -> Hypothesis:
    """All of it in favour of the customer."""
    return Hypothesis(str(customer.pk), "advance", (), left=amount, class_key="advance", vetoes=("advance",))


def make_desk(company: Company) -> BankDesk:
    """The desk of a company that is in scope."""
    client = signed_in(company, "ana@ejemplo.mx")
    owner = User.objects.get(email="ana@ejemplo.mx")
    account = BankAccount.objects.create(
        company=company, name="BBVA Pesos", bank="bbva", number="012180001234567895", currency="MXN"
    )  # fmt: skip
    statement = StatementImport.objects.create(company=company, account=account, source="push", imported_at=NOW)
    customer = make_customer(company, search=fold("Abarrotes La Güera ALG010203AB2"))
    return BankDesk(company, owner, client, account, statement, customer)
