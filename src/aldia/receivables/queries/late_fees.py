"""What a rule charges for some days, said of each document with its reason; nothing is written."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from aldia.domain.calendars import short_date
from aldia.domain.charges.late import Charge, Debt, charge_for, debt_of
from aldia.domain.money import format_money
from aldia.receivables.charge_models import FixedEach, RatePer
from aldia.receivables.charge_rules import RuleBook, is_on, late_book, late_terms
from aldia.receivables.clusters import chunks
from aldia.receivables.following.plans import live_plans
from aldia.receivables.models import Allocation, LateFee, LateFeeRule, PaymentPlan, Receivable, ReceivableKind
from aldia.receivables.queries.states import is_paused
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

Among = Callable[[Collection[uuid.UUID]], Collection[uuid.UUID]]
MOST_LINES = 6  # stretches that the words of a fee tell one by one


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One document. `spared`: why nothing is charged though it is late: disputed, paused, planned; or ""."""

    receivable: Receivable
    charge: Charge
    words: str
    spared: str = ""

    @property
    def total(self) -> int:
        return 0 if self.spared else self.charge.total


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a rule charges for the days from `first` to `last`."""

    rule: LateFeeRule
    first: date
    last: date
    rows: list[FeeRow] = field(default_factory=list)

    @property
    def charged(self) -> list[FeeRow]:
        return [row for row in self.rows if row.total]

    @property
    def spared(self) -> list[FeeRow]:
        return [row for row in self.rows if row.spared]

    @property
    def total(self) -> int:
        return sum(row.total for row in self.rows)

    @property
    def tax(self) -> int:
        return sum(row.charge.tax for row in self.charged)

    @property
    def customers(self) -> int:
        return len({row.receivable.customer_id for row in self.charged})


def simulate(
    *,
    rule: LateFeeRule,
    first: date,
    last: date,
    today: date,
    disputed: Among,
    customers: Iterable[uuid.UUID] = (),
    as_if: bool = False,
) -> Simulated:
    """What the rule charges for some days, document by document; nothing is written.

    `disputed` says which of some receivables are disputed now. `customers`: of a rule for some that is not saved.
    `as_if`: as if the rule had always been on, for people who decide about it; otherwise no day before it began counts.
    """
    book = late_book(draft=rule, customers=customers) if rule.is_draft else late_book()
    terms = late_terms(rule, since=date.min if as_if else None)
    rows = [row for row in _candidates(rule, first, last) if _is_its(book, rule, row, first, last)]
    planned = live_plans([row.id for row in rows])
    debts = debts_of(rows, {each: plan for each, (plan, _parts) in planned.items()})
    in_dispute = set(disputed([row.id for row in rows])) if rule.spares_disputed else set()
    say = Words(rule)
    found = []
    for row in rows:
        charge = charge_for(terms, debts[row.id], first, last)
        if charge.total <= 0:
            continue
        spared = "disputed" if row.id in in_dispute else ""
        spared = spared or ("paused" if rule.spares_paused and is_paused(row, today) else "")
        spared = spared or ("planned" if rule.spares_planned and row.id in planned else "")
        found.append(FeeRow(row, charge, say.charge(charge), spared))
    return Simulated(rule, first, last, found)


def _candidates(rule: LateFeeRule, first: date, last: date) -> QuerySet[Receivable]:
    """What may have been late on those days: owed now, or paid since they began."""
    late_by = last - timedelta(days=rule.grace_days + 1)
    paid_since = Allocation.objects.filter(receivable=OuterRef("pk"), on__gte=first)
    planned = PaymentPlan.objects.filter(receivable=OuterRef("pk"), ended_on__isnull=True, original_due_on__lte=late_by)
    rows = Receivable.objects.filter(
        Q(balance__gt=0) | Exists(paid_since),
        Q(due_on__lte=late_by) | Exists(planned),
        currency=rule.currency,
        voided_on__isnull=True,
        customer__collecting=True,
        customer__generic=False,
    )
    return rows.exclude(kind=ReceivableKind.LATE_FEE).select_related("customer").order_by("due_on", "number", "id")


def _is_its(book: RuleBook[LateFeeRule], rule: LateFeeRule, row: Receivable, first: date, last: date) -> bool:
    """Whether the rule is the one that wins for the customer of a receivable."""
    rules = book.applying(row.customer_id, row.customer.portfolio_id, row.currency)
    winner = next((each for each in rules if each.id == rule.id or is_on(each, first, last)), None)
    return winner is not None and winner.id == rule.id


def debts_of(rows: Iterable[Receivable], plans: dict[uuid.UUID, PaymentPlan]) -> dict[uuid.UUID, Debt]:
    """The history of each receivable. On a plan it is late as it was without: a plan forgives no day by itself."""
    by_id = {row.id: row for row in rows}
    paid: dict[uuid.UUID, list[tuple[date, int]]] = {each: [] for each in by_id}
    for part in chunks(by_id):
        moves = Allocation.objects.filter(receivable_id__in=part).values_list("receivable_id", "on", "amount")
        for receivable_id, on, amount in moves:
            paid[receivable_id].append((on, amount))
    return {
        row.id: debt_of(
            due_on=plans[row.id].original_due_on if row.id in plans else row.due_on,
            opened_on=row.issued_on,
            total=row.total,
            paid=paid[row.id],
        )
        for row in by_id.values()
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """A fee that would come to something else today: money was back-dated, undone, or the due date moved."""

    late_fee: LateFee
    charge: Charge
    should: int

    @property
    def change(self) -> int:
        return self.should - self.late_fee.total


def differences(*, since: date) -> list[Difference]:
    """The live fees of periods that ended on or after a day whose reckoning changed meanwhile."""
    fees = LateFee.objects.filter(ended_on__isnull=True, fee__voided_on__isnull=True, period_end__gte=since)
    found = []
    for part in chunks(fees.values_list("pk", flat=True)):
        rows = list(
            LateFee.objects.filter(pk__in=part).select_related(
                "rule", "run", "fee", "receivable", "receivable__customer"
            )
        )
        receivables = {row.receivable_id: row.receivable for row in rows}
        plans = {each: plan for each, (plan, _parts) in live_plans(receivables).items()}
        debts = debts_of(receivables.values(), plans)
        for row in rows:
            charge = reckoned(row, debts[row.receivable_id])
            should = 0 if row.receivable.voided_on else max(charge.total, 0)
            if should != row.total:
                found.append(Difference(row, charge, should))
    return sorted(found, key=lambda each: (each.late_fee.period_start, each.late_fee.receivable.number))


def reckoned(row: LateFee, debt: Debt) -> Charge:
    """What the fee's period comes to by what is known now."""
    return charge_for(late_terms(row.rule), debt, row.period_start, row.period_end)


class Words:
    """How a charge was counted, in words: kept with the fee, so that it can be explained years later."""

    def __init__(self, rule: LateFeeRule) -> None:
        self.rule = rule
        self.home = Company.objects.get(pk=current_company_id()).currency

    def charge(self, charge: Charge) -> str:
        lines = [*self._interest(charge)]
        if charge.fixed:
            lines.append(_("Cargo fijo: %(amount)s.") % {"amount": self._money(charge.fixed)})
        if charge.adjustment > 0:
            lines.append(_("Hasta el cargo mínimo: %(amount)s.") % {"amount": self._money(charge.adjustment)})
        if charge.adjustment < 0:
            lines.append(_("Por el tope: −%(amount)s.") % {"amount": self._money(-charge.adjustment)})
        if charge.tax:
            words = {"rate": self.rule.tax_percent, "amount": self._money(charge.tax)}
            lines.append(_("IVA %(rate)s %%: %(amount)s.") % words)
        return " ".join(lines)

    def _interest(self, charge: Charge) -> Iterable[str]:
        if not self.rule.rate_ppm or not charge.stretches:
            return
        days = [
            _("%(days)s días sobre %(base)s (%(first)s a %(last)s)")
            % {
                "days": each.days,
                "base": self._money(each.base),
                "first": short_date(each.first),
                "last": short_date(each.last),
            }
            for each in charge.stretches[:MOST_LINES]
        ]
        if len(charge.stretches) > MOST_LINES:
            days.append(_("y %(more)s tramos más") % {"more": len(charge.stretches) - MOST_LINES})
        yield _("Interés %(rate)s, año de %(basis)s días: %(days)s = %(amount)s.") % {
            "rate": rate_words(self.rule),
            "basis": self.rule.basis,
            "days": "; ".join(days),
            "amount": self._money(charge.interest),
        }

    def _money(self, minor: int) -> str:
        return format_money(minor, self.rule.currency, home=self.home)


def rate_words(rule: LateFeeRule) -> str:
    """As "3 % al mes"; "" where there is none."""
    return f"{rule.rate} % {RatePer(rule.per).label}" if rule.rate_ppm else ""


def rule_words(rule: LateFeeRule) -> str:
    """A rule as one sentence."""
    home = Company.objects.get(pk=current_company_id()).currency

    def money(minor: int) -> str:
        return format_money(minor, rule.currency, home=home)

    parts = [_("%(rate)s sobre lo que se debe cada día") % {"rate": rate_words(rule)}] if rule.rate_ppm else []
    if rule.fixed_fee:
        each = FixedEach(rule.fixed_each).label
        parts.append(_("cargo fijo de %(amount)s %(each)s") % {"amount": money(rule.fixed_fee), "each": each})
    if rule.grace_days:
        parts.append(_("tras %(days)s días de gracia") % {"days": rule.grace_days})
    if rule.minimum:
        parts.append(_("mínimo %(amount)s") % {"amount": money(rule.minimum)})
    caps = [f"{rule.cap_percent} %"] if rule.cap_ppm is not None else []
    caps += [money(rule.cap_amount)] if rule.cap_amount is not None else []
    if caps:
        parts.append(_("tope %(cap)s") % {"cap": _(" o ").join(caps)})
    if rule.tax_ppm:
        parts.append(_("más IVA %(rate)s %%") % {"rate": rule.tax_percent})
    return ", ".join(parts)
