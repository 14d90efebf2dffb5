"""Search over everything that a movement could pay: documents, payments already on the books, credit notes.

One box for names, tax ids, folios, fiscal keys, purchase orders, references and amounts. Every probe has an index of
its own, so that the answer comes as fast with half a million documents.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from aldia.banking.models import BankMovement, Match, MatchDecision
from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.domain.folios import split_number
from aldia.domain.money import MoneyError, parse_money
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.queries.sight import Sight

MOST_CUSTOMERS = 8
MOST_DOCUMENTS = 60
MOST_CREDITS = 12
MOST_TOKENS = 6
LEAST_TAX_ID = 8
NEAR_DAYS = 30
_HEX = re.compile(r"^[0-9A-F]{8}")
_DIGIT = re.compile(r"[0-9]")
MONEY = (CreditKind.PAYMENT, CreditKind.ADVANCE)


@dataclass(slots=True)
class Group:
    """What was found of one customer; the first `hits` documents answer by themselves. `more` are not shown."""

    customer: Customer
    documents: list[Receivable] = field(default_factory=list)
    payments: list[Credit] = field(default_factory=list)
    more: int = 0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for: the words as typed, in the currency of the movement, by a person who sees `sight`.

    `amount` is what the movement still has to be explained; `near` its day.
    """

    text: str
    currency: str
    sight: Sight
    amount: int
    near: date
    decimal: str = "."

    @property
    def minor(self) -> int | None:
        """The text as an amount, if it is one."""
        if not _DIGIT.search(self.text):
            return None
        try:
            return parse_money(self.text, self.currency, decimal=self.decimal).minor or None
        except MoneyError:
            return None


def open_documents(asked: Asked) -> QuerySet[Receivable]:
    """What is owed by the customers in sight, in any currency: one in another is paid at the day's exchange."""
    return asked.sight.narrow(Receivable.objects.filter(balance__gt=0).select_related("customer"))


def unseen_payments(asked: Asked) -> QuerySet[Credit]:
    """Money that is on the books and that no movement of the bank has shown yet, with what arrived of it so far."""
    rows = Credit.objects.filter(kind__in=MONEY, reversed_on__isnull=True, currency=asked.currency)
    live = Q(bank_lines__match__undone_at__isnull=True)
    rows = rows.filter(~Exists(Match.objects.filter(credit=OuterRef("pk"), undone_at__isnull=True)))
    rows = rows.annotate(arrived=Coalesce(Sum("bank_lines__amount", filter=live), 0))
    return asked.sight.narrow(rows.filter(arrived__lt=F("amount")).select_related("customer"))


def usable_notes(customer_ids: Iterable[uuid.UUID], currency: str) -> list[Credit]:
    """Credit notes with something left, oldest first."""
    rows = Credit.objects.filter(customer__in=list(customer_ids), currency=currency, kind=CreditKind.CREDIT_NOTE)
    return list(rows.filter(remaining__gt=F("held"), reversed_on__isnull=True).order_by("received_on", "id")[:200])


def find(asked: Asked) -> list[Group]:
    """Everything that answers to the text, by customer; the most exact answers first."""
    documents = list({row.pk: row for row in (*_by_folio(asked), *_by_amount(asked, asked.minor))}.values())
    payments = [*_payments_of(asked, Q(reference=asked.text)), *_payments_by_amount(asked, asked.minor)]
    return _grouped(asked, documents, payments, _named(asked))


def suggest(asked: Asked, likely: Sequence[uuid.UUID]) -> list[Group]:
    """What to show before anything is typed: the likely customers, and whatever has exactly the amount."""
    by_id = asked.sight.customers().in_bulk(list(likely)[:MOST_CUSTOMERS])
    customers = [by_id[each] for each in likely if each in by_id]
    near = Q(received_on__range=(asked.near - timedelta(days=NEAR_DAYS), asked.near + timedelta(days=NEAR_DAYS)))
    payments = _payments_of(asked, near & Q(amount=asked.amount))
    return _grouped(asked, _by_amount(asked, asked.amount), payments, customers)


def likely_customers(movement: BankMovement) -> list[uuid.UUID]:
    """Whose money it may be, as the engine last said: the payer, then each proposal's customer."""
    found = [movement.payer_id] if movement.payer_id else []
    decision = MatchDecision.objects.filter(pk=movement.decision_id).first() if movement.decision_id else None
    if decision is not None:
        if decision.customer_id:
            found.append(decision.customer_id)
        said = [decision.hypothesis or {}, *decision.alternatives, *(decision.payer.get("candidates") or [])]
        found += [key for each in said if (key := _customer_key(each))]
    return list(dict.fromkeys(found))


def _customer_key(said: object) -> uuid.UUID | None:
    text = said.get("customer", "") if isinstance(said, dict) else said
    return customer_queries.as_uuid(str(text)) if text else None


def _named(asked: Asked) -> list[Customer]:
    """Customers by name or tax id; a few digits alone are a folio or an amount, found in half the tax ids."""
    words = "".join(char for char in fold(asked.text) if char.isalnum())
    if not words or (words.isdigit() and len(words) < LEAST_TAX_ID):
        return []
    found = customer_queries.matching(asked.sight.customers(), customer_queries.Filter(asked.text))
    return list(found.order_by("legal_name")[:MOST_CUSTOMERS])


def _by_folio(asked: Asked) -> list[Receivable]:
    """Documents whose number, folio, fiscal key or order is one of the words."""
    wanted = Q()
    for token in asked.text.upper().split()[:MOST_TOKENS]:
        series, folio = split_number(token)
        if folio and _DIGIT.search(token):
            wanted |= Q(folio=folio, series=series) if series else Q(folio=folio)
        if _HEX.match(token):
            wanted |= Q(uuid_start=token[:8])
        wanted |= Q(purchase_order=token)
    wanted |= Q(number=asked.text) | Q(number=asked.text.upper()) | Q(purchase_order=asked.text)
    return list(open_documents(asked).filter(wanted).order_by("due_on", "id")[:MOST_DOCUMENTS])


def _by_amount(asked: Asked, minor: int | None) -> list[Receivable]:
    if not minor:
        return []
    return list(
        open_documents(asked).filter(currency=asked.currency, balance=minor).order_by("due_on", "id")[:MOST_CREDITS]
    )


def _payments_by_amount(asked: Asked, minor: int | None) -> list[Credit]:
    return _payments_of(asked, Q(amount=minor)) if minor else []


def _payments_of(asked: Asked, condition: Q) -> list[Credit]:
    return list(unseen_payments(asked).filter(condition).order_by("-received_on", "-id")[:MOST_CREDITS])


def _grouped(
    asked: Asked, documents: list[Receivable], payments: list[Credit], customers: list[Customer]
) -> list[Group]:
    groups = {each.pk: _whole(asked, each) for each in customers}
    for row in documents:
        group = groups.setdefault(row.customer_id, Group(row.customer))
        group.documents = [*group.documents[: group.hits], row, *_without(group.documents[group.hits :], row)]
        group.hits += 1
    for credit in payments:
        group = groups.setdefault(credit.customer_id, Group(credit.customer))
        if all(credit.pk != each.pk for each in group.payments):
            group.payments.append(credit)
    exact = {row.customer_id for row in documents} | {each.customer_id for each in payments}
    return sorted(groups.values(), key=lambda group: group.customer.pk not in exact)[: MOST_CUSTOMERS * 2]


def _without(rows: list[Receivable], row: Receivable) -> list[Receivable]:
    return [each for each in rows if each.pk != row.pk]


def _whole(asked: Asked, customer: Customer) -> Group:
    """All that a customer owes, the oldest first, and its money that the bank has not shown."""
    rows = open_documents(asked).filter(customer=customer).order_by("due_on", "id")
    shown = list(rows[: MOST_DOCUMENTS + 1])
    more = max(0, rows.count() - MOST_DOCUMENTS) if len(shown) > MOST_DOCUMENTS else 0
    payments = unseen_payments(asked).filter(customer=customer).order_by("-received_on", "-id")
    return Group(customer, shown[:MOST_DOCUMENTS], list(payments[:MOST_CREDITS]), more)
