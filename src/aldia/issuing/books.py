"""What the books and our complements say of receipts of money, read for `domain.fiscal.complement_plan`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from aldia.documents.models import AuthorityStatus, ComplementPayment, Direction, PaymentComplementLine
from aldia.documents.operations.parties import own_tax_id
from aldia.domain.calendars import month_end
from aldia.domain.fiscal.complement_plan import Line, Pair, Paper, Phase, Receipt, Said
from aldia.issuing.models import (
    Cancellation,
    CancellationState,
    ComplementMode,
    ComplementPart,
    Issue,
    IssueKind,
    IssuerProfile,
    IssueState,
)
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable
from aldia.receivables.successors import first_days
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

OF_DOCUMENTS = "document"  # credits that a complement on file brought: it documents them
ORIGIN = "payment"
OVER = (IssueState.CANCELLED, IssueState.DISCARDED)
OPEN = (IssueState.DRAFT, IssueState.REJECTED)
PHASES = {
    IssueState.DRAFT: Phase.OPEN,
    IssueState.REJECTED: Phase.OPEN,
    IssueState.QUEUED: Phase.FLYING,
    IssueState.SEALED: Phase.FLYING,
    IssueState.UNKNOWN: Phase.FLYING,
    IssueState.STAMPED: Phase.STANDING,
    IssueState.CANCELLING: Phase.ENDING,
}
# cancellations that a person decides on: refused, impossible, or taken back
LEFT_TO_PEOPLE = (CancellationState.REJECTED, CancellationState.FAILED, CancellationState.WITHDRAWN)
# what takes off the balance of an invoice for the authority, too; a discount or a write-off of ours does not
NOTED = (CreditKind.CREDIT_NOTE, CreditKind.ADVANCE, CreditKind.OPENING)


@dataclass(slots=True)
class Books:
    """Receipts and papers of a closed circle of credits: nothing outside shares a complement with them."""

    profile: IssuerProfile
    tax_id: str
    credits: dict[uuid.UUID, Credit] = field(default_factory=dict)
    receivables: dict[uuid.UUID, Receivable] = field(default_factory=dict)
    days: dict[uuid.UUID, date] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    issues: dict[uuid.UUID, Issue] = field(default_factory=dict)
    parts: dict[uuid.UUID, list[ComplementPart]] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)

    def paid_on(self, credit: Credit) -> date:
        """The day on which the money came, also of what took the place of an older credit."""
        return self.days.get(credit.id, credit.received_on)


def since(profile: IssuerProfile) -> date:
    """The day from which complements are written here: as the company says, else the month in which it began."""
    return profile.complements_since or profile.created_at.date().replace(day=1)


def documented_allocations(tax_id: str) -> Q:
    """Which live allocations need a complement: money on PPD invoices of ours that are in force."""
    return (
        Q(
            reversal_of__isnull=True,
            reversal__isnull=True,
            credit__kind=CreditKind.PAYMENT,
            credit__reversed_on__isnull=True,
            receivable__method="PPD",
            receivable__voided_on__isnull=True,
            receivable__document__direction=Direction.ISSUED,
            receivable__document__kind__in=("invoice", "debit_note"),
            receivable__document__issuer_tax_id=tax_id,
        )
        & ~Q(credit__source=OF_DOCUMENTS)
        & ~Q(receivable__document__status=AuthorityStatus.CANCELLED)
    )


def load(profile: IssuerProfile, seed: Collection[uuid.UUID]) -> Books:
    """The books of these credits and of everything that shares a complement (or a month of one) with them."""
    books = Books(profile, own_tax_id(Company.objects.get(pk=current_company_id())))
    credit_ids, issue_ids = _circle(books, set(seed))
    for part in chunks(credit_ids):
        books.credits |= {row.id: row for row in Credit.objects.select_related("customer").filter(pk__in=part)}
    books.days = first_days(books.credits.values())
    for part in chunks(issue_ids):
        books.issues |= {row.id: row for row in Issue.objects.filter(pk__in=part)}
    _load_papers(books)
    _load_receipts(books)
    return books


def _circle(books: Books, credit_ids: set[uuid.UUID]) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    issue_ids: set[uuid.UUID] = set()
    alive = Issue.objects.filter(kind=IssueKind.COMPLEMENT).exclude(state__in=OVER)
    while True:
        known = len(credit_ids), len(issue_ids)
        for part in chunks(sorted(credit_ids)):
            parts = ComplementPart.objects.filter(credit_id__in=part).exclude(issue__state__in=OVER)
            issue_ids.update(parts.values_list("issue_id", flat=True))
        for part in chunks(sorted(issue_ids)):
            linked = alive.filter(Q(replaces_id__in=part) | Q(successors__in=part))
            issue_ids.update(linked.values_list("pk", flat=True))
        for part in chunks(sorted(issue_ids)):
            issue_parts = ComplementPart.objects.filter(issue_id__in=part)
            credit_ids.update(issue_parts.values_list("credit_id", flat=True))
            drafted = issue_parts.filter(issue__state__in=OPEN).values("receivable_id")
            beside = ComplementPart.objects.filter(receivable_id__in=drafted, issue__state__in=OPEN)
            credit_ids.update(beside.values_list("credit_id", flat=True))
        if books.profile.complement_mode == ComplementMode.MONTHLY:
            credit_ids |= _same_months(credit_ids)
        if known == (len(credit_ids), len(issue_ids)):
            return credit_ids, issue_ids


def _same_months(credit_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """The payments of the same customers in the same months."""
    months: set[tuple[uuid.UUID, date]] = set()
    for part in chunks(credit_ids):
        rows = Credit.objects.filter(pk__in=part).values_list("customer_id", "received_on")
        months.update((customer, day.replace(day=1)) for customer, day in rows)
    found: set[uuid.UUID] = set()
    for customer, first in months:
        rows = Credit.objects.filter(
            customer_id=customer, kind=CreditKind.PAYMENT, received_on__range=(first, month_end(first))
        )
        found.update(rows.values_list("pk", flat=True))
    return found


def _load_papers(books: Books) -> None:
    for part in chunks(books.issues):
        for row in ComplementPart.objects.filter(issue_id__in=part).order_by("payment", "id"):
            books.parts.setdefault(row.issue_id, []).append(row)
    documents = [issue.document_id for issue in books.issues.values() if issue.document_id]
    stuck: dict[uuid.UUID, str] = {}
    for part in chunks(documents):
        rows = Cancellation.objects.filter(document_id__in=part).order_by("id")
        stuck |= dict(rows.values_list("document_id", "state"))  # the last word counts
    for issue in sorted(books.issues.values(), key=lambda each: (each.created_at, each.id)):
        last = stuck.get(issue.document_id) if issue.document_id else None
        books.papers.append(
            Paper(
                str(issue.id),
                PHASES[IssueState(issue.state)],
                issue.origin_key.partition("#")[0],
                {_pair(row): Line(row.amount, row.share) for row in books.parts.get(issue.id, ())},
                str(issue.replaces_id) if issue.replaces_id else "",
                last in LEFT_TO_PEOPLE,
            )
        )


def _pair(row: ComplementPart) -> Pair:
    return str(row.credit_id), str(row.receivable_id)


def _load_receipts(books: Books) -> None:
    lines: dict[uuid.UUID, dict[str, Line]] = {}
    elsewhere = _told_elsewhere(books.credits.values())
    has_parts = {row.credit_id for rows in books.parts.values() for row in rows}
    first = since(books.profile)
    for part in chunks(books.credits):
        rows = Allocation.objects.filter(documented_allocations(books.tax_id), credit_id__in=part)
        for row in rows.select_related("receivable__document").order_by("id"):
            credit, receivable = books.credits[row.credit_id], row.receivable
            is_early = credit.id not in has_parts and books.paid_on(credit) < first
            if is_early or credit.customer.generic or (credit.id, receivable.key) in elsewhere:
                continue
            books.receivables[receivable.id] = receivable
            of_credit = lines.setdefault(credit.id, {})
            before = of_credit.get(str(receivable.id), Line(0, 0))
            of_credit[str(receivable.id)] = Line(before.amount + row.amount, before.share + row.credit_amount)
    order = sorted(lines, key=lambda each: (books.paid_on(books.credits[each]), each))
    for credit_id in order:
        credit = books.credits[credit_id]
        receipt = Receipt(
            str(credit_id), str(credit.customer_id), credit.currency, books.paid_on(credit), lines[credit_id]
        )
        books.receipts.append(receipt)


def _told_elsewhere(credits_of: Iterable[Credit]) -> set[tuple[uuid.UUID, str]]:
    """What complements that are not ours and in force say already: receipt and key of the document that it paid."""
    named = {row.id: row.complement_id for row in credits_of if row.complement_id}
    found: set[tuple[uuid.UUID, str]] = set()
    for part in chunks(set(named.values())):
        ours = set(Issue.objects.filter(document_id__in=part).values_list("document_id", flat=True))
        theirs = [each for each in part if each not in ours]
        alive = ComplementPayment.objects.filter(document_id__in=theirs).exclude(
            document__status=AuthorityStatus.CANCELLED
        )
        of = dict(alive.values_list("id", "document_id"))
        keys: dict[uuid.UUID, set[str]] = {}
        for some in chunks(of):  # not joined: SQLite would read all that is on file
            rows = PaymentComplementLine.objects.filter(payment_id__in=some)
            for payment_id, key in rows.values_list("payment_id", "to_key"):
                keys.setdefault(of[payment_id], set()).add(key)
        found |= {(credit, key) for credit, document_id in named.items() for key in keys.get(document_id, ())}
    return found


def said_of(receivable: Receivable, *, but: Collection[uuid.UUID]) -> list[Said]:
    """The instalments that complements in force say of a document: ours (not of the issues in `but`) and others'."""
    rows = ComplementPart.objects.filter(receivable=receivable, is_live=True).exclude(issue_id__in=but)
    found = [Said(*each) for each in rows.values_list("number", "amount")]
    lines = PaymentComplementLine.objects.filter(
        to_key=receivable.key, payment__document__direction=Direction.ISSUED
    ).exclude(payment__document__status=AuthorityStatus.CANCELLED)
    ours = Issue.objects.filter(kind=IssueKind.COMPLEMENT, document__isnull=False).values("document_id")
    theirs = lines.exclude(payment__document_id__in=ours).order_by("payment__paid_on", "id")
    return found + [Said(*each) for each in theirs.values_list("partiality", "paid")]


def noted_on(receivable: Receivable, first: date, *, until: date) -> list[int]:
    """What credit notes and advances took off a document until a day, and the payments of before complements were
    written here, which another program told of: (taken off, then each of those payments)."""
    live = Allocation.objects.filter(receivable=receivable, reversal_of__isnull=True, reversal__isnull=True)
    notes = sum(live.filter(credit__kind__in=NOTED, on__lte=until).values_list("amount", flat=True))
    early = live.filter(credit__kind=CreditKind.PAYMENT, credit__received_on__lt=first, credit__complement__isnull=True)
    own = ComplementPart.objects.filter(receivable=receivable).values("credit_id")
    early = early.exclude(credit__source=OF_DOCUMENTS).exclude(credit_id__in=own)
    return [notes, *early.order_by("id").values_list("amount", flat=True)]
