"""Reminders to come, gathered into the messages that they will be: one per customer, channel and day, or per document
where its rule says so."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aldia.customers.models import Customer
from aldia.domain.reminders import Why, choose_channel
from aldia.messaging.accounts import has_channel
from aldia.messaging.models import Channel
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.reminders.content import Debt
from aldia.reminders.models import Grouping, ReminderStep
from aldia.reminders.queries.contacts import People, people_of, reach_of
from aldia.reminders.queries.span import Span
from aldia.reminders.queries.upcoming import Upcoming
from aldia.web.access import CompanyRequest
from aldia.web.views.messages.common import CHANNEL_ICONS
from aldia.web.views.reminders import summary
from aldia.web.views.reminders.common import Mend, mend, why_text

Key = tuple[date | None, uuid.UUID, str, uuid.UUID | None]  # day, customer, channel, the document if alone
Groups = dict[Key, list[Upcoming]]


@dataclass(frozen=True, slots=True)
class Sum:
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class DebtLine:
    """A document in a message: `step` says why it is there ("" when it only stands in the table)."""

    receivable_id: uuid.UUID
    number: str
    step: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Send:
    """A message that will go, went, or will not (`why`), as a line of a list."""

    customer_id: uuid.UUID
    customer: str
    sums: list[Sum]
    debts: list[DebtLine]
    channel: str = ""
    icon: str = ""
    addresses: tuple[str, ...] = ()
    rule: str = ""
    needs_approval: bool = False
    why: str = ""
    mend: Mend | None = None
    message_url: str = ""
    state: str = ""  # of a message that is written: a key of `statuses`


class Desk:
    """What is known of some reminders to come: their steps with their rules, and whom they would reach."""

    def __init__(self, rows: Collection[Upcoming]) -> None:
        steps = ReminderStep.objects.select_related("rule")
        self.steps: Mapping[uuid.UUID, ReminderStep] = steps.in_bulk({row.step_id for row in rows})
        self.people: People = {}
        for part in chunks({row.customer_id for row in rows}):
            self.people |= people_of(Span.of(part))
        self._has: dict[str, bool] = {}

    def channels(self, row: Upcoming) -> list[str]:
        """Where a reminder leaves by: the first channel that reaches the customer, or all that do."""
        step = self.steps[row.step_id]
        reach = reach_of(self.people.get(row.customer_id))
        open_ones = {name: why for name, why in reach.items() if self._open(name)}
        if step.every_channel:
            return [each for each in step.channels if open_ones.get(each) is Why.NOTHING]
        return [choose_channel(step.channels or [Channel.EMAIL], open_ones)]

    def _open(self, channel: str) -> bool:
        if channel not in self._has:
            self._has[channel] = has_channel(channel)
        return self._has[channel]

    def gathered(self, rows: Iterable[Upcoming], *, channel: str = "") -> Groups:
        """Reminders with a day, by the message that each will be in."""
        found: Groups = {}
        for row in rows:
            alone = self.steps[row.step_id].rule.grouping == Grouping.DOCUMENT
            for name in self.channels(row):
                if not channel or channel == name:
                    found.setdefault((row.on, row.customer_id, name, row.receivable_id if alone else None), []).append(
                        row
                    )
        return found

    def addresses(self, customer_id: uuid.UUID, channel: str) -> tuple[str, ...]:
        people = self.people.get(customer_id, {}).get(channel, [])
        return tuple(each.address for each in people if each.why is Why.NOTHING)

    def step_text(self, row: Upcoming) -> str:
        return summary.sentence(self.steps[row.step_id]).lower()


def held(rows: Iterable[Upcoming]) -> dict[tuple[uuid.UUID, str], list[Upcoming]]:
    """Reminders that wait without a day, by customer and reason."""
    found: dict[tuple[uuid.UUID, str], list[Upcoming]] = {}
    for row in rows:
        found.setdefault((row.customer_id, row.why), []).append(row)
    return found


def sums_of(parts: Iterable[tuple[int, str]]) -> list[Sum]:
    """One total per currency."""
    totals: dict[str, int] = {}
    for minor, currency in parts:
        totals[currency] = totals.get(currency, 0) + minor
    return [Sum(minor, currency) for currency, minor in sorted(totals.items()) if minor]


def asked(rows: Iterable[Upcoming]) -> list[Sum]:
    """What reminders ask for, each receivable once."""
    once = {row.receivable_id: (row.asked, row.currency) for row in rows}
    return sums_of(once.values())


@dataclass(frozen=True, slots=True)
class Names:
    """What customers and documents are called."""

    customers: Mapping[uuid.UUID, Customer]
    numbers: Mapping[uuid.UUID, str]

    @classmethod
    def of(cls, rows: Iterable[Upcoming]) -> Names:
        rows = list(rows)
        numbers: dict[uuid.UUID, str] = {}
        for part in chunks({row.receivable_id for row in rows}):
            numbers |= dict(Receivable.objects.filter(pk__in=part).values_list("pk", "number"))
        return cls(Customer.objects.in_bulk({row.customer_id for row in rows}), numbers)


def going_lines(groups: Groups, desk: Desk, names: Names) -> list[Send]:
    """Messages to come as lines; what they ask for is what they were written for."""
    return [_going(key, rows, desk, names) for key, rows in groups.items()]


def _going(key: Key, rows: Sequence[Upcoming], desk: Desk, names: Names) -> Send:
    return line(key, rows, desk, str(names.customers[key[1]]), _debt_lines(rows, desk, names), asked(rows))


def _debt_lines(rows: Iterable[Upcoming], desk: Desk, names: Names) -> list[DebtLine]:
    return [
        DebtLine(
            row.receivable_id,
            names.numbers.get(row.receivable_id, ""),
            desk.step_text(row),
            row.asked,
            row.currency,
        )
        for row in rows
    ]


def line(key: Key, rows: Sequence[Upcoming], desk: Desk, customer: str, debts: list[DebtLine], sums: list[Sum]) -> Send:
    """A message to come as a line."""
    _on, customer_id, channel, _alone = key
    steps = [desk.steps[row.step_id] for row in rows]
    return Send(
        customer_id=customer_id,
        customer=customer,
        sums=sums,
        debts=debts,
        channel=str(Channel(channel).label) if channel in Channel.values else "",
        icon=CHANNEL_ICONS.get(channel, "send"),  # type: ignore[call-overload]
        addresses=desk.addresses(customer_id, channel),
        rule=", ".join(sorted({step.rule.name for step in steps})),
        needs_approval=any(step.needs_approval for step in steps),
    )


def full_debts(rows: Sequence[Upcoming], shown: Sequence[Debt], desk: Desk) -> list[DebtLine]:
    """All documents of a message: those that are due to be spoken of with their step, then the rest of its table."""
    steps = {row.receivable_id: desk.step_text(row) for row in rows}
    found = [
        DebtLine(debt.receivable_id, debt.number, steps.get(debt.receivable_id, ""), debt.asked, debt.currency)
        for debt in shown
    ]
    return sorted(found, key=lambda each: not each.step)


def held_lines(request: CompanyRequest, rows: Iterable[Upcoming], desk: Desk, names: Names) -> list[Send]:
    """What waits without a day, with the reason and the way out."""
    found = []
    for (customer_id, why), mine in held(rows).items():
        first = mine[0]
        ids: dict[str, Any] = {"customer": customer_id, "receivable": first.receivable_id, "rule": first.rule_id}
        found.append(
            Send(
                customer_id=customer_id,
                customer=str(names.customers[customer_id]),
                sums=asked(mine),
                debts=_debt_lines(mine, desk, names),
                rule=desk.steps[first.step_id].rule.name,
                why=why_text(why),
                mend=mend(request, why, **ids),
            )
        )
    return sorted(found, key=lambda each: each.customer.lower())
