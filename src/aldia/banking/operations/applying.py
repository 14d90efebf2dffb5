"""Apply an explanation to a movement: the books say what it paid, and the bank stands behind it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, Match, MatchHow, ReviewState
from aldia.banking.operations.booking import AlreadyAtBank, Booked, Booking
from aldia.banking.operations.movements import (
    AlreadyExplained,
    BalanceChanged,
    MatchError,
    NotThisCustomer,
    OnTheBooks,
    Stale,
    check_open,
    check_room,
    lock_customers,
    locked,
    write,
)
from aldia.banking.operations.suspecting import on_the_books, suspect_of
from aldia.banking.plans import Plan
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.operations.settling import local_day
from aldia.receivables.models import Credit
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

__all__ = [
    "AlreadyAtBank", "AlreadyExplained", "BalanceChanged", "MatchError", "NotThisCustomer", "OnTheBooks", "Stale",
    "UndoneByHand", "apply_match",
]  # fmt: skip
BY_ITSELF = (MatchHow.AUTO, MatchHow.POLICY)
MOST_LINES = 500


class UndoneByHand(MatchError):
    """A person took an explanation of this movement back: nothing is applied to it by itself any more."""


def apply_match(
    *,
    movement_id: uuid.UUID,
    plan: Plan,
    how: str,
    key: str,
    actor: User | None,
    now: datetime,
    decision_id: uuid.UUID | None = None,
    report_id: uuid.UUID | None = None,
    rests_on_id: uuid.UUID | None = None,
    class_key: str = "",
    note: str = "",
    version: int | None = None,
    is_distinct: bool = False,
    review: str = "",
) -> Match:
    """Explain (part of) a movement by a plan. Repeating a `key` returns the match it made. Raises `MatchError`.

    `version`: the movement's as the person saw it. `is_distinct`: a person said that it is another payment than the
    one on the books that looks alike. `review`: `ReviewState.WAITING` for the blind review.
    """
    check_plan(plan)
    with transaction():
        lock_customers([plan.customer_id, *_owners(plan)])
        movement = locked(movement_id)
        if found := repeated(key, movement_id):
            return found
        _check(movement, plan, how, version)
        today = local_day(now)
        report = _report(report_id, plan)
        match = Match(
            id=uuid7(), company_id=current_company_id(), movement=movement, how=MatchHow(how), key=key,
            amount=plan.amount, customer_id=plan.customer_id, decision_id=decision_id, report=report,
            rests_on_id=rests_on_id, class_key=class_key, note=note.strip()[:500], applied_at=now, applied_by=actor,
            review=ReviewState(review),
        )  # fmt: skip
        booked = Booking(movement, match.id, plan, today=today, actor=actor).run(is_distinct=is_distinct)
        match.credit, match.before = booked.credit, booked.before
        if report is not None:
            _accept(report, match, booked, today, actor)
        crashpoint("in_match")
        insert_rows([match])
        insert_rows(booked.lines)
        movement.explained += match.amount
        write(movement)
        _audit(match, plan, actor)
    crashpoint("after_match")
    return match


def check_plan(plan: Plan) -> None:
    """Raise unless a plan makes sense by itself, whatever the books say."""
    if not (plan.lines or plan.known or plan.adjustments or plan.left):
        raise MatchError(_("Di con qué se explica el movimiento."))
    if max(len(plan.lines), len(plan.known), len(plan.adjustments)) > MOST_LINES:
        raise MatchError(_("Son demasiados renglones: a lo más 500."))
    negative = plan.left < 0 or plan.fee < 0 or any(min(line.amount, line.difference) < 0 for line in plan.lines)
    if negative or any(line.amount + line.difference == 0 for line in plan.lines):
        raise MatchError(_("Los importes deben ser mayores que cero."))
    if plan.fee and plan.fee >= sum(amount for _id, amount in plan.known):
        raise MatchError(_("La comisión no puede ser mayor que los pagos de los que se descontó."))
    if (plan.lines or plan.left) and plan.customer_id is None:
        raise NotThisCustomer(_("Di de qué cliente es el dinero."))


def _owners(plan: Plan) -> list[uuid.UUID]:
    ids = [credit_id for credit_id, _amount in plan.known]
    return list(Credit.objects.filter(pk__in=ids).values_list("customer_id", flat=True)) if ids else []


def repeated(key: str, movement_id: uuid.UUID) -> Match | None:
    """The match that this key made; a refusal if it was another one, or was undone meanwhile."""
    match = Match.objects.filter(key=key).select_related("movement").first()
    if match is None:
        return None
    if match.movement_id != movement_id:
        raise MatchError(_("Esa clave ya se usó para otro movimiento."))
    if match.undone_at is not None:
        raise Stale(_("Esa explicación ya se aplicó y alguien la deshizo. Vuelve a cargar la página."))
    return match


def _check(movement: BankMovement, plan: Plan, how: str, version: int | None) -> None:
    if version is not None and movement.version != version:
        raise Stale(_("Este movimiento cambió mientras lo veías. Revísalo y repítelo."))
    check_open(movement)
    if movement.amount < 0 and (plan.lines or plan.known or plan.left):
        raise MatchError(_("El dinero que salió no paga documentos: es una devolución, una comisión o un ajuste."))
    check_room(movement, plan.amount)
    undone = Match.objects.filter(movement=movement, undone_at__isnull=False, undone_by__isnull=False)
    if how in BY_ITSELF and undone.exists():
        raise UndoneByHand(_("Alguien deshizo lo que explicaba este movimiento: decide una persona."))


def _report(report_id: uuid.UUID | None, plan: Plan) -> ReportedPayment | None:
    """The customer's own report that this money answers, locked; one that was accepted is on the books already."""
    if report_id is None:
        return None
    report = ReportedPayment.objects.select_for_update().filter(pk=report_id).first()
    if report is None or report.customer_id != plan.customer_id:
        raise NotThisCustomer(_("Ese aviso de pago no es de este cliente."))
    if report.state == ReportState.REJECTED:
        raise BalanceChanged(_("Ese aviso de pago se rechazó."))
    known = {credit_id for credit_id, _amount in plan.known}
    if report.state == ReportState.ACCEPTED and report.credit is not None and report.credit_id not in known:
        raise on_the_books([suspect_of(report.credit)])
    return report


def _accept(report: ReportedPayment, match: Match, booked: Booked, today: date, actor: User | None) -> None:
    """The bank confirms what the customer said: it waits for nobody any more."""
    if report.state == ReportState.ACCEPTED:
        return
    match.before["report"] = {"state": report.state}
    known = [line.known_id for line in booked.lines if line.known_id is not None]
    report.state, report.decided_on, report.decided_by = ReportState.ACCEPTED, today, actor
    report.credit_id = booked.credit.id if booked.credit is not None else known[0] if known else None
    report.save(update_fields=["state", "decided_on", "decided_by", "credit"])


def _audit(match: Match, plan: Plan, actor: User | None) -> None:
    detail = {
        "movement": match.movement_id, "how": match.how, "amount": match.amount, "currency": match.movement.currency,
        "customer": match.customer_id, "class": match.class_key, "credit": match.credit_id,
        "receivables": {str(line.receivable_id): line.amount + line.difference for line in plan.lines},
        "known": {str(credit_id): amount for credit_id, amount in plan.known},
        "adjustments": {str(reason_id): amount for reason_id, amount in plan.adjustments}, "left": plan.left,
    }  # fmt: skip
    audit.record(actor=actor, verb="banking.matched", object_type="match", object_id=match.pk, detail=detail)
