"""Jobs on messages that a person wrote to many customers: each its own, a slice at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from django_tasks import task

from aldia.customers.operations.versions import NotThere
from aldia.jobs.reminders import enqueue_sending, statement_pdf
from aldia.queue.claiming import database_now
from aldia.reminders.operations.one_off import OneOffError, Order, send_one_off
from aldia.tenancy.models import User

SLICE = 10
WORDS = ("channel", "subject", "body", "copy_me", "attach_pdf", "attach_xml", "attach_statement")

log = structlog.get_logger("aldia.messages")


@task(max_attempts=5)
def write_messages(customer_ids: list[str], data: dict[str, Any], actor_id: str) -> int:
    """Write to some customers; safe to repeat. Returns how many messages there are."""
    actor = User.objects.get(pk=actor_id)
    done = write_to(customer_ids=[UUID(each) for each in customer_ids], data=data, actor=actor, as_of=database_now())
    enqueue_sending()
    return done


def enqueue_writing(*, customer_ids: Sequence[UUID], data: Mapping[str, Any], actor: User) -> int:
    """Put the customers in the queue of their company, in slices; return how many jobs that made."""
    words = {name: data[name] for name in (*WORDS, "key")}
    slices = [customer_ids[start : start + SLICE] for start in range(0, len(customer_ids), SLICE)]
    for each in slices:
        write_messages.enqueue([str(customer_id) for customer_id in each], words, str(actor.pk))
    return len(slices)


def write_to(*, customer_ids: Sequence[UUID], data: Mapping[str, Any], actor: User, as_of: datetime) -> int:
    """One message for each customer, under a key of its own; who cannot be written to is left out. How many."""
    done = 0
    for customer_id in customer_ids:
        order = Order(customer_id=customer_id, **{name: data[name] for name in WORDS})
        key = uuid5(UUID(str(data["key"])), str(customer_id))
        try:
            send_one_off(order=order, key=key, actor=actor, as_of=as_of, statement_pdf=statement_pdf)
        except (OneOffError, NotThere) as error:
            log.info("not_written", customer=str(customer_id), why=str(error))
        else:
            done += 1
    return done
