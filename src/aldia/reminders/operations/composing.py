"""Turning what is due into messages: content frozen, candidates done, the outbox written; all in one transaction.

Everything is read again under the lock that planners take turns at, so that of three schedulers one writes the message
and the others find nothing left to say. The message's key (customer, channel, day) is the second wall. Files
are made before the transaction; where the documents changed meanwhile, the customer waits for the next look.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from aldia.domain.reminders import Why
from aldia.messaging.models import Channel, Message, MessageState, Template
from aldia.messaging.operations.outbox import Enclosure, write_message
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.scanning import TemplateError
from aldia.payments.operations.carried import Carried
from aldia.payments.operations.carried import Wanted as WantedLinks
from aldia.receivables.clusters import chunks
from aldia.reminders.attachments import StatementPdf, Wanted, enclosures
from aldia.reminders.carrying import facts_of_carried, values_of, wanted_of
from aldia.reminders.content import Debt, Filters, columns_of, context_of, totals
from aldia.reminders.drafting import Draft, NotNow, drafts_of, due_customers, due_of
from aldia.reminders.models import CandidateState, MessageDebt, ReminderCandidate
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

BATCH = 25  # customers per transaction: long enough to be fast, short enough for the next writer
WITH_FILES = frozenset({Channel.EMAIL, Channel.LETTER})

log = structlog.get_logger("aldia.reminders")

Prepared = dict[str, tuple[frozenset[uuid.UUID], list[Enclosure]]]  # draft key -> its documents, its files


@dataclass(slots=True)
class Composed:
    """What became of what was due: messages written, and why the rest was not."""

    messages: list[uuid.UUID] = field(default_factory=list)
    not_now: Counter[str] = field(default_factory=Counter)


def compose_due(
    *, company: Company, as_of: datetime, statement_pdf: StatementPdf | None = None, with_files: bool = True
) -> Composed:
    """Write every message that is due now. `statement_pdf` makes the statement where a rule attaches it."""
    turn, done = Round.at(company, as_of), Composed()
    for customer_ids in chunks(due_customers(), BATCH):
        try:
            _compose(customer_ids, turn, done, statement_pdf, with_files=with_files)
        except Exception:
            log.exception("compose_failed", customers=len(customer_ids))
            for each in customer_ids:
                _compose_alone(each, turn, done, statement_pdf, with_files=with_files)
    return done


def _compose(
    customer_ids: Collection[uuid.UUID],
    turn: Round,
    done: Composed,
    statement_pdf: StatementPdf | None,
    *,
    with_files: bool,
) -> None:
    prepared = prepare(drafts_of(due_of(customer_ids), turn)[0], turn, statement_pdf) if with_files else None
    compose_customers(customer_ids=customer_ids, turn=turn, prepared=prepared, done=done)


def _compose_alone(
    customer_id: uuid.UUID, turn: Round, done: Composed, statement_pdf: StatementPdf | None, *, with_files: bool
) -> None:
    """One customer of a batch that failed: whoever is not the cause is not kept waiting."""
    try:
        _compose([customer_id], turn, done, statement_pdf, with_files=with_files)
    except Exception:
        log.exception("compose_failed", customer=str(customer_id))
        done.not_now["error"] += 1


def prepare(drafts: Iterable[Draft], turn: Round, statement_pdf: StatementPdf | None) -> Prepared:
    """Make the files that the drafts' rules attach. Takes long: in no transaction."""
    found: Prepared = {}
    for draft in drafts:
        wanted = _wanted(draft, turn)
        if wanted is None:
            continue
        files = enclosures(
            customer_id=draft.customer.pk,
            document_ids=draft.document_ids,
            wanted=wanted,
            today=turn.today,
            statement_pdf=statement_pdf,
        )
        found[draft.key(turn.today)] = frozenset(draft.document_ids), files
    crashpoint("after_files")
    return found


def compose_customers(
    *, customer_ids: Collection[uuid.UUID], turn: Round, prepared: Prepared | None, done: Composed
) -> None:
    """Write the messages of some customers. `prepared` None: nothing is attached (previews)."""
    with transaction():
        lock_planning()
        drafts, silent = drafts_of(due_of(customer_ids), turn)
        written: list[Message] = []
        turns_of_day = _keys_taken(drafts, turn)
        ready = [(draft, files) for draft in drafts if (files := _files(draft, turn, prepared)) is not None]
        carried = turn.carrier.carry([_carries(draft, turn) for draft, _enclosed in ready])
        for (draft, files), own in zip(ready, carried, strict=True):
            try:
                rendered = render_draft(draft, turn, own)
            except TemplateError as error:
                log.warning("template_failed", template=str(draft.step.pk), error=str(error))
                silent += [NotNow(each, Why.TEMPLATE) for each in draft.candidates]
                continue
            written.append(_write(draft, rendered, files, turn, turns_of_day, own))
        _note(silent, turn)
        if written:
            detail = {"messages": len(written), "customers": len({each.customer_id for each in written})}
            audit.record(actor=None, verb="reminders.composed", object_type="company", detail=detail)
        crashpoint("in_compose")
    crashpoint("after_compose")
    done.messages += [each.pk for each in written]
    done.not_now.update(each.why for each in silent)


def render_draft(draft: Draft, turn: Round, carried: Carried | None = None) -> Rendered:
    """The content of a draft as it would be frozen, with what it carries (asked for here when not handed in).

    Raises `TemplateError`.
    """
    customer = draft.customer
    voice = Voice.of(turn.company, customer.language)
    template = _template(draft, turn)
    own = carried if carried is not None else turn.carrier.carry([_carries(draft, turn)])[0]
    context = context_of(
        speaker=turn.speaker(customer, draft.channel),
        customer=customer,
        contact=next((each.name for each in draft.recipients if each.name), "") if draft.channel != "letter" else "",
        debts=draft.debts,
        voice=voice,
        today=turn.today,
        extra=values_of(own, turn),
    )
    return render(template=template, context=context, look=turn.look, columns=columns_of(Filters.of(draft.rule)))


def _template(draft: Draft, turn: Round) -> Template:
    return turn.template(
        step=draft.step, purpose=draft.purpose, channel=draft.channel, language=draft.customer.language
    )


def _carries(draft: Draft, turn: Round) -> WantedLinks:
    """The links and the account that a draft's words speak of."""
    return wanted_of(
        template=_template(draft, turn),
        customer=draft.customer,
        channel=draft.channel,
        recipients=draft.recipients,
        debts=draft.debts,
        turn=turn,
    )


def facts_of(debts: Sequence[Debt]) -> dict[str, Any]:
    """What a message said in figures, for whoever asks years later."""
    return {
        "totals": [{"minor": each.minor, "currency": each.currency} for each in totals(debts)],
        "documents": len(debts),
    }


def write_debts(message: Message, debts: Iterable[Debt]) -> None:
    """Freeze what a message says of each receivable."""
    company_id = current_company_id()
    insert_rows(
        [
            MessageDebt(
                id=uuid7(),
                company_id=company_id,
                message_id=message.pk,
                receivable_id=debt.receivable_id,
                balance=debt.asked,
                currency=debt.currency,
                due_on=debt.due_on,
            )
            for debt in debts
        ]
    )


def _write(
    draft: Draft,
    rendered: Rendered,
    files: Sequence[Enclosure],
    turn: Round,
    taken: Mapping[str, int],
    carried: Carried,
) -> Message:
    """One message with its debts; its candidates are done with it."""
    stem = draft.key(turn.today)
    speaker = turn.speaker(draft.customer, draft.channel)
    template = _template(draft, turn)
    message = write_message(
        key=f"{stem}#{taken.get(stem, 0) + 1}",
        channel=draft.channel,
        purpose=draft.purpose,
        customer_id=draft.customer.pk,
        recipients=draft.recipients,
        rendered=rendered,
        on_day=turn.today,
        attachments=files,
        state=MessageState.AWAITING if draft.needs_approval else MessageState.READY,
        template=template,
        reason=draft.rule.name[:300],
        facts=facts_of(draft.debts) | facts_of_carried(carried),
        language=draft.customer.language,
        sender_name=speaker.name,
        reply_to=speaker.reply_to,
    )
    write_debts(message, draft.debts)
    ids = [each.pk for each in draft.candidates]
    ReminderCandidate.objects.filter(pk__in=ids).update(
        state=CandidateState.DONE, why="", message=message, decided_on=turn.today
    )
    return message


def _keys_taken(drafts: Sequence[Draft], turn: Round) -> dict[str, int]:
    """How many messages of this day each draft already had: cancelled ones, since a standing one ends the turn."""
    stems = {draft.key(turn.today): draft for draft in drafts}
    rows = Message.objects.filter(customer_id__in={draft.customer.pk for draft in drafts}, on_day=turn.today)
    found: Counter[str] = Counter()
    for key in rows.filter(key__startswith="reminder:").values_list("key", flat=True):
        stem = key.rpartition("#")[0]
        if stem in stems:
            found[stem] += 1
    return found


def _note(silent: Sequence[NotNow], turn: Round) -> None:
    """Write down why a step is not sent: for good, or for now."""
    for why in {each.why for each in silent}:
        mine = [each for each in silent if each.why == why]
        state = CandidateState.SKIPPED if mine[0].is_final else CandidateState.PLANNED
        rows = ReminderCandidate.objects.filter(pk__in=[each.candidate.pk for each in mine])
        rows.update(why=why, state=state, decided_on=turn.today)


def _wanted(draft: Draft, turn: Round) -> Wanted | None:
    rule = draft.rule
    if draft.channel not in WITH_FILES or not (rule.attach_pdf or rule.attach_xml or rule.attach_statement):
        return None
    is_letter = draft.channel == Channel.LETTER
    has_invoices = rule.attach_pdf or rule.attach_xml
    statement = rule.attach_statement or (has_invoices and turn.carrier.settings.attach_statement)
    return Wanted(rule.attach_pdf, rule.attach_xml and not is_letter, statement, turn.settings.attach_limit_kb)


def _files(draft: Draft, turn: Round, prepared: Prepared | None) -> list[Enclosure] | None:
    """The files of a draft; None when they were made of other documents than it shows now."""
    if prepared is None or _wanted(draft, turn) is None:
        return []
    documents, files = prepared.get(draft.key(turn.today), (None, []))
    return files if documents == frozenset(draft.document_ids) else None
