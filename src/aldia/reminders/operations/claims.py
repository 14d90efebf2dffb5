"""Telling people of the company what customers' words came to: broken promises, disputes to answer, late plans.

One e-mail a person and day, to whoever collects from the customer or answers for the dispute. Each thing is told once:
what was told is read from the notices themselves, so a day that was missed is made good and nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from aldia.collections.models import Dispute
from aldia.collections.queries.promises import Patience, judged, promises
from aldia.customers.models import Customer
from aldia.domain.calendars import short_date
from aldia.domain.promises import PromiseState
from aldia.domain.reminders.days import is_sending_day
from aldia.messaging.models import Message
from aldia.messaging.placeholders import PAGE_LINK
from aldia.payments.addresses import Page, page_url
from aldia.receivables.queries.plans import plan_list
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice
from aldia.tenancy.models import Membership, User

RECENT, REMEMBERED = timedelta(days=14), timedelta(days=90)
KEY = "claims:"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that somebody should know: `key` tells it once, `page` is where such things are dealt with."""

    key: str
    customer: Customer
    person: User | None
    sentence: str
    page: Page


def tell_claims(*, turn: Round) -> list[Message]:
    """Write to each person what became due of theirs since they were told last. Safe to repeat."""
    if not is_sending_day(turn.sending, turn.today):
        return []
    known = _told(turn.today)
    active = dict(
        Membership.objects.filter(suspended_at__isnull=True, user__is_active=True).values_list("user_id", "user__email")
    )
    piles: dict[str, list[Told]] = {}
    with override(turn.company.locale):
        for each in [*_promises(turn), *_disputes(turn), *_plans(turn)]:
            if each.key not in known:
                address = active.get(each.person.pk, "") if each.person else ""
                piles.setdefault(address, []).append(each)
        messages = [_write(address, pile, turn) for address, pile in sorted(piles.items())]
    return [each for each in messages if each is not None]


def _told(today: date) -> set[str]:
    rows = Message.objects.filter(
        customer__isnull=True, key__startswith=f"notice:{KEY}", on_day__gte=today - REMEMBERED
    )
    return {key for facts in rows.values_list("facts", flat=True) for key in facts.get("claims", ())}


def _write(address: str, pile: list[Told], turn: Round) -> Message | None:
    """`address` empty: whoever hears of the company's notices."""
    count = len(pile)
    subject = ngettext("%(n)d asunto de cobranza por atender", "%(n)d asuntos de cobranza por atender", count)
    names = {str(each.customer) for each in pile}
    pages = [each.page for each in pile]
    extra: Mapping[str, str] = {
        "cliente": names.pop() if len(names) == 1 else "",
        PAGE_LINK: page_url(turn.company, max(sorted(set(pages)), key=pages.count)),
    }
    return notify_company(
        key=f"{KEY}{address}:{turn.today}",
        subject=subject % {"n": count},
        sentence="\n\n".join(f"{each.customer}: {each.sentence}" for each in pile),
        turn=turn,
        facts={"claims": [each.key for each in pile]},
        extra=dict(extra),
        address=address,
    )


def _promises(turn: Round) -> Iterator[Told]:
    """Promises whose last day has passed without all of their money."""
    patience = Patience(turn.sending.country, turn.sending.transit_days)
    voice = Voice.of(turn.company, turn.company.locale)
    rows = promises().filter(
        withdrawn_on__isnull=True, due_on__lt=turn.today, due_on__gte=turn.today - 2 * RECENT,
        customer__collecting=True,
    )  # fmt: skip
    for each in judged(rows.select_related("customer__portfolio__collector"), as_of=turn.today, patience=patience):
        if each.state not in (PromiseState.BROKEN, PromiseState.PARTLY) or each.last < turn.today - RECENT:
            continue
        promise = each.promise
        words = {
            "amount": voice.amount(each.verdict.needed, promise.currency), "day": short_date(promise.due_on),
            "paid": voice.amount(each.verdict.paid, promise.currency),
        }  # fmt: skip
        sentence = _("no cumplió su promesa de %(amount)s para el %(day)s.")
        if each.verdict.paid:
            sentence = _("cumplió en parte su promesa para el %(day)s: llegaron %(paid)s de %(amount)s.")
        person = _collector(promise.customer) or promise.created_by
        yield Told(f"promise:{promise.pk}", promise.customer, person, sentence % words, "promises")


def _disputes(turn: Round) -> Iterator[Told]:
    """Disputes that somebody else gave to a person, those to be answered today, and those that nobody answered."""
    voice = Voice.of(turn.company, turn.company.locale)
    fresh = Q(opened_on__gte=turn.today - RECENT) | Q(answer_by__gte=turn.today - RECENT, answer_by__lte=turn.today)
    rows = Dispute.objects.filter(fresh, resolved_on__isnull=True, receivable__balance__gt=0)
    for row in rows.select_related("owner", "receivable__customer__portfolio__collector").order_by("opened_on", "id"):
        receivable, by = row.receivable, row.answer_by
        words = {
            "number": receivable.number, "amount": voice.amount(row.amount, receivable.currency),
            "day": short_date(by) if by else "", "why": row.get_reason_display(),
        }  # fmt: skip
        person = row.owner or _collector(receivable.customer)
        if by is not None and by < turn.today:
            key, sentence = "late", _("nadie ha respondido su disputa de %(number)s (%(amount)s): venció el %(day)s.")
        elif by == turn.today:
            key, sentence = "due", _("hoy vence el plazo para responder su disputa de %(number)s (%(amount)s).")
        elif row.owner_id and row.owner_id != row.created_by_id:
            key, sentence = (
                f"new:{row.owner_id}",
                _("no está de acuerdo con %(number)s (%(amount)s, %(why)s): te toca responder antes del %(day)s."),
            )
        else:
            continue
        mark = "" if key.startswith("new") else f":{by}"
        yield Told(f"dispute:{row.pk}:{key}{mark}", receivable.customer, person, sentence % words, "disputes")


def _plans(turn: Round) -> Iterator[Told]:
    """Plans with an instalment beyond its grace: each instalment is told once."""
    voice = Voice.of(turn.company, turn.company.locale)
    late = [view for view in plan_list(today=turn.today) if view.standing.is_broken]
    ids = {view.plan.receivable.customer_id for view in late}
    customers = Customer.objects.select_related("portfolio__collector").in_bulk(list(ids))
    for view in late:
        row, on = view.plan.receivable, view.standing.next_due_on
        customer = customers[row.customer_id]
        if on is None or not customer.collecting:
            continue
        sentence = _(
            "su plan de %(number)s lleva atrasado el pago del %(day)s; se deben %(amount)s de lo que ya tocaba."
        )
        words = {
            "number": row.number, "day": short_date(on), "amount": voice.amount(view.standing.asked, row.currency),
        }  # fmt: skip
        yield Told(f"plan:{view.plan.pk}:{on}", customer, _collector(customer), sentence % words, "payment_plans")


def _collector(customer: Customer) -> User | None:
    return customer.portfolio.collector if customer.portfolio else None
