"""All that one needs of a customer while on the phone: what it owes and when it is likely to come, what is agreed, what
was said and written last."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from aldia.collections.models import Activity, Dispute
from aldia.collections.queries import activities
from aldia.collections.queries.disputes import open_among
from aldia.collections.queries.promises import Judged, Patience, judged, of_customer
from aldia.customers.models import Contact, Customer
from aldia.domain.charges.plans import standing
from aldia.domain.promises import PromiseState, held_parts
from aldia.forecasts.models import InvoiceForecast, RiskScore
from aldia.forecasts.queries import current
from aldia.messaging.models import Message
from aldia.messaging.queries.messages import MessageFilter, messages
from aldia.payments.models import ReportedDebt, ReportState
from aldia.receivables.following.plans import parts_of
from aldia.receivables.models import PaymentPlan, Receivable
from aldia.receivables.queries.balances import Position, owed_by_customer
from aldia.receivables.queries.plans import PlanView
from aldia.receivables.queries.states import is_paused

MOST_DEBTS = 200
MOST_PROMISES = 20
RECENT_ACTS = 8
RECENT_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class Debt:
    """An open receivable, how late it is, what is in hand of it and when it is likely to be paid."""

    receivable: Receivable
    days_late: int
    forecast: InvoiceForecast | None
    promised: int
    dispute: Dispute | None
    is_reported: bool
    is_paused: bool

    @property
    def pk(self) -> uuid.UUID:
        return self.receivable.pk

    @property
    def is_late(self) -> bool:
        return self.days_late > 0

    @property
    def asked(self) -> int:
        """What is to be asked for now, in its own currency."""
        if self.is_paused or self.is_reported:
            return 0
        return max(0, self.receivable.balance - self.promised - (self.dispute.amount if self.dispute else 0))


@dataclass(frozen=True, slots=True)
class File:
    """A customer on one page. `debts`: the first that fall due, of `count` that are open."""

    customer: Customer
    contacts: list[Contact]
    positions: list[Position]
    debts: list[Debt]
    promises: list[Judged]
    plans: list[PlanView]
    activities: list[Activity]
    next: Activity | None
    messages: list[Message]
    risk: RiskScore | None
    is_forecast: bool

    @property
    def count(self) -> int:
        return sum(each.documents for each in self.positions)

    @property
    def broken(self) -> Judged | None:
        """The last promise that was not kept whole and of which something is still owed."""
        missed = (each for each in self.promises if each.state in (PromiseState.BROKEN, PromiseState.PARTLY))
        return next((each for each in missed if any(debt.receivable.balance for debt in each.debts)), None)


def file_of(customer: Customer, *, today: date, home: str, patience: Patience) -> File:
    """The file of a customer as it stands now; the company's own currency first."""
    rows = list(Receivable.objects.filter(customer=customer, balance__gt=0).order_by("due_on", "id")[:MOST_DEBTS])
    ids = [row.pk for row in rows]
    positions = owed_by_customer([customer.pk], today).get(customer.pk, {}).values()
    made = judged(of_customer(customer.pk)[:MOST_PROMISES], as_of=today, patience=patience)
    forecasts = current.of_receivables(ids)
    return File(
        customer=customer,
        contacts=list(Contact.objects.filter(customer=customer).order_by("-is_primary", "name", "id")),
        positions=sorted(positions, key=lambda each: (each.currency != home, each.currency)),
        debts=_debts(rows, today, made, forecasts),
        promises=made,
        plans=_plans(customer, today),
        activities=list(activities.of_customer(customer.pk)[:RECENT_ACTS]),
        next=activities.next_steps([customer.pk]).get(customer.pk),
        messages=list(messages(MessageFilter(customer_id=customer.pk))[:RECENT_MESSAGES]),
        risk=current.risk_of([customer.pk]).get(customer.pk),
        is_forecast=bool(forecasts),
    )


def _debts(
    rows: list[Receivable], today: date, made: list[Judged], forecasts: Mapping[uuid.UUID, InvoiceForecast]
) -> list[Debt]:
    ids = [row.pk for row in rows]
    disputes, promised, reported = open_among(ids), _promised(made), _reported(ids)
    return [
        Debt(
            row, (today - row.due_on).days, forecasts.get(row.pk), min(promised.get(row.pk, 0), row.balance),
            disputes.get(row.pk), row.pk in reported, is_paused(row, today),
        )
        for row in rows
    ]  # fmt: skip


def _promised(made: list[Judged]) -> dict[uuid.UUID, int]:
    """What open promises speak for, of each debt that they name."""
    found: dict[uuid.UUID, int] = {}
    for each in made:
        if each.is_open:
            held = held_parts(
                each.promise.amount, [(debt.balance_then, debt.receivable.balance) for debt in each.debts]
            )
            for debt, part in zip(each.debts, held, strict=True):
                found[debt.receivable_id] = found.get(debt.receivable_id, 0) + part
    return found


def _reported(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    rows = ReportedDebt.objects.filter(receivable_id__in=list(ids), report__state=ReportState.WAITING)
    return set(rows.values_list("receivable_id", flat=True))


def _plans(customer: Customer, today: date) -> list[PlanView]:
    """The plans in force of what the customer owes."""
    live = PaymentPlan.objects.filter(receivable__customer=customer, receivable__balance__gt=0, ended_on__isnull=True)
    plans = list(live.select_related("receivable").order_by("id"))
    parts = parts_of([plan.pk for plan in plans])
    return [
        PlanView(plan, standing(parts[plan.pk], owed=plan.receivable.balance, today=today, grace_days=plan.grace_days))
        for plan in plans
    ]
