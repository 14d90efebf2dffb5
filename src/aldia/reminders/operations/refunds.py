"""Telling a customer that money of a payment went back: one e-mail for each amount that went, like a receipt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from aldia.domain.money import Money
from aldia.messaging.models import Channel, Guarantee, Message, Purpose, Template
from aldia.messaging.operations.outbox import write_message
from aldia.messaging.rendering import render
from aldia.payments.models import PaymentAttempt
from aldia.receivables.clusters import chunks
from aldia.reminders.content import context_of
from aldia.reminders.drafting import recipients_for
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.receipts import BATCH, LOOK_BACK
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy.scope import transaction

SUBJECTS = {"es": "Le devolvimos {{ pagado }}", "en": "We have refunded {{ pagado }}"}
_SPANISH = (
    "Hola{% if contacto %}, {{ contacto }}{% endif %}:",
    "Le devolvimos *{{ pagado }}* de su pago{% if fecha_de_pago %} del {{ fecha_de_pago }}{% endif %}.",
    "Según su banco, puede tardar unos días en verse. Lo que cubría ese dinero vuelve a estar por pagar.",
    "Cualquier duda, responda este correo.",
    "Saludos,\n{{ remitente }}\n{{ empresa }}{% if telefono %} · {{ telefono }}{% endif %}",
)
_ENGLISH = (
    "Hello{% if contacto %} {{ contacto }}{% endif %},",
    "We have refunded *{{ pagado }}* of your payment{% if fecha_de_pago %} of {{ fecha_de_pago }}{% endif %}.",
    "Depending on your bank, it may take a few days to show. What that money covered is to be paid again.",
    "If you have any question, answer this e-mail.",
    "Regards,\n{{ remitente }}\n{{ empresa }}{% if telefono %} · {{ telefono }}{% endif %}",
)
BODIES = {"es": _SPANISH, "en": _ENGLISH}


def write_refunds(*, turn: Round) -> list[uuid.UUID]:
    """Write to whoever was given money back and was not told yet. Safe to repeat: one message for each amount."""
    rows = PaymentAttempt.objects.filter(
        refunded__gt=0, seen_at__gte=turn.as_of - LOOK_BACK, customer__collecting=True
    ).order_by("seen_at", "id")
    written: list[uuid.UUID] = []
    for ids in chunks(list(rows.values_list("pk", flat=True)), BATCH):
        with transaction():
            lock_planning()
            written += _write_some(ids, turn)
    return written


def _write_some(ids: Iterable[uuid.UUID], turn: Round) -> list[uuid.UUID]:
    related = ("account", "customer__portfolio__collector")
    rows = list(PaymentAttempt.objects.filter(pk__in=list(ids)).select_related(*related).order_by("seen_at", "id"))
    told = set(Message.objects.filter(key__in=[_key(each) for each in rows]).values_list("key", flat=True))
    rows = [each for each in rows if _key(each) not in told]
    span = Span.of({each.customer_id for each in rows if each.customer_id is not None})
    standing = standing_of(span, today=turn.today, sending=turn.sending)
    return [message.pk for each in rows if (message := _write(each, standing, turn)) is not None]


def _key(attempt: PaymentAttempt) -> str:
    return f"refund:{attempt.pk}:{attempt.refunded}"


def _write(attempt: PaymentAttempt, standing: Standing, turn: Round) -> Message | None:
    customer = attempt.customer
    to = recipients_for(customer, Channel.EMAIL, standing) if customer is not None else ()
    if customer is None or not to:
        return None
    voice = Voice.of(turn.company, customer.language)
    speaker = turn.speaker(customer, Channel.EMAIL)
    amount = Money(attempt.refunded - _told_before(attempt), attempt.currency)
    template = Template(
        name="-", purpose=Purpose.DIRECT, channel=Channel.EMAIL, language=voice.language,
        subject=SUBJECTS[voice.language],
        body="\n\n".join(BODIES[voice.language]),
    )  # fmt: skip
    values = {
        "pagado": voice.amount(amount.minor, amount.currency),
        "fecha_de_pago": voice.day(attempt.paid_on) if attempt.paid_on else "",
    }
    context = context_of(
        speaker=speaker, customer=customer, contact=to[0].name, debts=(), voice=voice, today=turn.today, extra=values
    )
    return write_message(
        key=_key(attempt),
        channel=Channel.EMAIL,
        purpose=Purpose.DIRECT,
        customer_id=customer.pk,
        recipients=to,
        rendered=render(template=template, context=context, look=turn.look),
        on_day=turn.today,
        guarantee=Guarantee.AT_LEAST,
        reason=attempt.account.name,
        facts={
            "refunds": [
                {
                    "attempt": str(attempt.pk),
                    "minor": amount.minor,
                    "currency": amount.currency,
                    "total": attempt.refunded,
                }
            ]
        },
        language=voice.language,
        sender_name=speaker.name,
        reply_to=speaker.reply_to,
    )


def _told_before(attempt: PaymentAttempt) -> int:
    """How much of what went back earlier messages spoke of."""
    earlier = Message.objects.filter(key__startswith=f"refund:{attempt.pk}:").values_list("facts", flat=True)
    return max((int(each["refunds"][0]["total"]) for each in earlier), default=0)
