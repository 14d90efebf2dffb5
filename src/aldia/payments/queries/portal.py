"""What one customer sees of its own account in the portal. Every read here names the customer: there are no others.

Figures come from two statements (what is open, what is in favour), whatever the number of documents; a page of
documents is one more. Nothing internal is shown: no pauses, no notes of ours, no write-offs as such.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from aldia.documents.models import ComplementPayment, Direction, FiscalDocument
from aldia.domain.aging import Ranges
from aldia.payments.models import ReportedDebt, ReportedPayment, ReportState
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable
from aldia.receivables.queries import lists, states
from aldia.receivables.queries.discounts import has_discounts, offers_on

SOON_DAYS = states.SOON_DAYS
SHOWN_CREDITS = (
    CreditKind.PAYMENT, CreditKind.CREDIT_NOTE, CreditKind.ADVANCE, CreditKind.DISCOUNT, CreditKind.WITHHOLDING,
)  # fmt: skip
COMPLEMENT = "payment_complement"
SORTS = {
    "due_on": ("due_on", "id"),
    "-due_on": ("-due_on", "-id"),
    "issued_on": ("issued_on", "id"),
    "-issued_on": ("-issued_on", "-id"),
    "number": ("number", "id"),
    "-number": ("-number", "-id"),
    "total": ("total", "id"),
    "-total": ("-total", "-id"),
    "balance": ("balance", "id"),
    "-balance": ("-balance", "-id"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How the customer stands in one currency, minor units. `soon` falls due within a week, `later` after that.

    `buckets` cut what is owed by age (`Ranges`); `in_favour` was paid and is not applied yet.
    """

    currency: str
    owed: int = 0
    overdue: int = 0
    soon: int = 0
    documents: int = 0
    overdue_documents: int = 0
    in_favour: int = 0
    buckets: tuple[int, ...] = ()

    @property
    def later(self) -> int:
        return self.owed - self.overdue - self.soon


@dataclass(frozen=True, slots=True)
class Early:
    """What early discounts leave off today of what is owed in a currency. `until`: all of it holds until that day."""

    discount: int
    until: date


def early_of(customer_id: uuid.UUID, today: date) -> dict[str, Early]:
    """The early discounts of what the customer owes, by currency."""
    found: dict[str, Early] = {}
    if not has_discounts():
        return found
    rows = list(Receivable.objects.filter(states.OPEN, customer_id=customer_id))
    offers = offers_on(rows, today)
    for row in rows:
        if (offer := offers.get(row.pk)) is not None:
            sums = found.get(row.currency, Early(0, offer.last_on))
            found[row.currency] = Early(sums.discount + offer.discount, min(sums.until, offer.last_on))
    return found


def standings(customer_id: uuid.UUID, today: date, *, home: str, ranges: Ranges) -> list[Standing]:
    """One per currency in which anything is owed or in favour, the company's own first; at least that one."""
    open_rows: dict[str, list[tuple[date, int]]] = defaultdict(list)
    found = Receivable.objects.filter(states.OPEN, customer_id=customer_id).order_by()
    for currency, due_on, balance in found.values_list("currency", "due_on", "balance"):
        open_rows[currency].append((due_on, balance))
    free = Credit.objects.filter(customer_id=customer_id, remaining__gt=0, reversed_on__isnull=True).order_by()
    favour = dict(free.values_list("currency").annotate(free=Sum(F("remaining") - F("held"))))
    names = sorted(
        {home, *open_rows, *(each for each in favour if favour[each])}, key=lambda each: (each != home, each)
    )
    every = [_standing(each, open_rows.get(each, []), favour.get(each, 0), today, ranges) for each in names]
    told = [each for each in every if each.owed or each.in_favour]
    return told or every[:1]


def _standing(currency: str, rows: list[tuple[date, int]], in_favour: int, today: date, ranges: Ranges) -> Standing:
    buckets = [0] * ranges.size
    for due_on, balance in rows:
        buckets[ranges.bucket_of((today - due_on).days)] += balance
    late = [balance for due_on, balance in rows if due_on < today]
    soon = sum(balance for due_on, balance in rows if today <= due_on <= today + timedelta(days=SOON_DAYS))
    owed = sum(balance for _due_on, balance in rows)
    return Standing(currency, owed, sum(late), soon, len(rows), len(late), in_favour, tuple(buckets))


def documents(
    customer_id: uuid.UUID, wanted: lists.Wanted, today: date, ranges: Ranges, sort: str = ""
) -> QuerySet[Receivable]:
    """The customer's documents as filtered, in the order asked for (`SORTS`), else by what matters in the tab."""
    rows = lists.filtered(Receivable.objects.select_related("document"), wanted, today, ranges)
    order = SORTS.get(sort) or SORTS[lists.default_sort(wanted.tab)]
    return rows.filter(customer_id=customer_id).order_by(*order)


def counts(customer_id: uuid.UUID, today: date) -> dict[str, int]:
    """How many documents each tab has: one reading of the customer's documents, whatever the number of tabs."""
    conditions = {tab: condition(today) for tab, condition in lists.TABS.items() if tab != lists.ALL}
    asked = {tab: Count("pk", filter=condition) for tab, condition in conditions.items()}
    found: dict[str, int] = Receivable.objects.filter(customer_id=customer_id).aggregate(**asked, all=Count("pk"))
    return found


def open_documents(customer_id: uuid.UUID, currency: str) -> QuerySet[Receivable]:
    """What the customer owes in a currency, oldest due first."""
    rows = Receivable.objects.filter(states.OPEN, customer_id=customer_id, currency=currency)
    return rows.order_by("due_on", "issued_on", "id")


def document_of(customer_id: uuid.UUID, receivable_id: uuid.UUID) -> Receivable | None:
    """One document, if it is the customer's."""
    rows = Receivable.objects.select_related("document", "document__original", "customer")
    return rows.filter(customer_id=customer_id, pk=receivable_id).first()


def own_ids(customer_id: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Receivable]:
    """Those of the documents that are the customer's, oldest due first."""
    rows = Receivable.objects.select_related("document", "document__original")
    return list(rows.filter(customer_id=customer_id, pk__in=list(ids)).order_by("due_on", "issued_on", "id"))


def paid_by(receivable_id: uuid.UUID) -> list[Allocation]:
    """What paid a document and stands, newest first. What we gave up is told as an adjustment by the page."""
    live = Allocation.objects.filter(receivable_id=receivable_id, reversal_of__isnull=True, reversal__isnull=True)
    return list(live.select_related("credit").order_by("-on", "-id"))


def credits_of(customer_id: uuid.UUID) -> QuerySet[Credit]:
    """Payments and other credits that the customer knows of, newest first; what was reversed is gone."""
    rows = Credit.objects.filter(customer_id=customer_id, kind__in=SHOWN_CREDITS, reversed_on__isnull=True)
    return rows.order_by("-received_on", "-id")


def numbers_paid(credit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The numbers of what each credit pays."""
    live = Allocation.objects.filter(credit_id__in=list(credit_ids), reversal_of__isnull=True, reversal__isnull=True)
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for credit_id, number in live.order_by("on", "id").values_list("credit_id", "receivable__number"):
        if number not in found[credit_id]:
            found[credit_id].append(number)
    return found


def complements_of(customer_id: uuid.UUID) -> QuerySet[FiscalDocument]:
    """The payment complements that we issued to the customer, newest first."""
    rows = FiscalDocument.objects.filter(customer_id=customer_id, direction=Direction.ISSUED, kind=COMPLEMENT)
    return rows.select_related("original").order_by("-issued_on", "-id")


def complements_naming(customer_id: uuid.UUID, key: str) -> list[FiscalDocument]:
    """The complements of payments of one document."""
    if not key:
        return []
    naming = ComplementPayment.objects.filter(document=OuterRef("pk"), lines__to_key=key)
    return list(complements_of(customer_id).filter(Exists(naming)))


def paper_of(customer_id: uuid.UUID, document_id: uuid.UUID) -> FiscalDocument | None:
    """One fiscal document, if we issued it to the customer."""
    rows = FiscalDocument.objects.select_related("original")
    return rows.filter(customer_id=customer_id, direction=Direction.ISSUED, pk=document_id).first()


def reported_among(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the documents the customer says it paid, while nobody decided."""
    waiting = Q(report__state=ReportState.WAITING, receivable_id__in=list(ids))
    return set(ReportedDebt.objects.filter(waiting).values_list("receivable_id", flat=True))


def currencies_of(customer_id: uuid.UUID) -> list[str]:
    """The currencies in which the customer owes anything."""
    rows = Receivable.objects.filter(states.OPEN, customer_id=customer_id).order_by()
    return list(rows.values_list("currency", flat=True).distinct())


def report_of(customer_id: uuid.UUID, report_id: uuid.UUID) -> ReportedPayment | None:
    """One report of the customer."""
    return ReportedPayment.objects.select_related("proof").filter(customer_id=customer_id, pk=report_id).first()


def payment_of(customer_id: uuid.UUID, credit_id: uuid.UUID) -> Credit | None:
    """One payment of the customer that stands: what a receipt is of."""
    rows = Credit.objects.filter(customer_id=customer_id, kind=CreditKind.PAYMENT, reversed_on__isnull=True)
    return rows.select_related("customer").filter(pk=credit_id).first()
