"""Notices to the company itself: a payment that nobody of its own recorded, and whatever else an interface tells."""

from __future__ import annotations

import uuid
from typing import Any

from aldia.messaging.models import Channel, Guarantee, Message, Purpose
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.queries.templates import choose_template
from aldia.messaging.rendering import render
from aldia.receivables.models import Credit
from aldia.reminders.paid import Payment, paid_facts, paid_values
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy.scope import transaction


def notify_company(
    *,
    key: str,
    subject: str,
    sentence: str,
    turn: Round,
    facts: dict[str, Any] | None = None,
    extra: dict[str, str],
    address: str = "",
) -> Message | None:
    """Tell the company something by e-mail, once per `key`; None where it wants no notices or has nobody to tell.

    `sentence` is what happened; `extra` fills the other placeholders of the notice's template (amount, customer, …).
    `address`: one of its people, instead of whoever hears of everything.
    """
    address = address or turn.settings.notice_email or turn.owner_email
    if not turn.settings.notices or not address:
        return None
    template = choose_template(purpose=Purpose.NOTICE, channel=Channel.EMAIL, language=turn.company.locale)
    values = {"empresa": str(turn.company), "mensaje": sentence, **extra}
    rendered = render(template=template, context=values, look=turn.look)
    with transaction():
        return write_message(
            key=f"notice:{key}",
            channel=Channel.EMAIL,
            purpose=Purpose.NOTICE,
            customer_id=None,
            recipients=[Recipient(address)],
            rendered=rendered,
            on_day=turn.today,
            guarantee=Guarantee.AT_LEAST,
            template=template,
            reason=subject[:300],
            facts=facts,
            language=turn.company.locale,
        )


def notify_payment(*, credit_id: uuid.UUID, sentence: str, turn: Round) -> Message | None:
    """Tell the company of a payment that came without a person of its own recording it (portal, provider)."""
    payment = Payment.of(Credit.objects.select_related("customer").get(pk=credit_id))
    voice = Voice.of(turn.company, turn.company.locale)
    customer = payment.credit.customer
    extra = paid_values([payment], voice) | {
        "cliente": str(customer),
        "razon_social": customer.legal_name,
        "rfc": customer.tax_id,
        "cuantos": str(len(payment.applied)) if payment.applied else "",
        "folio": payment.applied[0].receivable.number if payment.applied else "",
    }
    facts = paid_facts([payment])
    return notify_company(
        key=f"payment:{credit_id}", subject=sentence, sentence=sentence, turn=turn, facts=facts, extra=extra
    )
