"""A stage for stories of reminders: a company, its customers, a calendar that a test walks through, and a real mail
server that keeps what each person received."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.messaging.models import Message
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import ReminderCandidate, ReminderRule, ReminderSettings, When
from aldia.reminders.operations.following import assign_rule
from aldia.reminders.operations.rule_words import RuleWords, StepWords
from aldia.reminders.operations.rules import activate_rule, create_rule
from aldia.reminders.operations.running import Ran, run_company
from aldia.reminders.operations.sending import send_due
from aldia.tenancy.models import Company, User
from tests.cast import make_customer
from tests.integrations.channels.peers import Mailer

USUAL = (
    StepWords(When.BEFORE, 3, tone="friendly"),
    StepWords(When.ON_DAY),
    StepWords(When.AFTER, 1),
    StepWords(When.REPEAT, 7, times=3, tone="firm"),
)


@dataclass
class Stage:
    """One company on its calendar. Amounts are in minor units of MXN unless said otherwise."""

    company: Company
    owner: User
    mailer: Mailer
    today: date
    _folio: int = 0
    seen: int = 0
    log: list[tuple[date, str, str]] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.company.time_zone)

    def at(self, clock: str, day: date | None = None) -> datetime:
        """A moment of a day on the company's wall."""
        return datetime.combine(day or self.today, time.fromisoformat(clock), tzinfo=self.zone).astimezone(UTC)

    def customer(self, name: str, email: str = "", **fields: Any) -> Customer:
        """A customer that is on, with one person in collections."""
        number = f"{Customer.objects.count():06}"
        customer = make_customer(self.company, name, f"XYZ{number}AB1", **fields)
        if email:
            self.contact(customer, email)
        return customer

    def contact(self, customer: Customer, email: str, **fields: Any) -> Contact:
        name = email.partition("@")[0].capitalize()
        return Contact.objects.create(company=self.company, customer=customer, name=name, email=email, **fields)

    def owes(
        self, customer: Customer, total: int, due_on: date, *, currency: str = "MXN", issued_on: date | None = None
    ) -> Receivable:
        """A charge that came in on the stage's day."""
        self._folio += 1
        issued = issued_on or min(self.today, due_on)
        row = open_charge(
            customer_id=customer.pk,
            kind="charge_note",
            total=Money(total, currency),
            issued_on=issued,
            due_on=due_on,
            concept=f"Pedido {self._folio}",
            key=uuid.uuid4(),
            actor=None,
            number=f"F-{self._folio}",
        )
        Receivable.objects.filter(pk=row.pk).update(created_at=self.at("00:01"))
        return row

    def pays(self, row: Receivable, amount: int, **fields: Any) -> Credit:
        credit = record_payment(
            customer_id=row.customer_id,
            amount=Money(amount, row.currency),
            received_on=self.today,
            key=uuid.uuid4().hex,
            actor=self.owner,
            today=self.today,
            policy="",
            named={row.pk: amount},
            is_distinct=True,
            **fields,
        )
        return credit

    def rule(self, *steps: StepWords, name: str = "Regla", active: bool = True, **words: Any) -> ReminderRule:
        """A rule, active from the stage's day; nobody follows it yet."""
        words = {"attach_pdf": False, "attach_xml": False, **words}
        rule = create_rule(words=RuleWords(name, steps or USUAL, **words), actor=self.owner)
        if active:
            rule = activate_rule(rule_id=rule.pk, version=rule.version, today=self.today, actor=self.owner)
        return rule

    def follow(self, rule: ReminderRule | None, *customers: Customer, receivables: Sequence[Receivable] = ()) -> None:
        ids = [row.pk for row in receivables]
        whom = [customer.pk for customer in customers]
        rule_id = rule.pk if rule else None
        assign_rule(rule_id=rule_id, customer_ids=whom, receivable_ids=ids, today=self.today, actor=self.owner)

    def settings(self, **values: Any) -> None:
        ReminderSettings.objects.update_or_create(company=self.company, defaults=values)

    def tick(self, clock: str = "09:00", *, send: bool = True) -> Ran:
        """One tick of the scheduler, and what it wrote is sent."""
        ran = run_company(as_of=self.at(clock))
        if send:
            self.send(clock)
        return ran

    def send(self, clock: str = "09:00") -> Counter[str]:
        counts = send_due(as_of=self.at(clock))
        for _sender, to, mail in self.mailer.taken[self.seen :]:
            self.log += [(self.today, address, str(mail["Subject"])) for address in to]
        self.seen = len(self.mailer.taken)
        return counts

    def walk(self, last: date, *clocks: str) -> None:
        """Let the days pass up to and including `last`, with ticks at these times of each."""
        while self.today <= last:
            for clock in clocks or ("08:45", "09:00", "17:45", "18:15"):
                self.tick(clock)
            self.today += timedelta(days=1)

    def days(self, address: str = "") -> list[str]:
        """The days on which somebody received something, one entry a mail: as "11-03"."""
        return [f"{day:%m-%d}" for day, to, _subject in self.log if not address or to == address]

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for _sender, _to, mail in self.mailer.taken]

    @staticmethod
    def text(mail: EmailMessage) -> str:
        part = mail.get_body(preferencelist=("plain",))
        assert part is not None
        return str(part.get_content())

    @staticmethod
    def html(mail: EmailMessage) -> str:
        part = mail.get_body(preferencelist=("html",))
        assert part is not None
        return str(part.get_content())

    @staticmethod
    def states() -> Counter[tuple[str, str]]:
        return Counter(ReminderCandidate.objects.values_list("state", "why"))

    @staticmethod
    def messages(**filters: Any) -> list[Message]:
        return list(Message.objects.filter(**filters).order_by("created_at", "id"))
