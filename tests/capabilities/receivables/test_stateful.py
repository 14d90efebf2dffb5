"""A machine that opens, pays, applies, undoes, cancels and switches at random; the money is proved after every step."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from aldia.documents.models import FiscalDocument
from aldia.domain.money import Money
from aldia.receivables.models import Allocation, Credit, JournalEntry, Receivable
from aldia.receivables.operations import charges, switching
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import PaymentError, record_payment, reverse_credit, settle
from aldia.receivables.operations.presuming import set_presumption
from aldia.receivables.verify import run_checks
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer

TODAY = date(2026, 11, 21)
EXAMPLES = int(os.environ.get("ALDIA_STATEFUL_EXAMPLES", "25"))
STEPS = int(os.environ.get("ALDIA_STATEFUL_STEPS", "18"))
amounts = st.integers(1, 500_00)
days = st.integers(0, 80).map(lambda n: TODAY - timedelta(days=n))
pick = st.integers(0, 10_000)


class Subledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        company = make_company()
        self.scope = company_scope(company.id)
        self.scope.__enter__()
        self.customer = make_customer(company)
        self.papers = Papers(company, self.customer)
        self.keys = 0

    def teardown(self) -> None:
        try:
            self.a_full_pass_changes_nothing()
        finally:
            self.scope.__exit__(None, None, None)
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def a_full_pass_changes_nothing(self) -> None:
        """Deriving everything again twice: the second time there is nothing left to post."""
        for _ in range(2):
            before = JournalEntry.objects.count()
            apply_documents(keys=self.all_keys(), today=TODAY, actor=None)
            changed = JournalEntry.objects.count() - before
        assert changed == 0

    def all_keys(self) -> list[str]:
        return list(FiscalDocument.objects.values_list("key", flat=True))

    def one(self, model: type, n: int, **filters: object):  # type: ignore[no-untyped-def]
        rows = list(model.objects.filter(**filters).order_by("pk"))
        return rows[n % len(rows)] if rows else None

    def next_key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    # -- papers ----------------------------------------------------------------------------------------------------

    @rule(total=amounts, on=days, method=st.sampled_from(["PPD", "PUE"]))
    def invoice(self, total: int, on: date, method: str) -> None:
        document = self.papers.invoice(total, on, method=method)
        apply_documents(keys=[document.key], today=TODAY, actor=None)

    @rule(total=amounts, on=days, n=pick, code=st.sampled_from(["01", "03"]))
    def credit_note(self, total: int, on: date, n: int, code: str) -> None:
        named = self.one(FiscalDocument, n, kind="invoice")
        document = self.papers.note(total, on, *([named] if named else []), code=code)
        apply_documents(keys=[document.key], today=TODAY, actor=None)

    @rule(paid=amounts, on=days, n=pick, extra=st.integers(0, 50_00))
    def complement(self, paid: int, on: date, n: int, extra: int) -> None:
        named = self.one(FiscalDocument, n, kind="invoice")
        document = self.papers.complement(on, paid + extra, (named or "NO-ESTA", paid))
        apply_documents(keys=[document.key], today=TODAY, actor=None)

    @rule(total=amounts, on=days, n=pick)
    def substitute(self, total: int, on: date, n: int) -> None:
        named = self.one(FiscalDocument, n, kind="invoice")
        if named is not None:
            document = self.papers.invoice(total, max(on, named.issued_on), relations=[("04", named.key)])
            apply_documents(keys=[document.key], today=TODAY, actor=None)

    @rule(n=pick, dead=st.booleans())
    def cancel_or_revive(self, n: int, dead: bool) -> None:
        document = self.one(FiscalDocument, n)
        if document is not None:
            changes = (
                {"status": "cancelled", "cancelled_on": TODAY} if dead else {"status": "valid", "cancelled_on": None}
            )
            FiscalDocument.objects.filter(pk=document.pk).update(**changes)
            apply_documents(keys=[document.key], today=TODAY, actor=None)

    # -- people ----------------------------------------------------------------------------------------------------

    @rule(total=amounts)
    def charge(self, total: int) -> None:
        charges.open_charge(
            customer_id=self.customer.id,
            kind="charge_note",
            total=Money(total, "MXN"),
            issued_on=TODAY,
            due_on=TODAY,
            concept="",
            key=uuid.uuid4(),
            actor=None,
        )

    @rule(amount=amounts, on=days, policy=st.sampled_from(["oldest_due", "largest", "exact_else_oldest", ""]))
    def pay(self, amount: int, on: date, policy: str) -> None:
        record_payment(
            customer_id=self.customer.id,
            amount=Money(amount, "MXN"),
            received_on=on,
            key=self.next_key(),
            actor=None,
            today=TODAY,
            policy=policy,
            is_distinct=True,
        )

    @rule(n=pick, on=days)
    def pay_one_in_full(self, n: int, on: date) -> None:
        row = self.one(Receivable, n, voided_on=None)
        if row is not None:
            # refused where nobody owes it any more, or where it looks like a payment on file
            with suppress(PaymentError):
                record_payment(
                    customer_id=self.customer.id,
                    amount=Money(row.total, "MXN"),
                    received_on=on,
                    key=self.next_key(),
                    actor=None,
                    today=TODAY,
                    named={row.id: row.balance or row.total},
                )

    @rule(n=pick, part=st.integers(1, 100))
    def settle(self, n: int, part: int) -> None:
        row = self.one(Receivable, n, balance__gt=0)
        if row is not None:
            value = max(1, row.balance * part // 100)
            settle(
                receivable_id=row.id,
                kind="write_off",
                amount=value,
                on=TODAY,
                reason="x",
                key=self.next_key(),
                actor=None,
            )

    @rule(n=pick)
    def apply_favour(self, n: int) -> None:
        credit = self.one(Credit, n, remaining__gt=0, reversed_on=None)
        if credit is not None:
            allocate_credit(credit_id=credit.id, policy="oldest_due", on=TODAY, actor=None)

    @rule(n=pick)
    def take_back(self, n: int) -> None:
        row = self.one(Allocation, n, reversal_of=None, reversal=None)
        if row is not None and row.credit.kind != "presumed":
            unallocate(allocation_id=row.id, on=TODAY, actor=None)

    @rule(n=pick)
    def reverse(self, n: int) -> None:
        credit = self.one(Credit, n, source="person", reversed_on=None)
        if credit is not None:
            reverse_credit(credit_id=credit.id, on=TODAY, reason="x", actor=None)

    @rule(n=pick, presumed=st.booleans())
    def presume(self, n: int, presumed: bool) -> None:
        row = self.one(Receivable, n, method="PUE")
        if row is not None:
            set_presumption(receivable_ids=[row.id], presumed=presumed, today=TODAY, actor=None)

    @precondition(lambda self: self.keys % 3 == 0)
    @rule()
    def off_and_on(self) -> None:
        switching.switch_off(customer_ids=[self.customer.id], actor=None)
        switching.switch_on(customer_ids=[self.customer.id], today=TODAY, actor=None)

    @invariant()
    def the_money_is_proven(self) -> None:
        assert [check for check in run_checks() if check.violations] == []


@pytest.mark.django_db
def test_the_money_holds_whatever_is_done() -> None:
    run_state_machine_as_test(
        Subledger,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
