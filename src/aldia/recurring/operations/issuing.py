"""Issuing what a date of a schedule asks for: a charge note with its e-mail, or an invoice handed on to be stamped.

The row of the date is the claim: it is locked, what it asks for is made and named in it, all in one transaction. What
is made has a key that comes from the date, so that even without the lock the same thing is found, not made again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.customers.queries import default_lines
from aldia.domain.fiscal import terms
from aldia.domain.fiscal.drafts import from_json, to_json
from aldia.domain.money import Money
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.issuing.operations import drafting
from aldia.payments.operations.orders import OrderError, ask_for
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.receivables.operations.charges import ReceivableError, open_charge
from aldia.receivables.settings import collection_settings
from aldia.recurring.content import amount_of, content_on, document_of, worded
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule, ScheduleKind
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

ORIGIN = "recurring"
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """When something is issued, and by whom (None: by the clock).

    The gates refuse what must not be sold on credit now, by raising `DraftingError`: a person decides then.
    """

    today: date
    now: datetime
    actor: User | None = None
    invoice_gate: Callable[[Issue], None] | None = None
    charge_gate: Callable[[uuid.UUID, Money], None] | None = None


def waiting() -> list[uuid.UUID]:
    """The dates that are to be issued, or whose invoice is on its way, oldest first."""
    rows = Occurrence.objects.filter(state=OccurrenceState.ISSUING)
    return list(rows.order_by("on", "id").values_list("id", flat=True))


def issue(*, occurrence_id: uuid.UUID, turn: Turn) -> Occurrence | None:
    """Issue what a date asks for, once. None where it does not wait to be issued (any more).

    What cannot be issued as it is becomes FAILED with the sentence that says why, for a person.
    """
    with transaction():
        row = claim(occurrence_id)
        if row is None:
            return None
        schedule = Schedule.objects.get(pk=row.schedule_id)
        make = _charge if schedule.kind == ScheduleKind.CHARGE_NOTE else _invoice
        try:
            with transaction():
                make(row, schedule, turn)
        except (ReceivableError, drafting.DraftingError) as error:
            row.state, row.message = OccurrenceState.FAILED, str(error)[:500]
        row.tries += 1
        row.save()
        _record(row, turn)
        crashpoint("after_issue")
    crashpoint("after_issue")
    return row


def claim(occurrence_id: uuid.UUID) -> Occurrence | None:
    """The date, held until the end of the transaction, if nobody has issued it yet."""
    rows = Occurrence.objects.select_for_update().filter(pk=occurrence_id, state=OccurrenceState.ISSUING)
    row = rows.first()
    if row is None or row.receivable_id is not None:
        return None
    if row.issue_id is None:
        return row
    # with the PAC or further it is followed; a draft is handed on again, but for those that a person looks at first
    is_draft = Issue.objects.filter(pk=row.issue_id, state=IssueState.DRAFT).exists()
    return row if is_draft and Schedule.objects.filter(pk=row.schedule_id, is_automatic=True).exists() else None


def key_of(row: Occurrence) -> uuid.UUID:
    """The id of the charge note of a date: made twice, it is the same."""
    return row.pk


# A charge note


def _charge(row: Occurrence, schedule: Schedule, turn: Turn) -> None:
    content = worded(schedule, row.on, content_on(schedule, row.on))
    total = Money(amount_of(schedule.kind, content), schedule.currency)
    if turn.charge_gate is not None:
        turn.charge_gate(schedule.customer_id, total)
    made = open_charge(
        customer_id=schedule.customer_id,
        kind=ReceivableKind.CHARGE_NOTE,
        total=total,
        issued_on=turn.today,
        due_on=due_on(schedule, turn.today),
        concept=content["concept"],
        key=key_of(row),
        actor=turn.actor,
    )
    row.receivable, row.amount = made, made.total
    row.state, row.done_at = OccurrenceState.DONE, turn.now
    row.message = _send_charge(schedule, made, turn) if schedule.sends else ""


def _send_charge(schedule: Schedule, made: Receivable, turn: Turn) -> str:
    """Write the e-mail with the link to pay it; say why not where it is not sent."""
    customer = Customer.objects.get(pk=schedule.customer_id)
    if not customer.collecting:
        return _("No se envió: el cliente está apagado.")
    try:
        message = ask_for(receivable=made, now=turn.now, today=turn.today, actor=turn.actor)
    except OrderError as error:
        return _("No se envió: %(why)s") % {"why": error}
    return "" if message is not None else _("No se envió: el cliente no tiene correo.")


def due_on(schedule: Schedule, issued_on: date) -> date:
    """The schedule's own term, else the customer's, its credit line's or the company's."""
    if schedule.due_days is not None:
        return issued_on + timedelta(days=schedule.due_days)
    customer = Customer.objects.get(pk=schedule.customer_id)
    line = default_lines([customer.pk]).get(customer.pk)
    usual = collection_settings().default_term_days
    credit = line.term_days if line else None
    days = terms.term_days(customer=customer.term_days, credit_line=credit, conditions="", company=usual)
    return terms.due_on(issued_on, days)


# An invoice


def _invoice(row: Occurrence, schedule: Schedule, turn: Turn) -> None:
    """Make the draft and, where nobody wants to see it first, hand it on with its folio."""
    draft = _draft(row, schedule, turn)
    row.issue, row.amount = draft, draft.total
    if not schedule.is_automatic:
        row.message = _("El borrador está listo: revísalo y tímbralo.")
        return
    try:
        row.issue = drafting.submit(
            issue_id=draft.pk, version=draft.version, now=turn.now, actor=turn.actor, gate=turn.invoice_gate
        )
        row.message = ""
    except drafting.DraftingError as error:  # the draft stays: a person mends it there
        row.state, row.message = OccurrenceState.FAILED, str(error)[:500]


def _draft(row: Occurrence, schedule: Schedule, turn: Turn) -> Issue:
    """The draft of a date. One that was refused before keeps its lines and learns the parties as they are now."""
    if row.issue_id is not None:
        return mended(Issue.objects.get(pk=row.issue_id), schedule, turn.actor)
    content = worded(schedule, row.on, content_on(schedule, row.on))
    return drafting.create(
        kind=IssueKind.INVOICE, customer_id=schedule.customer_id, content=with_parties(schedule, content),
        origin=ORIGIN, origin_key=origin_key(row), actor=turn.actor,
    )  # fmt: skip


def mended(draft: Issue, schedule: Schedule, actor: User | None) -> Issue:
    """A draft, or what the PAC refused, as a draft with the parties of today."""
    content = with_parties(schedule, draft.content)
    return drafting.update(issue_id=draft.pk, content=content, version=draft.version, actor=actor)


def origin_key(row: Occurrence) -> str:
    """Names the invoice of a date: made twice, it is the same. (A draft that was discarded gives its name back.)"""
    return f"{row.schedule_id}:{row.on.isoformat()}"


def with_parties(schedule: Schedule, content: dict[str, object]) -> dict[str, object]:
    """The content with issuer, receiver and place as the company and the customer are today."""
    draft = document_of(content)
    fresh = from_json(drafting.blank(kind=IssueKind.INVOICE, customer_id=schedule.customer_id))
    use = draft.receiver.use or fresh.receiver.use
    return to_json(
        replace(draft, issuer=fresh.issuer, receiver=replace(fresh.receiver, use=use), place=fresh.place)
    )  # fmt: skip


def put_off(*, occurrence_id: uuid.UUID, now: datetime) -> Occurrence | None:
    """Count an attempt that ended in an error of ours; after a few, a person is told and decides."""
    with transaction():
        rows = Occurrence.objects.select_for_update().filter(pk=occurrence_id, state=OccurrenceState.ISSUING)
        row = rows.first()
        if row is None:
            return None
        row.tries += 1
        if row.tries >= MOST_TRIES:
            row.state = OccurrenceState.FAILED
            row.message = _("No se pudo emitir por un error nuestro: vuelve a intentarlo más tarde.")
        row.save()
        return row


def _record(row: Occurrence, turn: Turn) -> None:
    verb = "recurring.failed" if row.state == OccurrenceState.FAILED else "recurring.issued"
    detail = {
        "schedule": row.schedule_id, "on": row.on, "amount": row.amount, "issue": row.issue_id,
        "receivable": row.receivable_id, "message": row.message,
    }  # fmt: skip
    audit.record(actor=turn.actor, verb=verb, object_type="occurrence", object_id=row.pk, detail=detail)
