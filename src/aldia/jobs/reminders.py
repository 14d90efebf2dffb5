"""Jobs on reminders: the tick of a company, and sending what waits in the outbox.

Messages leave by a few lanes that run side by side: each takes its share of what is due, a handful at a time, and comes
back for the rest, so that a slow mail server keeps no other work waiting.
"""

from __future__ import annotations

import uuid
from datetime import date

from django_tasks import task

from aldia.messaging.operations.delivering import reap_expired
from aldia.messaging.operations.outbox import Enclosure
from aldia.messaging.queries.messages import due_deliveries
from aldia.queue.claiming import database_now
from aldia.reminders.attachments import Wanted, enclosures
from aldia.reminders.operations.receipts import write_receipts
from aldia.reminders.operations.refunds import write_refunds
from aldia.reminders.operations.running import run_company
from aldia.reminders.operations.sending import send
from aldia.reminders.rounds import Round
from aldia.reminders.settings import reminder_settings
from aldia.reporting import statement_papers
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

LANES = 3
HANDFUL = 20


@task(max_attempts=2)
def run_reminders() -> dict[str, int]:
    """Plan and write what is due of the company now, then send it. The next tick makes good what this one missed."""
    ran = run_company(as_of=database_now(), statement_pdf=statement_pdf)
    enqueue_sending()
    return {"planned": ran.planned, "messages": len(ran.messages)}


@task(max_attempts=2)
def thank_payers() -> int:
    """At once, what customers are told of payments by provider: receipts, and money that went back."""
    turn = Round.at(Company.objects.get(pk=current_company_id()), database_now())
    written = write_receipts(turn=turn) + write_refunds(turn=turn)
    enqueue_sending()  # notices to the company wait there too
    return len(written)


@task(max_attempts=2)
def send_waiting() -> int:
    """Every few minutes: end the sendings whose worker died, and send what waits (tried again, approved, left over)."""
    lost = reap_expired(now=database_now())
    if due_deliveries(now=database_now(), limit=1):
        enqueue_sending()
    return lost


@task(max_attempts=3)
def send_messages(lane: int) -> int:
    """Send a handful of what is due of one lane; come back for the rest."""
    due = [each.delivery_id for each in due_deliveries(now=database_now()) if each.delivery_id.int % LANES == lane]
    for delivery_id in due[:HANDFUL]:
        send(delivery_id=delivery_id, as_of=database_now())
    if len(due) > HANDFUL:
        send_messages.enqueue(lane)
    return len(due[:HANDFUL])


def enqueue_thanks() -> None:
    """Have payers of the company in scope told soon; twice is once."""
    thank_payers.using(dedupe_key="thank-payers").enqueue()


def enqueue_sending() -> None:
    """Put the lanes of the company in scope in the queue; those that wait already are not doubled."""
    for lane in range(LANES):
        send_messages.using(dedupe_key=f"send:{lane}").enqueue(lane)


def statement_pdf(customer_id: uuid.UUID, today: date) -> bytes:
    """The statement of account that goes with messages: the last months, in the customer's language."""
    return statement_papers.statement_pdf(customer_id, today=today)


def statement_files(customer_id: uuid.UUID, today: date) -> list[Enclosure]:
    """The same as stored files, for a message that asks for money without a document of its own; none if it fails."""
    wanted = Wanted(pdf=False, xml=False, statement=True, limit_kb=reminder_settings().attach_limit_kb)
    return enclosures(customer_id=customer_id, document_ids=(), wanted=wanted, today=today, statement_pdf=statement_pdf)
