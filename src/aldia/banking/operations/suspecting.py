"""Money that is on the books already is never booked a second time: it is recognised, or a person says it is other."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, Match, MatchLine
from aldia.banking.operations.movements import OnTheBooks
from aldia.banking.plans import Plan, owner_of
from aldia.banking.queries.recognised import recognised
from aldia.domain.matching.known import BEFORE_DAYS
from aldia.domain.money import Money, format_money
from aldia.payments.queries.attempts import SOURCE as PROVIDER
from aldia.receivables.models import Credit, CreditKind
from aldia.receivables.operations.payments import BANK, DUPLICATE_DAYS, Suspect
from aldia.tenancy.reading import select_rows

# Repeats the condition of the index "credit_money" word for word, or SQLite would read every payment of the company
_OF_THE_AMOUNT: Final = """currency = %s AND amount IN (%s, %s) AND kind IN ('payment', 'advance')
AND reversed_on IS NULL AND reference = %s AND source <> %s ORDER BY id"""
MOST_TOGETHER: Final = 10  # payments by hand that are tried as one deposit


def refuse_twice(movement: BankMovement, plan: Plan, on: date) -> None:
    """Raise `OnTheBooks` where the new money of a plan may be a payment on file that no movement has shown yet.

    That is one of the customer whose rest is what is recorded, one line of it or the whole movement; several of them
    that add up to it; one that carries the tracking key of the movement, whatever its amount and day; or what another
    movement with the same key and amount was explained by.
    """
    suspects = {row.id: row for row in (*_alike(movement, plan, on), *_same_trace(movement, plan))}
    seen = recognised(suspects)
    waiting = [row for row in suspects.values() if seen.get(row.id, 0) < row.amount] + _shown_before(movement)
    if waiting:
        of_another = all(row.customer_id != plan.customer_id for row in waiting)
        raise on_the_books([suspect_of(row) for row in waiting], of_another=of_another)


def _alike(movement: BankMovement, plan: Plan, on: date) -> list[Credit]:
    """Payments of the customer that may be this money, by what of them has not arrived; the nearest first."""
    days = (on - timedelta(days=max(BEFORE_DAYS, DUPLICATE_DAYS)), on + timedelta(days=DUPLICATE_DAYS))
    found = Credit.objects.filter(
        customer_id=owner_of(plan), kind=CreditKind.PAYMENT, currency=movement.currency, received_on__range=days,
        reversed_on__isnull=True,
    ).exclude(source=BANK)  # fmt: skip
    rows = sorted(found, key=lambda row: (abs((row.received_on - on).days), row.id))
    seen = recognised([row.id for row in rows])
    rest = {row.id: row.amount - seen.get(row.id, 0) for row in rows}
    rows = [row for row in rows if rest[row.id] > 0]
    whole = {plan.new_money, movement.amount, movement.amount - movement.explained}
    same = [row for row in rows if rest[row.id] in whole]
    if same:
        return same
    near = [row for row in rows if abs((row.received_on - on).days) <= DUPLICATE_DAYS and not _is_paid_out(row)]
    parts = {*(line.amount for line in plan.lines), plan.left} - {0}
    if lines := [row for row in near if rest[row.id] in parts]:
        return lines
    near = near[:MOST_TOGETHER]
    groups = (group for size in range(2, len(near) + 1) for group in combinations(near, size))
    return list(next((group for group in groups if sum(rest[row.id] for row in group) in whole), ()))


def _is_paid_out(row: Credit) -> bool:
    """Whether it comes by a provider or a terminal, never as a transfer of the customer."""
    return row.source == PROVIDER or row.method == "card"


def on_the_books(suspects: list[Suspect], *, of_another: bool = False) -> OnTheBooks:
    """The refusal that names the payments on file, the nearest first."""
    first = suspects[0]
    amount = format_money(first.amount.minor, first.amount.currency)
    sentence = _(
        "Ya está registrado un pago de %(amount)s de este cliente, del %(day)s. Si es este dinero, reconócelo; si no, "
        "confirma que es otro pago."
    )
    if of_another:
        sentence = _(
            "Ya está registrado un pago de %(amount)s con esta clave de rastreo, del %(day)s, de otro cliente. Corrige "
            "ese pago, o confirma que es otro."
        )
    return OnTheBooks(sentence % {"amount": amount, "day": f"{first.received_on:%d/%m/%Y}"}, suspects)


def suspect_of(credit: Credit) -> Suspect:
    return Suspect(credit.id, credit.received_on, Money(credit.amount, credit.currency), credit.reference)


def _same_trace(movement: BankMovement, plan: Plan) -> list[Credit]:
    """The same transfer on file: of the customer whatever its amount, of another one if the amount is the same."""
    if not movement.trace_key:
        return []
    own = Credit.objects.filter(
        customer_id=owner_of(plan), kind=CreditKind.PAYMENT, currency=movement.currency,
        reference=movement.trace_key, reversed_on__isnull=True,
    ).exclude(source=BANK)  # fmt: skip
    values = [movement.currency, plan.new_money, movement.amount, movement.trace_key, BANK]
    return [*own, *select_rows(Credit, _OF_THE_AMOUNT, values)]


def _shown_before(movement: BankMovement) -> list[Credit]:
    """What the same transfer was explained by where an account is kept twice (by a file and by a feed)."""
    if not movement.trace_key:
        return []
    twins = BankMovement.objects.filter(
        currency=movement.currency, amount=movement.amount, trace_key=movement.trace_key, explained__gt=0
    ).exclude(pk=movement.pk)
    live = Match.objects.filter(movement__in=twins, undone_at__isnull=True)
    known = MatchLine.objects.filter(match__in=live, known__isnull=False).values("known")
    recorded = live.filter(credit__isnull=False).values("credit")
    return list(Credit.objects.filter(Q(pk__in=recorded) | Q(pk__in=known)).order_by("id")) if twins.exists() else []
