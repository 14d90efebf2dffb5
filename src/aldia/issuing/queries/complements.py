"""Complementos de pago as people look at them: what is due, by how pressing it is, and what one says."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from aldia.domain.calendars import month_end
from aldia.domain.fiscal.drafts import DraftComplement, DraftPaidDocument, DraftPayment, from_json
from aldia.issuing.models import ComplementPart, Issue, IssueKind, IssueState
from aldia.receivables.models import Credit, Receivable

DUE, LATE, FLYING, STAMPED, CANCELLED = "due", "late", "flying", "stamped", "cancelled"
DRAFTED = (IssueState.DRAFT, IssueState.REJECTED)
IN_FLIGHT = (IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN)
STATES = {
    DUE: DRAFTED,
    LATE: DRAFTED,
    FLYING: IN_FLIGHT,
    STAMPED: (IssueState.STAMPED, IssueState.CANCELLING),
    CANCELLED: (IssueState.CANCELLED,),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """How many complements wait, and the money that they tell of, by currency."""

    drafts: int
    late: int
    this_month: int
    next_due: date | None
    flying: int
    rejected: int
    stamped: int
    cancelled: int
    by_currency: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt of a complement: its credit, as it is written, and each document that it pays."""

    place: int
    credit: Credit
    payment: DraftPayment
    documents: tuple[tuple[Receivable, DraftPaidDocument, ComplementPart], ...] = field(default=())


def complements() -> QuerySet[Issue]:
    """All complements of ours but those that were discarded."""
    rows = Issue.objects.filter(kind=IssueKind.COMPLEMENT).exclude(state=IssueState.DISCARDED)
    return rows.select_related("customer")


def in_tab(rows: QuerySet[Issue], tab: str, today: date) -> QuerySet[Issue]:
    """The complements of a tab."""
    rows = rows.filter(state__in=STATES.get(tab, DRAFTED))
    return rows.filter(due_on__lt=today) if tab == LATE else rows


def totals(rows: QuerySet[Issue], today: date) -> Totals:
    """What the head of the list says."""
    drafted = Q(state__in=DRAFTED)
    found = rows.order_by().aggregate(
        drafts=Count("pk", filter=drafted),
        late=Count("pk", filter=drafted & Q(due_on__lt=today)),
        this_month=Count("pk", filter=drafted & Q(due_on__range=(today, month_end(today)))),
        flying=Count("pk", filter=Q(state__in=IN_FLIGHT)),
        rejected=Count("pk", filter=Q(state=IssueState.REJECTED)),
        stamped=Count("pk", filter=Q(state__in=STATES[STAMPED])),
        cancelled=Count("pk", filter=Q(state=IssueState.CANCELLED)),
    )
    waiting = rows.filter(state__in=DRAFTED).order_by()
    sums = waiting.values_list("currency").annotate(sum=Sum("total")).order_by("currency")
    next_due = waiting.order_by("due_on").values_list("due_on", flat=True).first()
    return Totals(**found, next_due=next_due, by_currency=tuple(sums))


def written(issue: Issue) -> DraftComplement:
    """The complement that an issue holds. Raises `LookupError` when it is none."""
    draft = from_json(issue.content)
    if not isinstance(draft, DraftComplement):
        raise LookupError(issue.pk)
    return draft


def receipts(issue: Issue) -> list[ReceiptView]:
    """The receipts of a complement with what each pays, in its order."""
    draft = written(issue)
    parts: dict[int, list[ComplementPart]] = {}
    for row in issue.parts.select_related("credit", "receivable").order_by("payment", "id"):
        parts.setdefault(row.payment, []).append(row)
    found = []
    for place, rows in sorted(parts.items()):
        if place >= len(draft.payments):
            continue
        payment = draft.payments[place]
        by_key = {each.uuid: each for each in payment.documents}
        documents = tuple((row.receivable, by_key[row.key], row) for row in rows if row.key in by_key)
        found.append(ReceiptView(place, rows[0].credit, payment, documents))
    return found


def numbers_of(issues: Sequence[Issue]) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    """The documents that each complement pays: (receivable, number), in one query for a page of them."""
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
    rows = ComplementPart.objects.filter(issue__in=[each.pk for each in issues]).order_by("payment", "id")
    for issue_id, receivable_id, number in rows.values_list("issue_id", "receivable_id", "receivable__number"):
        if (receivable_id, number) not in found.setdefault(issue_id, []):
            found[issue_id].append((receivable_id, number))
    return found


def of_credit(credit_id: uuid.UUID) -> list[Issue]:
    """The complements that tell of a receipt of money, newest first."""
    rows = complements().filter(parts__credit_id=credit_id)
    return list(rows.distinct().order_by("-created_at", "-id"))
