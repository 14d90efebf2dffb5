"""Late fees: each period that closes is charged once, as receivables of their own; all of it can be taken back.

The ledger's lock makes runs of one company take turns, and a run is found by its rule and period: a job that is
repeated, or two at once, charge once. The unique keys of `ChargeRun` and `LateFee` refuse what would slip through.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aldia.domain.calendars import NoCalendar, add_bank_days, short_date
from aldia.domain.charges.late import Charge, closed_periods
from aldia.receivables.charge_models import EndCode, FeeEnd
from aldia.receivables.desk import Desk
from aldia.receivables.following.fees import end_fee, mark_ended
from aldia.receivables.following.plans import live_plans
from aldia.receivables.models import (
    ChargeRun,
    Credit,
    CreditKind,
    LateFee,
    LateFeeRule,
    Receivable,
    ReceivableKind,
)
from aldia.receivables.operations.charges import next_number
from aldia.receivables.queries.late_fees import Among, FeeRow, Words, debts_of, differences, reckoned, simulate
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

FORGIVEN = "late_fee"
REVIEWED_DAYS = 400  # how far back the reckoning of a fee is asked again


class FeeError(ValueError):
    """A change of a fee or a run that cannot be made; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a round did: the periods charged, and the fees that ended because nothing was owed after all."""

    runs: tuple[ChargeRun, ...]
    fees: int
    ended: int


def nobody_disputes(receivable_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    """For callers that know of no disputes."""
    return ()


def run_due(*, today: date, disputed: Among = nobody_disputes, actor: User | None = None) -> Ran:
    """Charge every period that closed and was not charged yet, of every rule that is on. Safe to repeat.

    First the fees that turned out not to be owed are ended. `disputed`: which of some receivables are disputed now.
    """
    ended = end_unowed(today=today, actor=actor)
    runs, fees = [], 0
    rules = LateFeeRule.objects.filter(starts_on__lt=today).exclude(end_code=EndCode.OFF).order_by("starts_on", "id")
    for rule in rules:
        until = rule.ended_on or today
        assert rule.starts_on is not None  # noqa: S101
        for first, last in closed_periods(rule.frequency, rule.starts_on, until, today):
            run, count = charge_period(
                rule_id=rule.pk, first=first, last=last, today=today, disputed=disputed, actor=actor
            )
            if run is not None:
                runs.append(run)
                fees += count
    return Ran(tuple(runs), fees, ended)


def charge_period(
    *, rule_id: uuid.UUID, first: date, last: date, today: date, disputed: Among, actor: User | None
) -> tuple[ChargeRun | None, int]:
    """Charge one closed period by a rule: a fee for each document that was late. (None, 0) if it was charged before."""
    with transaction():
        desk = Desk(actor=actor)  # takes the ledger's lock: what follows is read under it
        rule = LateFeeRule.objects.get(pk=rule_id)
        if last >= today or ChargeRun.objects.filter(rule=rule, period_start=first).exists():
            return None, 0
        found = simulate(rule=rule, first=first, last=last, today=today, disputed=disputed)
        run = ChargeRun(
            id=uuid7(), company_id=desk.company_id, rule=rule, period_start=first, period_end=last, ran_on=today,
            spared=len(found.spared), created_by=actor,
        )  # fmt: skip
        run.save(force_insert=True)
        fees = _open_fees(desk, run, found.charged)
        audit.record(
            actor=actor,
            verb="late_fees.charged",
            object_type="charge_run",
            object_id=run.pk,
            detail={"rule": rule.pk, "first": first, "last": last, "fees": len(fees), "total": found.total},
        )
        return run, len(fees)


def _open_fees(desk: Desk, run: ChargeRun, rows: list[FeeRow]) -> list[LateFee]:
    """Open a receivable for each row, and keep how it was counted."""
    numbers = _numbers()
    fees = [_late_fee(desk, run, row.receivable, row.charge, row.words, next(numbers)) for row in rows]
    desk.close()
    insert_rows(fees)
    return fees


def _late_fee(
    desk: Desk, run: ChargeRun, on: Receivable, charge: Charge, words: str, number: str, *, take: int = 0,
    today: date | None = None,
) -> LateFee:  # fmt: skip
    today = today or run.ran_on
    fee = desk.open(
        Receivable(
            id=fee_id(on.pk, run.rule_id, run.period_start, take),
            customer=on.customer,
            kind=ReceivableKind.LATE_FEE,
            number=number,
            concept=_concept(on, charge),
            currency=on.currency,
            total=charge.total,
            issued_on=today,
            due_on=_due_on(today, run.rule.due_days),
            credit_line_id=on.credit_line_id,
            raises=on,
        )
    )
    return LateFee(
        id=uuid7(),
        company_id=desk.company_id,
        run=run,
        rule_id=run.rule_id,
        receivable=on,
        fee=fee,
        period_start=run.period_start,
        period_end=run.period_end,
        take=take,
        days=charge.days,
        interest=charge.interest,
        fixed=charge.fixed,
        adjustment=charge.adjustment,
        tax=charge.tax,
        words=words,
    )


def fee_id(receivable_id: uuid.UUID, rule_id: uuid.UUID, first: date, take: int = 0) -> uuid.UUID:
    """The id of what is charged on a document for a period: the same whoever charges it."""
    return uuid.uuid5(receivable_id, f"{rule_id}:{first}:{take}")


def _concept(on: Receivable, charge: Charge) -> str:
    words = {"number": on.number, "first": short_date(charge.first), "last": short_date(charge.last)}
    if not charge.interest:
        return (_("Cargo por atraso de %(number)s, %(first)s a %(last)s") % words)[:300]
    return (_("Intereses por atraso de %(number)s, %(first)s a %(last)s") % words)[:300]


def _due_on(today: date, days: int) -> date:
    """So many days later, on a bank day where we know them."""
    country = Company.objects.values_list("country", flat=True).get(pk=current_company_id())
    due = today + timedelta(days=days)
    try:
        return add_bank_days(country, due, 0)
    except NoCalendar:
        return due


class _numbers:
    """The numbers of the next fees: asked of the table once."""

    def __init__(self) -> None:
        prefix, _dash, last = next_number(ReceivableKind.LATE_FEE).rpartition("-")
        self.prefix, self.last = prefix, int(last)

    def __next__(self) -> str:
        self.last += 1
        return f"{self.prefix}-{self.last - 1}"


# Taking back


def reverse_run(*, run_id: uuid.UUID, on: date, reason: str, actor: User | None) -> int:
    """Take a whole run back: its fees are asked for no more, what had paid them is in favour. The period is not
    charged again. Returns how many fees ended."""
    _require(reason)
    with transaction():
        desk = Desk(actor=actor)
        run = ChargeRun.objects.filter(pk=run_id).first()
        if run is None:
            raise FeeError(_("Esa corrida no existe."))
        fees = list(_live(LateFee.objects.filter(run=run)))
        for each in fees:
            end_fee(desk, each, on=on, code=FeeEnd.REVERSED, reason=reason)
        desk.close()
        if run.reversed_on is None:
            run.reversed_on, run.reverse_reason = on, reason.strip()[:300]
            run.save(update_fields=["reversed_on", "reverse_reason"])
            audit.record(
                actor=actor,
                verb="late_fees.run_reversed",
                object_type="charge_run",
                object_id=run.pk,
                detail={"reason": reason, "fees": len(fees)},
            )
        return len(fees)


def forgive_fee(*, late_fee_id: uuid.UUID, on: date, reason: str, actor: User | None) -> LateFee:
    """Let a fee go: what is still owed of it is not asked for; what was paid of it stays paid."""
    _require(reason)
    with transaction():
        desk = Desk(actor=actor)
        each = _fee(late_fee_id)
        if each.ended_on is not None or each.fee.voided_on is not None:
            return each
        row = each.fee
        if row.balance == row.total:
            end_fee(desk, each, on=on, code=FeeEnd.FORGIVEN, reason=reason)
        elif row.balance == 0:
            raise FeeError(_("Ese recargo ya se pagó: para devolverlo, revierte su cobro."))
        else:
            _let_go(desk, row, on=on, reason=reason)
            mark_ended(each, desk=desk, on=on, code=FeeEnd.FORGIVEN, reason=reason)
        desk.close()
        _record(actor, "forgiven", each, {"reason": reason})
        return each


def _let_go(desk: Desk, row: Receivable, *, on: date, reason: str) -> None:
    credit = desk.record(
        Credit(
            id=uuid7(),
            customer_id=row.customer_id,
            kind=CreditKind.ADJUSTMENT,
            source=FORGIVEN,
            external_key=str(row.pk),
            currency=row.currency,
            amount=row.balance,
            received_on=max(on, row.issued_on),
            note=reason.strip()[:500],
        )
    )
    desk.apply(
        credit, row, amount=row.balance, credit_amount=row.balance, on=max(on, row.issued_on), rule="forgiven"
    )  # fmt: skip


def reverse_fee(*, late_fee_id: uuid.UUID, on: date, reason: str, actor: User | None) -> LateFee:
    """Take one fee back whole; what had paid it is in favour of the customer."""
    _require(reason)
    with transaction():
        desk = Desk(actor=actor)
        each = _fee(late_fee_id)
        if each.ended_on is None and each.fee.voided_on is None:
            end_fee(desk, each, on=on, code=FeeEnd.REVERSED, reason=reason)
            desk.close()
            _record(actor, "reversed", each, {"reason": reason})
        return each


# Reckoning again


def end_unowed(*, today: date, actor: User | None = None) -> int:
    """End the fees that by what is known now are not owed at all (paid in time after all, cancelled, moved)."""
    with transaction():
        desk = Desk(actor=actor)
        gone = [each.late_fee for each in differences(since=today - timedelta(days=REVIEWED_DAYS)) if not each.should]
        for each in gone:
            end_fee(desk, each, on=today, code=FeeEnd.NOT_OWED, reason=_("Con lo que hoy se sabe no se debía"))
        desk.close()
        for each in gone:
            _record(actor, "not_owed", each, {"was": each.total})
        return len(gone)


def correct_fee(*, late_fee_id: uuid.UUID, today: date, actor: User | None) -> LateFee | None:
    """Put a fee right: it ends, and one for what it comes to by what is known now takes its place (None: nothing)."""
    with transaction():
        desk = Desk(actor=actor)
        each = _fee(late_fee_id)
        if each.ended_on is not None or each.fee.voided_on is not None:
            raise FeeError(_("Ese recargo ya no se cobra."))
        on = each.receivable
        plans = {key: plan for key, (plan, _parts) in live_plans([on.pk]).items()}
        charge = reckoned(each, debts_of([on], plans)[on.pk])
        should = 0 if on.voided_on else charge.total
        if should == each.total:
            return each
        end_fee(desk, each, on=today, code=FeeEnd.CORRECTED, reason=_("Se corrigió con los pagos que hoy se conocen"))
        fresh = None
        if should > 0:
            words, number = Words(each.rule).charge(charge), next(_numbers())
            fresh = _late_fee(desk, each.run, on, charge, words, number, take=_next_take(each), today=today)
        desk.close()
        if fresh is not None:
            insert_rows([fresh])
        _record(actor, "corrected", each, {"was": each.total, "is": should})
        return fresh


def _next_take(each: LateFee) -> int:
    same = LateFee.objects.filter(
        receivable_id=each.receivable_id, rule_id=each.rule_id, period_start=each.period_start
    )
    return max(same.values_list("take", flat=True)) + 1


def _live(rows: QuerySet[LateFee]) -> QuerySet[LateFee]:
    live = rows.filter(ended_on__isnull=True, fee__voided_on__isnull=True)
    return live.select_related("fee", "receivable", "rule").order_by("id")


def _fee(late_fee_id: uuid.UUID) -> LateFee:
    rows = LateFee.objects.select_related(
        "fee", "fee__customer", "receivable", "receivable__customer", "rule", "run", "run__rule"
    )
    each = rows.filter(pk=late_fee_id).first()
    if each is None:
        raise FeeError(_("Ese recargo no existe."))
    return each


def _require(reason: str) -> None:
    if not reason.strip():
        raise FeeError(_("Escribe el motivo."))


def _record(actor: User | None, verb: str, each: LateFee, detail: dict[str, object]) -> None:
    audit.record(
        actor=actor,
        verb=f"late_fees.{verb}",
        object_type="receivable",
        object_id=each.receivable_id,
        detail={"late_fee": each.pk, "fee": each.fee_id, **detail},
    )
