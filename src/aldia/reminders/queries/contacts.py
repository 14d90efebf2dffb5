"""Whom a reminder is written to, and which channels reach a customer.

The people of collections, else the main contact. A mailbox where a robot reads invoices is neither.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q

from aldia.customers.models import Contact, ContactRole
from aldia.domain.reminders import Why
from aldia.messaging.models import Channel, Suppression
from aldia.reminders.queries.span import Span

ADDRESSES = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.WHATSAPP: "whatsapp"}
OPT_OUTS = {Channel.EMAIL: "no_email", Channel.SMS: "no_sms", Channel.WHATSAPP: "no_whatsapp"}
COLUMNS = ("id", "customer_id", "name", "role", "is_primary", *ADDRESSES.values(), *OPT_OUTS.values())
Suppressed = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Person:
    """A contact with an address of a channel; `why` says why it is not written to (NOTHING: it is)."""

    contact_id: uuid.UUID
    name: str
    address: str
    why: Why = Why.NOTHING


People = dict[uuid.UUID, dict[str, list[Person]]]  # customer -> channel -> whom it would be written to


def suppressed_addresses(addresses: Collection[str] | None = None) -> Suppressed:
    """Addresses that are not written to any more, by channel (among some, or all of the company)."""
    rows = Suppression.objects.filter(lifted_at__isnull=True)
    if addresses is not None:
        rows = rows.filter(address__in={*addresses, *map(str.lower, addresses)})
    return frozenset((channel, address.lower()) for channel, address in rows.values_list("channel", "address"))


def people_of(span: Span, suppressed: Suppressed | None = None) -> People:
    """Whom each customer's reminders go to, per channel, those included that must not be written to (and why)."""
    roles = Q(role=ContactRole.COLLECTIONS) | Q(is_primary=True)
    rows = Contact.objects.filter(span.q("customer_id"), roles).order_by("customer_id", "-is_primary", "id")
    contacts = list(rows.values(*COLUMNS))
    if suppressed is None:
        suppressed = suppressed_addresses([row[name] for row in contacts for name in ADDRESSES.values() if row[name]])
    found: People = {}
    for row in contacts:
        channels = found.setdefault(row["customer_id"], {})
        for channel, column in ADDRESSES.items():
            if row[column]:
                person = _person(row, channel, row[column], suppressed)
                channels.setdefault(channel, []).append((row["role"] == ContactRole.COLLECTIONS, person))  # type: ignore[arg-type]
    return {customer: {name: _first(each) for name, each in found[customer].items()} for customer in found}  # type: ignore[arg-type]


def _first(people: Iterable[tuple[bool, Person]]) -> list[Person]:
    """The people of collections where there are any, else the main contact."""
    people = list(people)
    of_collections = [person for is_collections, person in people if is_collections]
    return of_collections or [person for _is_collections, person in people]


def _person(row: dict[str, object], channel: str, address: str, suppressed: Suppressed) -> Person:
    why = Why.NOTHING
    if row[OPT_OUTS[Channel(channel)]]:
        why = Why.OPTED_OUT
    elif (channel, address.lower()) in suppressed:
        why = Why.BOUNCED
    return Person(row["id"], str(row["name"]), address, why)  # type: ignore[arg-type]


def reach_of(channels: dict[str, list[Person]] | None) -> dict[str, Why]:
    """Channel -> NOTHING if somebody is reached by it, else why not. A letter always reaches the office that owes."""
    found = {str(Channel.LETTER): Why.NOTHING}
    for channel, people in (channels or {}).items():
        reasons = [person.why for person in people]
        found[str(channel)] = Why.NOTHING if Why.NOTHING in reasons else reasons[0]
    return found


def recipients_of(*, customer_ids: Collection[uuid.UUID], channel: str) -> dict[uuid.UUID, list[Person]]:
    """Whom a reminder to each customer goes to by that channel now; customers whom it does not reach are left out."""
    people = people_of(Span.of(customer_ids))
    found = {
        customer: [p for p in people.get(customer, {}).get(channel, []) if p.why is Why.NOTHING] for customer in people
    }
    return {customer: persons for customer, persons in found.items() if persons}
