"""A provider for tests that says whatever it is told to say, and a stage on which customers pay through it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.db.models import Sum

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    OpenedAccount,
    PaymentState,
    ProviderFailure,
    ProviderUnknown,
    Refund,
    Seen,
)
from aldia.payments.models import PaymentAttempt, ProviderAccount
from aldia.payments.operations.attempts import start
from aldia.payments.operations.looking import refresh
from aldia.payments.tokens import payment_settings
from aldia.receivables.models import Allocation, Credit, JournalLine, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.verify import run_checks
from aldia.tenancy import verify as house
from aldia.tenancy.models import Company, User
from tests.cast import make_customer

NOON = time(18, 0)  # UTC: midday in Mexico City


@dataclass
class Bank:
    """What the provider knows, by its own ids; tests write it. `fails`: what the next calls raise."""

    payments: dict[str, Seen] = field(default_factory=dict)
    asked: dict[str, Offer] = field(default_factory=dict)
    opened: dict[str, OpenedAccount] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    arrived: list[tuple[datetime, str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    on_fetch: Callable[[str], None] | None = None

    def say(self, provider_id: str, state: PaymentState, **totals: Any) -> None:
        known = self.payments.get(provider_id) or Seen(provider_id, state, "MXN")
        self.payments[provider_id] = replace(known, state=state, **totals)

    def arrive(self, provider_id: str, amount: int, *, into: str = "", at: datetime | None = None, **more: Any) -> None:
        """A transfer that nobody asked for."""
        self.payments[provider_id] = Seen(
            provider_id, PaymentState.SUCCEEDED, more.pop("currency", "MXN"), received=amount, paid_into=into,
            method=more.pop("method", Method.SPEI), paid_at=at, **more,
        )  # fmt: skip
        if at is not None:
            self.arrived.append((at, provider_id))


class Pretend:
    """The adapter over a `Bank`."""

    name: ClassVar[str] = "pretend"
    label: ClassVar[str] = "De mentira"
    countries: ClassVar[frozenset[str]] = frozenset({"MX"})
    fields: ClassVar[tuple[Field, ...]] = (Field("secret", "Secreto", is_secret=True, required=False),)
    methods: ClassVar[tuple[Method, ...]] = (Method.CARD, Method.SPEI, Method.STORE)
    opens_accounts: ClassVar[bool] = True
    refunds: ClassVar[bool] = True
    has_notices: ClassVar[bool] = True
    help: ClassVar[str] = ""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def limits(self, method: Method, currency: str) -> Limits | None:
        if currency != "MXN":
            return None
        return Limits(10_00, 10_000_00) if method is Method.STORE else Limits(10_00)

    def ask(self, asked: Asked) -> Offer:
        self._call("ask")
        if asked.key not in self.bank.asked:
            own = asked.method is Method.SPEI and asked.collection_account
            provider_id = f"p-{asked.key}"
            self.bank.asked[asked.key] = Offer(
                provider_id, url="" if own else f"https://pagos.example/{asked.key}", value=asked.collection_account,
                kind=AccountKind.CLABE if own else None, expires_at=asked.expires_at,
            )  # fmt: skip
            self.bank.payments.setdefault(
                provider_id, Seen(provider_id, PaymentState.PENDING, asked.currency, key=asked.key, method=asked.method)
            )
        return self.bank.asked[asked.key]

    def fetch(self, provider_id: str) -> Seen:
        self._call("fetch")
        if provider_id not in self.bank.payments:
            raise ProviderFailure("not_found", "No existe.", permanent=True)
        found = self.bank.payments[provider_id]
        if self.bank.on_fetch is not None:
            self.bank.on_fetch(provider_id)
        return found

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        self._call("received")
        return [self.bank.payments[each] for at, each in self.bank.arrived if since <= at < until]

    def cancel(self, provider_id: str) -> Seen:
        self._call("cancel")
        if not self.bank.payments[provider_id].received:
            self.bank.say(provider_id, PaymentState.EXPIRED)
        return self.bank.payments[provider_id]

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        self._call("refund")
        if key not in self.bank.refunds:
            self.bank.refunds[key] = amount
            before = self.bank.payments[provider_id]
            self.bank.say(provider_id, PaymentState.REFUNDED, refunded=before.refunded + amount)
        return Refund(key, amount)

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        self._call("open_account")
        if asked.key not in self.bank.opened:
            value = f"64618{asked.sequence:013}"
            self.bank.opened[asked.key] = OpenedAccount(AccountKind.CLABE, value, asked.key, "STP", "Tres Ríos")
        return self.bank.opened[asked.key]

    def check(self) -> str:
        self._call("check")
        return "La llave sirve."

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        raise NotImplementedError

    def answer(self, notices: list[Notice]) -> tuple[int, str]:
        return 200, "{}"

    def _call(self, name: str) -> None:
        self.bank.calls.append(name)
        if self.bank.fails:
            raise self.bank.fails.pop(0)


@dataclass
class Till:
    """A company, an account at the provider, a customer that pays, and the day. Minor units of MXN."""

    company: Company
    owner: User
    account: ProviderAccount
    customer: Customer
    bank: Bank
    today: date = date(2026, 9, 14)
    _folio: int = 0

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, NOON, tzinfo=UTC)

    def passes(self, **span: int) -> None:
        self.today += timedelta(**span)

    def other(self, name: str = "Ferretería El Tornillo", **fields: Any) -> Customer:
        return make_customer(self.company, name, f"FTO{Customer.objects.count():06}AB1", **fields)

    def owes(
        self, total: int, due_in: int = 0, *, customer: Customer | None = None, currency: str = "MXN"
    ) -> Receivable:
        self._folio += 1
        return open_charge(
            customer_id=(customer or self.customer).pk, kind="charge_note", total=Money(total, currency),
            issued_on=self.today - timedelta(days=30), due_on=self.today + timedelta(days=due_in),
            concept=f"Pedido {self._folio}", key=uuid.uuid4(), actor=None, number=f"F-{self._folio}",
        )  # fmt: skip

    def begins(
        self, amount: int, chosen: dict[Receivable, int] | None = None, *, method: str = "card", **more: Any
    ) -> PaymentAttempt:
        values: dict[str, Any] = {
            "customer_id": self.customer.pk, "account_id": self.account.pk, "method": method,
            "amount": Money(amount, "MXN"), "chosen": {row.pk: part for row, part in (chosen or {}).items()},
            "key": uuid.uuid4(), "return_url": "https://aldia.example/l/x/", "base_url": "https://aldia.example",
            "now": self.now, **more,
        }  # fmt: skip
        return start(**values)

    def becomes(self, attempt: PaymentAttempt, state: PaymentState, **totals: Any) -> PaymentAttempt:
        """The provider has it so, and we look."""
        self.bank.say(attempt.provider_id, state, **totals)
        return refresh(attempt_id=attempt.pk, now=self.now)

    def pays(self, amount: int, chosen: dict[Receivable, int] | None = None, **more: Any) -> PaymentAttempt:
        attempt = self.begins(amount, chosen, **more)
        return self.becomes(attempt, PaymentState.SUCCEEDED, received=amount)

    @staticmethod
    def owed(*rows: Receivable) -> list[int]:
        return [Receivable.objects.get(pk=row.pk).balance for row in rows]

    @staticmethod
    def credits() -> list[tuple[int, int]]:
        """Amount and what is left of each live credit."""
        rows = Credit.objects.filter(reversed_on__isnull=True).order_by("amount", "id")
        return list(rows.values_list("amount", "remaining"))

    def settings(self, **values: Any) -> None:
        row = payment_settings()
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def accounts() -> dict[str, int]:
    """The balance of each account of the ledger, by role."""
    rows = JournalLine.objects.values("account__role").annotate(total=Sum("amount")).order_by("account__role")
    return {row["account__role"]: row["total"] for row in rows if row["total"]}


def ledger_hash() -> str:
    """What the books come to: balances of accounts, of documents and of live credits (not how they came there)."""
    owed = sorted(Receivable.objects.values_list("number", "balance"))
    live = Credit.objects.filter(reversed_on__isnull=True).values_list("amount", "remaining", "currency")
    paid = Allocation.objects.values("receivable__number", "credit__customer__legal_name").annotate(total=Sum("amount"))
    applied = sorted(tuple(row.values()) for row in paid if row["total"])
    facts = (accounts(), owed, sorted(live), applied)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def broken() -> list[str]:
    """The names of the invariants that do not hold (what `aldia verify` would say of the company in scope)."""
    return [each.name for each in [*run_checks(), *house.company_checks()] if each.violations]


__all__ = [
    "Bank", "Pretend", "ProviderFailure", "ProviderUnknown", "Till", "accounts", "broken", "ledger_hash",
]  # fmt: skip
