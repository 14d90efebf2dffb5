"""Reminding customers of what they promised, on the last working day before: one polite e-mail for all of that day.

Only customers that reminders follow anyway are written to (a rule of theirs is active), within the company's hours and
caps; it takes the place of the day's reminder. Whether the word still stands is asked again at the moment of sending.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from aldia.collections.models import Promise
from aldia.collections.queries.promises import Judged, Patience, judged, promises
from aldia.customers.models import Customer
from aldia.domain.promises import held_parts
from aldia.domain.reminders import Sending, Why, is_open
from aldia.domain.reminders.days import is_sending_day
from aldia.messaging.models import Channel, Message, MessageState, Purpose, Template
from aldia.messaging.operations.outbox import write_message
from aldia.messaging.rendering import render
from aldia.receivables.clusters import chunks
from aldia.reminders.carrying import facts_of_carried, values_of, wanted_of
from aldia.reminders.content import Debt, context_of, open_debts, totals
from aldia.reminders.drafting import is_chased, recipients_for
from aldia.reminders.operations.composing import facts_of, write_debts
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.receipts import BATCH
from aldia.reminders.queries.facts import PROMISED, Standing, standing_of
from aldia.reminders.queries.rules import Assignments, assignments_of, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round
from aldia.reminders.settings import local_time, sending_of
from aldia.reminders.voice import Voice
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

FARTHEST = timedelta(days=14)  # between a day and the next on which messages leave: the longest holidays, and more
SUBJECTS = {
    "es": "Su pago del {{ fecha_de_pago }}: {{ pagado }}",
    "en": "Your payment of {{ fecha_de_pago }}: {{ pagado }}",
}
_SPANISH = (
    "Hola{% if contacto %}, {{ contacto }}{% endif %}:",
    "Le recordamos que quedó de pagar *{{ pagado }}* el *{{ fecha_de_pago }}*.",
    "{{ tabla }}",
    "{{ liga_de_pago }}",
    "{% if clabe %}También puede transferir a la CLABE {{ clabe }}"
    "{% if banco_clabe %} ({{ banco_clabe }}){% endif %}.{% endif %}",
    "Si ya pagó, o si algo cambió, responda este correo y lo vemos.",
    "Saludos,\n{{ remitente }}\n{{ empresa }}{% if telefono %} · {{ telefono }}{% endif %}",
)
_ENGLISH = (
    "Hello{% if contacto %} {{ contacto }}{% endif %},",
    "This is a reminder that you agreed to pay *{{ pagado }}* on *{{ fecha_de_pago }}*.",
    "{{ tabla }}",
    "{{ liga_de_pago }}",
    "If you have paid already, or if anything has changed, just answer this e-mail.",
    "Regards,\n{{ remitente }}\n{{ empresa }}{% if telefono %} · {{ telefono }}{% endif %}",
)
_OURS = frozenset(
    {Why.PROMISE, Why.PLANNED, Why.COVERED, Why.DISPUTED}
)  # what does not keep a promise from being named
BODIES = {"es": _SPANISH, "en": _ENGLISH}


@dataclass(frozen=True, slots=True)
class Word:
    """What a customer promised for a day and still owes of it."""

    customer: Customer
    due_on: date
    promises: tuple[Judged, ...]
    debts: tuple[Debt, ...]

    @property
    def facts(self) -> dict[str, int]:
        """What is left of each promise, by its id: what the message's gate compares."""
        return {str(each.pk): each.verdict.needed - each.verdict.paid for each in self.promises}


def write_promise_reminders(*, turn: Round) -> list[uuid.UUID]:
    """Write to whoever promised for the day after this working day. Safe to repeat: one message a customer and day."""
    if not turn.is_open or turn.settings.promises is False:
        return []
    made = promises().filter(
        withdrawn_on__isnull=True, due_on__gt=turn.today, due_on__lte=turn.today + FARTHEST,
        promised_on__lt=turn.today, customer__collecting=True, customer__generic=False,
    )  # fmt: skip
    days = [each for each in made.order_by().values_list("due_on", flat=True).distinct() if _is_eve(turn, each)]
    rows = made.filter(due_on__in=days)
    customers = list(rows.order_by("customer_id").values_list("customer_id", flat=True).distinct())
    written: list[uuid.UUID] = []
    for ids in chunks(customers, BATCH):
        with transaction():
            lock_planning()
            written += [each.pk for each in _write_some(ids, days, turn)]
    return written


def reminder_of(promise_id: uuid.UUID) -> Message | None:
    """The message that reminded of a promise, if one did."""
    promise = Promise.objects.get(pk=promise_id)
    found = Message.objects.filter(
        customer_id=promise.customer_id, on_day__gte=promise.promised_on, on_day__lt=promise.due_on,
        key__startswith=PROMISED,
    )  # fmt: skip
    mine = [each for each in found.order_by("-id") if str(promise_id) in each.facts.get("promises", {})]
    return next((each for each in mine if each.state != MessageState.CANCELLED), next(iter(mine), None))


def promise_changed(*, message: Message, as_of: datetime) -> str:
    """ "" if what a reminder of promises says still stands and it may leave now; else the reason (a word of `Why`)."""
    company = Company.objects.get(pk=current_company_id())
    local, sending = local_time(company, as_of), sending_of(company)
    if not is_open(sending, local):
        return Why.QUIET_HOURS
    if message.on_day != local.date() or message.customer_id is None:
        return Why.CHANGED
    standing = standing_of(Span.of([message.customer_id]), today=local.date(), sending=sending)
    if (why := _held(message.customer_id, standing)) is not None:
        return why
    said: dict[str, int] = message.facts.get("promises", {})
    found = _open(list(said), local.date(), sending)
    left = {str(each.pk): each.verdict.needed - each.verdict.paid for each in found}
    if not left:
        return Why.PAID
    return "" if left == said else Why.CHANGED


def _is_eve(turn: Round, due_on: date) -> bool:
    """Whether no day on which messages leave lies between today and the promised one."""
    days = (turn.today + timedelta(days=n) for n in range(1, (due_on - turn.today).days))
    return not any(is_sending_day(turn.sending, day) for day in days)


def _open(ids: Sequence[uuid.UUID | str], today: date, sending: Sending) -> list[Judged]:
    patience = Patience(sending.country, sending.transit_days)
    found = judged(promises().filter(pk__in=list(ids)).order_by("due_on", "id"), as_of=today, patience=patience)
    return [each for each in found if each.is_open]


def _held(customer_id: uuid.UUID, standing: Standing) -> Why | None:
    if customer_id in standing.off:
        return standing.off[customer_id]
    return Why.CUSTOMER_PAUSED if customer_id in standing.paused else None


def _write_some(customer_ids: Sequence[uuid.UUID], days: Sequence[date], turn: Round) -> list[Message]:
    span = Span.of(list(customer_ids))
    standing = standing_of(span, today=turn.today, sending=turn.sending)
    followed = assignments_of(span, rule_book())
    debts = open_debts(list(customer_ids), standing, turn.today)
    rows = Promise.objects.filter(
        customer_id__in=list(customer_ids), due_on__in=list(days), withdrawn_on__isnull=True, promised_on__lt=turn.today
    )
    found = _open(list(rows.values_list("pk", flat=True)), turn.today, turn.sending)
    customers = Customer.objects.select_related("portfolio__collector").in_bulk(list(customer_ids))
    written = []
    for customer_id, customer in customers.items():
        mine = [each for each in found if each.promise.customer_id == customer_id]
        if not mine or _held(customer_id, standing) or turn.today in standing.reminded_on.get(customer_id, ()):
            continue
        word = _word(customer, mine, debts.get(customer_id, []), followed)
        if word.debts and (message := _write(word, standing, turn)) is not None:
            written.append(message)
    return written


def _word(customer: Customer, mine: Sequence[Judged], debts: Sequence[Debt], followed: Assignments) -> Word:
    """The documents that the promises name, each asking for its promised part; those that no rule follows are left
    out, and so is what is disputed or said to be paid."""
    held: dict[uuid.UUID, int] = {}
    for each in mine:
        parts = held_parts(each.promise.amount, [(debt.balance_then, debt.receivable.balance) for debt in each.debts])
        for debt, part in zip(each.debts, parts, strict=True):
            held[debt.receivable_id] = held.get(debt.receivable_id, 0) + part
    shown = [
        replace(debt, asked=min(held[debt.receivable_id], debt.owed))
        for debt in debts
        if held.get(debt.receivable_id) and is_chased(followed, debt) and (debt.hold is None or debt.hold.why in _OURS)
    ]
    return Word(customer, mine[0].promise.due_on, tuple(mine), tuple(shown))


def _write(word: Word, standing: Standing, turn: Round) -> Message | None:
    customer = word.customer
    to = recipients_for(customer, Channel.EMAIL, standing)
    stem = f"{PROMISED}{customer.pk}:{turn.today}"
    before = list(Message.objects.filter(customer=customer, key__startswith=stem).values_list("state", flat=True))
    if not to or not turn.has_channel(Channel.EMAIL) or any(each != MessageState.CANCELLED for each in before):
        return None
    voice = Voice.of(turn.company, customer.language)
    speaker = turn.speaker(customer, Channel.EMAIL)
    template = Template(
        name="-", purpose=Purpose.DIRECT, channel=Channel.EMAIL, language=voice.language,
        subject=SUBJECTS[voice.language], body="\n\n".join(BODIES[voice.language]),
    )  # fmt: skip
    wanted = wanted_of(
        template=template, customer=customer, channel=Channel.EMAIL, recipients=to, debts=word.debts, turn=turn
    )
    own = turn.carrier.carry([wanted])[0]
    extra = values_of(own, turn) | {
        "pagado": voice.amounts(totals(word.debts)), "fecha_de_pago": voice.day(word.due_on),
    }  # fmt: skip
    context = context_of(
        speaker=speaker, customer=customer, contact=to[0].name, debts=word.debts, voice=voice, today=turn.today,
        extra=extra,
    )  # fmt: skip
    message = write_message(
        key=f"{stem}#{len(before) + 1}",
        channel=Channel.EMAIL,
        purpose=Purpose.DIRECT,
        customer_id=customer.pk,
        recipients=to,
        rendered=render(template=template, context=context, look=turn.look),
        on_day=turn.today,
        reason=_("Recuerda una promesa de pago"),
        facts=facts_of(word.debts) | facts_of_carried(own) | {"promises": word.facts},
        language=voice.language,
        sender_name=speaker.name,
        reply_to=speaker.reply_to,
    )
    write_debts(message, word.debts)
    return message
