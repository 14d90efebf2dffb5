"""A template as it would arrive, sent to the person who is writing it and to nobody else."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from aldia.messaging.models import Channel, Guarantee, Message, Purpose, Template
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.operations.templates import Words, check
from aldia.messaging.placeholders import Context
from aldia.messaging.rendering import render
from aldia.messaging.scanning import TemplateError
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def send_proof(*, words: Words, context: Context, key: uuid.UUID, actor: User, on_day: date) -> Message:
    """Write the words, saved or not, as an e-mail to `actor`; the same `key` returns the first one.

    Raises `TemplateError`; by channels other than e-mail nothing is proved (a person has no other address here).
    """
    if words.channel != Channel.EMAIL:
        raise TemplateError(_("Solo los correos se pueden probar así."), field="channel")
    check(words=words)
    names = ("name", "purpose", "channel", "tone", "language", "subject", "body")
    rendered = render(template=Template(**{name: getattr(words, name) for name in names}), context=context)
    with transaction():
        message = write_message(
            key=f"proof:{key}",
            channel=Channel.EMAIL,
            purpose=Purpose.NOTICE,
            customer_id=None,
            recipients=[Recipient(actor.email, actor.get_full_name())],
            rendered=replace(rendered, subject=_("[Prueba] %(subject)s") % {"subject": rendered.subject}),
            on_day=on_day,
            guarantee=Guarantee.AT_LEAST,
            reason=_("Prueba de la plantilla «%(name)s»") % {"name": words.name},
            created_by=actor,
            language=words.language,
        )
        audit.record(
            actor=actor,
            verb="messaging.template_proved",
            object_type="message",
            object_id=message.pk,
            detail={"name": words.name},
        )
    return message
