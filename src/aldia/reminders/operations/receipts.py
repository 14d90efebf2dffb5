"""Thanks, receipts and notices of payments.

A receipt goes for each payment that is recorded, by e-mail, when the company wants them, and for each by a provider
always; it leaves at least once, and
always under the same Message-ID, whatever the hour, and takes no turn of anybody. A step of a rule that thanks for a
payment (PAID) and its receipt are one message: the receipt. Without receipts, everything that a customer is thanked for
on a day goes in one message per channel. Nothing here chases: only an address that must not be written to stops it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import Q, QuerySet

from aldia.customers.models import Customer
from aldia.domain.reminders import choose_channel, why_unreached
from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Enclosure, Recipient, write_message
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.scanning import TemplateError
from aldia.payments.queries.attempts import SOURCE as BY_PROVIDER
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Credit, CreditKind
from aldia.receivables.operations.effects import SOURCE as FROM_DOCUMENTS
from aldia.receivables.operations.resizing import NET
from aldia.reminders.carrying import facts_of_carried, wanted_of
from aldia.reminders.drafting import recipients_for
from aldia.reminders.models import CandidateState, ReminderCandidate
from aldia.reminders.operations.composing import write_debts
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.paid import Payment, paid_debts, paid_facts, receipt_files, render_paid
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import transaction

STARTED, STOPPED = "reminders.receipts_started", "reminders.receipts_stopped"
A_TICK = timedelta(minutes=20)
LOOK_BACK = timedelta(days=31)  # nobody gets a receipt for an older payment
BATCH = 25

log = structlog.get_logger("aldia.reminders")


def write_receipts(*, turn: Round, with_files: bool = True) -> list[uuid.UUID]:
    """Write the receipts of payments that have none yet. Safe to repeat: a payment has one receipt by its key."""
    written: list[uuid.UUID] = []
    for ids in chunks(_without_receipt(_recorded(_receipts_since(turn), turn)), BATCH):
        payments = _reached(ids, turn)
        papers = {each.credit.pk: receipt_files(each.credit) if with_files else [] for each in payments}
        with transaction():
            lock_planning()
            still = set(_without_receipt(each.credit.pk for each in payments))
            written += _write_receipts([each for each in payments if each.credit.pk in still], papers, turn)
            crashpoint("in_receipts")
    return written


def write_thanks(*, turn: Round) -> list[uuid.UUID]:
    """Write what PAID steps have to say: one message per customer and channel, for the payments without a receipt."""
    if not turn.is_open:
        return []
    due = _due_thanks()
    written: list[uuid.UUID] = []
    for ids in chunks(list(due.order_by("customer_id").values_list("customer_id", flat=True).distinct()), BATCH):
        with transaction():
            lock_planning()
            _answered_by_receipts(ids, turn)
            rows = list(due.filter(customer_id__in=ids).select_related("step__rule", "credit").order_by("id"))
            written += _write_thanks(rows, turn)
            crashpoint("in_receipts")
    return written


def _answered_by_receipts(customer_ids: Collection[uuid.UUID], turn: Round) -> None:
    """Thanks for a payment whose receipt went (or goes) by the same channel are done with it."""
    waiting = _due_thanks().filter(customer_id__in=customer_ids, channel__in=("", Channel.EMAIL))
    by_key = {f"receipt:{credit}": credit for credit in waiting.values_list("credit_id", flat=True)}
    for message in Message.objects.filter(key__in=by_key):
        mine = waiting.filter(credit_id=by_key[message.key])
        mine.update(state=CandidateState.DONE, message=message, decided_on=turn.today)


def _receipts_since(turn: Round) -> datetime | None:
    """From which moment payments get a receipt: when receipts were turned on, as the audit trail remembers."""
    marks = AuditEvent.objects.filter(object_type="receipts", object_id="")
    last = marks.order_by("-seq").first()
    running = last is not None and last.verb == STARTED
    if turn.settings.receipts and not running:
        with transaction():
            last = audit.record(actor=None, verb=STARTED, object_type="receipts", detail={"at": turn.as_of.isoformat()})
    elif not turn.settings.receipts and running:
        with transaction():
            audit.record(actor=None, verb=STOPPED, object_type="receipts", detail={"at": turn.as_of.isoformat()})
    if not turn.settings.receipts or last is None:
        return None
    return max(datetime.fromisoformat(last.detail["at"]) - A_TICK, turn.as_of - LOOK_BACK)


def _recorded(since: datetime | None, turn: Round) -> Iterable[uuid.UUID]:
    """Payments recorded since then that somebody saw come in (documents that tell of a payment are receipts), and
    those by a provider: who pays on a page is always told that it arrived. What is left after a refund is no payment.
    """
    wanted = Q(source=BY_PROVIDER, created_at__gte=turn.as_of - LOOK_BACK)
    if since is not None:
        wanted |= Q(created_at__gte=since)
    rows = Credit.objects.filter(
        wanted,
        kind=CreditKind.PAYMENT,
        reversed_on__isnull=True,
        received_on__gte=turn.today - LOOK_BACK,
        customer__collecting=True,
    ).exclude(Q(source=FROM_DOCUMENTS) | Q(external_key__startswith=NET))
    return rows.order_by("created_at", "pk").values_list("pk", flat=True)


def _without_receipt(ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Of these payments, those that no message has acknowledged."""
    found: list[uuid.UUID] = []
    for part in chunks(ids):
        keys = {f"receipt:{each}": each for each in part}
        known = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
        found += [each for key, each in keys.items() if key not in known]
    return found


def _reached(ids: Collection[uuid.UUID], turn: Round) -> list[Payment]:
    """The payments whose customer has somebody to write to."""
    rows = list(Credit.objects.filter(pk__in=ids).select_related("customer__portfolio__collector"))
    span = Span.of({each.customer_id for each in rows})
    standing = standing_of(span, today=turn.today, sending=turn.sending)
    return [Payment.of(each) for each in rows if recipients_for(each.customer, Channel.EMAIL, standing)]


def _write_receipts(
    payments: Sequence[Payment], papers: dict[uuid.UUID, list[Enclosure]], turn: Round
) -> list[uuid.UUID]:
    customers = {payment.credit.customer_id for payment in payments}
    standing = standing_of(Span.of(customers), today=turn.today, sending=turn.sending)
    written: list[uuid.UUID] = []
    for payment in payments:
        credit = payment.credit
        to = recipients_for(credit.customer, Channel.EMAIL, standing)
        if not to:
            continue
        message = _write(
            [payment],
            turn,
            key=f"receipt:{credit.pk}",
            purpose=Purpose.RECEIPT,
            channel=Channel.EMAIL,
            recipients=to,
            files=papers[credit.pk],
            tone="neutral",
        )
        if message is None:
            continue
        written.append(message.pk)
        thanks = _due_thanks(any_why=True).filter(credit=credit, channel__in=("", Channel.EMAIL))
        thanks.update(state=CandidateState.DONE, why="", message=message, decided_on=turn.today)
    return written


def _write_thanks(rows: Sequence[ReminderCandidate], turn: Round) -> list[uuid.UUID]:
    ids = {row.customer_id for row in rows}
    customers = Customer.objects.select_related("portfolio__collector").in_bulk(list(ids))
    standing = standing_of(Span.of(ids), today=turn.today, sending=turn.sending)
    written: list[uuid.UUID] = []
    for (customer_id, channel), mine in _by_channel(rows, standing, turn).items():
        customer = customers[customer_id]
        payments = [Payment.of(each) for each in {row.credit_id: row.credit for row in mine}.values() if each]
        for payment in payments:
            payment.credit.customer = customer
        stem = f"paid:{customer_id}:{channel}:{turn.today}"
        number = Message.objects.filter(key__startswith=f"{stem}#").count() + 1
        message = _write(
            payments,
            turn,
            key=f"{stem}#{number}",
            purpose=Purpose.PAID,
            channel=channel,
            recipients=recipients_for(customer, channel, standing),
            files=[],
            tone=mine[0].step.tone,
            step=mine[0],
        )
        if message is None:
            continue
        written.append(message.pk)
        done = ReminderCandidate.objects.filter(pk__in=[row.pk for row in mine])
        done.update(state=CandidateState.DONE, why="", message=message, decided_on=turn.today)
    return written


def _by_channel(
    rows: Iterable[ReminderCandidate], standing: Standing, turn: Round
) -> dict[tuple[uuid.UUID, str], list[ReminderCandidate]]:
    """Thanks by customer and channel; what reaches nobody keeps why."""
    found: dict[tuple[uuid.UUID, str], list[ReminderCandidate]] = {}
    for row in rows:
        reach = turn.reach(standing, row.customer_id)
        channels = (row.channel,) if row.channel else tuple(row.step.channels or ("email",))
        if why := why_unreached(channels, reach):
            ReminderCandidate.objects.filter(pk=row.pk).update(why=why)
            continue
        found.setdefault((row.customer_id, choose_channel(channels, reach)), []).append(row)
    return found


def _write(
    payments: Sequence[Payment],
    turn: Round,
    *,
    key: str,
    purpose: str,
    channel: str,
    recipients: Sequence[Recipient],
    files: Sequence[Enclosure],
    tone: str,
    step: ReminderCandidate | None = None,
) -> Message | None:
    """One message about payments of one customer; None where its template fails (it is said in the log)."""
    customer = payments[0].credit.customer
    language = customer.language
    if step is not None:
        template = turn.template(step=step.step, purpose=purpose, channel=channel, language=language)
    else:
        template = choose_template(purpose=purpose, channel=channel, tone=tone, language=language)
    debts = paid_debts(payments)
    speaker = turn.speaker(customer, channel)
    wanted = wanted_of(
        template=template, customer=customer, channel=channel, recipients=recipients, debts=debts, turn=turn
    )
    carried = turn.carrier.carry([wanted])[0]
    try:
        rendered = render_paid(
            payments, debts, turn, template=template, contact=recipients[0].name, channel=channel, carried=carried
        )
    except TemplateError as error:
        log.warning("template_failed", template=template.name, error=str(error))
        return None
    message = write_message(
        key=key,
        channel=channel,
        purpose=purpose,
        customer_id=customer.pk,
        recipients=recipients,
        rendered=rendered,
        on_day=turn.today,
        guarantee=Guarantee.AT_LEAST if purpose == Purpose.RECEIPT else Guarantee.AT_MOST,
        attachments=files,
        template=template,
        facts=paid_facts(payments) | facts_of_carried(carried),
        language=language,
        sender_name=speaker.name,
        reply_to=speaker.reply_to,
    )
    if not message.debts.exists():
        write_debts(message, debts)
    return message


def _due_thanks(*, any_why: bool = False) -> QuerySet[ReminderCandidate]:
    rows = ReminderCandidate.objects.filter(state=CandidateState.PLANNED, credit__isnull=False)
    return rows if any_why else rows.filter(why="")


def taken_back(message: Message) -> bool:
    """Whether a payment that a receipt or thanks speak of was undone meanwhile."""
    ids: Collection[str] = [each["credit"] for each in message.facts.get("payments", [])]
    return Credit.objects.filter(pk__in=ids, reversed_on__isnull=False).exists()
