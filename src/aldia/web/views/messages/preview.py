"""What a template says to a real customer, before it is saved: drawn words, its text, and what is wrong with it."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render as page
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.sms import SmsLength, measure
from aldia.messaging.models import Channel, Purpose, Template
from aldia.messaging.operations.templates import Words, check
from aldia.messaging.placeholders import EXAMPLE_ORDER, LINK, example_context
from aldia.messaging.rendering import Rendered, render
from aldia.messaging.scanning import TemplateError
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.queries import states
from aldia.reminders import content
from aldia.reminders.carrying import values_of, wanted_of
from aldia.reminders.queries.facts import standing_of
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy import permissions
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import DamagedFile, open_stored
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import TemplateForm
from aldia.web.views.messages.common import framed

MINUTES = 10
SLOTS = 32
MAX_CHOICES = 40
MAX_LOGO = 2 * 1024 * 1024
INLINE = re.compile(r'(?<=["\'])cid:([A-Za-z0-9._@-]+)(?=["\'])')


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the words, and where (`line` 0: nowhere in particular)."""

    text: str
    field: str
    line: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that will go along."""

    name: str
    size: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the panel draws. Without `rendered` only the mistakes are shown."""

    channel: str
    customer: Customer | None
    rendered: Rendered | None = None
    mistakes: tuple[Mistake, ...] = ()
    frame_url: str = ""
    sms: SmsLength | None = None
    to: Sequence[str] = ()
    papers: Sequence[Paper] = ()


def preview_of(request: CompanyRequest, words: Words, customer: Customer | None) -> Preview:
    """Draw the words with what the customer owes today (an invented message without a customer)."""
    mistakes = mistakes_in(words)
    if mistakes:
        return Preview(words.channel, customer, mistakes=mistakes)
    try:
        rendered = render(template=as_template(words), context=context_of(request, words, customer))
    except TemplateError as error:
        return Preview(words.channel, customer, mistakes=(_mistake(error),))
    sms = measure(rendered.text) if words.channel == Channel.SMS else None
    return Preview(words.channel, customer, rendered, (), frame_url(request, rendered), sms)


def mistakes_in(words: Words) -> tuple[Mistake, ...]:
    try:
        check(words=words)
    except TemplateError as error:
        return (_mistake(error),)
    return ()


def _mistake(error: TemplateError) -> Mistake:
    return Mistake(str(error), getattr(error, "field", "") or "body", getattr(error, "line", 0) or 0)


def as_template(words: Words) -> Template:
    """The words as a template that has no row."""
    names = ("name", "purpose", "channel", "tone", "language", "subject", "body", "provider_name")
    return Template(**{name: getattr(words, name) for name in names})


def context_of(request: CompanyRequest, words: Words, customer: Customer | None) -> Mapping[str, Any]:
    """What the placeholders stand for; what only a message knows is as in the example."""
    example = example_context(purpose=words.purpose, channel=words.channel)
    if customer is None:
        return example
    turn = Round.at(request.company, clock.now()).as_preview()
    voice = Voice.of(request.company, words.language)
    standing = standing_of(Span.of([customer.pk]), today=turn.today, sending=turn.sending)
    debts = content.open_debts([customer.pk], standing, turn.today).get(customer.pk, [])
    shown = content.shown_debts(debts, due=(), filters=content.Filters(), today=turn.today)
    real = content.context_of(
        speaker=turn.speaker(customer, words.channel),
        customer=customer,
        contact=contact_name(customer),
        debts=shown,
        voice=voice,
        today=turn.today,
        extra=_carried(words, customer, shown, turn)
        | (_paid(customer, voice, debts) if words.purpose in (Purpose.PAID, Purpose.RECEIPT) else {}),
    )
    if words.purpose in (Purpose.ORDER, Purpose.DOCUMENT):  # of one debt that is not there yet
        real = {name: value for name, value in real.items() if name not in (*EXAMPLE_ORDER, LINK)}
    return {**example, **real}


def _carried(words: Words, customer: Customer, debts: list[content.Debt], turn: Round) -> dict[str, str]:
    """The links of a message to the customer, with addresses that open nothing, and the account it transfers to."""
    wanted = wanted_of(
        template=as_template(words), customer=customer, channel=words.channel, recipients=(), debts=debts, turn=turn
    )
    return values_of(turn.carrier.carry([wanted])[0], turn)


def _paid(customer: Customer, voice: Voice, debts: list[content.Debt]) -> dict[str, str]:
    """The customer's last payment, as a receipt names it."""
    rows = Credit.objects.filter(customer=customer, reversed_on__isnull=True, kind__in=states.MONEY)
    last = rows.order_by("-received_on", "-id").first()
    if last is None:
        return {}
    return {
        "pagado": voice.amount(last.amount, last.currency),
        "fecha_de_pago": voice.day(last.received_on),
        "saldo_restante": voice.amounts(content.totals(debts)),
    }


def contact_name(customer: Customer) -> str:
    found = next(iter(customer_queries.contacts_of(customer)), None)
    return found.name if found else ""


# The frame: content that no table has yet waits some minutes for the frame that asks for it


def frame_url(request: CompanyRequest, rendered: Rendered) -> str:
    """Where the frame finds these words for the next minutes; "" when there is nothing drawn."""
    if not rendered.html:
        return ""
    token = secrets.token_urlsafe(12)
    cache.set(_slot(request, token), (token, with_pictures(rendered.html, pictures_of(rendered))), MINUTES * 60)
    return reverse("preview_frame", args=[token])


def _slot(request: CompanyRequest, token: str) -> str:
    """One of a few places of the person: two previews may be on their way at once, and the cache stays small."""
    return f"message-preview:{request.company.pk}:{request.user.pk}:{sum(token.encode()) % SLOTS}"


@require_safe
@needs(permissions.VIEW)
def frame(request: CompanyRequest, token: str) -> HttpResponse:
    kept = cache.get(_slot(request, token))
    if kept is None or not secrets.compare_digest(kept[0].encode(), token.encode()):
        raise Http404(_("La vista previa caducó: vuelve a pedirla."))
    return framed(kept[1])


def pictures_of(rendered: Rendered) -> dict[str, UUID]:
    """Pictures inside the HTML, by their content id."""
    return {"logo": rendered.logo_id} if isinstance(rendered.logo_id, UUID) else {}


def with_pictures(html: str, pictures: Mapping[str, UUID]) -> str:
    """The HTML with the pictures that travel with it written into it, as a mail program shows them."""
    files = {row.pk: row for row in StoredFile.objects.filter(pk__in=pictures.values())}
    found = {name: _data(files.get(file_id)) for name, file_id in pictures.items()}
    return INLINE.sub(lambda match: found.get(match[1]) or "data:,", html)


def _data(file: StoredFile | None) -> str:
    if file is None or file.size > MAX_LOGO or file.content_type not in ("image/png", "image/jpeg", "image/gif"):
        return ""
    try:
        with open_stored(file) as stream:
            return f"data:{file.content_type};base64,{b64encode(stream.read()).decode('ascii')}"
    except DamagedFile:
        return ""


# The panel of the editor


@require_POST
@needs(permissions.MANAGE_REMINDERS)
def panel(request: CompanyRequest) -> HttpResponse:
    """The preview of what is being written, asked for by the editor's script while somebody types."""
    form = TemplateForm(request.POST)
    context: dict[str, Any] = {"preview": None, "form": form}
    if form.is_valid():
        context["preview"] = preview_of(request, form.words(), chosen_customer(request, request.POST))
    return page(request, "messages/_preview.html", context)


def chosen_customer(request: CompanyRequest, params: Mapping[str, str]) -> Customer | None:
    """Whom the preview is drawn for: the one that was chosen, else (when none was asked for) one who owes."""
    mine = customer_queries.visible_to(request.membership)
    asked = params.get("customer")
    if asked is None:
        return next(iter(customer_choices(request)), None)
    found = customer_queries.as_uuid(asked)
    return mine.filter(pk=found).first() if found else None


def customer_choices(request: CompanyRequest) -> list[Customer]:
    """Customers worth a look: those who owe what fell due first."""
    visible = customer_queries.visible_to(request.membership).filter(collecting=True)
    owing = Receivable.objects.filter(balance__gt=0, customer__in=visible).order_by("due_on", "id")
    ids = list(dict.fromkeys(owing.values_list("customer_id", flat=True)[: MAX_CHOICES * 5]))[:MAX_CHOICES]
    found = visible.in_bulk(ids)
    return [found[each] for each in ids if each in found]
