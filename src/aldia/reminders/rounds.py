"""What stays the same while the messages of a company's moment are made, asked for once: hours, words, who signs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from aldia.customers.models import Customer
from aldia.domain.reminders import Sending, Why, is_open
from aldia.domain.reminders.facts import Reach
from aldia.messaging.accounts import default_account, has_channel, sender_of
from aldia.messaging.look import Look, look_of_company
from aldia.messaging.models import Template
from aldia.messaging.queries.templates import choose_template
from aldia.payments.operations.carried import Carrier
from aldia.reminders.content import Speaker
from aldia.reminders.models import ReminderSettings, ReminderStep, StepTemplate
from aldia.reminders.queries.facts import Standing
from aldia.reminders.settings import local_time, reminder_settings, sending_of
from aldia.tenancy.models import Company, Membership, Role


@dataclass(slots=True)
class Round:
    """What stays the same while the company's messages of one moment are drafted: asked for once."""

    company: Company
    as_of: datetime
    today: date
    sending: Sending
    settings: ReminderSettings
    look: Look
    is_open: bool
    _templates: dict[tuple[object, ...], Template] = field(default_factory=dict)
    _overrides: dict[tuple[uuid.UUID, str, str], Template] = field(default_factory=dict)
    _channels: dict[str, bool] = field(default_factory=dict)
    _replies: dict[str, str] = field(default_factory=dict)
    _fallback: str | None = None
    _carrier: Carrier | None = None

    @classmethod
    def at(cls, company: Company, as_of: datetime) -> Round:
        local, sending = local_time(company, as_of), sending_of(company)
        found = cls(
            company, as_of, local.date(), sending, reminder_settings(), look_of_company(), is_open(sending, local)
        )
        rows = StepTemplate.objects.filter(template__archived_at__isnull=True).select_related("template")
        found._overrides = {(each.step_id, each.channel, each.language): each.template for each in rows}
        return found

    def template(self, *, step: ReminderStep, purpose: str, channel: str, language: str) -> Template:
        """The words of a step on a channel: its own in the language (else in Spanish), else those of its purpose."""
        key = (step.pk, purpose, channel, language)
        if key not in self._templates:
            own = self._overrides.get((step.pk, channel, language)) or self._overrides.get((step.pk, channel, "es"))
            self._templates[key] = choose_template(
                purpose=purpose, channel=channel, tone=step.tone, language=language, step_override=own
            )
        return self._templates[key]

    def has_channel(self, channel: str) -> bool:
        if channel not in self._channels:
            self._channels[channel] = has_channel(channel)
        return self._channels[channel]

    def reach(self, standing: Standing, customer_id: uuid.UUID) -> Reach:
        """Which channels reach a customer, those that the company has not set up left out."""
        return {
            channel: why if why or self.has_channel(channel) else Why.NO_CHANNEL
            for channel, why in standing.reach(customer_id).items()
        }

    def speaker(self, customer: Customer, channel: str) -> Speaker:
        """Who writes to a customer: its collector, if its portfolio has one, else whoever answers for the company."""
        collector = customer.portfolio.collector if customer.portfolio else None
        name = collector.get_full_name() if collector else self.company.sender_name
        reply_to = collector.email if collector and collector.is_active else self._reply_to(channel)
        return Speaker(self.company, name, reply_to, self.look.phone)

    def _reply_to(self, channel: str) -> str:
        """A person: of the account, of the company's notices, else its owner."""
        if channel not in self._replies:
            found = sender_of(default_account(channel)).reply_to or self.settings.notice_email
            self._replies[channel] = found or self.owner_email
        return self._replies[channel]

    @property
    def carrier(self) -> Carrier:
        """The links and accounts that the messages of this moment carry."""
        if self._carrier is None:
            self._carrier = Carrier(self.company, self.as_of)
        return self._carrier

    def as_preview(self) -> Round:
        """The same for a preview: what it carries is an example, and nothing is written."""
        self._carrier = Carrier(self.company, self.as_of, is_preview=True)
        return self

    @property
    def owner_email(self) -> str:
        if self._fallback is None:
            self._fallback = owner_email()
        return self._fallback


def owner_email() -> str:
    """Whoever answers for the company when nobody else was named: its first owner."""
    rows = Membership.objects.filter(role=Role.OWNER, suspended_at__isnull=True, user__is_active=True)
    return rows.order_by("created_at", "pk").values_list("user__email", flat=True).first() or ""
