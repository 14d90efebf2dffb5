"""The demo's reminders: a rule that has been at work for some weeks, and the general one, which waits to be activated.

Everything goes to the built-in mailbox. The days before today are played with the clock of those days; what the
database dates by its own clock is dated back, so that the lists read as they would have.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aldia.customers.models import Contact, Customer
from aldia.customers.operations.contacts import Person, update_contact
from aldia.domain.calendars import is_bank_day
from aldia.messaging.models import Delivery, Message, Tone
from aldia.messaging.operations.accounts import Details, create_account
from aldia.reminders.models import When
from aldia.reminders.operations.rules import (
    RuleWords,
    StepWords,
    activate_rule,
    assign_rule,
    create_rule,
    ensure_default_rule,
)
from aldia.reminders.operations.running import run_company
from aldia.reminders.operations.sending import send_due
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id

SINCE = 12  # days ago that the rule was activated
PLAYED = 11  # days of which each bank day is played
FOLLOWERS = 34


def remind(customers: list[Customer], owner: User, *, today: date, now: datetime) -> None:
    """Set up reminders and play the last weeks. `customers`: those switched on; `now`: nothing leaves later."""
    company = Company.objects.get(pk=current_company_id())
    ensure_default_rule()
    for channel, name in (("sms", "SMS de prueba"), ("whatsapp", "WhatsApp de prueba")):
        create_account(channel=channel, adapter="mailbox", details=Details(name=name), actor=owner)
    close = customers[:FOLLOWERS]
    _one_that_bounces(close, owner)
    started = today - timedelta(days=SINCE)
    rule = create_rule(words=_words(), actor=owner)
    assign_rule(rule_id=rule.pk, customer_ids=[row.pk for row in close], today=started, actor=owner)
    activate_rule(rule_id=rule.pk, version=rule.version, today=started, actor=owner)
    for days in range(PLAYED, 0, -1):
        if is_bank_day(company.country, today - timedelta(days=days)):
            _play(company, today - timedelta(days=days), now)


def _words() -> RuleWords:
    """A rule as somebody would write it who knows these customers."""
    steps = (
        StepWords(When.BEFORE, 5, tone=Tone.FRIENDLY),
        StepWords(When.ON_DAY, tone=Tone.FRIENDLY),
        StepWords(When.AFTER, 2, tone=Tone.NEUTRAL, channels=("email",)),
        StepWords(When.REPEAT, 7, times=4, tone=Tone.FIRM, channels=("whatsapp", "email")),
        StepWords(When.PAID, tone=Tone.FRIENDLY),
    )
    return RuleWords("Seguimiento cercano", steps, attach_xml=False)


def _one_that_bounces(customers: list[Customer], owner: User) -> None:
    """An address that no longer exists, as every company has one."""
    contact = Contact.objects.filter(customer=customers[3], is_primary=True).first()
    if contact is None:
        return
    person = Person(
        name=contact.name,
        role=contact.role,
        email=f"rebota@{contact.email.rpartition('@')[2]}",
        phone=contact.phone,
        whatsapp="",
    )
    update_contact(contact_id=contact.pk, version=contact.version, person=person, primary=True, actor=owner)


def _play(company: Company, day: date, now: datetime) -> None:
    """One tick at ten in the morning of a day, and what it sends."""
    moment = datetime.combine(day, time(10), tzinfo=ZoneInfo(company.time_zone))
    if moment > now:
        return
    written = run_company(as_of=moment).messages
    send_due(as_of=moment)
    Message.objects.filter(pk__in=written).update(created_at=moment)
    Delivery.objects.filter(message_id__in=written).update(created_at=moment)
