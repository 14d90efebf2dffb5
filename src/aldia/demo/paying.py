"""Customers of the demo that pay by link and by CLABE, at the built-in test provider: every end a payment can come to.

Nothing is written past the operations: links are made, payments begun, the test provider made to act, and its signed
notices go through the same inbox as anybody's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments import addresses
from aldia.payments.models import LinkPolicy, PaymentAttempt, PaymentLink, ProviderAccount
from aldia.payments.operations.attempts import start
from aldia.payments.operations.collecting import ask_providers, open_for
from aldia.payments.operations.links import NewLink, create_link, revoke_link
from aldia.payments.operations.orders import create_order
from aldia.payments.operations.passes import issue_pass
from aldia.payments.operations.preferences import update_payment_settings
from aldia.payments.operations.provider_accounts import Details, create_account, make_issuer
from aldia.payments.operations.sandbox import Wish, act, deliver, simulate_transfer
from aldia.payments.providers import SANDBOX
from aldia.payments.queries.collecting import accounts_of
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charge_rules import (
    DiscountDetails,
    LateDetails,
    Whom,
    save_discount,
    save_late_rule,
)
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope, current_company_id

SHARE = 60  # customers with a CLABE of their own
PART = 1_500_00
STORE = 2_000_00  # what a store takes at once, and the documents of this demo come to


def open_till(customers: list[Customer], owner: User, *, now: datetime) -> ProviderAccount:
    """The test provider with every method on, and a CLABE for most customers. Before reminders, which carry both."""
    account = create_account(provider=SANDBOX, details=Details(name="Proveedor de prueba", is_live=False), actor=owner)
    account = make_issuer(account_id=account.pk, version=account.version, actor=owner)
    update_payment_settings(changes={"accounts_for_all": True}, actor=owner)
    open_for(customer_ids=[row.pk for row in customers[:SHARE]], account_id=account.pk, actor=owner, now=now)
    while ask_providers(now=now):
        pass
    return account


def pay(account: ProviderAccount, owner: User, *, now: datetime) -> None:
    """What customers did with their links in the last days."""
    till = _Till(account, owner, Company.objects.get(pk=current_company_id()), now)
    rows = _to_pay()
    for story in (_paid, _in_part, _too_much, _in_store, _given_back, _contested, _rejected, _expired, _begun, _twice):
        if (row := next(rows, None)) is not None:
            story(till, row)
    _by_clabe(till, rows)
    _links_of_every_kind(till, rows)


def draft_rules(owner: User) -> None:
    """Late fees and a discount that somebody wrote down and nobody switched on yet: there to be simulated."""
    late = LateDetails(rate=Decimal(2), grace_days=5, cap_percent=Decimal(10), minimum=50_00)
    save_late_rule(whom=Whom("Mora del 2 % mensual"), details=late, actor=owner)
    early = DiscountDetails(tiers=((10, Decimal(2)), (20, Decimal(1))))
    save_discount(whom=Whom("Pronto pago: 2 % a 10 días"), details=early, actor=owner)


def portal_address(company: Company, *, now: datetime) -> str:
    """Where a customer of the demo that owes sees its statement; the same link while it lives."""
    with company_scope(company.pk):
        row = Receivable.objects.filter(balance__gt=0, customer__generic=False).order_by("customer_id", "id").first()
        if row is None:
            return ""
        _pass, token = issue_pass(customer_id=row.customer_id, now=now)
        return addresses.portal_url(company, token)


@dataclass(frozen=True, slots=True)
class _Till:
    account: ProviderAccount
    owner: User
    company: Company
    now: datetime

    def link(self, row: Receivable, *, days: int = 3, policy: str = LinkPolicy.PARTIAL, lasts: int = 30) -> NewLink:
        """A link over one document, made some days ago."""
        made = self.now - timedelta(days=days)
        return create_link(
            customer_id=row.customer_id, receivable_ids=[row.pk], policy=policy, currency=row.currency, now=made,
            expires_at=made + timedelta(days=lasts), actor=self.owner, key=uuid.uuid5(row.pk, f"link:{days}:{lasts}"),
        )  # fmt: skip

    def begin(self, row: Receivable, amount: int, *, method: str = "card", days: int = 2, n: int = 0) -> PaymentAttempt:
        """A payment through the document's link."""
        made = self.link(row)
        return start(
            customer_id=row.customer_id, link_id=made.link.pk, account_id=self.account.pk, method=method,
            amount=Money(amount, row.currency), chosen={row.pk: min(amount, row.balance)},
            key=uuid.uuid5(row.pk, f"attempt:{n}"), return_url=addresses.link_url(self.company, made.token),
            base_url=addresses.base_url(), now=self.now - timedelta(days=days),
        )  # fmt: skip

    def make(self, attempt: PaymentAttempt, action: str, amount: int = 0, *, days: int = 2) -> None:
        """The test provider acts, and tells us."""
        at = self.now - timedelta(days=days)
        act(provider_id=attempt.provider_id, wish=Wish(action, amount), now=at)
        deliver(now=at, provider_id=attempt.provider_id)


def _paid(till: _Till, row: Receivable) -> None:
    till.make(till.begin(row, row.balance), "pay")


def _in_part(till: _Till, row: Receivable) -> None:
    till.make(till.begin(row, min(PART, row.balance)), "pay")


def _too_much(till: _Till, row: Receivable) -> None:
    till.make(till.begin(row, row.balance, method="spei"), "pay", row.balance + 250_00)


def _in_store(till: _Till, row: Receivable) -> None:
    """A reference that nobody has paid yet."""
    till.begin(row, min(STORE, row.balance), method="store", days=1)


def _given_back(till: _Till, row: Receivable) -> None:
    attempt = till.begin(row, row.balance)
    till.make(attempt, "pay")
    till.make(attempt, "refund", row.balance // 4, days=1)


def _contested(till: _Till, row: Receivable) -> None:
    attempt = till.begin(row, row.balance)
    till.make(attempt, "pay")
    till.make(attempt, "dispute", days=1)


def _rejected(till: _Till, row: Receivable) -> None:
    till.make(till.begin(row, row.balance), "fail")


def _expired(till: _Till, row: Receivable) -> None:
    till.make(till.begin(row, row.balance, method="spei"), "expire", days=1)


def _begun(till: _Till, row: Receivable) -> None:
    till.begin(row, row.balance, days=0)


def _twice(till: _Till, row: Receivable) -> None:
    """Two people of one customer pay the same: the second stays in favour, and a person looks at it."""
    first, second = till.begin(row, row.balance), till.begin(row, row.balance, method="spei", n=1)
    till.make(first, "pay")
    till.make(second, "pay", days=1)


def _by_clabe(till: _Till, rows: Iterator[Receivable]) -> None:
    """A transfer that posts itself, and one that looks like a payment somebody wrote down by hand."""
    held = [row for _place, row in zip(range(12), rows, strict=False)]
    own = accounts_of([row.customer_id for row in held])
    payers = [row for row in held if row.customer_id in own and row.currency == "MXN"][:2]
    at = till.now - timedelta(days=1)
    for place, row in enumerate(payers):
        if place:
            record_payment(
                customer_id=row.customer_id, amount=Money(row.balance, "MXN"), received_on=at.date(),
                key=uuid.uuid5(row.pk, "by-hand").hex, actor=till.owner, today=till.now.date(),
                named={row.pk: row.balance}, policy="", method="transfer", is_distinct=True,
            )  # fmt: skip
        name = row.customer.legal_name
        clabe = own[row.customer_id].value
        simulate_transfer(clabe=clabe, amount=row.balance, payer=name, reference=row.number, now=at)
        deliver(now=at)


def _links_of_every_kind(till: _Till, rows: Iterator[Receivable]) -> None:
    """Links that wait, one that ran out, one taken back, and a payment order that was just sent."""
    found = [row for _place, row in zip(range(5), rows, strict=False)]
    for row in found[:2]:
        till.link(row, policy=LinkPolicy.FULL)
    for row in found[2:3]:
        till.link(row, days=20, lasts=10)
    for row in found[3:4]:
        revoke_link(link_id=till.link(row).link.pk, actor=till.owner)
    for row in found[4:]:
        today = till.now.date()
        create_order(
            customer_id=row.customer_id, amount=Money(4_640_00, "MXN"), concept="Anticipo de temporada navideña",
            due_on=today + timedelta(days=10), key=uuid.uuid5(row.pk, "order"), actor=till.owner, now=till.now,
            today=today,
        )  # fmt: skip


def _to_pay() -> Iterator[Receivable]:
    """One document each of customers whose documents are not due yet: nobody has promised or contested them."""
    rows = Receivable.objects.filter(
        balance__gt=STORE // 2, currency="MXN", voided_on=None, paused_on=None, customer__generic=False,
        customer__collecting=True,
    )  # fmt: skip
    seen: set[uuid.UUID] = set(PaymentLink.objects.values_list("customer_id", flat=True))
    for row in rows.select_related("customer").order_by("-due_on", "id"):
        if row.customer_id not in seen:
            seen.add(row.customer_id)
            yield row
