"""Jobs on payment links for many customers: one each, a slice at a time, under keys that make a repeat harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from django_tasks import task

from aldia.payments.operations.links import LinkError, create_link
from aldia.payments.tokens import Tokens
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id

SLICE = 50

log = structlog.get_logger("aldia.payments")


def purpose_of(batch: UUID) -> str:
    """The mark of the links that were made together."""
    return f"lote-{batch.hex[:14]}"


@task(max_attempts=5)
def make_links(batch: str, asked: list[dict[str, Any]], terms: dict[str, Any], actor_id: str) -> int:
    """Make some of the links of a batch; safe to repeat. Returns how many there are."""
    actor = User.objects.filter(pk=actor_id).first()
    return make(batch=UUID(batch), asked=asked, terms=terms, actor=actor, now=database_now())


def enqueue_links(*, batch: UUID, asked: Sequence[Mapping[str, Any]], terms: Mapping[str, Any], actor: User) -> int:
    """Put the links in the queue of their company, in slices; return how many jobs that made."""
    slices = [list(asked[start : start + SLICE]) for start in range(0, len(asked), SLICE)]
    for each in slices:
        make_links.enqueue(str(batch), [dict(one) for one in each], dict(terms), str(actor.pk))
    return len(slices)


def is_making(batch: UUID) -> bool:
    """Whether links of a batch are still waited for."""
    jobs = Job.objects.filter(company_id=current_company_id(), task_path=make_links.module_path)
    return jobs.filter(state__in=(JobState.READY, JobState.RUNNING), payload__args__0=str(batch)).exists()


def make(
    *, batch: UUID, asked: Sequence[Mapping[str, Any]], terms: Mapping[str, Any], actor: User | None, now: datetime
) -> int:
    """One link for each (customer, currency, receivables; none: everything); who cannot have one is left out."""
    done, tokens = 0, Tokens()
    for each in asked:
        named = [UUID(text) for text in each["receivables"]]
        try:
            create_link(
                customer_id=UUID(each["customer"]),
                receivable_ids=named,
                covers_all=not named,
                policy=terms["policy"],
                currency=each["currency"],
                now=now,
                expires_at=datetime.fromisoformat(terms["expires_at"]),
                actor=actor,
                note=terms["note"],
                purpose=purpose_of(batch),
                key=uuid5(batch, f"{each['customer']}:{each['currency']}"),
                tokens=tokens,
            )
        except LinkError as error:
            log.info("no_link", customer=each["customer"], why=str(error))
        else:
            done += 1
    return done
