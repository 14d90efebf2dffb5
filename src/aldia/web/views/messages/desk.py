"""What a person who writes has at hand: ways out, words to start from, the customer's people and open documents."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.messaging import placeholders
from aldia.messaging.accounts import has_channel
from aldia.messaging.models import Channel, Message, Purpose, Template
from aldia.messaging.operations.outbox import Recipient
from aldia.messaging.placeholders import Context
from aldia.messaging.queries.messages import suppressed_among
from aldia.messaging.queries.templates import TemplateEntry, builtin_template, choose_template, template_list
from aldia.messaging.scanning import TemplateError
from aldia.messaging.templating import evaluate
from aldia.payments.operations.carried import Wanted
from aldia.reminders.carrying import values_of
from aldia.reminders.content import Debt, context_of, open_debts
from aldia.reminders.drafting import Round, recipients_for
from aldia.reminders.queries.contacts import ADDRESSES, OPT_OUTS
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.span import Span
from aldia.reminders.voice import Voice
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import amount_text, day_text

FREE_WORDS = "{{ mensaje }}"  # in the templates of direct messages: where the person writes
KEPT = (placeholders.TABLE, placeholders.LINK, placeholders.STATEMENT_LINK)
_FOOTER = re.compile(r"^-- ?$", re.MULTILINE)
_TABLE = re.compile(r"^[^\n]+\n-{8,}\n.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
NOT_BY_HAND = {"mensaje", "pagado", "fecha_de_pago", "saldo_restante"}
_OPENS = r"(?:^[^:\n]{1,40}: )?https?://[^\s/]+/%s/[a-z0-9-]+/[\w-]{43}/"  # addresses that let somebody in
_NO_BRACES = str.maketrans("{}", "()")  # a name is no placeholder
TO_START_FROM = frozenset({Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER, Purpose.STATEMENT, Purpose.DIRECT})


@dataclass(frozen=True, slots=True)
class Start:
    """Words to start from."""

    subject: str
    body: str


def channels() -> list[tuple[str, str]]:
    """The ways out that the company has."""
    return [(channel.value, str(channel.label)) for channel in Channel if has_channel(channel)]


def inserts(channel: str) -> list[placeholders.Placeholder]:
    """What a person may put into a message by hand: that of payments has no value here."""
    found = placeholders.placeholders(purpose=Purpose.DIRECT, channel=channel)
    return [each for each in found if each.name not in NOT_BY_HAND]


def templates_of(channel: str) -> list[tuple[str, str]]:
    """The templates of a channel that a person may start from, by id (or by the key of one of the house's)."""
    return [
        (_key(each), f"{each.template.get_purpose_display()} · {each.template.name}")
        for each in template_list()
        if each.template.channel == channel and each.template.purpose in TO_START_FROM
    ]


def _key(entry: TemplateEntry) -> str:
    return str(entry.template_id) if entry.template_id else entry.builtin


def start_of(channel: str, language: str, chosen: str) -> Start:
    """The words of a template (an id or a key); those of a direct message when none is chosen."""
    template = _template(chosen) if chosen else None
    if template is None or template.channel != channel:
        template = _direct(channel, language)
    if template is None:
        return Start("", "")
    return Start(template.subject, template.body.replace(FREE_WORDS, ""))


def _template(chosen: str) -> Template | None:
    found = customer_queries.as_uuid(chosen)
    return Template.objects.filter(pk=found).first() if found else builtin_template(chosen)


def _direct(channel: str, language: str) -> Template | None:
    try:
        return choose_template(purpose=Purpose.DIRECT, channel=channel, language=language)
    except LookupError:
        return None


def filled(start: Start, context: Context, channel: str) -> Start:
    """The words as one customer reads them, for a person to go on writing; tables and links stay placeholders."""
    return Start(_filled(start.subject, context, channel), _filled(start.body, context, channel))


def _filled(source: str, context: Context, channel: str) -> str:
    allowed = placeholders.allowed_names(purpose=Purpose.DIRECT, channel=channel)
    drawn = {name: f"{{{{ {name} }}}}" for name in KEPT if name in allowed}
    try:
        text, values = evaluate(source, {**context, **drawn}, allowed)
    except TemplateError:
        return source
    return values.fill(text, lambda name, value: value if name in drawn else value.translate(_NO_BRACES))


def again(message: Message) -> Start:
    """The words of a message written before, to go on from: its table is drawn anew, its footer comes by itself, and
    its links are made anew for whoever gets it now."""
    body = _FOOTER.split(message.text, maxsplit=1)[0].translate(_NO_BRACES)
    table = f"{{{{ {placeholders.TABLE} }}}}" if message.channel in (Channel.EMAIL, Channel.LETTER) else ""
    body = _TABLE.sub(table, body)
    for kind, name in (("l", placeholders.LINK), ("p", placeholders.STATEMENT_LINK)):
        body = re.sub(_OPENS % kind, f"{{{{ {name} }}}}", body, flags=re.MULTILINE)
    return Start(message.subject.translate(_NO_BRACES), body.strip())


@dataclass
class Desk:
    """A customer as the writer of a message by one channel sees it."""

    request: CompanyRequest
    customer: Customer
    channel: str

    @cached_property
    def turn(self) -> Round:
        return Round.at(self.request.company, clock.now()).as_preview()

    @cached_property
    def standing(self) -> Standing:
        return standing_of(Span.of([self.customer.pk]), today=self.turn.today, sending=self.turn.sending)

    @cached_property
    def debts(self) -> list[Debt]:
        """All that it owes, held back or not: a person knows what is contested, and its message asks for the same."""
        found = open_debts([self.customer.pk], self.standing, self.turn.today).get(self.customer.pk, [])
        return [replace(debt, asked=debt.owed) for debt in found]

    def start(self, chosen: str = "") -> Start:
        """Words to start from, filled with what is known of the customer: from here on it is a letter, no template."""
        speaker = replace(self.turn.speaker(self.customer, self.channel), name=self.request.user.get_full_name())
        context = context_of(
            speaker=speaker,
            customer=self.customer,
            contact=next((each.name for each in self.usual), ""),
            debts=self.debts,
            voice=Voice.of(self.request.company, self.customer.language),
            today=self.turn.today,
            extra=values_of(self.turn.carrier.carry([Wanted(self.customer.pk, directs=True)])[0], self.turn),
        )
        return filled(start_of(self.channel, self.customer.language, chosen), context, self.channel)

    @property
    def usual(self) -> tuple[Recipient, ...]:
        """Whom its reminders go to."""
        if self.channel == Channel.LETTER:
            return ()
        return recipients_for(self.customer, self.channel, self.standing)

    @cached_property
    def people(self) -> list[tuple[str, str]]:
        """The contacts that may be written to by this channel."""
        if self.channel not in ADDRESSES:
            return []
        column, opt_out = ADDRESSES[Channel(self.channel)], OPT_OUTS[Channel(self.channel)]
        found = [each for each in customer_queries.contacts_of(self.customer) if getattr(each, column)]
        blocked = suppressed_among(self.channel, [getattr(each, column) for each in found])
        return [
            (str(each.pk), _who(each.name, getattr(each, column)))
            for each in found
            if not getattr(each, opt_out) and getattr(each, column).lower() not in blocked
        ]

    @property
    def nobody(self) -> str:
        return _("Ningún contacto de este cliente se puede escribir por aquí: agrega una dirección abajo.")

    @property
    def receivables(self) -> list[tuple[str, str]]:
        return [(str(debt.receivable_id), self._debt(debt)) for debt in self.debts]

    def _debt(self, debt: Debt) -> str:
        amount = amount_text(debt.owed, debt.currency, self.request.company)
        return " · ".join([debt.number, amount, _("vence %(day)s") % {"day": day_text(debt.due_on)}])


def _who(name: str, address: str) -> str:
    return f"{name} · {address}" if name else address


def ids_of(texts: list[str]) -> list[UUID]:
    """The texts that are ids."""
    return [found for text in texts if (found := customer_queries.as_uuid(text))]
