"""Words of a message that its row does not hold: a one-time code is in the mail that leaves and nowhere else.

The row says `MARK` where the words go, on every page that shows it; the words themselves are a secret of the company
(`tenancy.secrets`), opened only for the adapter that sends, and thrown away when they are of no use any more.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from html import escape

from django.utils.translation import gettext as _

from aldia.integrations.channels.mailbox import PREFIX
from aldia.messaging.models import Message
from aldia.queue.claiming import in_seconds
from aldia.tenancy import keyring, secrets, storage
from aldia.tenancy.models import Secret

MARK = "••••••"
KIND = "sealed_words"
FACT = "sealed"


def seal(words: str) -> dict[str, str]:
    """Keep the words as a secret; the fact that goes with the message (`write_message(facts=…)`)."""
    return {FACT: str(secrets.keep(kind=KIND, values={"words": words}).pk)}


def unsealed(message: Message) -> dict[str, str]:
    """Subject, text and HTML as they leave. Raises `DamagedFile` where the words were thrown away since."""
    parts = {"subject": message.subject, "text": message.text, "html": message.html}
    if FACT not in message.facts:
        return parts
    try:
        secret = Secret.objects.get(pk=uuid.UUID(str(message.facts[FACT])), kind=KIND)
        words = secrets.reveal(secret)["words"]
    except (Secret.DoesNotExist, secrets.CannotOpen, keyring.KeyProblem, ValueError) as error:
        raise storage.DamagedFile(_("Lo que iba en este mensaje ya no se guarda: caducó.")) from error
    shown = {"html": escape(words)}
    return {name: part.replace(MARK, shown.get(name, words)) for name, part in parts.items()}


def as_received(message: Message) -> str:
    """The HTML for whoever may see it here: in the test mailbox, which is the only place where such a mail is ever
    read, with its words while they last; any other as its row says."""
    taken = list(message.deliveries.values_list("provider_id", flat=True))
    if FACT not in message.facts or not taken or not all(each.startswith(PREFIX) for each in taken):
        return message.html
    try:
        return unsealed(message)["html"]
    except storage.DamagedFile:
        return message.html


def throw_away(*, after: timedelta) -> int:
    """Delete sealed words that are older than that, by the database's clock; return how many."""
    old = Secret.objects.filter(kind=KIND, created_at__lt=in_seconds(-after.total_seconds()))
    deleted, _by_model = old.delete()
    return deleted
