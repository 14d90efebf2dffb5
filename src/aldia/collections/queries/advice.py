"""What customers' own behaviour says of their credit: a year of purchases and payments, for a page of customers at
once, and what it advises."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Q, Sum

from aldia.collections.queries.credit import CreditStanding
from aldia.collections.queries.exposure import rates
from aldia.customers.models import Customer
from aldia.customers.queries import default_lines
from aldia.domain.credit_advice import Advice, Behaviour, Terms, advise, score_of
from aldia.domain.fiscal.terms import term_days
from aldia.domain.forecasting.risk import band
from aldia.domain.money import Money, convert
from aldia.forecasts.models import RiskScore
from aldia.forecasts.queries.current import risk_of
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, Receivable, ReceivableKind
from aldia.receivables.queries.states import MONEY
from aldia.receivables.settings import collection_settings

YEAR, QUARTER = timedelta(days=365), timedelta(days=91)
MONTH_DAYS = 30
MOST_READ = 20_000  # invoices of one page of customers; of more only the last quarter is read
SOLD = Q(voided_on__isnull=True) & ~Q(kind__in=[ReceivableKind.LATE_FEE, ReceivableKind.OPENING])


def advices(
    customers: Collection[Customer], standings: Mapping[uuid.UUID, CreditStanding], *, today: date, home: str
) -> dict[uuid.UUID, Advice]:
    """The advice for each customer, against the terms and the limit that it has."""
    ids = [row.pk for row in customers]
    seen, lines = behaviours(ids, today=today, home=home), default_lines(ids)
    usual = collection_settings().default_term_days
    found = {}
    for row in customers:
        line, standing = lines.get(row.pk), standings[row.pk]
        days = term_days(
            customer=row.term_days, credit_line=line.term_days if line else None, conditions="", company=usual
        )
        limit = standing.limit.minor if standing.limit else None
        found[row.pk] = advise(seen[row.pk], Terms(days, limit))
    return found


@dataclass
class _Year:
    """What was read of one customer."""

    bought: dict[str, tuple[int, int, date]] = field(default_factory=dict)  # by currency: year, quarter, first day
    invoices: int = 0
    delays: list[int] = field(default_factory=list)
    still_late: int = 0


def behaviours(ids: Collection[uuid.UUID], *, today: date, home: str) -> dict[uuid.UUID, Behaviour]:
    """A year of each customer, in the company's own currency, in a handful of queries."""
    read: dict[uuid.UUID, _Year] = defaultdict(_Year)
    _purchases(ids, today, read)
    _payments(ids, today, read)
    used = {currency for year in read.values() for currency in year.bought}
    known = {code: rate for code, (rate, _on) in rates(used, home, today).items()}
    scores = risk_of(ids)
    return {each: _behaviour(read[each], scores.get(each), home, known, today) for each in ids}


def _purchases(ids: Collection[uuid.UUID], today: date, read: dict[uuid.UUID, _Year]) -> None:
    rows = Receivable.objects.filter(SOLD, customer_id__in=ids, issued_on__gt=today - YEAR, issued_on__lte=today)
    sums = rows.order_by().values_list("customer_id", "currency").annotate(
        year=Sum("total"), quarter=Sum("total", filter=Q(issued_on__gt=today - QUARTER)), n=Count("pk"),
        first=Min("issued_on"),
    )  # fmt: skip
    for customer_id, currency, year, quarter, n, first in sums:
        read[customer_id].bought[currency] = (year, quarter or 0, first)
        read[customer_id].invoices += n


def _payments(ids: Collection[uuid.UUID], today: date, read: dict[uuid.UUID, _Year]) -> None:
    """Days late of what was paid with money, and so far of what is overdue."""
    span = YEAR if sum(year.invoices for year in read.values()) <= MOST_READ else QUARTER
    rows = Receivable.objects.filter(SOLD, customer_id__in=ids, issued_on__gt=today - span, issued_on__lte=today)
    settled = {
        row_id: (customer_id, due_on)
        for row_id, customer_id, due_on in rows.filter(balance=0).order_by().values_list("id", "customer_id", "due_on")
    }
    for row_id, last in _last_money(settled).items():
        customer_id, due_on = settled[row_id]
        read[customer_id].delays.append((last - due_on).days)
    late = Receivable.objects.filter(customer_id__in=ids, balance__gt=0, due_on__lt=today)
    for customer_id, due_on in late.order_by().values_list("customer_id", "due_on")[:MOST_READ]:
        read[customer_id].delays.append((today - due_on).days)
        read[customer_id].still_late += 1


def _last_money(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The day of the last money that pays each receivable and still stands.

    What was taken back is told apart here, not by a join on reversals: SQLite has no good plan for that one.
    """
    found: dict[uuid.UUID, date] = {}
    for part in chunks(ids):
        rows = Allocation.objects.filter(receivable_id__in=part, credit__kind__in=MONEY)
        money = list(rows.values_list("id", "receivable_id", "on", "reversal_of_id"))
        undone = {reversed_id for _id, _receivable, _on, reversed_id in money if reversed_id}
        for row_id, receivable_id, on, reversal_of_id in money:
            if reversal_of_id is None and row_id not in undone:
                found[receivable_id] = max(on, found.get(receivable_id, on))
    return found


def _behaviour(year: _Year, risk: RiskScore | None, home: str, known: Mapping[str, Decimal], today: date) -> Behaviour:
    score = risk.score if risk else score_of(year.delays)
    first = min((first for _year, _quarter, first in year.bought.values()), default=today)
    whole = _sum({currency: each[0] for currency, each in year.bought.items()}, home, known)
    quarter = _sum({currency: each[1] for currency, each in year.bought.items()}, home, known)
    days = max(MONTH_DAYS, (today - first).days + 1)
    return Behaviour(
        currency=home,
        # who buys more lately is sized by that: a line must fit the season that it is in
        monthly=max(whole * MONTH_DAYS // days, quarter * MONTH_DAYS // min(days, QUARTER.days)),
        months=-(-days // MONTH_DAYS) if year.bought else 0,
        invoices=year.invoices,
        delays=tuple(sorted(year.delays)),
        still_late=year.still_late,
        score=score,
        band=band(score),
        is_scored=risk is not None,
    )


def _sum(amounts: Mapping[str, int], home: str, known: Mapping[str, Decimal]) -> int:
    """In the company's own currency; what has no rate on file is left out."""
    at_home = amounts.get(home, 0)
    others = [(code, minor) for code, minor in amounts.items() if code != home and code in known]
    return at_home + sum(convert(Money(minor, code), known[code], home).minor for code, minor in others)
