"""What the collectors of the demo did in the last weeks, what they aim at, and the first night of the forecast."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aldia.collections.models import ActivityKind, Dispute, DisputeOutcome, Outcome
from aldia.collections.operations import activities, credit_policy, debtor_types, holds
from aldia.collections.operations.disputes import resolve_dispute
from aldia.collections.operations.steps import follow
from aldia.collections.operations.targets import Wanted, save_targets
from aldia.customers.models import Customer, Portfolio
from aldia.domain.calendars import add_months, is_bank_day
from aldia.domain.credit import Policy
from aldia.domain.debtor_types import DebtorType
from aldia.forecasts.operations.running import run_nightly
from aldia.receivables.models import Receivable
from aldia.reporting.operations import schedules
from aldia.reporting.queries.step_facts import facts_in
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id

CALL, MESSAGE, VISIT, NOTE = ActivityKind.CALL, ActivityKind.MESSAGE, ActivityKind.VISIT, ActivityKind.NOTE
# days ago, what it was, how it ended, what was said, what comes next in how many days
STORIES = (
    (1, CALL, Outcome.TALKED, "Habló Lucía, de pagos: falta que autorice su gerente", 2, "Llamar al gerente"),
    (1, CALL, Outcome.NO_ANSWER, "", 0, "Insistir por la tarde"),
    (2, CALL, Outcome.ASKED_COPY, "Pidió la factura y el acuse otra vez", 0, "Confirmar que le llegó la factura"),
    (2, MESSAGE, Outcome.LEFT_MESSAGE, "Le dejé el estado de cuenta por WhatsApp", 3, "Preguntar si lo revisó"),
    (3, CALL, Outcome.ASKED_TIME, "Le va a entrar dinero a fin de mes; propone tres pagos", 1, "Mandarle el plan"),
    (4, VISIT, Outcome.TALKED, "Revisamos juntos las entregas de octubre", 6, "Recoger el contrarrecibo"),
    (5, CALL, Outcome.NO_ANSWER, "", -1, "Volver a llamar"),
    (6, CALL, Outcome.REFUSED, "Dice que mientras no le paguen a él, no paga", 1, "Hablar con dirección"),
    (8, CALL, Outcome.WRONG_CONTACT, "El número es de la recepción de otra empresa", 0, "Conseguir el directo"),
    (9, NOTE, "", "Cierran del 20 de diciembre al 6 de enero", None, ""),
    (12, CALL, Outcome.SAYS_PAID, "Dice que pagó el lunes; buscar en el banco", None, ""),
)  # fmt: skip
AIMS = (900_000_00, 450_000_00)  # the team's, and each collector's


def collect(owner: User, *, today: date) -> None:
    """Calls, targets, credit and a report by e-mail, through the operations; then the forecast and the seven steps."""
    company = Company.objects.get(pk=current_company_id())
    zone = ZoneInfo(company.time_zone)
    late = _late_customers(today)
    _log(late, owner, today, zone)
    _aim(owner, today, company.currency)
    _credit(late, owner, today)
    _answer_a_dispute(owner, today)
    _report(owner, datetime.combine(today, time(9), tzinfo=zone))
    run_nightly(as_of=today, today=today)
    follow(on=today - timedelta(days=1), facts_of=facts_in(zone))


def _late_customers(today: date) -> list[Customer]:
    """Those with something overdue, who owes most first."""
    late = Receivable.objects.filter(
        balance__gt=0, due_on__lt=today, currency="MXN", customer__collecting=True, customer__generic=False
    )
    ids = list(dict.fromkeys(late.order_by("-balance", "id").values_list("customer_id", flat=True)))
    found = {row.pk: row for row in Customer.objects.filter(pk__in=ids).select_related("portfolio__collector")}
    return [found[each] for each in ids]


def _log(customers: list[Customer], owner: User, today: date, zone: ZoneInfo) -> None:
    for place, (customer, story) in enumerate(zip(customers[2:], STORIES, strict=False)):
        days_ago, kind, outcome, note, ahead, step = story
        on = today - timedelta(days=days_ago)
        while not is_bank_day("MX", on):
            on -= timedelta(days=1)
        collector = customer.portfolio.collector if customer.portfolio else None
        activities.log(
            customer_id=customer.pk,
            kind=kind,
            outcome=outcome,
            note=note,
            key=uuid.uuid5(customer.pk, f"demo-call-{place}"),
            at=datetime.combine(on, time(10, 5 * place), tzinfo=zone),
            today=on,
            actor=collector or owner,
            next_on=None if ahead is None else max(on, today + timedelta(days=ahead)),
            next_kind="" if ahead is None else CALL,
            next_note=step,
        )


def _aim(owner: User, today: date, currency: str) -> None:
    """Targets of this month and of the two before."""
    team, each = AIMS
    collectors = {row.collector_id for row in Portfolio.objects.exclude(collector=None)}
    wanted = {None: Wanted(team)} | {person: Wanted(each) for person in collectors}
    for back in range(3):
        month = add_months(today.replace(day=1), -back)
        save_targets(month=month, currency=currency, wanted=wanted, actor=owner)


def _credit(late: list[Customer], owner: User, today: date) -> None:
    """A policy, one customer held by a person, one with leave in spite of it, and a person's word on a third."""
    policy = Policy(over_limit=True, overdue_days=90, min_overdue=20_000_00)
    credit_policy.save_policy(policy=policy, version=0, actor=owner)
    held, allowed, typed = late[:3]
    holds.place(
        customer_ids=[held.pk, allowed.pk], reason="Tres promesas sin cumplir en el año", today=today, actor=owner
    )
    holds.allow(
        customer_id=allowed.pk,
        reason="Pedido de temporada: paga la mitad por adelantado",
        until=today + timedelta(days=20),
        amount=None,
        key=uuid.uuid5(allowed.pk, "demo-leave"),
        today=today,
        actor=owner,
    )
    debtor_types.set_debtor_type(
        customer_id=typed.pk,
        type=DebtorType.DISORGANISED,
        reason="Siempre paga cuando le reenvían todo junto, con la orden de compra",
        today=today,
        actor=owner,
    )


def _answer_a_dispute(owner: User, today: date) -> None:
    """The one that was opened first has its answer."""
    first = Dispute.objects.filter(resolved_on=None).order_by("opened_on", "id").first()
    if first is not None:
        resolve_dispute(
            dispute_id=first.pk,
            resolution="El flete estaba en la cotización firmada; se le mandó copia",
            outcome=DisputeOutcome.DISMISSED,
            today=today,
            actor=owner,
        )


def _report(owner: User, now: datetime) -> None:
    words = schedules.Words(
        report="overdue", name="Vencidos de los lunes", options={}, format="xlsx", frequency="weekly", day=1,
        at=time(8), people=[str(owner.pk)],
    )  # fmt: skip
    schedules.write_schedule(words=words, now=now, actor=owner)
