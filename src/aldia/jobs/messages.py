"""Jobs on messages that a person wrote to many customers: each its own, a slice at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_tasks import task

from aldia.customers.operations.versions import NotThere
from aldia.jobs.reminders import enqueue_sending, statement_pdf
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.receivables.queries import lists
from aldia.reminders.operations.one_off import OneOffError, Order, send_one_off
from aldia.reminders.operations.statements import overdue_of
from aldia.reporting import statement_papers
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id

SLICE = 10
WORDS = ("channel", "subject", "body", "copy_me", "attach_pdf", "attach_xml", "attach_statement")
ONLY_OVERDUE = "only_overdue"

log = structlog.get_logger("aldia.messages")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a round: how many were written to, and who was left out and why."""

    done: int
    left_out: dict[UUID, str]
    waits: bool = False


@task(max_attempts=5)
def write_messages(customer_ids: list[str], data: dict[str, Any], actor_id: str) -> dict[str, Any]:
    """Write to some customers; safe to repeat. Returns who was written to, and who was left out and why."""
    actor = User.objects.get(pk=actor_id)
    found = write_to(customer_ids=[UUID(each) for each in customer_ids], data=data, actor=actor, as_of=database_now())
    enqueue_sending()
    return {"done": found.done, "left_out": {str(key): why for key, why in found.left_out.items()}}


def enqueue_writing(*, customer_ids: Sequence[UUID], data: Mapping[str, Any], actor: User) -> int:
    """Put the customers in the queue of their company, in slices; return how many jobs that made.

    A round that is there already (its `key`) is not put there again.
    """
    if _jobs_of(UUID(data["key"])).exists():
        return 0
    words = {name: data.get(name) for name in (*WORDS, "key", ONLY_OVERDUE)}
    slices = [customer_ids[start : start + SLICE] for start in range(0, len(customer_ids), SLICE)]
    for each in slices:
        write_messages.enqueue([str(customer_id) for customer_id in each], words, str(actor.pk))
    return len(slices)


def written_of(key: UUID) -> Written | None:
    """What became of a round so far; None where there is none of that key (any more)."""
    jobs = list(_jobs_of(key))
    if not jobs:
        return None
    results = [job.result for job in jobs if isinstance(job.result, dict)]
    left_out = {UUID(each): str(why) for result in results for each, why in result["left_out"].items()}
    for job in jobs:
        if job.state not in (JobState.READY, JobState.RUNNING) and not isinstance(job.result, dict):
            left_out |= {UUID(each): _("Algo falló al escribirle.") for each in job.payload["args"][0]}
    waits = any(job.state in (JobState.READY, JobState.RUNNING) for job in jobs)
    return Written(sum(int(result["done"]) for result in results), left_out, waits)


def _jobs_of(key: UUID) -> QuerySet[Job]:
    rows = Job.objects.filter(company_id=current_company_id(), task_path=write_messages.module_path)
    return rows.filter(payload__args__1__key=str(key))


def write_to(*, customer_ids: Sequence[UUID], data: Mapping[str, Any], actor: User, as_of: datetime) -> Written:
    """One message for each customer, under a key of its own; who cannot be written to is left out."""
    done, left_out = 0, {}
    only_overdue = bool(data.get(ONLY_OVERDUE))
    for customer_id in customer_ids:
        asked = overdue_of(customer_id, as_of) if only_overdue else ()
        if only_overdue and not asked:
            left_out[customer_id] = _("No tiene nada vencido.")
            continue
        order = Order(customer_id=customer_id, receivable_ids=asked, **{name: data[name] for name in WORDS})
        key = uuid5(UUID(str(data["key"])), str(customer_id))
        make = overdue_pdf if only_overdue else statement_pdf
        try:
            send_one_off(order=order, key=key, actor=actor, as_of=as_of, statement_pdf=make)
        except (OneOffError, NotThere) as error:
            log.info("not_written", customer=str(customer_id), why=str(error))
            left_out[customer_id] = _why(error)
        else:
            done += 1
    return Written(done, left_out)


def overdue_pdf(customer_id: UUID, today: date) -> bytes:
    """The statement that lists what is overdue only."""
    return statement_papers.statement_pdf(customer_id, today=today, wanted=lists.Wanted(tab=lists.OVERDUE))


def _why(error: OneOffError | NotThere) -> str:
    """The reason as said of one among many, whom nobody chose an address for."""
    if isinstance(error, NotThere):
        return _("Ya no está.")
    return _("No tiene a quién escribirle por este medio.") if error.field == "to" else str(error)
