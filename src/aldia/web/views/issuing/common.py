"""What the pages of issuing share: what the person may see, states as pills, and what is missing to issue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.fiscal.draft_json import BadContent, decode
from aldia.domain.fiscal.drafts import DraftLine
from aldia.issuing.models import Issue, IssueKind, IssueState, SavedConcept
from aldia.web.access import CompanyRequest

OPEN = (IssueState.DRAFT, IssueState.REJECTED)  # a person still writes in them
WAITING = (IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN)
IN_FORCE = (IssueState.STAMPED, IssueState.CANCELLING)
WRITTEN = (IssueKind.INVOICE, IssueKind.CREDIT_NOTE, IssueKind.DEBIT_NOTE, IssueKind.ADVANCE)


def issues_in_sight(request: CompanyRequest) -> QuerySet[Issue]:
    """The documents of the customers that the person may see; público en general too."""
    rows = Issue.objects.select_related("customer")
    if request.membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=request.membership.user_id)
    return rows


def issue_or_404(request: CompanyRequest, issue_id: UUID) -> Issue:
    return get_object_or_404(issues_in_sight(request).select_related("document", "replaces"), pk=issue_id)


def customers_in_sight(request: CompanyRequest) -> QuerySet[Customer]:
    """Whom the person may issue to, switched off or on, público en general too."""
    return customer_queries.visible_to(request.membership)


def customer_asked(request: CompanyRequest) -> Customer | None:
    """The customer that the address names; 404 if it is not one of the person's."""
    text = request.GET.get("customer", "")
    if not text:
        return None
    return get_object_or_404(customers_in_sight(request), pk=customer_queries.as_uuid(text))


def line_of(concept: SavedConcept) -> DraftLine | None:
    """The line that a saved concept writes; None where it cannot be read."""
    try:
        return decode(DraftLine, concept.line) if isinstance(concept.line, dict) else None
    except BadContent:
        return None


def name_of(issue: Issue) -> str:
    """ "Factura A-123", or what it is while it has no number."""
    number = "-".join(part for part in (issue.series, issue.folio) if part) if issue.folio else ""
    return f"{issue.get_kind_display()} {number}".strip()


def kind_asked(text: str) -> str:
    """One of the kinds that a person writes; an invoice when the address says nothing we know."""
    return text if text in {str(each) for each in WRITTEN} else IssueKind.INVOICE


def context_of(issue: Issue) -> dict[str, Any]:
    """What every page of one document draws of it."""
    return {
        "issue": issue,
        "title": name_of(issue),
        "is_open": issue.state in OPEN,
        "is_waiting": issue.state in WAITING,
        "is_in_force": issue.state in IN_FORCE,
    }
